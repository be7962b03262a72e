import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.ts";
import { verdict } from "../src/close_codes.ts";
import { ParleyError, unreachable } from "../src/error.ts";
import { prepared, started } from "./started.ts";

test("connects as the protocol says: subprotocol, token in the first frame, then resume", async () => {
  const { server, client } = await started();
  assert.equal(server.socket.url, "ws://parley.test/v1/socket");
  assert.deepEqual(server.socket.protocols, ["parley.v1"]);
  assert.deepEqual(server.heard, [{ authenticate: { scheme: "Bearer", credential: "token" } }, { resume: { cursors: {} } }]);
  assert.equal(client.state.snapshot(), "live");
  assert.deepEqual(client.features, ["messaging"]);
  await client.connect(); // it is
});

test("an address that is none stops it, with a sentence", async () => {
  for (const url of ["chat.example", "/chat", "", "https://", "htp://chat.example"]) {
    const { server, client } = prepared({}, { url });
    await assert.rejects(client.connect(), { code: "no_server" });
    assert.equal(client.state.snapshot(), "stopped");
    assert.equal(client.problem?.code, "no_server");
    assert.equal(server.sockets.length, 0);
  }
});

test("where something else answers the client says so, and goes on trying", async () => {
  const asked: string[] = [];
  const { server, client, next } = prepared({ fetch: async (url: any): Promise<any> => {
    asked.push(url);
    return { status: 404 };
  } }, { url: "http://parley.test/elsewhere/" });
  server.isDown = true;
  void client.connect();
  await next();
  assert.deepEqual([client.state.snapshot(), client.problem?.code], ["broken", "no_server"]);
  assert.deepEqual(asked, ["http://parley.test/elsewhere/v1/socket"]);
  server.isDown = false;
  await next(300);
  assert.deepEqual([client.state.snapshot(), client.problem], ["live", undefined]);
  server.isDown = true; // it was there: it is only away
  server.cut(1006);
  await next(300);
  assert.equal(asked.length, 1);
});

test("beats, and takes a connection on which nothing comes for dead", async () => {
  const { server, client, clock, next } = await started();
  await next(30_000);
  await next(30_000);
  assert.equal(server.heard.filter((frame) => frame.heartbeat).length, 2);
  const first = server.socket;
  await clock.advance(30_000 * 2.5); // the server hears and says nothing any more
  assert.equal(first.readyState, 3);
  assert.equal(client.state.snapshot(), "broken");
  await next(300);
  assert.equal(client.state.snapshot(), "live");
});

test("a connection that does not come to its hello is given up", async () => {
  const { server, client, clock, next } = prepared();
  void client.connect();
  await clock.advance(15_000);
  assert.deepEqual([server.sockets[0]!.readyState, client.state.snapshot()], [3, "broken"]);
  await next(300);
  assert.equal(client.state.snapshot(), "live");
});

test("close codes, as docs/protocol.md says", () => {
  for (const code of [1000, 1001, 1006, 1011, 4000, 4001, 4002, 4102]) assert.equal(verdict(code), "resume", `${code}`);
  for (const code of [4100, 4101]) assert.equal(verdict(code), "renew", `${code}`);
  for (const code of [1002, 1003, 1007, 1009, 4200, 4201]) assert.equal(verdict(code), "stop", `${code}`);
});

test("40xx: comes back, later each time until it is live, spread out", async () => {
  const { server, client, clock, next } = await started();
  server.isDown = true;
  server.cut(4001);
  const waits = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    await server.deliver();
    waits.push(clock.idleMs);
    await clock.advance(clock.idleMs);
  }
  assert.deepEqual(waits, [300, 600, 1200, 2400, 4800, 9600, 15_000, 15_000]);
  server.isDown = false;
  await next(15_000);
  server.cut(4002);
  assert.equal(clock.idleMs, 300);
  const least = new Backoff(() => 0);
  assert.deepEqual([least.next(), least.next()], [150, 300]);
  client.close();
});

test("4100: new tokens, then back; what was being done goes on", async () => {
  let token = "token";
  const { server, client, next } = await started({}, { token: async () => token, renew: async () => void (token = "newer") });
  server.hold = () => true;
  const call = client.call("messaging.members", { conversation: "c" }, { repeat: true });
  await next();
  server.hold = undefined;
  server.tokens = new Map([["newer", "me"]]);
  server.cut(4100);
  await next();
  await call;
  assert.equal(client.state.snapshot(), "live");
});

