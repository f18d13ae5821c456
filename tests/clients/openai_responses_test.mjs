import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { breaksAfter, calls, Held, refuses, says } from "./support/upstream.mjs";
import { assistant, tenTurnsOverARestart, Unheard, user, world } from "./support/world.mjs";

const model = "small";

const clientOf = ({ server }) => new OpenAI({ baseURL: server.baseURL, apiKey: "any", maxRetries: 0 });

const ask = (here, input, more) => clientOf(here).responses.create({ model, input, ...more });

/// A response's id names its session behind the 32 digits of its turn.
const sessionOf = (response) => /^resp_[0-9a-f]{32}(.+)$/.exec(response.id)[1];

/// The numbers of a stream's events grow; they follow from the answer, not from how it came.
function assertInOrder(events, after = -1) {
  for (const { sequence_number: number } of events) {
    assert.ok(number > after, `${number} after ${after}`);
    after = number;
  }
}

async function eventsOf(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

test("responses: a plain response has text, usage and an id that names its recorded turn", async (t) => {
  const here = await world(t);
  here.upstream.next(says("Chào bạn 👋"));
  const response = await ask(here, "Xin chào!", { instructions: "Be kind.", user: "ann" });
  assert.deepEqual([response.status, response.output_text], ["completed", "Chào bạn 👋"]);
  assert.deepEqual([response.usage.input_tokens, response.usage.output_tokens], [11, 7]);
  assert.deepEqual(here.upstream.lastMessages, [{ role: "system", content: "Be kind." }, user("Xin chào!")]);
  const [turn] = await here.server.turns(sessionOf(response));
  assert.deepEqual([turn.question, turn.answer, turn.user_id], ["Xin chào!", "Chào bạn 👋", "ann"]);
});

test("responses: a stream has numbered events that end when its turn is recorded", async (t) => {
  const here = await world(t);
  const held = new Held("one ", "two three");
  here.upstream.next(held.script);
  const seen = [];
  for await (const event of await ask(here, "count", { stream: true })) {
    seen.push(event);
    if (event.type !== "response.output_text.delta" || event.delta !== "one ") continue;
    assert.deepEqual(await here.server.turns(sessionOf(seen[0].response)), []);
    held.release();
  }
  assertInOrder(seen);
  const deltas = seen.filter((event) => event.type === "response.output_text.delta");
  assert.equal(deltas.map((event) => event.delta).join(""), "one two three");
  assert.deepEqual([seen[0].type, seen.at(-1).type], ["response.created", "response.completed"]);
  const { response } = seen.at(-1);
  assert.equal(response.output[0].content[0].text, "one two three");
  assert.equal((await here.server.turns(sessionOf(response)))[0].answer, "one two three");
});

test("responses: the client's own helper puts a stream together", async (t) => {
  const here = await world(t);
  here.upstream.next(says("one two three"));
  const stream = clientOf(here).responses.stream({ model, input: "count" });
  const response = await stream.finalResponse();
  assert.deepEqual([response.status, response.output_text], ["completed", "one two three"]);
});

test("responses: ten that each name the one before are remembered over a restart", async (t) => {
  const here = await world(t);
  let previous_response_id;
  await tenTurnsOverARestart(here, async (question) => {
    const response = await ask(here, question, { previous_response_id });
    previous_response_id = response.id;
    here.session = sessionOf(response);
    return response.output_text;
  });
});

test("responses: ten streamed ones of a conversation are remembered over a restart", async (t) => {
  const here = await world(t);
  const { id: conversation } = await clientOf(here).conversations.create();
  here.session = conversation;
  await tenTurnsOverARestart(here, async (question) => {
    const stream = clientOf(here).responses.stream({ model, input: question, conversation });
    return (await stream.finalResponse()).output_text;
  });
});

test("responses: two that name the same one before are branches without each other", async (t) => {
  const here = await world(t);
  here.upstream.always(says("noted"));
  const first = await ask(here, "one");
  await ask(here, "two", { previous_response_id: first.id });
  await ask(here, "other two", { previous_response_id: first.id });
  assert.deepEqual(here.upstream.lastMessages, [user("one"), assistant("noted"), user("other two")]);
});

test("responses: a function is called and its output goes on from there", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }), says("It rains."));
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const tools = [{ type: "function", name: "weather", parameters, strict: false }];
  const first = await ask(here, "The weather in Huế?", { tools });
  const [call] = first.output;
  assert.deepEqual([call.type, call.name, call.arguments], ["function_call", "weather", '{"city":"Huế"}']);
  const output = { type: "function_call_output", call_id: call.call_id, output: "rain" };
  const second = await ask(here, [output], { tools, previous_response_id: first.id });
  assert.equal(second.output_text, "It rains.");
  const [asked, called, answered] = here.upstream.lastMessages;
  assert.deepEqual(asked, user("The weather in Huế?"));
  assert.equal(called.tool_calls[0].function.arguments, '{"city":"Huế"}');
  assert.deepEqual([answered.role, answered.tool_call_id, answered.content], ["tool", call.call_id, "rain"]);
  assert.equal(sessionOf(second), sessionOf(first));
});

test("responses: a streamed function call is put together by the client", async (t) => {
  const here = await world(t);
  here.upstream.next(calls("weather", { city: "Huế" }));
  const tools = [{ type: "function", name: "weather", parameters: { type: "object" }, strict: false }];
  const stream = clientOf(here).responses.stream({ model, input: "The weather?", tools });
  const [call] = (await stream.finalResponse()).output;
  assert.deepEqual([call.type, call.arguments], ["function_call", '{"city":"Huế"}']);
});

