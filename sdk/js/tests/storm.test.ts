// Whatever happens to the connection and to the program, and in whatever order: every event once and in order, everything that was
// sent once and in the order of sending, and the view of the conversation is the server's. Each seed is another storm.
//   PARLEY_STORM_SEEDS=1000 node run.mjs …; PARLEY_STORM_SEED=17 for one of them

import assert from "node:assert/strict";
import { test } from "node:test";
import { Chats } from "../src/chat/chats.ts";
import { eventsWithoutGaps } from "../src/chat/filled.ts";
import { Client } from "../src/client.ts";
import type { ParleyError } from "../src/error.ts";
import { MemoryOutboxStore } from "../src/outbox_store.ts";
import { Clock, settled } from "./clock.ts";
import { FakeServer } from "./fake_server.ts";

const ONLY = process.env.PARLEY_STORM_SEED;
const SEEDS = Number(process.env.PARLEY_STORM_SEEDS ?? 100);
const STEPS = 400;

// mulberry32
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Storm {
  readonly clock = new Clock();
  readonly server = new FakeServer();
  readonly store = new MemoryOutboxStore();
  private live: any[] = []; // what listeners were told of the conversation, since the program was started
  private begun = 0; // after which number it was
  private cursors: Record<string, number> = { "account:me": 0, "conversation:c": 0 }; // what outlives the program
  readonly streamed: string[] = []; // what one who iterates, with gaps filled, got of it
  readonly sent: string[] = [];
  readonly answers: Promise<unknown>[] = [];
  client!: Client;
  chats!: Chats;
  private deleted = new Set<string>();
  private said = 0;

  constructor(private readonly chance: () => number) {
    this.server.invite("c");
    this.start();
  }

  private start(): void {
    const environment = this.clock.environment({ WebSocket: this.server.WebSocket, random: this.chance });
    this.client = new Client({ url: "http://p.test", account: "me", token: async () => "token" },
      { ...environment, cursors: { ...this.cursors } });
    this.begun = this.cursors["conversation:c"]!;
    this.live = [];
    this.client.listen((event) => void (event.topic === "conversation:c" && this.live.push(event)));
    void this.read(this.client, eventsWithoutGaps(this.client));
    this.chats = new Chats(this.client, { outbox: this.store, page: 10 });
    for (const conversation of ["c", "d"]) this.chats.open(conversation);
    void this.client.connect();
  }

  // As docs/clients.md says: the cursor is kept with what was handled.
  private async read(own: Client, events: AsyncIterable<any>): Promise<void> {
    for await (const { topic, seq, event, data } of events) {
      if (own !== this.client) return;
      if (event === "message.created" && data.conversation === "c") this.streamed.push(data.text);
      if (event === "ended") delete this.cursors[topic];
      if (event !== "gap" && seq !== undefined) this.cursors[topic] = seq;
    }
  }

  // As if the program were killed.
  private restart(): void {
    this.checkNumbers();
    this.chats.close();
    this.client.close();
    this.start();
  }

  private readonly weights: [number, () => unknown][] = [
    [40, () => this.server.sockets.forEach((socket) => this.server.step(socket, this.chance() < 0.5))],
    [12, () => this.server.say("c", `other ${this.said++}`)],
    [10, () => this.send()],
    [8, () => this.clock.advance(this.chance() * 2_000)],
    [3, () => this.server.cut()],
    [2, () => this.server.cut(this.chance() < 0.5 ? 4001 : 4002)],
    [2, () => this.unsay()],
    [3, () => this.isIn("d") && this.server.say("d", `beside ${this.said++}`)],
    [1, () => (this.isIn("d") ? this.server.remove("d") : this.server.invite("d"))],
    [1, () => (this.server.isDown = !this.server.isDown)],
    [1, () => this.server.socket?.says({ draining: { reconnect_after_ms: 500 } })],
    [1, () => this.server.prune("conversation:c", this.log().length - 2)],
    [1, () => this.stall()],
    [1, () => this.restart()],
    [1, () => this.busy()],
    [1, () => void this.chats.earlier("c")],
    [1, () => this.clock.wakes.forEach((wake) => wake())],
  ];

  private log(): any[] {
    return this.server.logs.get("conversation:c")!;
  }

  private isIn(conversation: string): boolean {
    return this.server.readable.has(`conversation:${conversation}`);
  }

  private send(): void {
    const text = `mine ${this.sent.length}`;
    this.sent.push(text);
    // Nobody waits for it after a restart.
    this.answers.push(this.chats.send("c", text).catch((problem: ParleyError) => assert.equal(problem.code, "closed")));
  }

  private unsay(): void {
    const all = (this.server.messages.get("c") ?? []).filter((one) => one.sender === "other");
    const one = all[Math.floor(this.chance() * all.length)];
    if (!one) return;
    this.deleted.add(one.text);
    this.server.unsay("c", one.seq);
  }

  // For a while nothing moves but the clock.
  private stall(): Promise<void> {
    return this.clock.advance(40_000 * this.chance());
  }

  private busy(): void {
    const until = this.clock.time + 1_000;
    this.server.refuse = () => (this.clock.time < until ? { code: "unavailable", message: "Later.", temporary: true } : undefined);
  }

  async run(): Promise<void> {
    const sum = this.weights.reduce((all, [weight]) => all + weight, 0);
    for (let step = 0; step < STEPS; step++) {
      let pick = this.chance() * sum;
      await this.weights.find(([weight]) => (pick -= weight) < 0)![1]();
      await settled();
    }
    this.server.isDown = false;
    this.server.refuse = undefined;
    this.server.cut(4000); // also after the last notice of draining
    for (let n = 0; n < 12; n++) {
      await this.server.deliver();
      await this.clock.advance(15_000);
    }
    for (const one of this.chats.sorted().map((chat) => chat.conversation.id)) {
      while (!this.chats.messages(one).snapshot().complete) await Promise.all([this.chats.earlier(one), this.server.deliver()]);
    }
    await this.server.deliver();
  }

  async check(): Promise<void> {
    const stored = this.server.messages.get("c") ?? [];
    const texts = (all: readonly any[]) => all.map((one) => one.text);
    const mine = (all: string[]) => all.filter((text) => text.startsWith("mine"));
    assert.equal(this.client.state.snapshot(), "live");
    assert.deepEqual(mine(texts(stored)), this.sent, "stored: each once, in the order of sending");
    const answers = (await Promise.all(this.answers)) as any[];
    answers.forEach((answer, at) => answer && assert.equal(answer.text, this.sent[at], "answered"));
    assert.equal(this.chats.outbox.size, 0);
    assert.deepEqual(await this.store.load(), []);
    assert.deepEqual(this.chats.messages("c").snapshot().messages, stored, "the view is the server's");
    // Of the other one: where one is in it, what was said since.
    const from = this.server.readable.get("conversation:d");
    assert.deepEqual(this.chats.sorted().map((chat) => chat.conversation.id).sort(), from === undefined ? ["c"] : ["c", "d"]);
    const beside = (this.server.messages.get("d") ?? []).filter((one) => one.seq >= (from ?? Infinity));
    assert.deepEqual(this.chats.messages("d").snapshot().messages, beside);

    assert.equal(this.checkNumbers(), this.log().length);

    // Every message that was not deleted, once and in order; what was deleted may have been seen before.
    assert.equal(new Set(this.streamed).size, this.streamed.length, "nothing twice");
    assert.deepEqual(this.streamed.filter((text) => !this.deleted.has(text)), texts(stored));
    const others = this.streamed.filter((text) => text.startsWith("other")).map((text) => Number(text.slice(6)));
    assert.deepEqual([...others].sort((a, b) => a - b), others);
  }

  // Every one is there, or lies in a gap that was told. Gives the last.
  private checkNumbers(): number {
    let at = this.begun;
    for (const event of this.live) {
      if (event.event === "gap") assert.equal(event.data.after, at, "a gap begins where one had come to");
      else assert.equal(event.seq, at + 1, "the next number");
      at = event.seq;
    }
    return at;
  }
}

test(`${ONLY === undefined ? SEEDS : 1} storms`, async () => {
  const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(ONLY)];
  for (const seed of seeds) {
    const storm = new Storm(random(seed));
    try {
      await storm.run();
      await storm.check();
    } catch (problem) {
      throw new Error(`PARLEY_STORM_SEED=${seed}: ${(problem as Error).message}`, { cause: problem });
    } finally {
      storm.chats.close();
      storm.client.close();
    }
  }
});
