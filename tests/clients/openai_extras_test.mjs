// What chatsync has beside OpenAI's API, through the client's own functions for paths that it does not know.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { says } from "./support/upstream.mjs";
import { world } from "./support/world.mjs";

const model = "small";

const clientOf = ({ server }) => new OpenAI({ baseURL: server.baseURL, apiKey: "any", maxRetries: 0 });

/// A conversation of ann's with one turn.
async function conversationAbout(here, question) {
  here.upstream.next(says(`About: ${question}`));
  const response = await clientOf(here).responses.create({ model, input: question, user: "ann" });
  const id = response.id.slice("resp_".length + 32);
  const { data } = await clientOf(here).conversations.items.list(id, { order: "asc" });
  return { id, response, items: data };
}

test("extras: a user's conversations are listed page by page, the latest first", async (t) => {
  const here = await world(t);
  const made = [];
  for (const question of ["one", "two", "three"]) made.push((await conversationAbout(here, question)).id);
  await here.server.syncNow();
  const client = clientOf(here);
  const first = await client.get("/conversations", { query: { user: "ann", limit: 2 } });
  assert.deepEqual([first.object, first.data.length, first.has_more], ["list", 2, true]);
  const second = await client.get("/conversations", { query: { user: "ann", limit: 2, after: first.last_id } });
  assert.equal(second.has_more, false);
  assert.deepEqual([...first.data, ...second.data].map(({ id }) => id), made.toReversed());
});

test("extras: a conversation is titled by its first question or by its user", async (t) => {
  const here = await world(t);
  const { id } = await conversationAbout(here, "Chuyến đi Huế?");
  await here.server.syncNow();
  const client = clientOf(here);
  const titles = async () => {
    const { data } = await client.get("/conversations", { query: { user: "ann" } });
    return data.map(({ title }) => title);
  };
  assert.deepEqual(await titles(), ["Chuyến đi Huế?"]);
  await client.post(`/conversations/${id}`, { body: { title: "Huế", metadata: {} } });
  assert.deepEqual(await titles(), ["Huế"]);
});

test("extras: feedback on an item is kept with it", async (t) => {
  const here = await world(t);
  const { id, items } = await conversationAbout(here, "one");
  const body = { rating: "down", comment: "Wrong date", user: "ann" };
  const { feedback } = await clientOf(here).put(`/conversations/${id}/items/${items[1].id}/feedback`, { body });
  assert.deepEqual([feedback.rating, feedback.comment], ["down", "Wrong date"]);
});

test("extras: another answer to a question is a sibling and no turn", async (t) => {
  const here = await world(t);
  const { id, response } = await conversationAbout(here, "one");
  here.upstream.next(says("A better answer"));
  const again = await clientOf(here).post(`/responses/${response.id}/regenerate`, { body: { model } });
  assert.equal(again.item.content[0].text, "A better answer");
  assert.equal((await here.server.json(`/sessions/${id}/stats`)).question_count, 1);
  const found = await clientOf(here).responses.retrieve(response.id);
  assert.equal(found.output.at(-1).content[0].text, "A better answer");
});
