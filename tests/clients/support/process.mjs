import { spawn } from "node:child_process";
import { once } from "node:events";

/// A program that is killed when the test process ends, however it ends.
export class Process {
  output = "";
  log = "";

  constructor(program, { env, cwd, args = [] }) {
    this.child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout.setEncoding("utf8").on("data", (text) => (this.output += text));
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
    this.ended = once(this.child, "close").then(([code, signal]) => signal ?? code);
  }

  /// Waits until what it printed matches, and returns the match. Throws with all it said if it ends instead.
  async printed(pattern) {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      const end = await Promise.race([once(this.child.stdout, "data").then(() => undefined), this.ended]);
      if (end !== undefined) throw new Error(`the program ended (${end}): ${this.output}${this.log}`);
    }
  }

  /// Sends the signal and waits for the end: its exit status, or the signal's name.
  stop(signal) {
    this.child.kill(signal);
    return this.ended;
  }
}
