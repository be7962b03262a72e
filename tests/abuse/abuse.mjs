// node abuse.mjs [--seconds OF-EACH-PHASE] [--only KIND,KIND]
// Honest clients talk in rooms at a fixed rate, alone and beside each kind of abuse. Prints a table; exits with 1 where
// an honest message is lost, doubled, refused or out of order, an honest client is closed or not let in, an abuser is
// answered otherwise than it should be, or memory goes over its cap.

import fs from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { group } from "../e2e/rest_client.mjs";
import { Process, cpu, forgetPeak, metric, pause, peak, people, resident, server, syncs } from "./processes.mjs";

// How the server may end what they do; each of these has to be seen.
export const answers = {
  slow: ["408", "4102", "cut"],
  hoard: ["503", "4001"],
  announce: ["413", "1009"],
  bomb: ["1009", "answered"],
  deep: ["400", "4200"],
  deaf: ["followed"],
  restless: ["resumed"],
};

// … and these may be: the first of the hoarders are, and whoever sends something big beside them.
const may = { hoard: ["408", "4102"], announce: ["503", "4001"], deep: ["503", "4001"], bomb: ["4001"] };

// `count`: so many at a time; `rate`: new ones a second; `hosts`: addresses.
export const full = {
  slow: { count: 10_000, rate: 2_500, hosts: 40 },
  hoard: { count: 1_000, rate: 100, hosts: 20 },
  announce: { rate: 200, hosts: 100 },
  bomb: { rate: 200, hosts: 100 },
  deep: { rate: 200, hosts: 100 },
  deaf: { count: 50, rate: 25, hosts: 50 },
  restless: { rate: 1_000, hosts: 200 },
};

const in_a_room = 8;
const rooms = [3_900, 200, 200, 200]; // bytes of a text; the deaf are in the first

export class Trial {
  static async begin(limits, rate, abusers) {
    const trial = new Trial();
    trial.abusers = abusers;
    trial.server = server(limits);
    try {
      await trial.server.launch();
      await trial.settle(rate);
    } catch (problem) {
      await trial.abandon();
      throw problem;
    }
    return trial;
  }

  async settle(rate) {
    const bad = await people(this.server, "bad", 24);
    this.tokens = { deaf: bad.slice(0, 4).map(({ token }) => token) };
    this.tokens.others = bad.slice(4).map(({ token }) => token);
    for (let n = 4; n < bad.length; n += 10) await group(this.server, bad[n], "Place", bad.slice(n + 1, n + 10));
    const given = { rate, rooms: [], newcomers: [] };
    for (const text_bytes of rooms) {
      const [owner, ...members] = await people(this.server, "good", in_a_room);
      const { id } = await group(this.server, owner, "Room", [...members, ...(given.rooms.length === 0 ? bad.slice(0, 4) : [])]);
      given.rooms.push({ id, text_bytes, tokens: [owner, ...members].map(({ token }) => token) });
      given.newcomers.push(owner.token);
    }
    this.honest = new Process(this.server, "honest", given);
    await this.honest.next(); // they are there
    this.atRest = await metric(this.server, "connections_open") + 4; // newcomers, and this process
    this.phases = new Map();
  }

  // Until `lasts` resolves, and those have done it all who have a `total`.
  async phase(name, kinds, lasts) {
    const { pid } = this.server.child;
    forgetPeak(pid);
    const before = cpu(pid), slow = await metric(this.server, "slow_readers_closed_total"), began = performance.now();
    this.honest.say(name);
    const gang = this.gang = kinds.map((kind) => new Process(this.server, "abuser",
      { kind, count: 0, total: 0, ...this.abusers[kind], tokens: kind === "deaf" ? this.tokens.deaf : this.tokens.others }));
    const disk = syncs(this.server.directory);
    const done = gang.map((one, n) => (this.abusers[kinds[n]].total ? one.done() : undefined));
    const open = await this.most(Promise.all([lasts, ...done]));
    const disk_p99_ms = await disk.p99();
    this.honest.say(`${name}, the end`); // all of them go at once, which is an abuse of its own
    const seen = await Promise.all(gang.map((one, n) => done[n] ?? one.end()));
    const seconds = (performance.now() - began) / 1000;
    const found = { seen, open, disk_p99_ms, seconds, server_cpu: (cpu(pid) - before) / seconds, peak: peak(pid) };
    found.abusers_cpu = seen.reduce((sum, one) => sum + one.cpu_s, 0) / seconds;
    found.slow_closed = await metric(this.server, "slow_readers_closed_total") - slow;
    await this.left();
    this.honest.say("settled");
    if (lasts) await pause(2_500); // memory is given back by the next look at time limits
    found.after = resident(pid);
    this.phases.set(name, found);
  }

