import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { breaksAfter, calls, Held, kUsage, says } from "./support/upstream.mjs";
import { assistant, tenTurnsOverARestart, Unheard, user, world } from "./support/world.mjs";

const model = "small";

/// A client whose every request belongs to the session.
function clientOf({ server, session }) {
  const defaultHeaders = { "X-Session-Id": session };
  return new OpenAI({ baseURL: server.baseURL, apiKey: "any", maxRetries: 0, defaultHeaders });
}

const ask = (client, content, more) =>
  client.chat.completions.create({ model, messages: [user(content)], ...more });

async function textOf(stream) {
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  return text;
}

test("openai: a plain answer comes with its usage and is recorded with it", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(says("Chào bạn 👋"));
  const answer = await ask(clientOf({ server, session }), "Xin chào!");
  assert.equal(answer.choices[0].message.content, "Chào bạn 👋");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.deepEqual(answer.usage, kUsage);
  const [turn] = await server.turns(session);
  assert.deepEqual([turn.question, turn.answer, turn.model], ["Xin chào!", "Chào bạn 👋", model]);
  const { prompt_tokens, completion_tokens, finish_reason } = turn.details;
  assert.deepEqual([prompt_tokens, completion_tokens, finish_reason], [11, 7, "stop"]);
});

test("openai: a streamed answer comes piece by piece and is recorded before its end", async (t) => {
  const { server, upstream, session } = await world(t);
  const held = new Held("one ", "two three");
  upstream.next(held.script);
  const stream = await ask(clientOf({ server, session }), "count", { stream: true });
  let text = "";
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    if (text !== "one ") continue;
    assert.deepEqual(await server.turns(session), []);
    held.release();
  }
  assert.equal(text, "one two three");
  const turns = await server.turns(session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["one two three", "complete"]]);
});

test("openai: a stream has a usage chunk if it was asked for and none otherwise", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.always(says("yes"));
  const client = clientOf({ server, session });
  const usages = async (more) => {
    const seen = [];
    for await (const chunk of await ask(client, "?", { stream: true, ...more })) seen.push(chunk.usage);
    return seen.filter(Boolean);
  };
  assert.deepEqual(await usages({ stream_options: { include_usage: true } }), [kUsage]);
  assert.deepEqual(await usages(), []);
  const tokens = (await server.turns(session)).map((turn) => turn.details.completion_tokens);
  assert.deepEqual(tokens, [7, 7]);
});

test("openai: ten plain turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) => {
    const answer = await ask(clientOf(here), question);
    return answer.choices[0].message.content;
  });
});

test("openai: ten streamed turns are remembered over a restart", async (t) => {
  const here = await world(t);
  await tenTurnsOverARestart(here, async (question) =>
    textOf(await ask(clientOf(here), question, { stream: true })));
});

test("openai: nothing is added to a conversation that the client sends itself", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.always(says("noted"));
  const client = clientOf({ server, session });
  await ask(client, "one");
  const messages = [user("mine"), assistant("yours"), user("two")];
  await client.chat.completions.create({ model, messages });
  assert.deepEqual(upstream.lastMessages, messages);
  assert.deepEqual((await server.turns(session)).map((turn) => turn.question), ["one", "two"]);
});

test("openai: the session may stand in the metadata and its owner in user", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.always(says("noted"));
  const client = new OpenAI({ baseURL: server.baseURL, apiKey: "any" });
  await ask(client, "one", { metadata: { session_id: session }, user: "ann" });
  assert.equal((await server.json(`/sessions/${session}`)).user_id, "ann");
  await ask(client, "two");
  assert.equal((await server.turns(session)).length, 1);
});

