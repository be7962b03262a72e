// A parleyd of the test's own: temporary configuration and data, a free port, started and stopped by pid.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { useDocuments } from "./documents.mjs";

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const START_MS = 60_000; // a deadline for sanitizer builds on a busy machine, not a promise

export function buildDirectory() {
  const named = process.env.PARLEY_BUILD;
  if (named) return path.resolve(named);
  const found = ["dev", "release"]
    .map((preset) => path.join(repository, "build", preset))
    .find((directory) => fs.existsSync(path.join(directory, "bin/parleyd")));
  if (!found) throw new Error("no bin/parleyd in build/dev or build/release; set PARLEY_BUILD");
  return found;
}

// The driver that the suites run on: PARLEY_STORE=storage-postgres, with PARLEY_POSTGRES as the folder that
// plugins/storage-postgres/tests/cluster.sh was given.
export const store = process.env.PARLEY_STORE ?? "storage-sqlite";

export function storePlugin() {
  if (store !== "storage-postgres") return { [store]: {} };
  const url = fs.readFileSync(path.join(process.env.PARLEY_POSTGRES, "url"), "utf8").trim();
  return { [store]: { config: { url } } };
}

export const unlimited = Object.fromEntries(["read", "write", "search"].map((name) => [name, { per_second: 0 }]));

// What every suite starts from. YAML is a superset of JSON, so the object is written as it is.
export function configuration(changes = {}) {
  const build = buildDirectory();
  return {
    server: { name: "Parley", data: "./data" },
    listen: [{ address: "127.0.0.1", port: 0 }],
    // What plugins answer is what their manifests say: checked wherever a suite calls them.
    development: { strict: true },
    rates: unlimited, // suites write and read as fast as they can
    // … and what anybody is told is what the documents say.
    api_documents: { serve: true },
    plugin_path: [path.join(build, "plugins"), path.join(repository, "plugins")],
    plugins: {
      ...storePlugin(),
      // The cheapest hash that is allowed: the suites register many accounts.
      "auth-password": { grants: ["identity"], config: { argon2_memory_mib: 8, argon2_passes: 1 } },
      messaging: {},
      web: {},
      ...changes.plugins,
    },
    ...without(changes, "plugins"),
  };
}

export function without(object, ...keys) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

export class Server {
  constructor(config) {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), "parley-e2e-"));
    this.config = config;
    this.log = "";
  }

  // Started, ready, and taken down when the test `t` ends. Without `t` the caller calls dispose().
  static async start(t, config = configuration()) {
    const server = new Server(config);
    t?.after(() => server.dispose());
    await server.launch();
    return server;
  }

  get file() {
    return path.join(this.directory, "parley.yaml");
  }

  write(text = undefined) {
    // A schema for each server, as each has a folder; the same one again after a restart.
    const database = this.config.plugins?.["storage-postgres"]?.config;
    if (database) database.schema ??= path.basename(this.directory).toLowerCase().replaceAll("-", "_") + process.pid;
    fs.writeFileSync(this.file, text ?? JSON.stringify(this.config, null, 2));
  }

  async launch() {
    this.write();
    this.spawn();
    const url = await this.announced();
    this.url = url;
    this.port = Number(new URL(url).port);
    // After a restart it has to be found at the same address.
    this.config.listen[0].port = this.port;
    await this.ready();
    if (this.config.api_documents?.serve) await useDocuments(this);
  }

  spawn() {
    const begun = this.log.length;
    this.child = spawn(path.join(buildDirectory(), "bin/parleyd"), [this.file], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const child = this.child;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", (problem) => resolve({ code: -1, signal: null, problem }));
    });
    this.heard = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.log += text;
        for (const look of [...this.heard]) look();
      });
    }
    this.begun = begun;
  }

  // Resolves with the first match in what the server printed since its last start.
  said(pattern, what = String(pattern), ms = START_MS) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.log.slice(this.begun));
        if (!match) return;
        finish();
        resolve(match);
      };
      const late = setTimeout(() => {
        finish();
        reject(new Error(`the server did not say ${what}:\n${this.log.slice(-4000)}`));
      }, ms);
      const finish = () => {
        clearTimeout(late);
        this.heard = this.heard.filter((one) => one !== look);
      };
      this.heard.push(look);
      this.exited.then(() => {
        look(); // the last words may come with the end
        if (!this.heard.includes(look)) return;
        finish();
        reject(new Error(`the server ended before it said ${what}:\n${this.log.slice(-4000)}`));
      });
      look();
    });
  }

  async announced() {
    const match = await this.said(/listening[^\n]*?(https?:\/\/[\w.:[\]-]+)/, "where it listens");
    return match[1].replace(/\/$/, "");
  }

  async ready() {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if ((await this.status("/readyz")) === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 10)); // between two looks
    }
    throw new Error(`/readyz did not become 200:\n${this.log.slice(-4000)}`);
  }

  status(route) {
    const client = this.url.startsWith("https:") ? https : http;
    return new Promise((resolve) => {
      const request = client.get(this.url + route, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode));
      });
      request.once("error", () => resolve(0));
    });
  }

  get socketUrl() {
    return this.url.replace(/^http/, "ws") + "/v1/socket";
  }

  // As a power cut would end it.
  async kill() {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  // As an operator would; and it must end well, sanitizers included.
  async stop() {
    this.child.kill("SIGTERM");
    const { code, signal } = await this.exited;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `ended badly:\n${this.log.slice(-6000)}`);
    assert.doesNotMatch(this.log, /AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:/);
  }

  async dispose() {
    try {
      if (this.child && this.child.exitCode === null && this.child.signalCode === null) await this.stop();
    } finally {
      fs.rmSync(this.directory, { recursive: true, force: true });
    }
  }

  // --check, or a start that is expected to fail: runs until its end.
  async run(args = [], text = undefined) {
    this.write(text);
    const child = spawn(path.join(buildDirectory(), "bin/parleyd"), [...args, this.file], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (bytes) => (output += bytes));
    child.stderr.on("data", (bytes) => (output += bytes));
    const late = setTimeout(() => child.kill("SIGKILL"), START_MS);
    const code = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(late);
    return { code, output };
  }
}