  async most(lasts) {
    let open = 0, over = false;
    lasts.finally(() => (over = true)).catch(() => undefined);
    while (!over) {
      open = Math.max(open, await metric(this.server, "connections_open"));
      await Promise.race([lasts, pause(1000)]);
    }
    await lasts;
    return open;
  }

  async left() {
    for (const deadline = Date.now() + 60_000; await metric(this.server, "connections_open") > this.atRest; await pause(100)) {
      if (Date.now() > deadline) throw new Error("the abusers' connections stay open");
    }
  }

  async end() {
    const { phases, faults } = await this.honest.end();
    this.honest = undefined;
    const by_name = new Map(phases.map((one) => [one.name, one]));
    for (const [name, one] of this.phases) Object.assign(one, by_name.get(name), { end_most_ms: by_name.get(`${name}, the end`).most_ms });
    this.all = phases;
    this.faults = faults;
    await this.server.dispose();
  }

  // After a failure.
  async abandon() {
    for (const one of [this.honest, ...this.gang ?? []]) one?.kill();
    await this.server.dispose();
  }

  // What is wrong, as sentences.
  complaints(cap_mib) {
    const wrong = Object.entries(this.faults).map(([what, times]) => `honest clients: ${what}, ${times} times`);
    for (const one of this.all) {
      const { name } = one;
      if (one.delivered !== one.expected) wrong.push(`${name}: ${one.expected - one.delivered} of ${one.expected} deliveries are missing`);
      if (one.newcomers_lost > 0) wrong.push(`${name}: ${one.newcomers_lost} of ${one.newcomers} newcomers were not let in`);
    }
    for (const [name, one] of this.phases) {
      if (one.peak > cap_mib) wrong.push(`${name}: ${one.peak.toFixed(0)} MiB at the peak`);
      for (const { kind, outcomes } of one.seen) {
        for (const how of answers[kind]) if (!outcomes[how]) wrong.push(`${kind}: never ended with ${how}`);
        for (const how of Object.keys(outcomes)) if (![...answers[kind], ...may[kind] ?? []].includes(how)) wrong.push(`${kind}: ended with ${how}, ${outcomes[how]} times`);
      }
    }
    return wrong;
  }

  table() {
    const quiet = this.phases.get("quiet");
    const lines = ["| beside | message: p50, p99, most in ms | its p99 to the quiet one's | most in ms while they go | heartbeat: p50, p99 in ms | newcomer: p50, most in ms | the disk's sync: p99 in ms | open | peak MiB | after MiB | CPU: server, abusers | what became of the abusers |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"];
    for (const [name, one] of this.phases) {
      const seen = one.seen.map(({ kind, outcomes, seconds }) => `${kind}: ${Object.entries(outcomes)
        .map(([how, times]) => `${how} ${(times / seconds).toFixed(0)}/s`).join(", ")}${kind === "deaf" ? `, closed as too slow: ${one.slow_closed}` : ""}`).join("; ");
      lines.push(`| ${[name, `${one.p50_ms.toFixed(2)}, ${one.p99_ms.toFixed(1)}, ${one.most_ms.toFixed(0)}`, (one.p99_ms / quiet.p99_ms).toFixed(1), one.end_most_ms.toFixed(0),
        `${one.beat_p50_ms.toFixed(2)}, ${one.beat_p99_ms.toFixed(1)}`,
        `${one.entry_p50_ms.toFixed(1)}, ${one.entry_most_ms.toFixed(0)}`, one.disk_p99_ms.toFixed(1), one.open, one.peak.toFixed(0), one.after.toFixed(0),
        `${(100 * one.server_cpu).toFixed(0)} %, ${(100 * one.abusers_cpu).toFixed(0)} %`, seen].join(" | ")} |`);
    }
    return lines.join("\n");
  }
}

async function main() {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "30" }, only: { type: "string" } } });
  const kinds = values.only?.split(",") ?? Object.keys(full);
  const lasting = () => pause(1000 * Number(values.seconds));
  const trial = await Trial.begin({}, 200, full);
  try {
    await trial.phase("warming up", [], lasting());
    await trial.phase("quiet", [], lasting());
    for (const kind of kinds) await trial.phase(kind, [kind], lasting());
    if (kinds.length > 1) await trial.phase("all at once", kinds, lasting());
    await trial.phase("quiet again", [], lasting());
    await trial.end();
  } catch (problem) {
    console.error(problem, trial.server.log.slice(-4000));
    await trial.abandon();
    throw problem;
  }
  trial.phases.delete("warming up");
  console.log(trial.table());
  const messages = [...trial.phases.values()].reduce((sum, one) => sum + one.delivered, 0);
  const wrong = trial.complaints(384);
  console.log(wrong.length ? wrong.map((each) => `not ok: ${each}`).join("\n")
    : `${messages} deliveries to honest clients, each once and in order`);
  process.exitCode = wrong.length ? 1 : 0;
}

if (fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
