// Sealed fields with a server around them: no file of it holds the text; clients see it at once, when they
// resume and when they repeat; master keys change while it runs; a backup is worth nothing without them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { LiveClient } from "./live_client.mjs";
import { call, register, request, refusal, uuid7 } from "./rest_client.mjs";
import { Server, buildDirectory, configuration, repository, store, without } from "./server.mjs";

function parleyctl(...args) {
  return new Promise((resolve) => {
    execFile(path.join(buildDirectory(), "bin/parleyctl"), args, { timeout: 120_000 }, (problem, stdout, stderr) =>
      resolve({ code: problem ? problem.code : 0, output: stdout + stderr }));
  });
}

async function well(...args) {
  const { code, output } = await parleyctl(...args);
  assert.equal(code, 0, `parleyctl ${args.join(" ")}: ${output}`);
  return output;
}

const plugin_path = [path.join(buildDirectory(), "plugins"), path.join(repository, "plugins"), path.join(repository, "tests/e2e")];

function sealing(changes = {}) {
  return configuration({ plugin_path, ...changes, plugins: { letters: {}, ...changes.plugins } });
}

// A new key in the server's folder; gives its id.
async function newKey(server, name) {
  const said = await well("keys", "new", path.join(server.directory, name));
  return /master key ([0-9a-f]{16}) is in/.exec(said)[1];
}

// A server that seals, with the key `one`.
async function start(t) {
  const server = new Server(sealing({ storage: { master_keys: [{ file: "one" }] } }));
  t.after(() => server.dispose());
  server.one = await newKey(server, "one");
  await server.launch();
  return server;
}

const keep = (server, who, id, text, more = {}) =>
  call(server, "PUT", `/v1/letters/${id}`, { token: who.token, body: { text, ...more } });
const get = (server, who, id) => call(server, "GET", `/v1/letters/${id}`, { token: who.token });

