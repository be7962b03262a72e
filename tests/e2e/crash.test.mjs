// kill -9 under load, again and again, of the server or of its store: what was acknowledged is there once, in
// order, and its numbers have no gaps. Clients repeat what was not answered, with the same ids, as
// docs/protocol.md asks of them. ./dev soak sets the variables for its long form.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { group, register, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, configuration, without } from "./server.mjs";
import { SocketClient, assertGapless } from "./socket_client.mjs";
import { stores } from "./stores.mjs";

const setting = (name, otherwise) => Number(process.env[`PARLEY_CRASH_${name}`] ?? otherwise);
const STORE = process.env.PARLEY_CRASH_STORE ?? "sqlite";
const VICTIM = process.env.PARLEY_CRASH_VICTIM ?? "server"; // or "store"
const ROUNDS = setting("ROUNDS", 20);
const WRITERS = setting("WRITERS", 8);
const ACKNOWLEDGED = setting("ACKNOWLEDGED", 4000); // at least
const IN_A_CONVERSATION = 4;
const WINDOW = 32;
const PATIENCE_MS = 120_000; // a deadline, so that a failure is a sentence

// Keeps `WINDOW` sends on their way, over every break, until it is told to finish.
class Writer {
  constructor(server, who, conversation) {
    Object.assign(this, { server, who, conversation });
    this.acknowledged = []; // replies
    this.unanswered = new Map(); // id → params, in the order of sending
    this.refused = new Set(); // texts that were refused for a time, and went again behind later ones
    this.made = 0;
    this.progress = new EventTarget();
  }

  async connect() {
    const client = (await SocketClient.open(this.server, this.who)).stay();
    this.client = client;
    client.closed.then(() => this.again());
    for (const params of this.unanswered.values()) this.send(client, params);
  }

  // A connection may go although the server lives, where nobody's heartbeats came for a while.
  async again() {
    if (VICTIM === "server" || this.left) return;
    for (const params of this.unanswered.values()) this.refused.add(params.text);
    await this.connect().catch((problem) => (this.failure ??= problem));
    this.fill();
    this.progress.dispatchEvent(new Event("acknowledged"));
  }

  leave() {
    this.left = true;
    return this.client.close();
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
        // No code: the connection went; it stays unanswered, and goes again over the next one.
        if (problem.code && !problem.temporary) this.failure ??= problem;
        else if (problem.code && client.closeCode === undefined) {
          this.refused.add(params.text);
          this.lastRefusal = `${problem.code}: ${problem.message}`;
          this.send(client, params);
        }
        this.progress.dispatchEvent(new Event("acknowledged"));
      });
  }

  async until(done) {
    const enough = AbortSignal.timeout(PATIENCE_MS);
    while (!done() && !this.failure) {
      await once(this.progress, "acknowledged", { signal: enough }).catch(() => {
        this.failure ??= new Error(`${this.who.name} has ${this.acknowledged.length} answers, waits for ` +
          `${this.unanswered.size} (${this.refused.size} were refused, last ${JSON.stringify(this.lastRefusal)}), and got none ` +
          `in time; the server said:\n${this.server.log.slice(-4000)}`);
      });
    }
    if (this.failure) throw this.failure;
  }

  reaches(count) {
    return this.until(() => this.acknowledged.length >= count);
  }

  drain() {
    this.finishing = true;
    return this.until(() => this.unanswered.size === 0);
  }
}

// A conversation with its writers, and a reader who resumes after each break.
class Place {
  constructor(server, members, id) {
    Object.assign(this, { server, members, id, topic: `conversation:${id}`, seen: [] });
    this.writers = members.map((who) => new Writer(server, who, id));
  }

  async follow() {
    const cursors = { [this.topic]: this.seen.at(-1)?.seq ?? 0 };
    this.reader = (await SocketClient.follow(this.server, this.members[0], cursors)).stay();
    this.reader.closed.then(() => this.again());
  }

  async again() {
    if (VICTIM === "server" || this.left) return;
    this.keep();
    await this.follow().catch((problem) => (this.writers[0].failure ??= problem));
  }

  async leave() {
    this.left = true;
    await this.reader.close();
    this.keep();
  }

  keep() {
    this.seen.push(...this.reader.events(this.topic));
    this.reader.frames = [];
  }

