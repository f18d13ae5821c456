import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { refuses, says } from "./support/upstream.mjs";
import { user, world } from "./support/world.mjs";

const key = "a-key-of-sixteen-characters";

function ask({ server, session }, { apiKey = "any", stream = false } = {}) {
  const client = new OpenAI({ baseURL: server.baseURL, apiKey, maxRetries: 0 });
  const body = { model: "small", messages: [user("?")], stream };
  return client.chat.completions.create(body, { headers: { "X-Session-Id": session } });
}

/// The error must be of the class and have these members, and nothing may have been recorded.
async function rejectsWith(here, Class, members) {
  for (const stream of [false, true]) {
    const error = await ask(here, { stream }).then(() => assert.fail("it was answered"), (failure) => failure);
    assert.ok(error instanceof Class, `${error.constructor.name}: ${error.message}`);
    for (const [name, value] of Object.entries(members)) assert.equal(error[name], value, name);
  }
  assert.deepEqual(await here.server.turns(here.session), []);
}

test("openai: a request without one of the keys is an AuthenticationError", async (t) => {
  const here = await world(t, { API_KEYS: key });
  here.upstream.always(says("secret"));
  const error = await ask(here, { apiKey: "a-key-that-nobody-knows" }).catch((failure) => failure);
  assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
  assert.equal(error.code, "invalid_api_key");
  assert.equal((await ask(here, { apiKey: key })).choices[0].message.content, "secret");
  assert.equal(here.upstream.requests.length, 1);
});

test("openai: an unknown model is a NotFoundError with the model server's words", async (t) => {
  const here = await world(t);
  here.upstream.always(refuses(404, { message: "no model 'small'", param: "model", code: "model_not_found" }));
  const members = { status: 404, code: "model_not_found", param: "model", message: "404 no model 'small'" };
  await rejectsWith(here, OpenAI.NotFoundError, members);
});

test("openai: a request that the model server refuses is a BadRequestError", async (t) => {
  const here = await world(t);
  here.upstream.always(refuses(400, { message: "too long", code: "context_length_exceeded" }));
  await rejectsWith(here, OpenAI.BadRequestError, { status: 400, code: "context_length_exceeded" });
});

test("openai: a rate limit that lasts too long is a RateLimitError and says how long", async (t) => {
  const here = await world(t, { LLM_TIMEOUT: "5" });
  here.upstream.always(refuses(429, { message: "slow down", code: "rate_limited" }, { "retry-after": "60" }));
  await rejectsWith(here, OpenAI.RateLimitError, { status: 429, code: "rate_limited" });
  const error = await ask(here).catch((failure) => failure);
  assert.equal(error.headers.get("retry-after"), "60");
});

test("openai: a rate limit that passes is waited for", async (t) => {
  const here = await world(t);
  here.upstream.next(refuses(429, { message: "slow down" }, { "retry-after": "0" }), says("there"));
  assert.equal((await ask(here)).choices[0].message.content, "there");
  assert.equal((await here.server.turns(here.session)).length, 1);
});

test("openai: a model server that fails is an InternalServerError", async (t) => {
  const here = await world(t);
  here.upstream.always(refuses(501, { message: "out of order" }));
  await rejectsWith(here, OpenAI.InternalServerError, { status: 502, code: "model_error" });
});

test("openai: a model server that takes too long is an InternalServerError", async (t) => {
  const here = await world(t, { LLM_TIMEOUT: "0.2" });
  here.upstream.always(() => {});
  await rejectsWith(here, OpenAI.InternalServerError, { status: 504, code: "model_timeout" });
});

test("openai: a model server that is not there is an InternalServerError", async (t) => {
  const here = await world(t, { LLM_TIMEOUT: "0.2" });
  await here.upstream.close();
  await rejectsWith(here, OpenAI.InternalServerError, { status: 502, code: "model_unreachable" });
});

test("openai: an erased session is gone", async (t) => {
  const here = await world(t);
  here.upstream.always(says("there"));
  await ask(here);
  await here.server.json(`/sessions/${here.session}`, { method: "DELETE" });
  await assert.rejects(ask(here), (error) => error instanceof OpenAI.APIError && error.code === "session_deleted");
});
