// A person's data in a file, and then nowhere: not for others, not in the store's files, not in the server's log.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { withDiary } from "./diary.mjs";
import { LiveClient } from "./live_client.mjs";
import { call, direct, group, history, refusal, register, request, send, uuid7 } from "./rest_client.mjs";
import { Server, buildDirectory, store } from "./server.mjs";

const SECRET = "zanzibar"; // in all that the person writes, and in nothing else
const SEALED = "timbuktu"; // in what is sealed, of all three

const started = (t, changes = {}) =>
  Server.start(t, withDiary({
    plugins: { reactions: {}, polls: {}, typing: {} },
    limits: { job_lease_seconds: 1, job_poll_seconds: 1 },
    ...changes,
  }));

function parleyctl(server, ...words) {
  return spawnSync(path.join(buildDirectory(), "bin/parleyctl"), words, { encoding: "utf8", cwd: server.directory });
}

const person = (server, ...words) => parleyctl(server, "person", ...words);

function well(server, ...words) {
  const { status, stdout, stderr } = person(server, ...words);
  assert.equal(status, 0, `person ${words.join(" ")}:\n${stdout}${stderr}\n${server.log.slice(-2000)}`);
  return stdout;
}

// Counts by what they are of: { "messaging.messages": "12 deleted", … }
function report(text) {
  return Object.fromEntries(text.split("\n").slice(1).filter((line) => line.trim())
    .map((line) => line.trim().split(/ {2,}/)).filter((cells) => cells.length > 1).map(([name, counts]) => [name, counts]));
}

function everyFile(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? everyFile(path.join(folder, each.name)) : each.isFile() ? [path.join(folder, each.name)] : []);
}

// Where a word is: in files of the server's folder (its store is there, or in a database) and in its log.
function traces(server, word = SECRET) {
  const found = everyFile(server.directory).filter((file) => fs.readFileSync(file).includes(word));
  if (store === "storage-postgres") {
    const { url, schema } = server.config.plugins[store].config;
    const dump = spawnSync("pg_dump", ["--data-only", `--schema=${schema}`, url], { encoding: "utf8", maxBuffer: 1 << 28 });
    assert.equal(dump.status, 0, dump.stderr);
    if (dump.stdout.includes(word)) found.push("the database");
  }
  return server.log.includes(word) ? [...found, "the log"] : found;
}

// The same of a new backup: it is put into a store of its own, and looked for there.
function tracesInBackup(t, server) {
  const file = path.join(server.directory, "after.backup");
  const made = parleyctl(server, "backup", server.file, file);
  assert.equal(made.status, 0, made.stderr);
  const other = new Server(structuredClone(server.config));
  t.after(() => other.dispose());
  delete other.config.plugins[store];
  other.config.plugins = { "storage-sqlite": {}, ...other.config.plugins };
  other.write();
  const restored = parleyctl(other, "restore", other.file, file);
  assert.equal(restored.status, 0, restored.stderr);
  assert.ok(everyFile(other.directory).some((each) => fs.readFileSync(each).includes("the last of Ben's")));
  fs.rmSync(file);
  return everyFile(other.directory).filter((each) => fs.readFileSync(each).includes(SECRET));
}

// One who uses everything, among two others.
async function lived(server) {
  const ann = await register(server, SECRET, { device: `${SECRET} phone`, display_name: `Ann ${SECRET}` });
  const [ben, cyd] = [await register(server, "ben"), await register(server, "cyd")];
  const chat = (await direct(server, ann, ben)).id;
  const place = (await group(server, ben, "Club", [ann, cyd])).id;
  for (let i = 0; i < 60; i++) {
    await send(server, ann, i % 2 ? chat : place, `${SECRET} says ${i} ${"z".repeat((i * 37) % 300)}`);
    await send(server, ben, i % 3 ? chat : place, `Ben says ${i}`);
  }
  const last = await send(server, ben, place, "the last of Ben's");
  const deleted = await send(server, ann, place, `${SECRET} thinks better of it`);
  await call(server, "DELETE", `/v1/conversations/${place}/messages/${deleted.seq}`, { token: ann.token });
  await call(server, "PUT", `/v1/conversations/${place}/messages/${last.seq}/reactions/${encodeURIComponent("👍")}`, { token: ann.token });
  await call(server, "POST", `/v1/conversations/${place}/polls`, {
    token: ann.token, body: { id: uuid7(), question: `${SECRET}?`, options: [`yes, ${SECRET}`, "no"] },
  });
  for (const who of [ann, ben])
    await call(server, "POST", "/v1/diary", { token: who.token, body: { text: `${who === ann ? SECRET : "Ben"} was here`, secret: `${SEALED} of ${who.account}`, guest: ben.account } });
  return { ann, ben, cyd, chat, place };
}