  // Each once; what was acknowledged is stored as it was acknowledged; and nothing else is there, since
  // every send was answered in the end.
  async check() {
    const stored = await wholeHistory(this.server, this.members[0], this.id);
    const acknowledged = this.writers.flatMap((writer) => writer.acknowledged);
    const byKey = new Map(stored.map((message) => [`${message.sender} ${message.id}`, message]));
    assert.equal(byKey.size, stored.length, "a message is stored twice");
    for (const message of acknowledged) assert.deepEqual(byKey.get(`${message.sender} ${message.id}`), message);
    assert.equal(stored.length, acknowledged.length);

    // In order for each writer, and without gaps over all: the log has the members' events and then messages only.
    for (const { who, made, refused } of this.writers) {
      const texts = stored.filter((message) => message.sender === who.account).map((message) => message.text);
      const wanted = Array.from({ length: made }, (_, at) => `${who.name} ${at}`);
      const inOrder = (all) => all.filter((text) => !refused.has(text));
      assert.deepEqual(inOrder(texts), inOrder(wanted));
      assert.equal(new Set(texts).size, made);
    }
    assertGapless(stored, stored[0].seq);
    await this.checkLog(stored);
    return acknowledged.length;
  }

  // The log says the same as the history, to one who resumed after every break …
  async checkLog(stored) {
    await this.follow();
    this.keep();
    assertGapless(this.seen, 1);
    const live = this.seen.filter((event) => event.event === "message.created").map((event) => event.data);
    assert.deepEqual(live, stored);
    await this.reader.close();
    // … and to one who comes only now, as far back as the server replays: it says where it begins.
    const late = await SocketClient.follow(this.server, this.members[1], { [this.topic]: 0 });
    const gap = late.frames.find((frame) => frame.gap?.topic === this.topic)?.gap;
    if (gap) {
      assert.equal(gap.head, stored.at(-1).seq);
      await late.resume({ [this.topic]: gap.oldest - 1 });
    }
    const replayed = late.events(this.topic).filter((event) => event.event === "message.created");
    assert.ok(replayed.length > 0);
    assert.deepEqual(replayed.map((event) => event.data), stored.slice(-replayed.length));
    if (!gap) assert.equal(replayed.length, stored.length);
    await late.close();
  }
}

async function settle(server) {
  const places = [];
  for (let made = 0; made < WRITERS; made += IN_A_CONVERSATION) {
    const members = [];
    for (let n = 0; n < IN_A_CONVERSATION; n++) members.push(await register(server, "w"));
    const { id } = await group(server, members[0], "Storm", members.slice(1));
    places.push(new Place(server, members, id));
  }
  return places;
}

test(`${ROUNDS} rounds of kill -9 under load: ${VICTIM}, on ${STORE}`, async (t) => {
  const store = await stores[STORE](t);
  const config = configuration({
    limits: { connections_per_address: 100_000 },
    identity: { access_token_minutes: 1440 }, // the long form goes on for longer than a session without a refresh
  });
  config.plugins = { ...store.plugins, ...without(config.plugins, "storage-sqlite") };
  const server = await Server.start(t, config);
  const places = await settle(server);
  const writers = places.flatMap((place) => place.writers);
  const each = (all, what) => Promise.all(all.map(what));
  const begin = async () => {
    await each(writers, (writer) => writer.connect());
    await each(places, (place) => place.follow());
  };

  await begin();
  for (let round = 0; round < ROUNDS; round++) {
    const share = Math.ceil((ACKNOWLEDGED / WRITERS) * ((round + 1) / ROUNDS));
    const more = (at) => (round * 7 + at * 13) % 20; // so that they are not all at the same place
    t.diagnostic(`round ${round + 1}: ${writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0)} acknowledged`);
    writers.forEach((writer) => writer.fill());
    const goals = writers.map((writer, at) => Math.max(share, writer.acknowledged.length + 1) + more(at));
    await each(writers, (writer, at) => writer.reaches(goals[at]));
    if (VICTIM === "store") { // in the middle of it: windows are full
      await store.kill();
      await store.again();
      places.forEach((place) => place.keep());
      continue;
    }
    await server.kill();
    await each([...writers.map((writer) => writer.client), ...places.map((place) => place.reader)], (one) => one.closed);
    places.forEach((place) => place.keep());
    await server.launch();
    await begin();
  }

  await each(writers, (writer) => writer.drain());
  await each(writers, (writer) => writer.leave());
  await each(places, (place) => place.leave());
  let acknowledged = 0;
  for (const place of places) acknowledged += await place.check();
  assert.ok(acknowledged >= ACKNOWLEDGED, `only ${acknowledged} were acknowledged`);
  const refused = writers.reduce((sum, writer) => sum + writer.refused.size, 0);
  t.diagnostic(`kill -9 of the ${VICTIM}, on ${STORE}: ${ROUNDS} rounds, ${WRITERS} writers, ` +
    `${acknowledged} acknowledged, none lost, doubled or reordered; ${refused} were refused for a time and sent again`);
});
