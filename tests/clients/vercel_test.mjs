import assert from "node:assert/strict";
import test from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { breaksAfter, calls, Held, refuses, says } from "./support/upstream.mjs";
import { tenTurnsOverARestart, Unheard, world } from "./support/world.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

/// The model of a provider whose every request belongs to the session.
function modelOf({ server, session }, more = {}) {
  const headers = { "X-Session-Id": session };
  const provider = createOpenAICompatible({ name: "chatsync", baseURL: server.baseURL, headers, ...more });
  return provider("small");
}

const ask = (here, prompt, more) => generateText({ model: modelOf(here), prompt, maxRetries: 0, ...more });

/// Errors of a stream are parts of it: they are not printed.
const stream = (here, prompt, more) =>
  streamText({ model: modelOf(here, { includeUsage: true }), prompt, maxRetries: 0, onError() {}, ...more });

const kTools = {
  weather: tool({
    description: "The weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `rain in ${city}`,
  }),
};

test("vercel: a plain answer comes with its usage and is recorded with it", async (t) => {
  const here = await world(t);
  here.upstream.next(says("Chào bạn 👋"));
  const answer = await ask(here, "Xin chào!");
  assert.deepEqual([answer.text, answer.finishReason], ["Chào bạn 👋", "stop"]);
  assert.deepEqual([answer.usage.inputTokens, answer.usage.outputTokens], [11, 7]);
  const [turn] = await here.server.turns(here.session);
  const { question, answer: recorded, details } = turn;
  assert.deepEqual([question, recorded, details.completion_tokens], ["Xin chào!", "Chào bạn 👋", 7]);
});

test("vercel: a streamed answer comes piece by piece, with its usage, and is recorded", async (t) => {
  const here = await world(t);
  const held = new Held("one ", "two three");
  here.upstream.next(held.script);
  const answer = stream(here, "count");
  let text = "";
  for await (const piece of answer.textStream) {
    text += piece;
    if (text === "one ") held.release();
  }
  assert.equal(text, "one two three");
  assert.equal((await answer.usage).outputTokens, 7);
  const turns = await here.server.turns(here.session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["one two three", "complete"]]);
});

test("vercel: ten plain turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) => (await ask(here, question)).text);
});

test("vercel: ten streamed turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) => stream(here, question).text);
});

test("vercel: tools are called and answered, and both turns are recorded", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }), says("It rains."));
  const answer = await ask(here, "The weather in Huế?", { tools: kTools, stopWhen: stepCountIs(3) });
  assert.equal(answer.text, "It rains.");
  const [first, second] = await here.server.turns(here.session);
  assert.equal(first.details.message.tool_calls[0].function.arguments, '{"city":"Huế"}');
  assert.equal(second.answer, "It rains.");
  assert.equal(second.details.asked.at(-1).content, "rain in Huế");
});

test("vercel: tools are called and answered while the answer is streamed", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }), says("It rains."));
  const answer = stream(here, "The weather in Huế?", { tools: kTools, stopWhen: stepCountIs(3) });
  assert.equal(await answer.text, "It rains.");
  const [first, second] = await here.server.turns(here.session);
  assert.equal(first.details.finish_reason, "tool_calls");
  assert.equal(second.answer, "It rains.");
});

test("vercel: an answer in a given form is parsed by the client", async (t) => {
  const here = await world(t);
  here.upstream.next(says('{"steps":3}'));
  const output = Output.object({ schema: z.object({ steps: z.number() }) });
  const model = modelOf(here, { supportsStructuredOutputs: true });
  const answer = await generateText({ model, prompt: "How many?", output, maxRetries: 0 });
  assert.deepEqual(answer.output, { steps: 3 });
  assert.equal(here.upstream.requests[0].body.response_format.type, "json_schema");
});

test("vercel: a stream that its client aborts is recorded to its end", async (t) => {
  const here = await world(t);
  const unheard = new Unheard(here.server);
  here.upstream.next(unheard.script);
  const controller = new AbortController();
  const answer = stream(here, "count", { abortSignal: controller.signal });
  for await (const part of answer.fullStream) if (part.type === "text-delta") controller.abort();
  await unheard.left();
  const [turn] = await here.server.turnsWhen(here.session, 1);
  assert.deepEqual([turn.answer, turn.status], [unheard.text, "complete"]);
});

test("vercel: a stream that the model breaks off has an error, and what came is recorded", async (t) => {
  const here = await world(t);
  here.upstream.next(breaksAfter("half ", "an answer"));
  let shown = "";
  let error;
  for await (const part of stream(here, "?").fullStream) {
    if (part.type === "text-delta") shown += part.text;
    if (part.type === "error") error = part.error;
  }
  assert.ok(error, "the stream ended without an error");
  assert.equal(shown, "half an answer");
  const turns = await here.server.turns(here.session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["half an answer", "incomplete"]]);
});

/// What generateText throws.
const failureOf = (here) => ask(here, "?").then(() => assert.fail("it was answered"), (error) => error);

test("vercel: errors are APICallErrors with status and words", async (t) => {
  const here = await world(t, { LLM_TIMEOUT: "5" });
  const cases = [
    [404, { message: "no such model", code: "model_not_found" }, 404, false],
    [400, { message: "too long" }, 400, false],
    [429, { message: "slow down" }, 429, true],
    [501, { message: "out of order" }, 502, true],
  ];
  for (const [status, refusal, expected, retryable] of cases) {
    here.upstream.next(refuses(status, refusal, { "retry-after": "60" }));
    const error = await failureOf(here);
    assert.ok(APICallError.isInstance(error), String(error));
    assert.deepEqual([error.statusCode, error.isRetryable], [expected, retryable]);
    assert.match(error.message, new RegExp(refusal.message));
  }
  assert.deepEqual(await here.server.turns(here.session), []);
});

test("vercel: a request without one of the keys is a 401, and one with it is answered", async (t) => {
  const apiKey = "a-key-of-sixteen-characters";
  const here = await world(t, { API_KEYS: apiKey });
  here.upstream.always(says("secret"));
  const error = await failureOf(here);
  assert.deepEqual([APICallError.isInstance(error), error.statusCode], [true, 401]);
  const answer = await generateText({ model: modelOf(here, { apiKey }), prompt: "?" });
  assert.equal(answer.text, "secret");
});
