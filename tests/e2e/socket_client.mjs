// A client of parley.v1 on npm's ws, written from docs/protocol.md alone.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { FrameJudge } from "./documents.mjs";

export const WAIT_MS = 60_000; // a deadline, so that a failure is a sentence and not a hanging test

export class SocketClient {
  constructor(url, options = {}) {
    this.frames = []; // all that came, in order
    this.waiting = new Set();
    this.calls = new Map();
    this.nextId = 1;
    this.judge = new FrameJudge(url);
    this.socket = new WebSocket(url, ["parley.v1"], options);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => {
        this.closeCode = code;
        resolve(code);
        for (const call of this.calls.values()) call.reject(new Error(`closed with ${code} ${reason}`));
        this.calls.clear();
        this.look();
      });
    });
    this.socket.on("error", () => undefined); // "close" follows
    this.socket.on("message", (data) => this.receive(JSON.parse(data.toString("utf8"))));
  }

  // Connected and authenticated.
  static async open(server, who, options) {
    const client = new SocketClient(server.socketUrl, options);
    await client.opened;
    client.write({ authenticate: { scheme: "Bearer", credential: who.token } });
    client.hello = (await client.until((frame) => frame.hello, "hello")).hello;
    return client;
  }

  // … and following everything, from the cursors on.
  static async follow(server, who, cursors = {}, options = undefined) {
    const client = await SocketClient.open(server, who, options);
    client.heads = await client.resume(cursors);
    return client;
  }

  async resume(cursors) {
    const before = this.frames.length;
    this.write({ resume: { cursors } });
    return (await this.until((frame) => frame.resumed, "resumed", before)).resumed.topics;
  }

  write(frame) {
    this.judge.sent(frame);
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  // The result, or throws an Error with `code`.
  call(method, params) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject });
      this.write({ id, method, params });
    });
  }

  // For those who stay longer than a server waits for a sign of life.
  stay() {
    const beating = setInterval(() => this.write({ heartbeat: {} }), this.hello.heartbeat_ms / 2).unref();
    this.socket.once("close", () => clearInterval(beating));
    return this;
  }

  async refused(method, params, code) {
    await assert.rejects(this.call(method, params), { code });
  }

  // The first frame, from number `from` on, of which `test` is true.
  until(test, what = "a frame", from = 0) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.frames.slice(from).find(test);
        if (found) done(() => resolve(found));
        else if (this.closeCode !== undefined) {
          done(() => reject(new Error(`closed with ${this.closeCode} before ${what}`)));
        }
      };
      const late = setTimeout(() => done(() => reject(
        new Error(`no ${what}; last came ${JSON.stringify(this.frames.slice(-5))}`))), WAIT_MS);
      const done = (then) => {
        clearTimeout(late);
        this.waiting.delete(look);
        then();
      };
      this.waiting.add(look);
      look();
    });
  }

  events(topic) {
    return this.frames.filter((frame) => frame.event && (topic === undefined || frame.topic === topic));
  }

  // The numbered message of a conversation, when it has come.
  message(conversation, test, what = "the message") {
    return this.until((frame) => frame.event === "message.created" &&
      frame.topic === `conversation:${conversation}` && test(frame.data), what);
  }

  cursors() {
    const highest = { ...this.heads };
    for (const { topic, seq } of this.events()) {
      if (seq !== undefined) highest[topic] = Math.max(highest[topic] ?? 0, seq);
    }
    return highest;
  }

  async close() {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.close(1000);
    return await this.closed;
  }

  // As if the network were gone.
  async cut() {
    this.socket.terminate();
    await this.closed;
  }

  receive(frame) {
    this.frames.push(frame);
    this.judge.received(frame);
    const call = "id" in frame ? this.calls.get(frame.id) : undefined;
    if (call) {
      this.calls.delete(frame.id);
      if (frame.error) call.reject(Object.assign(new Error(frame.error.message), frame.error));
      else call.resolve(frame.result);
    }
    this.look();
  }

  look() {
    for (const one of [...this.waiting]) one();
  }
}

// seq 1, 2, 3 … without a gap and without a repeat, beginning at `first`.
export function assertGapless(events, first) {
  assert.deepEqual(events.map((event) => event.seq), events.map((_, at) => first + at));
}
