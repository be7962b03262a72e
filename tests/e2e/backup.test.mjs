// A backup of a server under load, put into another store: everything is there. What is damaged, cut or
// locked is found and named, and a full disk leaves no file.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { LiveClient } from "./live_client.mjs";
import { group, register, send, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, buildDirectory, configuration, repository, without } from "./server.mjs";
import { stores } from "./stores.mjs";

function parleyctl(args) {
  const ctl = path.join(buildDirectory(), "bin/parleyctl");
  return new Promise((resolve) => {
    execFile(ctl, args, { timeout: 240_000 }, (problem, stdout, stderr) =>
      resolve({ code: problem ? problem.code : 0, output: stdout + stderr }));
  });
}

async function well(...args) {
  const { code, output } = await parleyctl(args);
  assert.equal(code, 0, `parleyctl ${args.join(" ")}: ${output}`);
  return output;
}

async function refused(pattern, ...args) {
  const { code, output } = await parleyctl(args);
  assert.equal(code, 1, output);
  assert.match(output, pattern);
}

// A configuration whose store nothing has been put into yet.
function another(server, changes = {}) {
  const other = new Server(structuredClone({ ...without(server.config, "listen"), listen: [{ address: "127.0.0.1", port: 0 }], ...changes }));
  if (other.config.plugins["storage-postgres"]) delete other.config.plugins["storage-postgres"].config.schema;
  other.write();
  return other;
}

async function disposing(t, server) {
  t.after(() => server.dispose());
  return server;
}

async function talk(server, messages) {
  const [alice, bob] = [await register(server, "alice"), await register(server, "bob")];
  const { id } = await group(server, alice, "Backups", [bob]);
  for (let n = 0; n < messages; n++) await send(server, alice, id, `message ${n} 上海`);
  return { alice, bob, id };
}

const counted = (output) => /(\d+) records \((\d+) events of (\d+) topics\)/.exec(output).slice(1).map(Number);

test("a backup under load holds one state, and comes back whole", async (t) => {
  const key = "0123456789abcdef".repeat(4);
  const server = await Server.start(t, configuration({ backup: { key } }));
  const { alice, id } = await talk(server, 300);
  const before = await wholeHistory(server, alice, id);
  const client = await LiveClient.follow(server, alice);
  let going = true, sent = 0;
  const load = (async () => {
    while (going) {
      await Promise.all(Array.from({ length: 16 }, () =>
        client.call("messaging.send", { conversation: id, id: uuid7(), text: `under load ${sent++}` })));
    }
  })();
  const file = path.join(server.directory, "live.backup");
  const made = await well("backup", server.file, file);
  going = false;
  await load;
  await client.close();
  assert.match(made, /by the running server/);
  assert.equal(fs.existsSync(`${file}.part`), false);
  await refused(/is there already/, "backup", server.file, file);

  const verified = await well("backup", "verify", file, server.file);
  assert.match(verified, /is whole/);
  assert.match(await well("backup", "verify", file), /encrypted[^]*needs the key/);
  const other = await disposing(t, another(server));
  const restored = await well("restore", other.file, file);
  assert.deepEqual(counted(restored), counted(verified));
  await refused(/not empty/, "restore", other.file, file);
  await refused(/a server runs/, "restore", server.file, file);

  await server.stop();
  await other.launch();
  const after = await wholeHistory(other, alice, id);
  assert.deepEqual(after.slice(0, before.length), before);
  assert.deepEqual(after.map((message) => message.seq), after.map((_, at) => after[0].seq + at));
  const next = await send(other, alice, id, "and it goes on");
  assert.equal(next.seq, after.at(-1).seq + 1);
});

test("a stopped server is backed up by parleyctl, and an empty one is not refused", async (t) => {
  const server = await Server.start(t);
  await talk(server, 20);
  await server.stop();
  const file = path.join(server.directory, "cold.backup");
  const made = await well("backup", server.file, file);
  assert.match(made, /100 %/);
  const other = await disposing(t, another(server));
  assert.deepEqual(counted(await well("restore", other.file, file)), counted(made));
  // The copy gives the same backup again.
  assert.deepEqual(counted(await well("backup", other.file, `${file}.2`)), counted(made));
});

test("a server that was started without a key writes nothing where one is named since", async (t) => {
  const server = await Server.start(t, configuration());
  server.config.backup = { key: "ab".repeat(32) };
  server.write();
  const file = path.join(server.directory, "plain.backup");
  await refused(/started without a key/, "backup", server.file, file);
  assert.ok(!fs.existsSync(file));
});