test("4101: tried with renewed tokens; where that does not help it stops, and says why", async () => {
  let renewals = 0;
  const { server, client, next } = await started({}, { renew: async () => void (renewals += 1) });
  server.tokens.clear();
  const call = client.call("account.me", {}, { repeat: true, timeoutMs: 0 });
  call.catch(() => undefined);
  server.cut(4100);
  for (let n = 0; n < 5; n++) await next(15_000);
  await assert.rejects(call, { code: "unauthenticated" });
  await assert.rejects(client.call("account.me", {}), { code: "unauthenticated" });
  assert.deepEqual([client.state.snapshot(), client.problem?.code, renewals], ["stopped", "unauthenticated", 2]);
  server.tokens.set("token", "me"); // somebody logged in
  void client.connect();
  await next();
  assert.equal(client.state.snapshot(), "live");
});

test("a token that can be had no more stops; one that cannot be had just now does not", async () => {
  let problem: ParleyError | undefined = unreachable();
  const { client, next } = prepared({}, { token: async () => {
    if (problem) throw problem;
    return "token";
  } });
  const connected = client.connect();
  await next(300);
  await next(600);
  assert.equal(client.state.snapshot(), "broken");
  problem = undefined;
  await next(1200);
  await connected;

  problem = new ParleyError("unauthenticated", "It has ended.");
  const other = prepared({}, { token: async () => Promise.reject(problem) });
  const refused = other.client.connect();
  await other.next();
  await assert.rejects(refused, { code: "unauthenticated", message: "It has ended." });
});

test("42xx and a breach of the WebSocket protocol: does not come back by itself", async () => {
  for (const code of [4200, 4201, 1009]) {
    const { server, client, clock, next } = await started();
    const waiting = client.events().next();
    server.cut(code);
    await assert.rejects(waiting, { code: "connection_refused" });
    assert.deepEqual([client.state.snapshot(), clock.idleMs, server.sockets.length], ["stopped", Infinity, 0]);
    void client.connect(); // somebody mended it
    await next();
    assert.equal(client.state.snapshot(), "live");
  }
});

test("draining: what was sent is answered, the rest waits, and it comes back when it was told to", async () => {
  const { server, client, clock, next } = await started();
  server.hold = (call) => call.params.conversation === "first";
  const first = client.call("messaging.members", { conversation: "first" });
  await next();
  const [asked] = server.calls("messaging.members");
  server.socket.says({ draining: { reconnect_after_ms: 1843 } });
  await next();
  assert.equal(client.state.snapshot(), "draining");
  const second = client.call("messaging.members", { conversation: "second" });
  server.socket.says({ id: asked!.id, result: { items: [], more: false } });
  await next();
  await first;
  assert.equal(server.calls("messaging.members").length, 1);
  server.cut(4000);
  assert.equal(clock.idleMs, 1843);
  await next(1843);
  await second;
  server.cut(4000); // without a word before
  assert.equal(clock.idleMs, 300);
});

test("after a sleep: connects at once, or asks whether anybody is there", async () => {
  const { server, client, clock, next } = await started();
  server.isDown = true;
  server.cut();
  for (let n = 0; n < 6; n++) await next(15_000);
  server.isDown = false;
  for (const wake of clock.wakes) wake();
  await next();
  assert.equal(client.state.snapshot(), "live");
  for (const wake of clock.wakes) wake();
  await clock.advance(5_000); // no answer
  assert.equal(client.state.snapshot(), "broken");
  await next(300);
  assert.equal(client.state.snapshot(), "live");
  client.close();
  assert.equal(clock.wakes.size, 0);
  assert.equal(clock.idleMs, Infinity);
});

test("renewed tokens are told on the same connection", async () => {
  let listener: (() => void) | undefined;
  const { server, client, next } = await started({}, { subscribe: (tell) => {
    listener = tell;
    return () => undefined;
  } });
  listener!();
  await next();
  assert.equal(server.heard.filter((frame) => frame.authenticate).length, 2);
  assert.equal(server.heard.filter((frame) => frame.resume).length, 1);
  assert.equal(client.state.snapshot(), "live");
});

test("where there is no WebSocket, that is said", () => {
  const had = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: undefined });
  try {
    const { client } = prepared({ WebSocket: undefined as never });
    assert.throws(() => client.connect(), /give one as \{ WebSocket \}/);
  } finally {
    Object.assign(globalThis, { WebSocket: had });
  }
});
