// Holds a server against the recorded conversations.
//
//   node check.mjs [NAME…]            all of them, or connecting, calls, …
//   node check.mjs --write [NAME…]    writes down what is new: a field more, a `?`. What breaks v1 it does not write.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { play } from "./replay.mjs";
import { read, rewritten } from "./transcript.mjs";

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "v1");
export const names = fs.readdirSync(folder).filter((name) => /\.txt$/.test(name)).map((name) => name.slice(0, -4)).sort();

// → a text that says what is wrong, or nothing.
export async function check(name, write = false) {
  const file = path.join(folder, `${name}.txt`);
  const transcript = read(file);
  const run = await play(transcript, { record: write });
  const list = run.found.map(({ at, what }) => `  ${name}.txt, ${at} ${what}`).join("\n");
  if (run.broken) {
    return `This breaks parley.v1: clients that were written before rely on it. Take it back, or see tests/golden/README.md.\n${list}`;
  }
  if (write && run.change.size) {
    fs.writeFileSync(file, rewritten(transcript, run.change));
    return "";
  }
  if (run.found.length === 0) return "";
  return `This is more than parley.v1 was so far. Clients pass over it, so it may be; from then on it stays. Where it is meant:\n` +
    `  node tests/golden/check.mjs --write ${name}\n${list}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv.slice(2);
  const write = given.includes("--write");
  const chosen = given.filter((one) => one !== "--write");
  for (const name of chosen.length ? chosen : names) {
    const wrong = await check(name, write);
    if (wrong) {
      console.error(wrong);
      process.exitCode = 1;
    }
  }
}
