// Plays the client's side of a transcript to a server of its own, and holds what the server says against the rest.

import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { register, uuid7 } from "../e2e/rest_client.mjs";
import { Server, configuration, repository } from "../e2e/server.mjs";
import { differences, withAdditions } from "./compare.mjs";
import { Bindings } from "./placeholders.mjs";

const { WebSocket } = createRequire(new URL("../e2e/package.json", import.meta.url))("ws");
const WAIT_MS = 60_000; // a deadline, so that a failure is a sentence

// Of a response's header, what clients go by. The rest is the server's own business.
const HEADERS = ["Content-Type", "Retry-After", "ETag", "Cache-Control", "Allow", "Vary", "Location", "WWW-Authenticate",
  "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",
  "Access-Control-Max-Age", "Access-Control-Allow-Credentials", "Upgrade", "Sec-WebSocket-Protocol", "Sec-WebSocket-Accept"];

export const plugins = { reactions: {}, typing: {}, polls: {} };

export function serverOf(transcript) {
  const { plugins: more, ...rest } = transcript.server;
  const config = configuration({ ...rest, plugins: { ...plugins, ...more } });
  delete config.api_documents;
  config.plugin_path.push(path.join(repository, "tests/golden"));
  return config;
}

// → what differs, by step: a list of { step, found: [differences], came, name }. Where a step breaks, the rest is not played.
// `record`: what is not recorded yet, and what is new, is written into `change`.
export async function play(transcript, { record = false } = {}) {
  const server = await Server.start(undefined, serverOf(transcript));
  const run = new Run(server, record);
  try {
    for (const who of transcript.people) run.knows(who, await register(server, who));
    await run.all(transcript.steps);
    return run;
  } finally {
    for (const line of run.lines.values()) line.socket.terminate();
    await server.dispose();
  }
}

class Run {
  constructor(server, record) {
    Object.assign(this, { server, record, bindings: new Bindings(), lines: new Map(), found: [], change: new Map(), answered: 0 });
  }

  knows(who, { account, session, token, name }) {
    for (const [kind, value] of Object.entries({ account, session, token, name })) this.bindings.bind(`${kind}:${who}`, value);
  }

  fill(text) {
    return this.bindings.fill(text, (kind) => (kind === "id" ? uuid7() : undefined));
  }

  get broken() {
    return this.found.some(({ breaks }) => breaks);
  }

  async all(steps) {
    for (let n = 0; n < steps.length && !this.broken; n++) {
      if (steps[n].kind !== "awaits") {
        await this.act(steps[n], steps[n + 1]);
        continue;
      }
      // What comes to several at the same time is written one after the other.
      const first = n;
      while (steps[n + 1]?.kind === "awaits") n++;
      const awaited = steps.slice(first, n + 1);
      for (const who of new Set(awaited.map((step) => step.who))) {
        await this.hears(who, awaited.filter((step) => step.who === who));
      }
    }
    if (!this.broken) await this.nothingMore(steps.at(-1));
  }

  async act(step, next) {
    const line = this.lines.get(step.who);
    switch (step.kind) {
      case "connects": return await this.connects(step);
      case "opens": return void this.lines.set(step.who, await Line.open(this.server));
      case "closes": return line.socket.close(1000);
      case "stops": return void (this.stopped = this.server.stop());
      case "stops reading":
        line.isIn = false; // it would not hear a heartbeat's answer
        return line.socket.pause();
      case "reads on": return line.readOn();
      case "frame": return this.says(line, step.text);
      case "request": {
        const came = await this.asks(step);
        assert.equal(next?.kind, "response", "a request is followed by `< STATUS`");
        return this.compare(next, came, `${step.verb} ${step.path}`);
      }
    }
  }

  // What `hello` has in it is recorded in connecting.txt.
  async connects({ who, as, first }) {
    const line = await Line.open(this.server);
    this.lines.set(who, line);
    line.socket.send(this.fill(`{"authenticate": {"scheme": "Bearer", "credential": "<token:${as}>"}}`));
    const [came] = await line.take(1);
    if (!came?.hello) this.found.push({ at: `${who} connects (line ${first + 1})`, breaks: true, what: `no hello came: ${JSON.stringify(came)}` });
  }

  says(line, text) {
    const raw = /^\((text|binary)\) ([0-9a-f ]+)$/.exec(text);
    if (raw) return line.socket.send(Buffer.from(raw[2].replaceAll(" ", ""), "hex"), { binary: raw[1] === "binary" });
    line.socket.send(this.textOf(text));
  }

  textOf(text) {
    const long = /^\((\d+) bytes\)$/.exec(text);
    return long ? "x".repeat(Number(long[1])) : this.fill(text);
  }

