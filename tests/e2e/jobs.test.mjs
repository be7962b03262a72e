// kill -9 while jobs are queued and run: each that was acknowledged runs, after the next start or on another node.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { call, request, uuid7 } from "./rest_client.mjs";
import { Server, buildDirectory, configuration, repository, store } from "./server.mjs";

const ROUNDS = 4;
const EACH = 100;

function withChores() {
  const config = configuration({
    plugins: { chores: {} },
    limits: { job_lease_seconds: 2, job_poll_seconds: 1 },
  });
  config.plugin_path.push(path.join(repository, "tests/e2e"));
  return config;
}

// Queues without waiting for one another. Those that were acknowledged, once `enough` are.
async function queue(server, enough) {
  const acknowledged = [];
  await new Promise((resolve) => {
    for (let n = 0; n < EACH; n++) {
      const id = uuid7();
      request(server, "POST", "/v1/chores", { body: { id } }).then(({ status }) => {
        if (status !== 200) return;
        acknowledged.push(id);
        if (acknowledged.length === enough) resolve();
      }, () => {});
    }
  });
  return acknowledged;
}

async function runs(server) {
  const all = new Map();
  for (let after = "", more = true; more;) {
    const page = await call(server, "GET", `/v1/chores?after=${after}`);
    for (const { id, times } of page.items) all.set((after = id), times);
    more = page.more;
  }
  return all;
}

// Asks until each has run; the suite's own deadline ends it.
async function untilAllRan(server, wanted) {
  for (;;) {
    const ran = await runs(server);
    if (wanted.every((id) => ran.has(id))) return ran;
  }
}

test(`${ROUNDS} rounds of kill -9 while jobs are queued and run`, async (t) => {
  const server = await Server.start(t, withChores());
  const acknowledged = [];
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged.push(...await queue(server, EACH / 2));
    await server.kill();
    await server.launch();
  }
  const ran = await untilAllRan(server, acknowledged);
  assert.ok(ran.size >= acknowledged.length);
  const listed = spawnSync(path.join(buildDirectory(), "bin/parleyctl"), ["jobs", "list", "--dead", server.file],
    { encoding: "utf8" });
  assert.equal(listed.status, 0, listed.stderr);
  assert.equal(listed.stdout.trim().split("\n").length, 1, `dead letters:\n${listed.stdout}`);
});

test("two servers on one store share the jobs, and one takes over what the other had", {
  skip: store === "storage-postgres" ? false : "needs PARLEY_STORE=storage-postgres",
}, async (t) => {
  const first = await Server.start(t, withChores());
  const config = withChores();
  config.plugins[store] = structuredClone(first.config.plugins[store]); // the same schema
  const second = await Server.start(t, config);
  const acknowledged = [...await queue(first, EACH), ...await queue(second, EACH)];
  let ran = await untilAllRan(first, acknowledged);
  assert.deepEqual([...ran.values()].filter((times) => times !== 1), [], "a job ran twice, and nobody had died");

  const more = await queue(first, EACH / 2);
  await first.kill();
  ran = await untilAllRan(second, more);
});