test("openai: tools are called and answered, and both turns are recorded", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(calls("weather", { city: "Huế" }), says("It rains in Huế."));
  const asked = [];
  const runner = clientOf({ server, session }).chat.completions.runTools({
    model,
    messages: [user("The weather in Huế?")],
    tools: [
      {
        type: "function",
        function: {
          name: "weather",
          description: "The weather of a city",
          parameters: { type: "object", properties: { city: { type: "string" } } },
          parse: JSON.parse,
          function: ({ city }) => (asked.push(city), "rain"),
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), "It rains in Huế.");
  assert.deepEqual(asked, ["Huế"]);
  const [first, second] = await server.turns(session);
  assert.equal(first.details.finish_reason, "tool_calls");
  assert.equal(first.details.message.tool_calls[0].function.arguments, '{"city":"Huế"}');
  assert.equal(second.answer, "It rains in Huế.");
  assert.ok(second.details.asked.some((message) => message.role === "tool" && message.content === "rain"));
});

test("openai: a streamed tool call is put together and recorded whole", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(calls("weather", { city: "Huế" }));
  const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
  const client = clientOf({ server, session });
  const stream = client.chat.completions.stream({ model, messages: [user("The weather?")], tools });
  const { message } = (await stream.finalChatCompletion()).choices[0];
  assert.equal(message.tool_calls[0].function.arguments, '{"city":"Huế"}');
  const [turn] = await server.turns(session);
  const [{ id, type, function: called }] = turn.details.message.tool_calls;
  const { name, arguments: args } = message.tool_calls[0].function;
  assert.deepEqual([id, type, called], ["call_1", "function", { name, arguments: args }]);
});

test("openai: parts and images by reference reach the model and the record as they are", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.always(says("A cat."));
  const url = "https://example.org/cat.png";
  const content = [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url } }];
  await ask(clientOf({ server, session }), content);
  assert.deepEqual(upstream.lastMessages, [user(content)]);
  const [turn] = await server.turns(session);
  assert.deepEqual([turn.question, turn.details.asked], ["What is this?", [user(content)]]);
});

test("openai: an answer in a given form is parsed by the client", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(says('{"steps":3}'));
  const response_format = zodResponseFormat(z.object({ steps: z.number() }), "plan");
  const body = { model, messages: [user("How many?")], response_format };
  const answer = await clientOf({ server, session }).chat.completions.parse(body);
  assert.deepEqual(answer.choices[0].message.parsed, { steps: 3 });
  assert.equal(upstream.requests[0].body.response_format.json_schema.name, "plan");
});

test("openai: a stream that its client aborts is recorded to its end", async (t) => {
  const { server, upstream, session } = await world(t);
  const unheard = new Unheard(server);
  upstream.next(unheard.script);
  const stream = await ask(clientOf({ server, session }), "count", { stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break; // Breaking out aborts.
  assert.ok(stream.controller.signal.aborted);
  await unheard.left();
  const [turn] = await server.turnsWhen(session, 1);
  assert.deepEqual([turn.answer, turn.status], [unheard.text, "complete"]);
});

test("openai: a plain answer that its client does not wait for is recorded", async (t) => {
  const { server, upstream, session } = await world(t);
  const held = new Held("one ", "two");
  upstream.next(held.script);
  const controller = new AbortController();
  const body = { model, messages: [user("count")] };
  const answer = clientOf({ server, session }).chat.completions.create(body, { signal: controller.signal });
  await upstream.asked(1);
  controller.abort();
  await assert.rejects(answer, OpenAI.APIUserAbortError);
  held.release();
  const [turn] = await server.turnsWhen(session, 1);
  assert.deepEqual([turn.answer, turn.status], ["one two", "complete"]);
});

test("openai: a stream that the model breaks off throws, and what came of it is recorded", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(breaksAfter("half ", "an answer"));
  let shown = "";
  const reading = async () => {
    const stream = await ask(clientOf({ server, session }), "?", { stream: true });
    for await (const chunk of stream) shown += chunk.choices[0]?.delta.content ?? "";
  };
  await assert.rejects(reading, (error) => error instanceof OpenAI.APIError && error.code === "model_broke_off");
  assert.equal(shown, "half an answer");
  const turns = await server.turns(session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["half an answer", "incomplete"]]);
});

test("openai: a cancelled stream throws, and what came of it is recorded", async (t) => {
  const { server, upstream, session } = await world(t);
  upstream.next(new Held("half ", "never").script);
  const reading = async () => {
    const stream = await ask(clientOf({ server, session }), "?", { stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content === "half ") await server.post(`/sessions/${session}/cancel`, {});
    }
  };
  await assert.rejects(reading, (error) => error instanceof OpenAI.APIError && error.code === "cancelled");
  const turns = await server.turns(session);
  assert.deepEqual(turns.map((turn) => [turn.answer, turn.status]), [["half ", "incomplete"]]);
});

test("openai: the models are those of the model server", async (t) => {
  const { server, upstream } = await world(t);
  const models = [{ id: "small", object: "model", created: 1, owned_by: "us" }];
  upstream.next((exchange) => exchange.reply(200, { object: "list", data: models }));
  const client = new OpenAI({ baseURL: server.baseURL, apiKey: "any" });
  const seen = [];
  for await (const one of client.models.list()) seen.push(one.id);
  assert.deepEqual(seen, ["small"]);
});