  // Replies are found by their id, events by the kind of their topic: in which order those come nobody promises. All else
  // comes in the order in which it stands, and events on the side of it on which they stand.
  async hears(who, steps) {
    const line = this.lines.get(who);
    const came = await line.take(steps.length);
    const isReply = (frame) => frame !== undefined && "id" in frame && !("close" in frame);
    const streamOf = (frame) => frame?.event === undefined ? undefined : frame.topic.split(":")[0];
    for (const step of steps) {
      const { recorded } = step;
      const others = came.findIndex((frame) => !isReply(frame) && streamOf(frame) === undefined);
      const events = came.slice(0, others < 0 ? came.length : others);
      const own = events.findIndex((frame) => streamOf(recorded) !== undefined && streamOf(frame) === streamOf(recorded));
      const is = isReply(recorded) ? came.findIndex((frame) => isReply(frame) && frame.id === recorded.id)
        : own >= 0 ? own
        : came.findIndex((frame) => recorded === undefined || !isReply(frame));
      this.compare(step, is < 0 ? undefined : came.splice(is, 1)[0], `${who} <`, came);
    }
  }

  compare(step, came, name, others = []) {
    this.answered++;
    const at = `${name} (line ${step.first + 1})`;
    if (came === undefined) {
      const instead = others.length ? `; in its place came ${JSON.stringify(others)}` : "";
      return void this.found.push({ at, breaks: true, what: `did not come: ${JSON.stringify(step.recorded)}${instead}` });
    }
    const label = step.kind === "response" && came.status >= 400 ? `${this.answered}` : "";
    if (step.recorded === undefined) {
      if (this.record) this.change.set(step, this.writtenDown(came, label));
      else this.found.push({ at, breaks: false, what: "is not recorded yet" });
      return;
    }
    const found = differences(step.recorded, came, this.bindings).map((each) => ({ ...each, at: `${at} ${each.at}` }));
    this.found.push(...found);
    if (this.record && found.length && !this.broken) {
      this.change.set(step, withAdditions(step.recorded, came, this.bindings, label));
    }
  }

  writtenDown(came, label) {
    if (came.headers?.ETag) {
      came = { ...came, headers: { ...came.headers, ETag: this.bindings.named("etag", "etag", came.headers.ETag) } };
    }
    return this.bindings.written(came, "", label);
  }

  // After a heartbeat's answer nothing can be on its way that was sent before.
  async nothingMore(last) {
    for (const [who, line] of this.lines) {
      if (line.isClosed || !line.isIn) continue;
      line.socket.send('{"heartbeat": {}}');
      const [came] = await line.take(1);
      if (came?.heartbeat) continue;
      this.found.push({ at: `${who}, after line ${last.last + 1}`, breaks: true, what: `nothing else was to come: ${JSON.stringify(came)}` });
    }
  }

  asks(step) {
    const headers = Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, this.fill(value)]));
    const body = step.body && this.textOf(step.body);
    if (body && !("Content-Type" in headers)) headers["Content-Type"] = "application/json";
    if (step.who !== "nobody") headers.Authorization = `Bearer ${this.bindings.get(`token:${step.who}`)}`;
    return new Promise((resolve, reject) => {
      const options = { method: step.verb, headers, agent: false, timeout: WAIT_MS };
      const request = http.request(new URL(this.server.url + this.fill(step.path)), options, async (response) => {
        let text = "";
        for await (const piece of response.setEncoding("utf8")) text += piece;
        resolve(answerOf(response, text));
      });
      request.once("upgrade", (response, socket) => {
        socket.destroy();
        resolve(answerOf(response, ""));
      });
      request.once("error", reject);
      request.end(body || undefined);
    });
  }
}

function answerOf(response, text) {
  const headers = Object.fromEntries(HEADERS.filter((name) => response.headers[name.toLowerCase()] !== undefined)
    .map((name) => [name, response.headers[name.toLowerCase()]]));
  return { status: response.statusCode, headers, ...(text ? { body: JSON.parse(text) } : {}) };
}

// One connection, and what came on it that was not taken yet.
class Line {
  static open(server) {
    const line = new Line();
    line.came = [];
    line.socket = new WebSocket(server.socketUrl, ["parley.v1"], { perMessageDeflate: false });
    line.socket.on("message", (data) => line.hear(JSON.parse(data.toString("utf8"))));
    line.socket.on("error", () => undefined); // "close" follows
    line.socket.once("close", (code) => {
      line.isClosed = true;
      line.hear({ close: code });
    });
    return new Promise((resolve, reject) => {
      line.socket.once("open", () => resolve(line));
      line.socket.once("error", reject);
    });
  }

  hear(frame) {
    if ("hello" in frame) this.isIn = true;
    if (!this.skips || "close" in frame) this.came.push(frame);
    this.look?.();
  }

  // Somebody who was too slow: what was on its way is of no interest, only how it ends.
  readOn() {
    this.skips = true;
    this.came = [];
    this.socket.resume();
  }

  // The next so many, or what there was before nothing came for long.
  async take(count) {
    await new Promise((resolve) => {
      const late = setTimeout(resolve, WAIT_MS);
      this.look = () => {
        if (this.came.length < count && !this.isClosed) return;
        clearTimeout(late);
        resolve();
      };
      this.look();
    });
    this.look = undefined;
    return this.came.splice(0, count);
  }
}
