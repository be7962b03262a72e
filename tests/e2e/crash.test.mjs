// kill -9 under load, again and again, of the server or of its store: what was acknowledged is there once, in
// order, and its numbers have no gaps. The client library repeats what was not answered, with the same ids, as
// docs/protocol.md asks of clients. ./dev soak sets the variables for its long form.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Client, LiveClient, options, session } from "./live_client.mjs";
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

// Keeps `WINDOW` sends on their way until it is told to finish; the library repeats over every break what was
// not answered.
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
    this.session = await session(this.server, this.who);
    this.client = new Client(this.session, options());
    this.client.state.subscribe(() => this.broke());
    await this.client.connect();
  }

  // Where the store fails, one whose refusal was on its way may go again behind one that was stored.
  broke() {
    if (VICTIM !== "store" || this.client.state.snapshot() !== "broken") return;
    for (const params of this.unanswered.values()) this.refused.add(params.text);
  }


  fill() {
    while (!this.finishing && this.unanswered.size < WINDOW) {
      const params = { conversation: this.conversation, id: uuid7(), text: `${this.who.name} ${this.made++}` };
      this.unanswered.set(params.id, params);
      this.send(params);
    }
  }

  send(params) {
    this.client.call("messaging.send", params, { repeat: true, timeoutMs: 0 }).then(
      (message) => {
        this.unanswered.delete(params.id);
        this.acknowledged.push(message);
        this.progress.dispatchEvent(new Event("acknowledged"));
        this.fill();
      },
      (problem) => {
        if (problem.temporary) {
          this.refused.add(params.text);
          this.lastRefusal = `${problem.code}: ${problem.message}`;
          this.send(params);
        } else {
          this.failure ??= problem;
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
          `in time; it is ${this.client.state.snapshot()}; the server said:\n${this.server.log.slice(-4000)}`);
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

// A conversation with its writers, and a reader who is there from its beginning to the end.
class Place {
  constructor(server, members, id) {
    Object.assign(this, { server, id, topic: `conversation:${id}` });
    this.writers = members.map((who) => new Writer(server, who, id));
  }

  async follow() {
    // The first writer's session: a refresh token is used by one.
    this.reader = new LiveClient(this.writers[0].session, { cursors: { [this.topic]: 0 }, ...options() });
    await this.reader.client.connect();
  }

  // With a token that is good now, after the long form.
  async member(at) {
    return { token: await this.writers[at].session.token() };
  }

  // Each once; what was acknowledged is stored as it was acknowledged; and nothing else is there, since
  // every send was answered in the end.
  async check() {
    const stored = await wholeHistory(this.server, await this.member(0), this.id);
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
    const last = stored.at(-1).seq;
    await this.reader.until((event) => event.topic === this.topic && event.seq >= last, "the last message");
    const seen = this.reader.events(this.topic);
    assertGapless(seen, 1);
    const live = seen.filter((event) => event.event === "message.created").map((event) => event.data);
    assert.deepEqual(live, stored);
    this.reader.close();
    // … and to one who comes only now, as far back as the server replays: it says where it begins.
    const late = await SocketClient.follow(this.server, await this.member(1), { [this.topic]: 0 });
    const gap = late.frames.find((frame) => frame.gap?.topic === this.topic)?.gap;
    if (gap) {
      assert.equal(gap.head, last);
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
  const config = configuration({ limits: { connections_per_address: 100_000 } });
  config.plugins = { ...store.plugins, ...without(config.plugins, "storage-sqlite") };
  const server = await Server.start(t, config);
  const places = await settle(server);
  const writers = places.flatMap((place) => place.writers);
  const each = (all, what) => Promise.all(all.map(what));
  await each(writers, (writer) => writer.connect());
  await each(places, (place) => place.follow());
  for (let round = 0; round < ROUNDS; round++) {
    const share = Math.ceil((ACKNOWLEDGED / WRITERS) * ((round + 1) / ROUNDS));
    const more = (at) => (round * 7 + at * 13) % 20; // so that they are not all at the same place
    t.diagnostic(`round ${round + 1}: ${writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0)} acknowledged`);
    writers.forEach((writer) => writer.fill());
    const goals = writers.map((writer, at) => Math.max(share, writer.acknowledged.length + 1) + more(at));
    await each(writers, (writer, at) => writer.reaches(goals[at]));
    const victim = VICTIM === "store" ? store : { kill: () => server.kill(), again: () => server.launch() };
    await victim.kill(); // in the middle of it: windows are full
    await victim.again();
  }

  await each(writers, (writer) => writer.drain());
  writers.forEach((writer) => writer.client.close());
  let acknowledged = 0;
  for (const place of places) acknowledged += await place.check();
  writers.forEach((writer) => writer.session.close());
  assert.ok(acknowledged >= ACKNOWLEDGED, `only ${acknowledged} were acknowledged`);
  const refused = writers.reduce((sum, writer) => sum + writer.refused.size, 0);
  t.diagnostic(`kill -9 of the ${VICTIM}, on ${STORE}: ${ROUNDS} rounds, ${WRITERS} writers, ` +
    `${acknowledged} acknowledged, none lost, doubled or reordered; ${refused} were refused for a time and sent again`);
});