test("what is damaged, cut, locked or full is found and named", async (t) => {
  const key_file = "backup.key";
  const server = await Server.start(t, configuration({ backup: { key_file } }));
  fs.writeFileSync(path.join(server.directory, key_file), "ab".repeat(32) + "\n", { mode: 0o600 });
  await talk(server, 20);
  await server.stop();
  const file = path.join(server.directory, "good.backup");
  await well("backup", server.file, file);
  const good = fs.readFileSync(file);
  const bad = path.join(server.directory, "bad.backup");
  for (const at of [3, 40, Math.floor(good.length / 2), good.length - 40, good.length - 1]) {
    const changed = Buffer.from(good);
    changed[at] ^= 4;
    fs.writeFileSync(bad, changed);
    await refused(/bad\.backup (is damaged|is no backup)/, "backup", "verify", bad);
  }
  for (const length of [good.length - 1, good.length - 50, 200, 20]) {
    fs.writeFileSync(bad, good.subarray(0, length));
    await refused(/bad\.backup is cut off/, "backup", "verify", bad);
  }
  const other = await disposing(t, another(server));
  fs.writeFileSync(path.join(other.directory, key_file), "cd".repeat(32), { mode: 0o600 });
  await refused(/another key/, "restore", other.file, file);
  fs.writeFileSync(path.join(other.directory, key_file), "no key");
  await refused(/64 hexadecimal digits/, "restore", other.file, file);
  fs.copyFileSync(path.join(server.directory, key_file), path.join(other.directory, key_file));
  fs.writeFileSync(bad, good.subarray(0, good.length - 50));
  await refused(/nothing was restored[^]*cut off/, "restore", other.file, bad);
  await well("restore", other.file, file); // nothing had been written

  const full = path.join(server.directory, "full.backup");
  fs.symlinkSync("/dev/full", `${full}.part`);
  await refused(/no backup was made: cannot write [^]*No space left/, "backup", server.file, full);
  assert.deepEqual(fs.readdirSync(server.directory).filter((name) => name.startsWith("full")), []);
});

test("backups are made by the schedule, and the oldest go", async (t) => {
  const server = new Server(configuration({ backup: { cron: "0 0 1 1 *", keep: 2 } }));
  t.after(() => server.dispose());
  const folder = path.join(server.directory, "backups");
  fs.mkdirSync(folder);
  for (const year of [2001, 2002, 2003]) {
    const old = path.join(folder, `parley-${year}-01-01T00-00-00.000Z.backup`);
    fs.writeFileSync(old, "old");
    fs.utimesSync(old, year, new Date(`${year}-01-01`));
  }
  await server.launch(); // the last is older than the last first of January
  await server.said(/an old backup was removed[^\n]*2002/);
  const left = fs.readdirSync(folder).sort();
  assert.equal(left.length, 2, left.join(" "));
  assert.match(left[0], /2003/);
  assert.match(await well("backup", "verify", path.join(folder, left[1])), /is whole/);
});

test("the configuration in docs/operators.md is taken", async (t) => {
  const docs = fs.readFileSync(path.join(repository, "docs/operators.md"), "utf8");
  const server = new Server(configuration());
  t.after(() => server.dispose());
  const [, told] = /```yaml\n(backup:[^]*?)```/.exec(docs);
  const block = told.replace("/etc/parley/", `${server.directory}/`);
  fs.writeFileSync(path.join(server.directory, "backup.key"), "ab".repeat(32), { mode: 0o600 });
  const rest = Object.entries(server.config).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  const { code, output } = await server.run(["--check"], block + rest.join(""));
  assert.equal(code, 0, output);
  const wrong = await server.run(["--check"], block.replace("0 3 * * *", "3 o'clock") + rest.join(""));
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /backup\.cron[^]*such as/);
});

test("from SQLite to PostgreSQL and back, and every record is counted", async (t) => {
  const postgres = await stores.postgres(t);
  const server = await Server.start(t);
  const { alice, id } = await talk(server, 60);
  const before = await wholeHistory(server, alice, id);
  await server.stop();
  const plugins = { ...postgres.plugins, ...without(server.config.plugins, "storage-sqlite") };
  const there = await disposing(t, another(server, { plugins }));
  const copied = await well("storage", "copy", server.file, there.file);
  assert.match(copied, /from storage-sqlite to storage-postgres; every record is there/);
  await there.launch();
  assert.deepEqual(await wholeHistory(there, alice, id), before);
  await there.stop();
  const back = await disposing(t, another(server));
  assert.match(await well("storage", "copy", there.file, back.file), /every record is there/);
  await back.launch();
  assert.deepEqual(await wholeHistory(back, alice, id), before);
});
