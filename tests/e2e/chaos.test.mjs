// Fifty people talk through a bad network while their server is drained, restarted and killed and a plugin in the path of
// every message is upgraded: in the end everybody has seen every conversation complete, in order, and nothing twice.
//   CHAOS_SECONDS=180 CHAOS_SEED=7 node --test tests/e2e/chaos.test.mjs     (./dev soak chaos, chaos-on-postgres)

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { BadNetwork, chance } from "./bad_network.mjs";
import { Client, Session, eventsWithoutGaps, options } from "./live_client.mjs";
import { group, register, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, buildDirectory, configuration, repository, store } from "./server.mjs";
import { assertGapless } from "./socket_client.mjs";

const setting = (name, otherwise) => Number(process.env[`CHAOS_${name}`] ?? otherwise);
const SECONDS = setting("SECONDS", 20);
const PEOPLE = setting("PEOPLE", 50);
const SEED = setting("SEED", Date.now() % 1_000_000);
const CONVERSATIONS = Math.ceil(PEOPLE / 5);
const IN_ONE = 15;
const PATIENCE_MS = 120_000; // a deadline, so that a failure is a sentence

const run = promisify(execFile);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Sends now and then, each message until there is an answer, and keeps what it sees.
class Person {
  constructor(who, random) {
    Object.assign(this, { who, random, places: [], sent: new Map(), seen: new Map(), talking: true });
  }

  async join(network) {
    this.session = await Session.open(network.url, this.who, { limits: options().limits });
    const cursors = Object.fromEntries(this.places.map(({ id }) => [`conversation:${id}`, 0]));
    this.client = new Client(this.session, { ...options(), cursors });
    for (const { id } of this.places) this.seen.set(id, []);
    this.watched = this.watch(eventsWithoutGaps(this.client));
    this.client.connect().catch((problem) => (this.failure ??= problem));
    this.talked = this.talk();
  }

  async watch(events) {
    try {
      for await (const { event, data } of events) {
        if (event !== "message.created") continue;
        this.seen.get(data.conversation).push(data);
        this.look?.();
      }
    } catch (problem) {
      this.failure ??= problem;
    }
  }

  async talk() {
    const all = [];
    for (let n = 0; this.talking && !this.failure; n++) {
      const place = this.places[Math.floor(this.random() * this.places.length)];
      all.push(this.send(place, `${this.who.name} ${n}`));
      await wait(50 + 400 * this.random());
    }
    await Promise.all(all);
  }

  async send({ id: conversation }, text) {
    const params = { conversation, id: uuid7(), text };
    this.sent.set(params.id, params);
    for (;;) {
      try {
        return await this.client.call("messaging.send", params, { repeat: true, timeoutMs: 0 });
      } catch (problem) {
        if (!problem.temporary) throw (this.failure ??= problem);
        await wait(problem.retryAfterMs ?? 100);
      }
    }
  }

  // Until the newest message of the place has come.
  sees(place, message) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.who.name} never saw the end of ${place.id}; it is ` +
        `${this.client.state.snapshot()}, ${this.failure?.stack ?? "no failure"}`)), PATIENCE_MS);
      const look = () => {
        if (!this.failure && this.seen.get(place.id).at(-1)?.id !== message.id) return;
        clearTimeout(late);
        if (this.failure) reject(this.failure);
        else resolve();
      };
      this.look = look;
      look();
    });
  }

  leave() {
    this.client.close();
    this.session.close();
  }
}

// A plugin that changes every message, in a folder of the test's own, with another mark each time.
class Stamp {
  constructor(server) {
    this.file = path.join(server.directory, "plugins/stamp-lua/init.lua");
    fs.cpSync(path.join(repository, "tests/upgrade/stamp-lua"), path.dirname(this.file), { recursive: true });
    this.version = 0;
  }

  async upgrade(server) {
    const mark = String.fromCharCode(97 + (++this.version % 26));
    fs.writeFileSync(this.file, fs.readFileSync(this.file, "utf8").replace(/"lua-\w"/, `"lua-${mark}"`));
    await run(path.join(buildDirectory(), "bin/parleyctl"), ["plugin", "reload", "stamp-lua", server.file]);
  }
}

async function misfortunes(t, server, stamp, random, until) {
  const done = { drained: 0, killed: 0, upgraded: 0 };
  while (Date.now() < until) {
    await wait(1500 + 3000 * random());
    const drawn = random();
    if (drawn < 0.3) {
      await server.stop(); // drains
      await server.launch();
      done.drained++;
    } else if (drawn < 0.6) {
      await server.kill();
      await server.launch();
      done.killed++;
    } else {
      await stamp.upgrade(server);
      done.upgraded++;
    }
  }
  return done;
}

async function settle(server, random) {
  const people = [];
  for (let n = 0; n < PEOPLE; n++) people.push(new Person(await register(server, "p"), random));
  for (let n = 0; n < CONVERSATIONS; n++) {
    const members = [...people].sort(() => random() - 0.5).slice(0, Math.min(IN_ONE, PEOPLE));
    const place = { ...(await group(server, members[0].who, `Place ${n}`, members.slice(1).map(({ who }) => who))), members };
    for (const member of members) member.places.push(place);
  }
  return people.filter(({ places }) => places.length > 0);
}

async function check(server, place) {
  const [first] = place.members;
  const stored = await wholeHistory(server, { token: await first.session.token() }, place.id);
  assertGapless(stored, stored[0].seq);
  for (const member of place.members) {
    const seen = member.seen.get(place.id);
    assert.deepEqual(seen.map(({ seq }) => seq), stored.map(({ seq }) => seq), `${member.who.name} in ${place.id}`);
    assert.deepEqual(seen, stored);
  }
  return stored;
}

test(`${SECONDS} s of bad luck for ${PEOPLE} people, on ${store}, seed ${SEED}`, async (t) => {
  const random = chance(SEED);
  const server = new Server(configuration({
    limits: { connections_per_address: 100_000, drain_seconds: 2 },
    identity: { access_token_minutes: 1 }, // renewed on the way
  }));
  t.after(() => server.dispose());
  server.config.plugin_path.unshift("./plugins");
  server.config.plugins = { ...server.config.plugins, "stamp-lua": {} };
  const stamp = new Stamp(server);
  await server.launch();
  const people = await settle(server, random);
  const network = await BadNetwork.open(random, () => server.port);
  t.after(() => network.close());
  await Promise.all(people.map((person) => person.join(network)));
  const done = await misfortunes(t, server, stamp, random, Date.now() + SECONDS * 1000);

  network.calm = true;
  for (const person of people) person.talking = false;
  await Promise.all(people.map((person) => person.talked));
  const places = [...new Set(people.flatMap((person) => person.places))];
  let messages = 0;
  for (const place of places) {
    const last = await place.members[0].send(place, "the end");
    await Promise.all(place.members.map((member) => member.sees(place, last)));
  }
  const stored = new Map();
  for (const place of places) for (const message of await check(server, place)) stored.set(message.id, message);
  for (const person of people) {
    for (const [id, { text }] of person.sent) {
      assert.ok(stored.get(id)?.text.startsWith(text), `${text} is not stored`);
      messages++;
    }
    assert.equal(person.failure, undefined);
    person.leave();
  }
  assert.equal(messages, stored.size, "nothing else is there");
  t.diagnostic(`${messages} messages of ${people.length} people in ${places.length} conversations, each seen complete, in order and once ` +
    `by every member, on ${store}; drained ${done.drained} times, killed ${done.killed}, upgraded ${done.upgraded}; ` +
    `the network: ${JSON.stringify(network.seen)}; seed ${SEED}`);
});
