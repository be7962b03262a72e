// The processes of parley-abuse, a server as operators run it, and what /proc says of it.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { register } from "../e2e/rest_client.mjs";
import { Server, buildDirectory, configuration } from "../e2e/server.mjs";

// The limits are the defaults, but for `limits`: the suites' own are made for suites.
export function server(limits = {}) {
  const config = configuration({ limits });
  for (const key of ["development", "rates", "api_documents"]) delete config[key];
  return new Server(config);
}

export const PATIENCE_MS = 60_000; // so that a failure is a sentence and not a hanging test

export class Process {
  constructor(server, kind, given) {
    this.file = path.join(server.directory, `${kind}-${++Process.made}.json`);
    fs.writeFileSync(this.file, JSON.stringify({ port: server.port, ...given }));
    this.child = spawn(path.join(buildDirectory(), "bin/parley-abuse"), [kind, this.file], { stdio: ["pipe", "pipe", "inherit"] });
    this.exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  static made = 0;

  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`parley-abuse ended early, with ${await this.exited}`);
    return JSON.parse(value);
  }

  // Until it has done what it was to do; where that does not come about, what it has seen until now.
  async done() {
    const late = setTimeout(() => this.child.stdin.end(), PATIENCE_MS);
    return this.next().finally(() => clearTimeout(late));
  }

  // Ends it, and gives what it has to say.
  async end() {
    this.child.stdin.end();
    const last = await this.next();
    await this.exited;
    return last;
  }

  kill() {
    this.child.kill("SIGKILL");
  }
}

export async function people(on, hint, count) {
  const all = [];
  for (let n = 0; n < count; n += 16) {
    all.push(...await Promise.all(Array.from({ length: Math.min(16, count - n) }, () => register(on, hint))));
  }
  return all;
}

const status = (pid, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
export const resident = (pid) => status(pid, "VmRSS");
export const peak = (pid) => status(pid, "VmHWM");
export const forgetPeak = (pid) => fs.writeFileSync(`/proc/${pid}/clear_refs`, "5");

// On a CPU, in seconds, by all its threads.
export function cpu(pid) {
  let sum = 0;
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch { /* it has ended */ }
  }
  return sum / 1e9;
}

export async function metric(on, name) {
  const text = await (await fetch(`${on.url}/metrics`)).text();
  return Number(new RegExp(`^parley_net_${name} (\\d+)$`, "m").exec(text)[1]);
}

// How long the disk under the server takes for a sync, while others use it too: ten a second.
export function syncs(folder) {
  let over = false;
  const all = (async () => {
    const file = await fs.promises.open(path.join(folder, "sync"), "w"), took = [];
    for (; !over; await pause(100)) {
      await file.write(Buffer.alloc(4096), 0, 4096, 0);
      const began = performance.now();
      await file.datasync();
      took.push(performance.now() - began);
    }
    await file.close();
    return took.sort((a, b) => a - b);
  })();
  return { p99: async () => { over = true; const took = await all; return took[Math.floor(took.length * 0.99)]; } };
}

// Between two looks.
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