test("an export has all of it; an erasure leaves nothing, neither to others nor in the files", async (t) => {
  const server = await started(t);
  const { ann, ben, chat, place } = await lived(server);
  const topic = `conversation:${place}`;
  const socket = await LiveClient.follow(server, ann);

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "parley-export-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "ann.json");
  well(server, "export", ann.account, server.file, file);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  const exported = JSON.parse(fs.readFileSync(file, "utf8"));
  assert.deepEqual([exported.form, exported.account], ["parley.person/1", ann.account]);
  const of = (name) => exported.records.filter((one) => one.collection === name).map((one) => one.record);
  assert.equal(of("messaging.messages").length, 60);
  assert.ok(of("messaging.messages").every((one) => one.sender === ann.account && one.text.startsWith(SECRET)));
  for (const [name, count] of Object.entries({ "identity.principals": 1, "identity.sessions": 1, "auth-password.logins": 1,
    "messaging.members": 2, "messaging.directs": 1, "reactions.reactions": 1, "polls.polls": 1, "diary.entries": 1, "diary.visits": 1, "diary.bills": 1 }))
    assert.equal(of(name).length, count, name);
  assert.ok(exported.events.some((one) => one.event === "message.created" && one.data.text.includes(SECRET)));
  assert.ok(!JSON.stringify(exported).includes("Ben says"));
  const sealed = `${SEALED} of ${ann.account}`;
  for (const name of ["diary.entries", "diary.visits", "diary.bills"]) assert.equal(of(name)[0].secret, sealed, name);
  assert.equal(exported.events.find((one) => one.event === "entry.written").data.secret, sealed);
  assert.ok(!JSON.stringify(exported).includes(`${SEALED} of ${ben.account}`));
  assert.deepEqual(traces(server, SEALED), [], "while the export lay in the store as well");
  const again = person(server, "export", ann.account, server.file, file);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /File exists/);

  assert.notDeepEqual(traces(server), []);
  const said = well(server, "erase", ann.account, server.file);
  const counts = report(said);
  assert.equal(counts["messaging.messages"], "60 deleted");
  assert.equal(counts["diary.visits"], "1 anonymised");
  assert.match(said, /diary\.bills +1 kept +Tax law wants bills for ten years\./);
  assert.equal(counts["identity.sessions"], "1 ended");
  assert.match(counts["message.created"], /voided/);
  assert.equal(counts["diary.moods"], "1 deleted");
  assert.equal(counts["data key"], "1 deleted");
  assert.equal(counts.files, store === "storage-sqlite" ? "clean" : "left to the store");
  assert.ok(!said.includes("not looked at"), said);
  assert.deepEqual(traces(server), []);
  assert.deepEqual(tracesInBackup(t, server), []);
  assert.deepEqual(well(server, "state", ann.account, server.file), said);

  await socket.ended();
  await refusal(server, "GET", "/v1/account", { token: ann.token }, "unauthenticated", 401);
  await refusal(server, "POST", "/v1/auth/login", { body: { login: ann.name, password: ann.password } }, "wrong_login", 422);
  await refusal(server, "GET", `/v1/accounts/${ann.account}`, { token: ben.token }, "not_found", 404);
  for (const at of [chat, place])
    assert.ok((await history(server, ben, at)).items.every((one) => one.sender === ben.account));
  const diary = await call(server, "GET", "/v1/diary");
  assert.deepEqual(diary.items.map((one) => one.text), ["Ben was here"]);
  assert.deepEqual(diary.visits.map((one) => one.host).sort(), ["00000000-0000-0000-0000-000000000000", ben.account].sort());
  assert.equal(diary.bills.length, 2);
  const own = `${SEALED} of ${ben.account}`;
  assert.deepEqual(diary.items.map((one) => one.secret), [own]);
  assert.deepEqual(diary.visits.map((one) => one.secret).filter((one) => one), [own], "it goes where nobody takes Ann's place");
  assert.ok(diary.bills.some((one) => one.payer === ann.account && one.secret === sealed), "what is kept has a key that is kept");

  const later = await LiveClient.follow(server, ben, { [topic]: 0 });
  const last = await later.until((frame) => frame.topic === topic && frame.data?.text === "the last of Ben's", "Ben's last");
  const replayed = later.received.filter((frame) => frame.topic === topic && frame.seq <= last.seq).map((frame) => frame.seq);
  assert.deepEqual(replayed, Array.from({ length: last.seq }, (_, i) => i + 1), "a number is missing");
  assert.ok(later.received.some((frame) => frame.event === "void"));
  await later.close();

  await server.stop();
  assert.deepEqual(traces(server), [], "after the stop");
  assert.deepEqual(traces(server, SEALED), [], "after the stop");
});

test("a server that is killed while it erases goes on when it is there again", async (t) => {
  const server = await started(t);
  for (let round = 0; round < 4; round++) {
    const { ann, ben, place } = await lived(server);
    const asking = spawn(path.join(buildDirectory(), "bin/parleyctl"), ["person", "erase", ann.account, server.file], { stdio: "ignore" });
    const ended = new Promise((resolve) => asking.once("exit", resolve));
    if (round === 0) await ended; // as it should be, once
    else while ((await request(server, "GET", `/v1/accounts/${ann.account}`, { token: ben.token })).status === 200) continue;
    await server.kill();
    await ended;
    await server.launch();
    while (!well(server, "state", ann.account, server.file).includes(": done")) continue; // the suite's deadline ends it
    assert.deepEqual(traces(server), [], `round ${round}`);
    assert.ok((await history(server, ben, place)).items.length > 10);
  }
});

test("who is not there, what was not ordered, and a bot", async (t) => {
  const server = await started(t, { plugins: { welcome: { grants: ["bot"] } } });
  for (const what of ["erase", "export"]) {
    const { status, stderr } = person(server, what, "nobody", server.file);
    assert.deepEqual([status, stderr], [1, "there is no account nobody\n"]);
  }
  assert.ok(!fs.existsSync(path.join(server.directory, "person-nobody.json")), "an empty file is left");
  for (const what of ["erase", "export", "state"]) {
    const { status, stderr } = person(server, what, "", server.file);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^argument 1 is empty\\nusage: parleyctl person ${what} ID CONFIG`));
  }
  assert.match(parleyctl(server, "jobs", "drop", "", server.file).stderr, /^argument 1 is empty/);
  const ann = await register(server);
  assert.match(person(server, "state", ann.account, server.file).stderr, /nothing was ordered/);
  const bots = await call(server, "GET", "/v1/accounts?name=w", { token: ann.token });
  assert.match(person(server, "erase", bots.items.find((one) => one.kind === "bot").id, server.file).stderr, /is the bot of the plugin welcome/);
});