// What the server has on disk, and has logged.
function everything(server) {
  const files = fs.readdirSync(server.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return files.map((file) => [file, fs.readFileSync(file, "latin1")]).concat([["the log", server.log]]);
}

function holding(server, text) {
  return everything(server).filter(([, content]) => content.includes(text)).map(([name]) => name);
}

async function refusedStart(server, pattern) {
  const { code, output } = await server.run();
  assert.equal(code, 1, output);
  assert.match(output, pattern);
}

test("clients see what no file holds", async (t) => {
  const server = await start(t);
  const alice = await register(server, "alice");
  const live = await LiveClient.follow(server, alice);
  const id = uuid7(), text = "for-no-other-eyes", mail = "somebody@example.org";
  const kept = await keep(server, alice, id, text, { mail });
  assert.deepEqual(kept, { owner: alice.account, id, seq: kept.seq, text, mail });
  assert.ok(kept.seq >= 1);
  assert.deepEqual(await keep(server, alice, id, text, { mail }), kept, "a repeat gets the first reply");
  await refusal(server, "PUT", `/v1/letters/${id}`, { token: alice.token, body: { text: "another" } }, "idempotency_conflict", 409);
  assert.deepEqual(await get(server, alice, id), kept);
  const found = await call(server, "GET", `/v1/letters?mail=${encodeURIComponent(mail)}`, { token: alice.token });
  assert.deepEqual(found.items, [kept]);
  const event = await live.until((frame) => frame.event === "letter.kept", "the event");
  assert.deepEqual(event.data, kept);

  const later = await LiveClient.follow(server, alice, { [event.topic]: event.seq - 1 });
  const replayed = await later.until((frame) => frame.event === "letter.kept", "the event once more");
  assert.deepEqual(replayed.data, kept);
  await live.close();
  await later.close();

  await call(server, "PATCH", `/v1/letters/${id}`, { token: alice.token, body: { text: "changed-for-no-other-eyes" } });
  assert.equal((await get(server, alice, id)).text, "changed-for-no-other-eyes");
  assert.deepEqual(holding(server, "no-other-eyes"), []);
  assert.deepEqual(holding(server, "somebody@"), []);
  await server.stop();
  assert.deepEqual(holding(server, "no-other-eyes"), []);
  if (store === "storage-sqlite") assert.notDeepEqual(holding(server, id), [], "so the search itself works");
  await server.launch();
  assert.equal((await get(server, alice, id)).text, "changed-for-no-other-eyes");
  assert.deepEqual(await keep(server, alice, id, text, { mail }), kept);
});

test("the check of a configuration looks at its keys", async (t) => {
  const server = new Server(sealing());
  t.after(() => server.dispose());
  const none = /parley\.yaml:\d+:\d+: the plugin letters seals fields of its collection letters, and [^\n]*names no master key; make one with `parleyctl keys new FILE`/;
  const both = async (told) => {
    for (const said of [await server.run(["--check"]), await parleyctl("check", server.file)]) {
      assert.equal(said.code, told ? 2 : 0, said.output);
      for (const each of told ?? [/is fine/]) assert.match(said.output, each);
    }
  };
  await both([none]);
  await newKey(server, "one");
  server.config.storage = { master_keys: [{ file: "one" }, { file: "two" }, { key: "three" }] };
  server.config.backup = { key_file: "backup.key" };
  await both([
    /parley\.yaml:\d+:\d+: the master key [^\n]*two cannot be read: No such file/,
    /parley\.yaml:\d+:\d+: storage\.master_keys\[2\]\.key holds no master key/,
    /parley\.yaml:\d+:\d+: the key file [^\n]*backup\.key cannot be read: No such file/,
  ]);
  assert.equal((await parleyctl("methods", server.file)).code, 0, "who asks for something else needs no keys");
  server.config.storage.master_keys.splice(1);
  fs.writeFileSync(path.join(server.directory, "backup.key"), "ab".repeat(32), { mode: 0o644 });
  await both([/backup\.key is not for its owner alone \(mode 0644\); write `chmod 600 /]);
  fs.chmodSync(path.join(server.directory, "backup.key"), 0o600);
  await both(null);
});

test("without its master key the server says which it is", async (t) => {
  const server = new Server(sealing());
  t.after(() => server.dispose());
  await refusedStart(server, /"plugin":"letters"[^\n]*storage\.master_keys names no master key/);
  server.config.storage = { master_keys: [{ file: "one" }] };
  await refusedStart(server, /the master key [^\n]*one cannot be read: No such file/);
  const one = await newKey(server, "one");
  const again = await parleyctl("keys", "new", path.join(server.directory, "one"));
  assert.equal(again.code, 1, "never in place of another");
  assert.match(again.output, /File exists/);
  fs.chmodSync(path.join(server.directory, "one"), 0o640);
  await refusedStart(server, /is not for its owner alone \(mode 0640\); write `chmod 600 /);
  fs.chmodSync(path.join(server.directory, "one"), 0o600);

  await server.launch();
  const alice = await register(server, "alice");
  const id = uuid7();
  await keep(server, alice, id, "hello");
  await server.stop();

  const two = await newKey(server, "two");
  server.config.storage = { master_keys: [{ file: "two" }] };
  await refusedStart(server, new RegExp(`wrapped by the master key ${one}, and storage\\.master_keys names ${two}`));
  const wrong = await server.run(["--check"], JSON.stringify({ ...server.config, storage: { master_keys: [{}] } }));
  assert.match(wrong.output, /a master key has either a file or a key/);

  // The same key, from the environment.
  process.env.PARLEY_TEST_KEY = fs.readFileSync(path.join(server.directory, "one"), "utf8").trim();
  t.after(() => delete process.env.PARLEY_TEST_KEY);
  server.config.storage = { master_keys: [{ key: "${PARLEY_TEST_KEY}" }] };
  await server.launch();
  assert.equal((await get(server, alice, id)).text, "hello");
});

test("master keys change under load", async (t) => {
  const server = await start(t);
  const people = await Promise.all(Array.from({ length: 12 }, () => register(server, "alice")));
  const letters = new Map();
  let going = true;
  const load = Promise.all(people.map(async (who) => {
    while (going) {
      const id = uuid7();
      letters.set(id, who);
      await keep(server, who, id, `text of ${id}`);
    }
  }));
  const count = async (wanted) => { while (letters.size < wanted) await get(server, people[0], letters.keys().next().value).catch(() => undefined); };
  await count(50);
  const two = await newKey(server, "two");
  server.config.storage = { master_keys: [{ file: "two" }, { file: "one" }] };
  server.write();
  assert.match(await well("keys", "rotate", server.file), new RegExp(`wrapped by the master key ${two}, \\d+ of them anew`));
  await count(letters.size + 50);
  assert.match(await well("keys", "rotate", server.file), /, 0 of them anew/);
  server.config.storage = { master_keys: [{ file: "one" }] };
  server.write();
  const refused = await parleyctl("keys", "rotate", server.file);
  assert.equal(refused.code, 1);
  assert.match(refused.output, new RegExp(`wrapped by the master key ${two}`));
  going = false;
  await load;
  await server.kill();

  fs.rmSync(path.join(server.directory, "one"));
  server.config.storage = { master_keys: [{ file: "two" }] };
  await server.launch();
  for (const [id, who] of letters) assert.equal((await get(server, who, id)).text, `text of ${id}`);
});

test("a backup has what is sealed, and is worth nothing without the master key", async (t) => {
  const server = await start(t);
  const alice = await register(server, "alice");
  const id = uuid7(), mail = "somebody@example.org";
  const kept = await keep(server, alice, id, "for-no-other-eyes", { mail });
  const file = path.join(server.directory, "all.backup");
  await well("backup", server.file, file);
  assert.deepEqual(holding(server, "no-other-eyes"), []);

  const other = new Server(structuredClone({ ...without(server.config, "listen"), listen: [{ address: "127.0.0.1", port: 0 }] }));
  t.after(() => other.dispose());
  if (other.config.plugins["storage-postgres"]) delete other.config.plugins["storage-postgres"].config.schema;
  other.write();
  await well("restore", other.file, file);
  const two = await newKey(other, "two");
  other.config.storage = { master_keys: [{ file: "two" }] };
  await refusedStart(other, new RegExp(`wrapped by the master key ${server.one}[^\\n]*names ${two}`));
  fs.copyFileSync(path.join(server.directory, "one"), path.join(other.directory, "one"));
  other.config.storage = { master_keys: [{ file: "one" }] };
  await other.launch();
  assert.deepEqual(await get(other, alice, id), kept);
  const found = await call(other, "GET", `/v1/letters?mail=${encodeURIComponent(mail)}`, { token: alice.token });
  assert.deepEqual(found.items, [kept]);
});

test("a server that seals nothing needs no master key", async (t) => {
  const server = await Server.start(t);
  await register(server, "alice");
  const { code, output } = await parleyctl("keys", "rotate", server.file);
  assert.equal(code, 1);
  assert.match(output, /began without a master key/);
  assert.equal((await request(server, "GET", "/readyz")).status, 200);
});
