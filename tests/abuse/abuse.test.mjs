// In short what `./dev soak abuse` does at length: fewer abusers, each until it has seen how the server ends it, and
// nothing said of time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Trial } from "./abuse.mjs";
import { PATIENCE_MS, metric, pause } from "./processes.mjs";

const few = {
  slow: { count: 40, rate: 200, hosts: 4, total: 80 },
  hoard: { count: 12, rate: 100, hosts: 4, total: 40 },
  announce: { rate: 100, hosts: 4, total: 50 },
  bomb: { rate: 50, hosts: 4, total: 30 },
  deep: { rate: 50, hosts: 4, total: 30 },
  deaf: { count: 8, rate: 50, hosts: 4 },
  restless: { rate: 100, hosts: 4, total: 100 },
};
const limits = { header_seconds: 1, body_seconds: 1, handshake_seconds: 1, queue_bytes: 16_384, unfinished_mib: 1 };

test("whoever means no good is ended as the protocol says, and honest clients get everything", async (t) => {
  const trial = await Trial.begin(limits, 50, few);
  t.after(() => trial.abandon());
  const slowClosed = async (number) => {
    for (const late = Date.now() + PATIENCE_MS; await metric(trial.server, "slow_readers_closed_total") < number; await pause(100)) {
      assert.ok(Date.now() < late, `not ${number} of those who never read were closed`);
    }
  };
  for (const kind of Object.keys(few)) await trial.phase(kind, [kind], kind === "deaf" ? slowClosed(few.deaf.count) : undefined);
  await trial.phase("all at once", Object.keys(few), slowClosed(2 * few.deaf.count));
  await trial.end();
  assert.deepEqual(trial.complaints(512), []);
  for (const [name, { sent }] of trial.phases) assert.ok(sent > 0, `nobody talked beside ${name}`);
});
