import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import OpenAI from "openai";
import { CuttingProxy } from "./support/cutting_proxy.mjs";
import { Held, says } from "./support/upstream.mjs";
import { user, world } from "./support/world.mjs";

const model = "small";

/// The client behind a connection whose first replies are lost; it tries again by itself.
async function behindLosses(t, { server, session }, losses) {
  const proxy = await CuttingProxy.start(server.url, losses);
  t.after(() => proxy.close());
  const defaultHeaders = { "X-Session-Id": session };
  const client = new OpenAI({ baseURL: proxy.baseURL, apiKey: "any", maxRetries: 3, defaultHeaders });
  return { client, proxy };
}

const keyed = () => ({ headers: { "Idempotency-Key": randomUUID() } });

test("retry: a plain request whose replies were lost is one turn, answered once", async (t) => {
  const here = await world(t);
  here.upstream.next(says("the answer"), says("another answer"));
  const { client, proxy } = await behindLosses(t, here, 2);
  const answer = await client.chat.completions.create({ model, messages: [user("once")] }, keyed());
  assert.equal(proxy.cut, 2);
  assert.equal(answer.choices[0].message.content, "the answer");
  assert.deepEqual((await here.server.turns(here.session)).map((turn) => turn.question), ["once"]);
  assert.equal(here.upstream.requests.length, 1);
});

test("retry: a stream whose beginning was lost is read from its beginning, and is one turn", async (t) => {
  const here = await world(t);
  const held = new Held("one ", "two three");
  here.upstream.next(held.script);
  const { client } = await behindLosses(t, here, 1);
  const body = { model, messages: [user("once")], stream: true };
  let text = "";
  for await (const chunk of await client.chat.completions.create(body, keyed())) {
    text += chunk.choices[0]?.delta.content ?? "";
    if (text === "one ") held.release();
  }
  assert.equal(text, "one two three");
  assert.equal((await here.server.turns(here.session)).length, 1);
  assert.equal(here.upstream.requests.length, 1);
});

test("retry: a request that is sent again after a restart of the server gets the same answer", async (t) => {
  const here = await world(t);
  here.upstream.next(says("the answer"), says("another answer"));
  const key = keyed();
  const ask = () => {
    const client = new OpenAI({ baseURL: here.server.baseURL, apiKey: "any", maxRetries: 0 });
    const headers = { ...key.headers, "X-Session-Id": here.session };
    return client.chat.completions.create({ model, messages: [user("once")] }, { headers });
  };
  await ask();
  await here.server.kill();
  await here.server.startAgain();
  assert.equal((await ask()).choices[0].message.content, "the answer");
  assert.equal((await here.server.turns(here.session)).length, 1);
  assert.equal(here.upstream.requests.length, 1);
});

test("retry: the key of one request does not serve for another", async (t) => {
  const here = await world(t);
  here.upstream.always(says("the answer"));
  const { client } = await behindLosses(t, here, 0);
  const key = keyed();
  await client.chat.completions.create({ model, messages: [user("one")] }, key);
  const other = client.chat.completions.create({ model, messages: [user("two")] }, key);
  await assert.rejects(other, OpenAI.UnprocessableEntityError);
  assert.equal((await here.server.turns(here.session)).length, 1);
});
