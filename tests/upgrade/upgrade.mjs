// node upgrade.mjs [--people N] [--rate MESSAGES-A-SECOND] [--upgrades OF-EACH] [--between MESSAGES]
// Exits with 1 where anything is lost, doubled, reordered, refused or closed, or a mark does not show.

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify, parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { Server, buildDirectory, configuration } from "../e2e/server.mjs";
import { Talk, gather } from "./talk.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const { values } = parseArgs({ options: {
  people: { type: "string", default: "200" },
  rate: { type: "string", default: "1000" },
  upgrades: { type: "string", default: "50" },
  between: { type: "string", default: "1000" },
} });
const [people, rate, upgrades, between] = ["people", "rate", "upgrades", "between"].map((name) => Number(values[name]));

// The two plugins in a folder of the test's own, as an operator has them.
function install(folder) {
  fs.cpSync(path.join(here, "stamp-lua"), path.join(folder, "stamp-lua"), { recursive: true });
  fs.mkdirSync(path.join(folder, "stamp"));
  fs.copyFileSync(path.join(here, "stamp/plugin.yaml"), path.join(folder, "stamp/plugin.yaml"));
  putNative(folder, "a");
}
const putNative = (folder, mark) => // over the file that is there, while it runs
  fs.copyFileSync(path.join(buildDirectory(), `upgrade/stamp-${mark}.so`), path.join(folder, "stamp/libstamp.so"));
function putLua(folder, mark) {
  const file = path.join(folder, "stamp-lua/init.lua");
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(/"lua-\w"/, `"lua-${mark}"`));
}

function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const maps = fs.readFileSync(`/proc/${pid}/maps`, "utf8");
  return {
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    mappings: maps.split("\n").length,
    stamps: new Set(maps.match(/\/\S*libstamp\S*/g)).size,
  };
}

async function reload(server, name, took) {
  const began = performance.now();
  await run(path.join(buildDirectory(), "bin/parleyctl"), ["plugin", "reload", name, server.file]);
  took.push(performance.now() - began);
}

// Resolves when a message with this mark has been heard that was sent after now.
async function shows(person, mark, times) {
  const heard = () => [...person.marks].filter(([marks]) => marks.includes(mark)).reduce((sum, [, n]) => sum + n, 0);
  const before = heard();
  while (heard() === before) {
    if (person.faults.closed > 0) throw new Error("a connection was lost");
    await person.say(times);
  }
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const faults = { closed: 0, lost: 0, doubled: 0, reordered: 0, changed: 0, refused: 0 };

const server = new Server(configuration());
delete server.config.api_documents; // what is measured is not judged as well: tests/e2e does that
const folder = path.join(server.directory, "plugins");
fs.mkdirSync(folder);
install(folder);
server.config.plugin_path.unshift(folder);
server.config.plugins = { ...server.config.plugins, stamp: {}, "stamp-lua": {} };
server.config.limits = { connections_per_address: 100_000 };
let failed = false;
try {
  await server.launch();
  const all = await gather(server, people, faults);
  const talk = new Talk(all, rate);
  const took = [];
  let warm;
  for (let round = 0; round < upgrades; round++) {
    const mark = round % 2 === 0 ? "b" : "a";
    putNative(folder, mark);
    await reload(server, "stamp", took);
    await shows(all[round % all.length], `native-${mark}`, talk.times);
    putLua(folder, mark);
    await reload(server, "stamp-lua", took);
    await shows(all[(round + 1) % all.length], `lua-${mark}`, talk.times);
    await talk.reaches((round + 1) * between);
    if (round === Math.min(9, upgrades - 1)) warm = memory(server.child.pid);
  }
  await talk.stop();
  // The last old version may still be ending.
  let after = memory(server.child.pid);
  for (let tries = 0; after.stamps > 1 && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // between two looks
    after = memory(server.child.pid);
  }
  const times = talk.times.sort((a, b) => a - b), heard = all.reduce((sum, one) => sum + one.heard, 0);
  took.sort((a, b) => a - b);
  console.log([
    `people ${all.length}, messages ${talk.times.length}, deliveries ${heard}, ${Math.round(talk.times.length / talk.seconds)} messages a second`,
    `upgrades ${took.length} in ${talk.seconds.toFixed(1)} s; from the command to the end: median ${percentile(took, 0.5).toFixed(0)} ms, most ${took.at(-1).toFixed(0)} ms`,
    `from send to reply: p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms, most ${times.at(-1).toFixed(0)} ms`,
    `faults ${JSON.stringify(faults)}`,
    `memory after 10 upgrades of each ${warm.rss.toFixed(1)} MiB, at the end ${after.rss.toFixed(1)} MiB; mappings ${warm.mappings} and ${after.mappings}; of stamp ${after.stamps}`,
  ].join("\n"));
  failed = ["closed", "lost", "doubled", "reordered", "changed", "refused"].some((one) => faults[one] > 0) || after.stamps !== 1;
  for (const one of all) one.leave();
} catch (problem) {
  console.error(problem, server.log.slice(-4000));
  failed = true;
} finally {
  await server.dispose().catch((problem) => { console.error(problem); failed = true; });
}
process.exitCode = failed ? 1 : 0;
