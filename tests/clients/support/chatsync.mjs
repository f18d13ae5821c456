import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Process } from "./process.mjs";

// Settings of the caller's own server must not reach the one under test.
const kSettings = /^(HTTP|REDIS|MYSQL|LLM|API|SYNC|SESSION)_|^(DATA_DIR|SHUTDOWN_TIMEOUT|LOG_LEVEL|ON_BUSY)$/;

/// Redis and MariaDB to work with, if whoever started the test names some (over_servers_test.cpp does).
const kBackends = JSON.parse(process.env.CLIENTS_BACKENDS ?? "{}");

/// The built server, on a free port, with a data directory of its own.
export class Chatsync {
  #directory = mkdtempSync(join(tmpdir(), "chatsync-clients."));

  /// The settings stand for every start.
  static async start(settings) {
    const server = new Chatsync();
    const inherited = Object.entries(process.env).filter(([name]) => !kSettings.test(name));
    const own = { HTTP_PORT: "0", DATA_DIR: join(server.#directory, "data") };
    server.env = { ...Object.fromEntries(inherited), ...own, ...kBackends, ...settings };
    await server.startAgain();
    return server;
  }

  /// After an end. The port is another one.
  async startAgain() {
    this.process = new Process(process.env.CHATSYNC_BINARY, { env: this.env, cwd: this.#directory });
    [, this.url] = await this.process.printed(/listens on (http:\/\/127\.0\.0\.1:\d+)/);
  }

  /// Waits for the end of the drain that every start begins with: what is recorded afterwards stays pending.
  async firstDrain() {
    while ((await (await this.fetch("/metrics")).text()).includes("\nchatsync_sync_drains_total 0\n"));
  }

  /// How many connections it has open, beside the one of its own by which this is asked.
  async connections() {
    const [response] = await once(get(`${this.url}/metrics`, { agent: false }), "response");
    let metrics = "";
    for await (const piece of response.setEncoding("utf8")) metrics += piece;
    return Number(/^chatsync_http_connections (\d+)/m.exec(metrics)[1]) - 1;
  }

  /// Where clients of OpenAI's API find it.
  get baseURL() {
    return `${this.url}/v1`;
  }

  get log() {
    return this.process.log;
  }

  /// Ends it in order; the sanitizers have their say there too.
  async stop() {
    const status = await this.process.stop("SIGTERM");
    assert.equal(status, 0, `chatsync ended with ${status}: ${this.log}`);
  }

  async kill() {
    await this.process.stop("SIGKILL");
  }

  /// What an end without order has left running is stopped; its files are removed.
  async remove() {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  fetch(path, options) {
    return fetch(this.url + path, options);
  }

  async json(path, options) {
    const response = await this.fetch(path, options);
    assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
    return response.json();
  }

  post(path, body, headers = {}) {
    const json = { "content-type": "application/json", ...headers };
    return this.fetch(path, { method: "POST", headers: json, body: JSON.stringify(body) });
  }

  /// All turns of a session, oldest first, read a page at a time; none if it does not exist.
  async turns(session, pageSize = 200) {
    const turns = [];
    for (let before = "", more = true; more; ) {
      const path = `/sessions/${session}/messages?limit=${pageSize}${before && `&before=${before}`}`;
      const response = await this.fetch(path);
      if (response.status === 404) return [];
      assert.equal(response.status, 200, path);
      const page = await response.json();
      turns.unshift(...page.messages);
      more = page.has_more;
      before = page.before;
    }
    return turns;
  }

  /// Waits until the session has that many turns: for what goes on after the client has left.
  async turnsWhen(session, count) {
    for (;;) {
      const turns = await this.turns(session);
      if (turns.length >= count) return turns;
      await new Promise((wake) => setTimeout(wake, 5));
    }
  }

  syncNow() {
    return this.json("/sync_now");
  }

  /// The lines of the user's export, checked for completeness.
  async exported(user) {
    const text = await (await this.fetch(`/users/${user}/export`)).text();
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const end = lines.pop();
    assert.equal(end?.type, "end", "the export is cut off");
    return lines;
  }

  get database() {
    return join(this.#directory, "data", "chatsync.db");
  }
}
