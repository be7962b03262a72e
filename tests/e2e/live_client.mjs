// Somebody who is connected, by the client library of this build, and all that came to them. What is tested
// is the server behind it; the protocol itself is tested with the raw frames of socket_client.mjs.

import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import WebSocket from "ws";
import { FrameJudge } from "./documents.mjs";
import { buildDirectory } from "./server.mjs";

const built = (module) => import(pathToFileURL(path.join(buildDirectory(), "js-client/dist", module)));
export const { Client, ParleyError, Session } = await built("index.js");
export const { Chats, eventsWithoutGaps } = await built("chat/index.js");

export const WAIT_MS = 60_000; // a deadline, so that a failure is a sentence and not a hanging test

// As soon as the server is back: nobody else waits for it.
const limits = { firstWaitMs: 20, longestWaitMs: 200 };

// npm's ws, since Node 18 has no WebSocket of its own.
export function options(socket = {}) {
  return {
    limits,
    WebSocket: class extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols, socket);
        this.judge = new FrameJudge(url);
        this.on("message", (data) => this.judge.received(JSON.parse(data.toString("utf8"))));
      }

      send(text) {
        this.judge.sent(text);
        super.send(text);
      }
    },
  };
}

// By the token that they have; asked for at each connection, where to as well.
export const credentials = (server, who) => ({
  get url() {
    return server.url;
  },
  token: async () => who.token,
});

// One whose tokens are renewed; from what `register` gave.
export const session = (server, who) => Session.open(server.url, who, { limits });

export class LiveClient {
  // Connected, and following everything from the cursors on. `socket`: for npm's ws, such as { ca }.
  static async follow(server, who, cursors = undefined, socket = {}) {
    const live = new LiveClient(credentials(server, who), { cursors, ...options(socket) });
    await live.client.connect();
    return live;
  }

  constructor(credentials, clientOptions = options()) {
    this.received = []; // in order
    this.waiting = new Set();
    this.client = new Client(credentials, clientOptions);
    this.client.listen((event) => {
      if (event.event !== "begun") this.received.push(event);
      for (const look of [...this.waiting]) look();
    });
    this.client.state.subscribe(() => {
      for (const look of [...this.waiting]) look();
    });
  }

  // The result, or throws a ParleyError.
  call(method, params, how) {
    return this.client.call(method, params, how);
  }

  async refused(method, params, code) {
    await assert.rejects(this.call(method, params), { code });
  }

  events(topic) {
    return this.received.filter((event) => topic === undefined || event.topic === topic);
  }

  // The first event of which `test` is true, when it has come.
  until(test, what = "an event") {
    return this.when(() => this.received.find(test), what);
  }

  // What `look` gives, once it gives something.
  when(look, what) {
    return new Promise((resolve, reject) => {
      const done = (then) => {
        clearTimeout(late);
        this.waiting.delete(again);
        then();
      };
      const again = () => {
        const found = look();
        if (found) done(() => resolve(found));
        else if (this.state === "stopped") done(() => reject(this.client.problem));
      };
      const late = setTimeout(() => done(() => reject(
        new Error(`no ${what}; it is ${this.state}; last came ${JSON.stringify(this.received.slice(-5))}`))), WAIT_MS);
      this.waiting.add(again);
      again();
    });
  }

  get state() {
    return this.client.state.snapshot();
  }

  // The numbered message of a conversation, when it has come.
  message(conversation, test, what = "the message") {
    return this.until((event) => event.event === "message.created" &&
      event.topic === `conversation:${conversation}` && test(event.data), what);
  }

  // The server ended the session, and there is no other.
  ended() {
    return this.when(() => this.state === "stopped", "end of the session").catch((problem) => problem);
  }

  close() {
    this.client.close();
  }
}
