// examples/python-client, as it stands there: Python's standard library alone, against a server that is killed meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { test } from "node:test";
import { LiveClient, WAIT_MS } from "./live_client.mjs";
import { direct, history, register, send } from "./rest_client.mjs";
import { Server, repository } from "./server.mjs";

const program = path.join(repository, "examples/python-client/client.py");

// What it prints, and a wait for one line of it.
function start(t, ...args) {
  // -I -S: neither the user's packages nor the system's.
  const child = spawn("/usr/bin/python3", ["-I", "-S", program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  const frames = [];
  let complaints = "";
  let look = () => undefined;
  child.stderr.on("data", (bytes) => (complaints += bytes));
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    frames.push(JSON.parse(line));
    look();
  });
  const until = (wanted, what) => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${what}; it said ${JSON.stringify(frames)}\n${complaints}`)), WAIT_MS);
    look = () => {
      const found = frames.find(wanted);
      if (!found) return;
      clearTimeout(late);
      resolve(found);
    };
    look();
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  return { frames, until, ended, said: () => complaints };
}

test("it is short, and imports the standard library only", () => {
  const lines = fs.readFileSync(program, "utf8").trimEnd().split("\n");
  assert.ok(lines.length <= 60, `${lines.length} lines`);
});

test("it sends, hears, and misses nothing while the server is killed", async (t) => {
  const server = await Server.start(t);
  const [ada, ben] = [await register(server, "ada"), await register(server, "ben")];
  const { id } = await direct(server, ada, ben);
  const live = await LiveClient.follow(server, ben);
  t.after(() => live.close());
  const text = `Grüße from Python ${"x".repeat(200)}`; // longer than the shortest frame
  const python = start(t, server.url, ada.name, ada.password, id, text);
  const { data: sent } = await live.message(id, (message) => message.text === text);
  assert.equal(sent.sender, ada.account);
  assert.deepEqual((await python.until((frame) => frame.id === 1, "answer")).result, sent);

  const topic = `conversation:${id}`;
  const hears = (words) => python.until((frame) => frame.event === "message.created" && frame.data.text === words, words);
  await send(server, ben, id, "y".repeat(400));
  await hears("y".repeat(400));
  await server.kill();
  await server.launch();
  await send(server, ben, id, "meanwhile");
  await hears("meanwhile");
  const seen = python.frames.filter((frame) => frame.topic === topic && frame.seq !== undefined).map((frame) => frame.seq);
  assert.deepEqual(seen, seen.map((_, at) => seen[0] + at));
  assert.equal((await history(server, ben, id)).items.filter((message) => message.text === text).length, 1);
});

test("a wrong password ends it, with what was wrong", async (t) => {
  const server = await Server.start(t);
  const python = start(t, server.url, "nobody", "wrong");
  assert.equal(await python.ended, 1);
  assert.match(python.said(), /HTTP Error 4\d\d/);
});
