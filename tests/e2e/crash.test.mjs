// kill -9 under load, again and again: what was acknowledged is there once, in order, and its numbers have
// no gaps. Clients repeat what was not answered, with the same ids, as docs/protocol.md asks of them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { group, register, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server } from "./server.mjs";
import { SocketClient, assertGapless } from "./socket_client.mjs";

const ROUNDS = Number(process.env.PARLEY_CRASH_ROUNDS ?? 20);
const WRITERS = 4;
const WINDOW = 32;

// Keeps `WINDOW` sends on their way, over every break, until it is told to finish.
class Writer {
  constructor(server, who, conversation) {
    Object.assign(this, { server, who, conversation });
    this.acknowledged = []; // replies, in the order of sending
    this.unanswered = new Map(); // id → params, in the order of sending
    this.made = 0;
    this.progress = new EventTarget();
  }

  async connect() {
    this.client = await SocketClient.open(this.server, this.who);
    const { client } = this;
    for (const params of this.unanswered.values()) this.send(client, params);
  }

  fill() {
    while (!this.finishing && this.unanswered.size < WINDOW) {
      const params = { conversation: this.conversation, id: uuid7(), text: `${this.who.name} ${this.made++}` };
      this.unanswered.set(params.id, params);
      this.send(this.client, params);
    }
  }

  send(client, params) {
    client.call("messaging.send", params).then(
      (message) => {
        if (!this.unanswered.delete(params.id)) return;
        this.acknowledged.push(message);
        this.progress.dispatchEvent(new Event("acknowledged"));
        if (client === this.client && client.closeCode === undefined) this.fill();
      },
      (problem) => {
        // No code: the connection went. A temporary one: stays unanswered, goes again after the next start.
        if (problem.code && !problem.temporary) this.failure ??= problem;
        this.progress.dispatchEvent(new Event("acknowledged"));
      });
  }

  async reaches(count) {
    const enough = AbortSignal.timeout(120_000);
    while (this.acknowledged.length < count && !this.failure) {
      await once(this.progress, "acknowledged", { signal: enough });
    }
    if (this.failure) throw this.failure;
  }

  async drain() {
    this.finishing = true;
    const enough = AbortSignal.timeout(120_000);
    while (this.unanswered.size > 0 && !this.failure) {
      await once(this.progress, "acknowledged", { signal: enough });
    }
    if (this.failure) throw this.failure;
  }
}

test(`${ROUNDS} rounds of kill -9 under load`, async (t) => {
  const server = await Server.start(t);
  const people = [];
  for (let n = 0; n < WRITERS; n++) people.push(await register(server, "w"));
  const { id } = await group(server, people[0], "Storm", people.slice(1));
  const writers = people.map((who) => new Writer(server, who, id));
  let cursors = { [`conversation:${id}`]: 0 };
  const seen = []; // what a reader got who resumes after each round

  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(writers.map((writer) => writer.connect()));
    const reader = await SocketClient.follow(server, people[0], cursors);
    const goals = writers.map((writer) => writer.acknowledged.length + 20 + ((round * 7) % 50));
    writers.forEach((writer) => writer.fill());
    await Promise.all(writers.map((writer, at) => writer.reaches(goals[at])));
    await server.kill(); // in the middle of it: windows are full
    await Promise.all([...writers.map((writer) => writer.client.closed), reader.closed]);
    seen.push(...reader.events(`conversation:${id}`));
    cursors = { [`conversation:${id}`]: seen.at(-1)?.seq ?? 0 };
    await server.launch();
  }

  await Promise.all(writers.map((writer) => writer.connect()));
  await Promise.all(writers.map((writer) => writer.drain()));
  await Promise.all(writers.map((writer) => writer.client.close()));

  const stored = await wholeHistory(server, people[0], id);
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  t.diagnostic(`${acknowledged.length} acknowledged, ${stored.length} stored, ${ROUNDS} kills`);

  // Each once; what was acknowledged is stored as it was acknowledged; and nothing else is there,
  // since every send was answered in the end.
  const byKey = new Map(stored.map((message) => [`${message.sender} ${message.id}`, message]));
  assert.equal(byKey.size, stored.length, "a message is stored twice");
  for (const message of acknowledged) assert.deepEqual(byKey.get(`${message.sender} ${message.id}`), message);
  assert.equal(stored.length, acknowledged.length);

  // In order for each writer, and without gaps over all: the log has the members' events and then messages only.
  for (const { who, made } of writers) {
    const texts = stored.filter((message) => message.sender === who.account).map((message) => message.text);
    assert.deepEqual(texts, Array.from({ length: made }, (_, at) => `${who.name} ${at}`));
  }
  assertGapless(stored, stored[0].seq);

  // The log says the same as the history, to one who resumed after every crash …
  const last = await SocketClient.follow(server, people[0], cursors);
  seen.push(...last.events(`conversation:${id}`));
  assertGapless(seen, 1);
  const live = seen.filter((event) => event.event === "message.created").map((event) => event.data);
  assert.deepEqual(live, stored);
  await last.close();
  // … and to one who comes only now, as far back as the server replays: it says where it begins.
  const late = await SocketClient.follow(server, people[1], { [`conversation:${id}`]: 0 });
  const gap = late.frames.find((frame) => frame.gap?.topic === `conversation:${id}`)?.gap;
  if (gap) {
    assert.equal(gap.head, stored.at(-1).seq);
    await late.resume({ [`conversation:${id}`]: gap.oldest - 1 });
  }
  const replayed = late.events(`conversation:${id}`).filter((event) => event.event === "message.created");
  assert.ok(replayed.length > 0);
  assert.deepEqual(replayed.map((event) => event.data), stored.slice(-replayed.length));
  if (!gap) assert.equal(replayed.length, stored.length);
  await late.close();
});