test("responses: an answer in a given form is parsed by the client", async (t) => {
  const here = await world(t);
  here.upstream.next(says('{"steps":3}'));
  const text = { format: zodTextFormat(z.object({ steps: z.number() }), "plan") };
  const response = await clientOf(here).responses.parse({ model, input: "How many?", text });
  assert.deepEqual(response.output_parsed, { steps: 3 });
  assert.equal(here.upstream.requests[0].body.response_format.json_schema.name, "plan");
});

test("responses: one that is stored can be retrieved after a restart, and deleted", async (t) => {
  const here = await world(t);
  here.upstream.next(says("noted"));
  const made = await ask(here, "one", { metadata: { topic: "numbers" } });
  await here.server.stop();
  await here.server.startAgain();
  const { responses } = clientOf(here);
  const found = await responses.retrieve(made.id);
  assert.deepEqual({ ...found, output_text: undefined }, { ...made, output_text: undefined });
  await responses.delete(made.id);
  await assert.rejects(responses.retrieve(made.id), OpenAI.NotFoundError);
});

test("responses: the input items of one are listed page by page", async (t) => {
  const here = await world(t);
  here.upstream.next(says("noted"));
  const input = ["one", "two", "three"].map((content) => ({ role: "user", content }));
  const { id } = await ask(here, input);
  const texts = [];
  for await (const item of clientOf(here).responses.inputItems.list(id, { limit: 1, order: "asc" })) {
    texts.push(item.content[0].text);
  }
  assert.deepEqual(texts, ["one", "two", "three"]);
});

test("responses: one that is not to be stored leaves nothing", async (t) => {
  const here = await world(t);
  here.upstream.next(says("noted"));
  const response = await ask(here, "one", { store: false, user: here.session });
  assert.equal(response.output_text, "noted");
  await assert.rejects(clientOf(here).responses.retrieve(response.id), OpenAI.NotFoundError);
  assert.deepEqual((await here.server.json(`/sessions?user_id=${here.session}`)).sessions, []);
});

test("responses: a stream that its client aborts is recorded to its end", async (t) => {
  const here = await world(t);
  const unheard = new Unheard(here.server);
  here.upstream.next(unheard.script);
  let id;
  for await (const event of await ask(here, "count", { stream: true })) {
    if (event.type === "response.created") id = event.response.id;
    if (event.type === "response.output_text.delta") break; // Breaking out aborts.
  }
  await unheard.left();
  await here.server.turnsWhen(sessionOf({ id }), 1);
  const found = await clientOf(here).responses.retrieve(id);
  assert.deepEqual([found.status, found.output[0].content[0].text], ["completed", unheard.text]);
});

test("responses: a stream is taken up again behind the last event that was seen", async (t) => {
  const here = await world(t);
  const held = new Held("one ", "two");
  here.upstream.next(held.script);
  const seen = [];
  for await (const event of await ask(here, "count", { stream: true })) {
    seen.push(event);
    if (event.type === "response.output_text.delta") break;
  }
  const last = seen.at(-1).sequence_number;
  const { id } = seen[0].response;
  const resumed = await clientOf(here).responses.retrieve(id, { stream: true, starting_after: last });
  held.release();
  const rest = await eventsOf(resumed);
  assertInOrder(rest, last);
  const deltas = rest.filter((event) => event.type === "response.output_text.delta");
  assert.equal(deltas.map((event) => event.delta).join(""), "two");
  assert.equal(rest.at(-1).response.output[0].content[0].text, "one two");
});

test("responses: one under way is cancelled and keeps what came of it", async (t) => {
  const here = await world(t);
  here.upstream.next(new Held("half ", "never").script);
  const seen = [];
  for await (const event of await ask(here, "?", { stream: true })) {
    seen.push(event);
    if (event.type !== "response.output_text.delta") continue;
    const cancelled = await clientOf(here).responses.cancel(seen[0].response.id);
    assert.deepEqual([cancelled.status, cancelled.output[0].content[0].text], ["cancelled", "half "]);
  }
  assert.deepEqual([seen.at(-1).type, seen.at(-1).response.status], ["response.incomplete", "cancelled"]);
  const [turn] = await here.server.turns(sessionOf(seen[0].response));
  assert.deepEqual([turn.answer, turn.status], ["half ", "incomplete"]);
});

test("responses: a stream that the model breaks off ends as failed, with its part recorded", async (t) => {
  const here = await world(t);
  here.upstream.next(breaksAfter("half ", "an answer"));
  const events = await eventsOf(await ask(here, "?", { stream: true }));
  const { type, response } = events.at(-1);
  assert.deepEqual([type, response.status], ["response.failed", "failed"]);
  const [turn] = await here.server.turns(sessionOf(response));
  assert.deepEqual([turn.answer, turn.status], ["half an answer", "incomplete"]);
});

test("responses: errors are of the client's own classes and record nothing", async (t) => {
  const here = await world(t);
  here.upstream.next(refuses(400, { message: "too long" }), refuses(404, { message: "no such model" }));
  const owner = { user: here.session };
  await assert.rejects(ask(here, "?", owner), OpenAI.BadRequestError);
  await assert.rejects(ask(here, "?", { ...owner, stream: true }), OpenAI.NotFoundError);
  await assert.rejects(clientOf(here).responses.retrieve("resp_none"), OpenAI.NotFoundError);
  const nowhere = { previous_response_id: `resp_${"0".repeat(32)}nowhere` };
  await assert.rejects(ask(here, "?", nowhere), (error) => error instanceof OpenAI.APIError && error.status < 500);
  assert.equal(here.upstream.requests.length, 2);
  assert.deepEqual((await here.server.json(`/sessions?user_id=${here.session}`)).sessions, []);
});
