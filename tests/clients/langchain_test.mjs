import assert from "node:assert/strict";
import test from "node:test";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { breaksAfter, calls, Held, refuses, says } from "./support/upstream.mjs";
import { tenTurnsOverARestart, Unheard, world } from "./support/world.mjs";

/// A model whose every request belongs to the session.
function modelOf({ server, session }, more = {}) {
  const configuration = { baseURL: server.baseURL, defaultHeaders: { "X-Session-Id": session } };
  return new ChatOpenAI({ model: "small", apiKey: "any", maxRetries: 0, configuration, ...more });
}

const weather = tool(async ({ city }) => `rain in ${city}`, {
  name: "weather",
  description: "The weather of a city",
  schema: z.object({ city: z.string() }),
});

test("langchain: a plain answer comes with its usage and is recorded with it", async (t) => {
  const here = await world(t);
  here.upstream.next(says("Chào bạn 👋"));
  const answer = await modelOf(here).invoke("Xin chào!");
  assert.equal(answer.content, "Chào bạn 👋");
  assert.equal(answer.response_metadata.finish_reason, "stop");
  assert.deepEqual([answer.usage_metadata.input_tokens, answer.usage_metadata.output_tokens], [11, 7]);
  const [turn] = await here.server.turns(here.session);
  const { question, answer: recorded, details } = turn;
  assert.deepEqual([question, recorded, details.completion_tokens], ["Xin chào!", "Chào bạn 👋", 7]);
});

test("langchain: a streamed answer comes piece by piece, with its usage, and is recorded", async (t) => {
  const here = await world(t);
  const held = new Held("one ", "two three");
  here.upstream.next(held.script);
  let whole;
  for await (const piece of await modelOf(here).stream("count")) {
    whole = whole ? whole.concat(piece) : piece;
    if (whole.content === "one ") held.release();
  }
  assert.equal(whole.content, "one two three");
  assert.equal(whole.usage_metadata.output_tokens, 7);
  const turns = await here.server.turns(here.session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["one two three", "complete"]]);
});

test("langchain: ten plain turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) => (await modelOf(here).invoke(question)).content);
});

test("langchain: ten streamed turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) => {
    let text = "";
    for await (const piece of await modelOf(here).stream(question)) text += piece.content;
    return text;
  });
});

test("langchain: tools are called and answered, and both turns are recorded", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }), says("It rains."));
  const model = modelOf(here).bindTools([weather]);
  const question = new HumanMessage("The weather in Huế?");
  const call = await model.invoke([question]);
  const result = await weather.invoke(call.tool_calls[0]);
  assert.ok(result instanceof ToolMessage);
  assert.equal((await model.invoke([question, call, result])).content, "It rains.");
  const [first, second] = await here.server.turns(here.session);
  assert.equal(first.details.message.tool_calls[0].function.arguments, '{"city":"Huế"}');
  assert.equal(second.answer, "It rains.");
  assert.equal(second.details.asked.at(-1).content, "rain in Huế");
});

test("langchain: a streamed tool call is put together", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }));
  let whole;
  for await (const piece of await modelOf(here).bindTools([weather]).stream("The weather?")) {
    whole = whole ? whole.concat(piece) : piece;
  }
  assert.deepEqual(whole.tool_calls.map(({ name, args }) => [name, args]), [["weather", { city: "Huế" }]]);
});

test("langchain: an answer in a given form is parsed by the client", async (t) => {
  const here = await world(t);
  here.upstream.next(says('{"steps":3}'));
  const schema = z.object({ steps: z.number() });
  const model = modelOf(here).withStructuredOutput(schema, { method: "jsonSchema" });
  assert.deepEqual(await model.invoke("How many?"), { steps: 3 });
});

test("langchain: a stream that its client aborts is recorded to its end", async (t) => {
  const here = await world(t);
  const unheard = new Unheard(here.server);
  here.upstream.next(unheard.script);
  const controller = new AbortController();
  const reading = async () => {
    for await (const piece of await modelOf(here).stream("count", { signal: controller.signal })) {
      if (piece.content) controller.abort();
    }
  };
  await assert.rejects(reading);
  await unheard.left();
  const [turn] = await here.server.turnsWhen(here.session, 1);
  assert.deepEqual([turn.answer, turn.status], [unheard.text, "complete"]);
});

test("langchain: a stream that the model breaks off throws, and what came is recorded", async (t) => {
  const here = await world(t);
  here.upstream.next(breaksAfter("half ", "an answer"));
  let shown = "";
  const reading = async () => {
    for await (const piece of await modelOf(here).stream("?")) shown += piece.content;
  };
  await assert.rejects(reading, (error) => error.code === "model_broke_off");
  assert.equal(shown, "half an answer");
  const turns = await here.server.turns(here.session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["half an answer", "incomplete"]]);
});

test("langchain: errors have the status and the words of the model server", async (t) => {
  const here = await world(t, { LLM_TIMEOUT: "5" });
  const cases = [
    [404, { message: "no such model", code: "model_not_found" }, 404],
    [400, { message: "too long" }, 400],
    [429, { message: "slow down" }, 429],
    [501, { message: "out of order" }, 502],
  ];
  for (const [status, refusal, expected] of cases) {
    here.upstream.next(refuses(status, refusal, { "retry-after": "60" }));
    const failed = modelOf(here).invoke("?");
    await assert.rejects(failed, (error) => error.status === expected && error.message.includes(refusal.message));
  }
  assert.deepEqual(await here.server.turns(here.session), []);
});

test("langchain: a request without one of the keys is a 401, and one with it is answered", async (t) => {
  const apiKey = "a-key-of-sixteen-characters";
  const here = await world(t, { API_KEYS: apiKey });
  here.upstream.always(says("secret"));
  await assert.rejects(modelOf(here).invoke("?"), (error) => error.status === 401);
  assert.equal((await modelOf(here, { apiKey }).invoke("?")).content, "secret");
});

test("langchain: the Responses API answers plainly and streamed", async (t) => {
  const here = await world(t);
  here.upstream.always(says("one two three"));
  const model = modelOf(here, { useResponsesApi: true });
  const plain = await model.invoke("count");
  assert.equal(plain.text, "one two three");
  let streamed = "";
  for await (const piece of await model.stream("again")) streamed += piece.text;
  assert.equal(streamed, "one two three");
  const turns = await here.server.turns(here.session);
  assert.deepEqual(turns.map((turn) => [turn.question, turn.answer]), [["count", plain.text], ["again", streamed]]);
});
