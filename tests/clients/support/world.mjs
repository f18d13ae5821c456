import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Chatsync } from "./chatsync.mjs";
import { kUsage, Upstream } from "./upstream.mjs";

/// A server over a scripted upstream, for one test. Where the test fails, the server's log is shown.
export async function world(t, settings = {}) {
  const upstream = await Upstream.start();
  const server = await Chatsync.start({ LLM_BASE_URL: upstream.url, SYNC_INTERVAL: "3600", ...settings });
  t.after(async () => {
    await upstream.close();
    try {
      if (t.passed && server.process.child.exitCode === null) await server.stop();
    } finally {
      if (!t.passed) console.error(`--- what chatsync said:\n${server.log}---`);
      await server.remove();
    }
  });
  return { server, upstream, session: `s-${randomUUID()}` };
}

/// An answer whose client goes away in the middle: behind "one " it waits for left(), and then goes on until the
/// server has noticed that its client is gone, and a little further. `text` is all that was said.
export class Unheard {
  text = "one ";
  #left = Promise.withResolvers();
  #ended = Promise.withResolvers();

  constructor(server) {
    this.server = server;
  }

  /// Returns when all is said. No other connection may be opened meanwhile: by them it is noticed.
  left() {
    this.#left.resolve();
    return this.#ended.promise;
  }

  script = async (exchange) => {
    const say = (content) => exchange.chunk({ content });
    const connections = await this.server.connections();
    say(this.text);
    await this.#left.promise;
    for (let further = 0; further < 4; ) {
      say("and ");
      this.text += "and ";
      if ((await this.server.connections()) < connections) ++further;
    }
    exchange.finish("stop", kUsage);
    this.#ended.resolve();
  };
}

export const user = (content) => ({ role: "user", content });
export const assistant = (content) => ({ role: "assistant", content });

/// The messages that a model server gets with question number `number` of a session whose answers are answerTo(k).
export function conversation(number, questionOf, answerTo) {
  const messages = [];
  for (let k = 1; k < number; ++k) messages.push(user(questionOf(k)), assistant(answerTo(k)));
  return [...messages, user(questionOf(number))];
}

/// Ten questions, a restart of the server after the fifth: each reaches the model server behind all those
/// before it, and in the end ten turns are there. `ask(number)` sends the question alone and returns the answer.
export async function tenTurnsOverARestart(here, ask) {
  const { server, upstream } = here;
  const question = (k) => `question ${k}`;
  const answer = (k) => `answer ${k}`;
  for (let number = 1; number <= 10; ++number) {
    upstream.next((exchange) => {
      const message = { content: answer(number) };
      if (!exchange.body.stream) return exchange.whole(message, "stop");
      exchange.chunk(message);
      exchange.finish("stop");
    });
    assert.equal(await ask(question(number)), answer(number));
    assert.deepEqual(upstream.lastMessages, conversation(number, question, answer));
    if (number === 5) {
      await server.stop();
      await server.startAgain();
    }
  }
  const turns = await server.turns(here.session);
  const expected = Array.from({ length: 10 }, (_, k) => [k + 1, question(k + 1), answer(k + 1)]);
  assert.deepEqual(turns.map((turn) => [turn.seq, turn.question, turn.answer]), expected);
}
