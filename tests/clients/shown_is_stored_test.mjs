// What a client was shown is what the store holds: random conversations, and in the end everything is read back in
// every way there is and compared. SEED=n plays the conversations of another seed.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { Asker } from "./support/asker.mjs";
import { Random } from "./support/random.mjs";
import { world } from "./support/world.mjs";

const kSteps = Math.ceil(60 / Math.sqrt(Number(process.env.CHATSYNC_TEST_SCALE_DOWN ?? 1)));

// What concerns all sessions is done while nothing else is under way; else up to three sessions are asked at once.
const kAlone = ["killed", "restart", "sync", "compare"];
const kAsked = ["plain", "streamed", "withOwnPast", "withTool", "refused", "brokenOff", "cancelled", "aborted"];

/// What of a turn, as the server tells it, is in the notes.
function told(turn) {
  const { question, answer, status, details = {} } = turn;
  const { completion_tokens: tokens, message, asked } = details;
  return { question, answer, status, tokens, tools: message?.tool_calls, asked };
}

/// A turn must have what is noted of it, and the number of its place.
function holds(turns, notes, where) {
  assert.deepEqual(turns.map((turn) => turn.seq), notes.map((_, at) => at + 1), where);
  for (const [at, note] of notes.entries()) {
    const seen = told(turns[at]);
    for (const name of Object.keys(note)) assert.deepEqual(seen[name], note[name], `${where}, turn ${at + 1}: ${name}`);
  }
}

async function compareMessages({ server }, sessions, random) {
  for (const { id, notes } of sessions) holds(await server.turns(id, 1 + random.below(9)), notes, "messages");
}

async function compareExports({ server }, sessions) {
  for (const { id, user, notes } of sessions.filter((session) => session.notes.length > 0)) {
    const stats = await server.json(`/sessions/${id}/stats`);
    const counts = [stats.question_count, stats.synced, stats.pending];
    assert.deepEqual(counts, [notes.length, notes.length, 0], "statistics");
    const lines = (await server.exported(user)).filter((line) => line.session_id === id);
    holds(lines.filter((line) => line.type === "turn"), notes, "export");
    assert.equal(lines.length, notes.length + 1, "lines of the export");
  }
}

function compareTables({ server }, sessions) {
  const database = new DatabaseSync(server.database, { readOnly: true });
  const rows = database.prepare("SELECT * FROM chat_messages WHERE session_id = ? ORDER BY ts");
  for (const { id, notes } of sessions) {
    const stored = rows.all(id).map(({ completion_tokens, ...row }) => ({ ...row, details: { completion_tokens } }));
    holds(stored, notes.map(({ tools, asked, ...note }) => note), "chat_messages"); // Both stand in no column.
  }
  const [{ letters }] = database.prepare("SELECT COUNT(*) AS letters FROM dead_letters").all();
  assert.equal(letters, 0, "dead letters");
  database.close();
}

async function play(t, seed) {
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const here = await world(t);
  const asker = new Asker(here, random);
  const sessions = [1, 2, 3].map((k) => ({ id: `${here.session}-${k}`, user: `user-${k % 2}`, notes: [] }));
  const done = [];
  const alone = {
    killed: () => asker.killed(random.pick(sessions)),
    restart: async () => {
      await here.server.stop();
      await here.server.startAgain();
    },
    sync: () => here.server.syncNow(),
    compare: () => compareMessages(here, sessions, random),
  };
  try {
    for (let step = 0; step < kSteps; ++step) {
      if (random.below(8) === 0) {
        done.push(random.pick(kAlone));
        await alone[done.at(-1)]();
        continue;
      }
      const busy = sessions.slice(0, 1 + random.below(3));
      const ways = busy.map(() => random.pick(kAsked));
      done.push(ways.join("+"));
      await Promise.all(busy.map((session, at) => asker[ways[at]](session)));
    }
    await compareMessages(here, sessions, random);
    await here.server.syncNow();
    await compareMessages(here, sessions, random);
    await compareExports(here, sessions);
    compareTables(here, sessions);
  } catch (error) {
    console.error(`seed ${seed}, after ${done.join(", ")}`);
    throw error;
  }
}

const seedOr = (seed) => Number(process.env.SEED ?? seed);

test("what a client was shown is what the store holds, seed 1", (t) => play(t, seedOr(1)));
test("what a client was shown is what the store holds, seed 2", (t) => play(t, seedOr(2)));
