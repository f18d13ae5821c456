import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { says } from "./support/upstream.mjs";
import { user, world } from "./support/world.mjs";

const model = "small";

const clientOf = ({ server }) => new OpenAI({ baseURL: server.baseURL, apiKey: "any", maxRetries: 0 });

const textOf = (item) => item.content.map((part) => part.text).join("");

const message = (role, content) => ({ type: "message", role, content });

/// A conversation of so many turns, "question 1" and so on.
async function conversationOf(here, count) {
  here.upstream.always(says("an answer"));
  const { conversations, responses } = clientOf(here);
  const { id } = await conversations.create();
  for (let number = 1; number <= count; ++number) {
    await responses.create({ model, input: `question ${number}`, conversation: id });
  }
  return id;
}

test("conversations: one is created, retrieved, updated and deleted", async (t) => {
  const here = await world(t);
  const { conversations } = clientOf(here);
  const made = await conversations.create({ metadata: { topic: "numbers" } });
  assert.match(made.id, /^conv_[0-9a-f]{32}$/);
  assert.deepEqual(await conversations.retrieve(made.id), made);
  const updated = await conversations.update(made.id, { metadata: { topic: "letters" } });
  assert.deepEqual(updated.metadata, { topic: "letters" });
  await here.server.stop();
  await here.server.startAgain();
  const after = clientOf(here).conversations;
  assert.deepEqual(await after.retrieve(made.id), updated);
  assert.equal((await after.delete(made.id)).deleted, true);
  await assert.rejects(after.retrieve(made.id), OpenAI.NotFoundError);
});

test("conversations: ids sort by time", async (t) => {
  const here = await world(t);
  const ids = [];
  for (let k = 0; k < 5; ++k) ids.push((await clientOf(here).conversations.create()).id);
  assert.deepEqual(ids.toSorted(), ids);
});

test("conversations: items that it begins with go before the first question", async (t) => {
  const here = await world(t);
  here.upstream.next(says("noted"));
  const items = [message("user", "I am Ann."), message("assistant", "Hello Ann!")];
  const { id } = await clientOf(here).conversations.create({ items });
  await clientOf(here).responses.create({ model, input: "Who am I?", conversation: id });
  const seen = here.upstream.lastMessages.map(({ role, content }) => [role, content]);
  assert.deepEqual(seen, [["user", "I am Ann."], ["assistant", "Hello Ann!"], ["user", "Who am I?"]]);
});

test("conversations: items are added, retrieved and deleted", async (t) => {
  const here = await world(t);
  const { conversations } = clientOf(here);
  const { id: conversation_id } = await conversations.create();
  const items = [message("user", "one"), message("assistant", "two")];
  const added = await conversations.items.create(conversation_id, { items });
  assert.deepEqual(added.data.map(textOf), ["one", "two"]);
  const [first, second] = added.data;
  assert.deepEqual(await conversations.items.retrieve(first.id, { conversation_id }), first);
  await conversations.items.delete(second.id, { conversation_id });
  await assert.rejects(conversations.items.retrieve(second.id, { conversation_id }), OpenAI.NotFoundError);
  const left = await conversations.items.list(conversation_id);
  assert.deepEqual(left.data.map(textOf), ["one"]);
});

test("conversations: items are listed page by page in both orders", async (t) => {
  const here = await world(t);
  const id = await conversationOf(here, 5);
  const expected = [];
  for (let number = 1; number <= 5; ++number) expected.push(`question ${number}`, "an answer");
  const { items } = clientOf(here).conversations;
  for (const [order, texts] of [["asc", expected], ["desc", expected.toReversed()]]) {
    const seen = [];
    for await (const item of items.list(id, { order, limit: 3 })) seen.push(textOf(item));
    assert.deepEqual(seen, texts, order);
  }
  const page = await items.list(id, { limit: 4 });
  assert.deepEqual([page.data.length, page.has_more, page.last_id], [4, true, page.data[3].id]);
  const raw = await here.server.json(`/v1/conversations/${id}/items?limit=4`);
  assert.deepEqual([raw.object, raw.first_id, raw.last_id], ["list", page.data[0].id, page.last_id]);
});

test("conversations: a session of another endpoint is one too", async (t) => {
  const here = await world(t);
  here.upstream.always(says("an answer"));
  const body = { model, messages: [user("a question")] };
  await clientOf(here).chat.completions.create(body, { headers: { "X-Session-Id": here.session } });
  const page = await clientOf(here).conversations.items.list(here.session, { order: "asc" });
  assert.deepEqual(page.data.map(textOf), ["a question", "an answer"]);
  const second = await clientOf(here).responses.create({ model, input: "another", conversation: here.session });
  assert.equal(second.output_text, "an answer");
  assert.equal(here.upstream.lastMessages.length, 3);
  assert.equal((await here.server.turns(here.session)).length, 2);
});

test("conversations: what is not there is a NotFoundError", async (t) => {
  const here = await world(t);
  const { conversations } = clientOf(here);
  await assert.rejects(conversations.retrieve("conv_none"), OpenAI.NotFoundError);
  await assert.rejects(conversations.items.list("conv_none"), OpenAI.NotFoundError);
  const { id: conversation_id } = await conversations.create();
  await assert.rejects(conversations.items.retrieve("msg_none", { conversation_id }), OpenAI.NotFoundError);
});
