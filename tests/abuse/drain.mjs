// node drain.mjs [--clients N]
// Thousands of clients are connected when their server is drained and started again, killed and started again, and
// killed and away for longer. Prints when they came back. Exits with 1 where not all do, or where those who were told
// when to come back did so in a crowd.

import fs from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { Process, cpu, pause, people, server } from "./processes.mjs";

const ways = {
  "drained and started again": async (on) => on.stop(),
  "killed and started again": async (on) => on.kill(),
  "killed, and away for five seconds": async (on) => {
    await on.kill();
    await pause(5_000);
  },
};

const sums = (buckets, size) => Array.from({ length: Math.ceil(buckets.length / size) },
  (_, n) => buckets.slice(n * size, (n + 1) * size).reduce((sum, one) => sum + one, 0));

export async function restart(herd, on, name) {
  herd.say(name);
  const began = performance.now();
  await ways[name](on);
  await on.launch();
  const away_ms = performance.now() - began;
  const seen = await herd.next();
  const resumed = seen.resumed, all = resumed.reduce((sum, one) => sum + one, 0);
  const seconds = (performance.now() - began - away_ms) / 1000;
  return { ...seen, away_ms, all, seconds: resumed.length / 10, attempts: seen.attempts.reduce((sum, one) => sum + one, 0),
    most: Math.max(...resumed), most_a_second: Math.max(...sums(resumed, 10)), cpu: cpu(on.child.pid) / seconds };
}

function figure({ phase, resumed, away_ms, all, attempts, seconds, most, most_a_second, cpu, call_p50_ms, call_p99_ms, refused }) {
  const halves = sums(resumed, 5), widest = Math.max(...halves);
  const bars = halves.map((n, at) => `${(at / 2).toFixed(1).padStart(6)} s ${String(n).padStart(6)} ${"█".repeat(Math.round(40 * n / widest))}`);
  return [`${phase}: away for ${(away_ms / 1000).toFixed(2)} s; ${all} there again after ${seconds.toFixed(1)} s, by ${attempts} attempts; ` +
    `resumed in a second: ${(all / seconds).toFixed(0)} in the mean, ${most_a_second} at most (${most} in 0.1 s); ` +
    `first call p50 ${call_p50_ms.toFixed(1)} ms, p99 ${call_p99_ms.toFixed(1)} ms; the server's CPU ${(100 * cpu).toFixed(0)} %; ` +
    `refused ${JSON.stringify(refused)}`, ...bars].join("\n");
}

async function main() {
  const { values } = parseArgs({ options: { clients: { type: "string", default: "5000" } } });
  const count = Number(values.clients), on = server();
  let herd;
  try {
    await on.launch();
    const all = await people(on, "sheep", Math.ceil(count / 5));
    herd = new Process(on, "herd", { count, hosts: 50, tokens: all.map(({ token }) => token) });
    await herd.next(); // all are there
    for (const name of Object.keys(ways)) {
      const seen = await restart(herd, on, name);
      console.log(figure(seen));
      // Of a few, a start that takes a second makes a crowd.
      if (count >= 1_000 && name.startsWith("drained") && seen.most_a_second > 2 * seen.all / seen.seconds) {
        console.log("not ok: they came back in a crowd");
        process.exitCode = 1;
      }
    }
  } finally {
    herd?.kill();
    await on.dispose();
  }
}

if (fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
