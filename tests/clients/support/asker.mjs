// Asks questions through OpenAI's client, in all the ways there are, and notes of each what the client was shown. The
// notes are what the store is held against afterwards:
//   { question, answer, status, tokens, tools }   a turn that must be there, just so
// Questions hold a number of their own, by which the scripted model server knows what to do with each.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { breaksAfter, calls, Held, kUsage, refuses, says } from "./upstream.mjs";
import { user, assistant } from "./world.mjs";

const model = "small";

export class Asker {
  #scripts = new Map();
  #numbers = 0;

  constructor(world, random) {
    Object.assign(this, { world, random });
    world.upstream.always((exchange) => {
      const number = /^#\d+/.exec(exchange.body.messages.findLast((message) => message.role === "user").content)[0];
      this.#scripts.get(number).requests.push(exchange.body.messages);
      return this.#scripts.get(number).script(exchange);
    });
  }

  get #client() {
    return new OpenAI({ baseURL: this.world.server.baseURL, apiKey: "any", maxRetries: 0 });
  }

  /// A question that the model server answers by the script.
  #question(script) {
    const number = `#${++this.#numbers}`;
    this.#scripts.set(number, { script, requests: [] });
    return `${number} ${this.random.text(6)}`;
  }

  #scriptOf(question) {
    return this.#scripts.get(/^#\d+/.exec(question)[0]);
  }

  /// Sends the messages; the notes of the session tell what a lone question must have before it.
  #send(session, messages, more = {}) {
    const body = { model, messages, user: session.user, ...more };
    return this.#client.chat.completions.create(body, { headers: { "X-Session-Id": session.id } });
  }

  #sawHistory(session, question, seen = session.notes) {
    const past = seen.slice(-10).filter((turn) => turn.answer !== "");
    const expected = past.flatMap((turn) => [user(turn.question), assistant(turn.answer)]);
    assert.deepEqual(this.#scriptOf(question).requests.at(-1), [...expected, user(question)]);
  }

  #answerPieces() {
    return this.random.pieces(this.random.text(12), 1 + this.random.below(8));
  }

  async plain(session) {
    const pieces = this.#answerPieces();
    const question = this.#question(says(pieces));
    const answer = await this.#send(session, [user(question)]);
    const text = answer.choices[0].message.content;
    assert.equal(text, pieces.join(""));
    this.#sawHistory(session, question);
    session.notes.push({ question, answer: text, status: "complete", tokens: kUsage.completion_tokens });
  }

  async streamed(session) {
    const pieces = this.#answerPieces();
    const question = this.#question(says(pieces));
    const shown = await this.#read(session, question);
    assert.equal(shown.failure, undefined);
    assert.equal(shown.text, pieces.join(""));
    this.#sawHistory(session, question);
    session.notes.push({ question, answer: shown.text, status: "complete", tokens: kUsage.completion_tokens });
  }

  /// The client sends a past of its own, which is not what is recorded.
  async withOwnPast(session) {
    const pieces = this.#answerPieces();
    const question = this.#question(says(pieces));
    const messages = [user("another"), assistant("story"), user(question)];
    const answer = await this.#send(session, messages);
    assert.deepEqual(this.#scriptOf(question).requests, [messages]);
    const { content } = answer.choices[0].message;
    session.notes.push({ question, answer: content, status: "complete", tokens: kUsage.completion_tokens });
  }

  /// A call of a tool, and the answer to its result: two turns with the same question.
  async withTool(session) {
    const answers = [calls("look", { for: this.random.text(3) }), says(this.#answerPieces())];
    const question = this.#question((exchange) => answers.shift()(exchange));
    const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
    const first = (await this.#send(session, [user(question)], { tools })).choices[0].message;
    session.notes.push({ question, answer: "", status: "complete", tools: first.tool_calls });
    const result = { role: "tool", tool_call_id: first.tool_calls[0].id, content: this.random.text(3) };
    const messages = [user(question), first, result];
    const { content } = (await this.#send(session, messages, { tools })).choices[0].message;
    session.notes.push({ question, answer: content, status: "complete", asked: [messages[0], first, result] });
  }

  /// No turn comes of it.
  async refused(session) {
    const question = this.#question(refuses(400, { message: "not that" }));
    await assert.rejects(this.#send(session, [user(question)], { stream: this.random.below(2) === 1 }));
  }

  async brokenOff(session) {
    const pieces = this.#answerPieces();
    const question = this.#question(breaksAfter(...pieces.slice(0, this.random.below(pieces.length + 1))));
    const shown = await this.#read(session, question);
    assert.equal(shown.failure?.code, "model_broke_off");
    // Of nothing there is no part.
    if (shown.text !== "") session.notes.push({ question, answer: shown.text, status: "incomplete" });
  }

  async cancelled(session) {
    const held = this.#heldAnswer();
    const question = this.#question(held.script);
    const cancel = () => this.world.server.post(`/sessions/${session.id}/cancel`, {});
    const shown = await this.#read(session, question, { after: held.before, then: cancel });
    assert.equal(shown.failure?.code, "cancelled");
    session.notes.push({ question, answer: shown.text, status: "incomplete" });
  }

  /// The client goes away in the middle; what is recorded goes on where it stopped reading.
  async aborted(session) {
    const held = this.#heldAnswer();
    const question = this.#question(held.script);
    const shown = await this.#read(session, question, { after: held.before, then: "abort" });
    held.release();
    assert.equal(shown.text, held.before.join(""));
    await this.world.server.turnsWhen(session.id, session.notes.length + 1);
    const answer = held.before.concat(held.after).join("");
    session.notes.push({ question, answer, status: "complete", tokens: kUsage.completion_tokens });
  }

  /// The server is killed in the middle of the answer: no turn was promised, and none may be counted.
  async killed(session) {
    const held = this.#heldAnswer();
    const question = this.#question(held.script);
    const { server } = this.world;
    const shown = await this.#read(session, question, { after: held.before, then: () => server.kill() });
    assert.ok(shown.failure, "the stream went on without its server");
    await server.startAgain();
    held.release();
  }

  #heldAnswer() {
    const pieces = this.random.pieces(`${this.random.text(6)}.`, 4);
    return new Held(pieces, ["and ", "so on"]);
  }

  /// Reads a streamed answer. As soon as it has shown the pieces of `after`, `then` is done: "abort", or a function.
  async #read(session, question, { after, then } = {}) {
    const shown = { text: "" };
    const goal = after?.join("");
    let reached = false;
    try {
      const stream = await this.#send(session, [user(question)], { stream: true });
      for await (const chunk of stream) {
        shown.text += chunk.choices[0]?.delta.content ?? "";
        if (reached || shown.text !== goal) continue;
        reached = true;
        if (then === "abort") break;
        await then();
      }
    } catch (failure) {
      shown.failure = failure;
    }
    return shown;
  }
}
