// What the documents show is what happens: their programs in TypeScript are run as they stand, their commands of curl
// too, and both must print what the page says, but for ids and times.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { Chatsync } from "./support/chatsync.mjs";
import { fencedBlocks } from "./support/fenced_blocks.mjs";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");

async function echoServer(t) {
  const server = await Chatsync.start({});
  await server.firstDrain();
  t.after(() => server.remove());
  return server;
}

/// The programs of a page, each with the text that stands behind it: what it prints.
async function checkPrograms(t, page) {
  const server = await echoServer(t);
  const directory = mkdtempSync(join(tmpdir(), "chatsync-documents."));
  t.after(() => rmSync(directory, { recursive: true }));
  const blocks = fencedBlocks(join(root, page));
  const programs = blocks.filter(({ language }) => language === "ts");
  assert.ok(programs.length > 0, "there is no program");
  const flags = process.execArgv.filter((flag) => !flag.startsWith("--test"));
  const check = async (program, number) => {
    const file = join(directory, `${number}.mts`);
    writeFileSync(file, program.text.replaceAll("http://localhost:8080", server.url));
    const { stdout } = await run(process.execPath, [...flags, file]);
    const shown = blocks[blocks.indexOf(program) + 1];
    assert.equal(shown?.language, "text", `what does the program under "${program.heading}" print?`);
    assert.equal(stdout, shown.text, program.heading);
  };
  // All to their ends, so that none is left without its server.
  for (const { reason } of await Promise.allSettled(programs.map(check))) if (reason) throw reason;
}

/// Ids and times, which differ from run to run.
const masked = (text) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/(conv|resp|msg)_[0-9A-Za-z_-]+/g, "$1_ID")
    .replace(/\d{7,}/g, "NUMBER")
    .replace(/"latency_ms":\d+/g, '"latency_ms":0');

async function checkCommands(t, page) {
  const server = await echoServer(t);
  const consoles = fencedBlocks(join(root, page)).filter(({ language }) => language === "console");
  assert.ok(consoles.length > 0, "there is no command");
  for (const { text } of consoles) {
    for (const part of text.split(/^\$ /m).slice(1)) {
      const [command] = part.split("\n", 1);
      const { stdout } = await run("bash", ["-euc", command.replaceAll("localhost:8080", server.url)]);
      assert.equal(masked(stdout).trimEnd(), masked(part.slice(command.length + 1)).trimEnd(), command);
    }
  }
}

test("documents: the programs of docs/clients.md print what it says", (t) => checkPrograms(t, "docs/clients.md"));
test("documents: the commands of docs/clients.md print what it says", (t) => checkCommands(t, "docs/clients.md"));
test("documents: the program of README.md prints what it says", (t) => checkPrograms(t, "README.md"));
test("documents: the program of README.vi.md prints what it says", (t) => checkPrograms(t, "README.vi.md"));
test("documents: the commands of README.md print what it says", (t) => checkCommands(t, "README.md"));
