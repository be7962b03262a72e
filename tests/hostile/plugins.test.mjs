// Code that misbehaves while it runs: named, its caller gets an error, and the server goes on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Server, ask, configuration } from "./bad_plugins.mjs";

const start = (t, changes) => Server.start(t, configuration({ unruly: {}, meddler: {}, thrower: {} }, changes));

async function goesOn(server) {
  assert.equal((await ask(server, "/v1/unruly/well")).code, "ok");
  assert.equal(await server.status("/readyz"), 200);
}

describe("a plugin in C", () => {
  test("that ends a call twice: the first counts", async (t) => {
    const server = await start(t);
    for (let i = 0; i < 3; ++i) assert.deepEqual((await ask(server, "/v1/unruly/twice")).body, { how: "twice" });
    await goesOn(server);
  });

  test("that never ends a call: its deadline does, and the log names it", async (t) => {
    const server = await start(t);
    assert.equal((await ask(server, "/v1/unruly/never")).code, "deadline_exceeded");
    await server.said(/did not end what it was entered for in time","plugin":"unruly","entry":"method unruly.do"/);
    await goesOn(server);
  });

  test("that ends a call after its deadline: nobody is told twice", async (t) => {
    const server = await start(t);
    assert.equal((await ask(server, "/v1/unruly/late")).code, "deadline_exceeded");
    // The late end comes half a second after the deadline; another call's deadline is later than that.
    assert.equal((await ask(server, "/v1/unruly/never")).code, "deadline_exceeded");
    await goesOn(server);
  });

  test("that calls the host from a thread of its own: it gets a status, and nothing happens", async (t) => {
    const server = await start(t);
    for (let i = 0; i < 3; ++i) assert.deepEqual((await ask(server, "/v1/unruly/thread")).body, { how: "thread" });
    await goesOn(server);
  });

  test("that uses handles which are none: it gets a status each time", async (t) => {
    const server = await start(t);
    for (let i = 0; i < 3; ++i) assert.deepEqual((await ask(server, "/v1/unruly/handles")).body, { how: "handles" });
    await goesOn(server);
  });

  test("whose work on the pool never ends: the server serves, and ends when told to", async (t) => {
    const server = await start(t, { limits: { offload_threads: 1, drain_seconds: 0 } });
    assert.equal((await ask(server, "/v1/unruly/pool")).code, "ok");
    await goesOn(server);
    await server.stop();
    assert.match(server.log, /stays in memory.*"plugin":"unruly".*its work on the pool does not end/);
  });

  test("that answers garbage: named and refused where answers are checked", async (t) => {
    const server = await start(t, { development: { strict: true } });
    assert.equal((await ask(server, "/v1/unruly/garbage")).code, "internal");
    await server.said(/a method gave what its manifest does not say","plugin":"unruly","method":"unruly.do"/);
    await goesOn(server);
  });

  test("that keeps answering garbage is not asked for a while", async (t) => {
    const server = await start(t, { development: { strict: true }, limits: { breaker_failures: 3, breaker_open_ms: 600_000, breaker_open_most_ms: 600_000 } });
    for (let i = 0; i < 3; ++i) assert.equal((await ask(server, "/v1/unruly/garbage")).code, "internal");
    const { status, code, body } = await ask(server, "/v1/unruly/well");
    assert.deepEqual([status, code], [503, "unavailable"]);
    assert.ok((body.error ?? body).retry_after_ms > 0);
    await server.said(/keeps failing, and is not entered for a while","plugin":"unruly"/);
    assert.equal((await ask(server, "/v1/thrower/well")).code, "ok");
  });
});

describe("a filter", () => {
  for (const [how, named] of [
    ["filter-garbage", /a hook failed","plugin":"meddler","hook":"unruly.asked".*payload is wrong/],
    ["filter-never", /a hook failed","plugin":"meddler","hook":"unruly.asked"/],
  ])
    test(`that does what it should not (${how}) denies, and is named`, async (t) => {
      const server = await start(t);
      assert.equal((await ask(server, `/v1/unruly/${how}`)).code, "denied");
      await server.said(named);
      assert.equal((await ask(server, "/v1/unruly/filter-passes")).code, "ok");
      await goesOn(server);
    });
});

test("an exception through C ends the call that it came from", async (t) => {
  const server = await start(t);
  assert.equal((await ask(server, "/v1/thrower/text")).code, "internal");
  await server.said(/threw an exception into the host.*"plugin":"thrower","entry":"method thrower.do","what":"nobody catches me"/);
  assert.equal((await ask(server, "/v1/thrower/number")).code, "internal");
  await server.said(/"plugin":"thrower".*no std::exception/);
  assert.equal((await ask(server, "/v1/thrower/well")).code, "ok");
  await goesOn(server);
});
