import assert from "node:assert/strict";
import { test } from "node:test";
import { sendable } from "../src/sendable.ts";
import { uuid7 } from "../src/uuid.ts";
import { started } from "./started.ts";

const members = (conversation: string) => ["messaging.members", { conversation }] as const;

// Its refusal is looked at later.
function kept<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

test("an answer finds its call, an error is one that can be decided by", async () => {
  const { server, client, next } = await started();
  server.refuse = ({ params }) => (params.conversation !== "bad" ? undefined
    : { code: "too_many_requests", message: "Slower.", temporary: true, retry_after_ms: 70, field: "/conversation", docs: "x" });
  const good = kept(client.call(...members("good")));
  const bad = kept(client.call(...members("bad")));
  await next();
  assert.deepEqual(await good, { items: [], more: false });
  await assert.rejects(bad, { code: "too_many_requests", message: "Slower.", temporary: true, retryAfterMs: 70, field: "/conversation" });
});

test("a lost reply: what may be repeated is, with the same parameters; of what may not nobody knows", async () => {
  const { server, client, next } = await started();
  server.hold = () => true;
  const repeated = kept(client.call(...members("a"), { repeat: true }));
  const once = kept(client.call(...members("b")));
  await next();
  server.hold = undefined;
  server.cut();
  const later = client.call(...members("c")); // not sent yet
  const never = kept(client.call(...members("d"), { wait: false }));
  await assert.rejects(once, { code: "unanswered", temporary: false });
  await assert.rejects(never, { code: "unreachable", temporary: true });
  await next(300);
  await Promise.all([repeated, later]);
  assert.deepEqual(server.calls("messaging.members").map((call) => call.params.conversation), ["a", "b", "a", "c"]);
});

test("no more are unanswered than the server allows, and one is left for the resume", async () => {
  const { server, client, next } = await started();
  server.outstanding = 4;
  server.hold = () => true;
  server.cut();
  await next(300);
  for (const conversation of ["a", "b", "c", "d"]) client.call(...members(conversation)).catch(() => undefined);
  await next();
  assert.equal(server.calls("messaging.members").length, 3);
  server.socket.says({ id: server.calls("messaging.members")[1]!.id, result: {} });
  await next();
  assert.equal(server.calls("messaging.members").length, 4);
  client.close();
});

test("a call ends by its time-out, by its signal, and with the client", async () => {
  const { server, client, next, clock } = await started();
  server.hold = () => true;
  const late = kept(client.call(...members("a")));
  const quick = kept(client.call(...members("b"), { timeoutMs: 100, repeat: true }));
  await next();
  await clock.advance(100);
  await assert.rejects(quick, { code: "unreachable" });
  await clock.advance(29_900);
  await assert.rejects(late, { code: "unanswered" });
  const aborter = new AbortController();
  const aborted = kept(client.call(...members("c"), { signal: aborter.signal }));
  aborter.abort(new Error("changed my mind"));
  await assert.rejects(aborted, /changed my mind/);
  await next();
  const ids = server.calls("messaging.members").map((call) => call.id);
  assert.deepEqual(server.heard.filter((frame) => frame.cancel).map((frame) => frame.cancel.id).sort(), ids);
  await assert.rejects(client.call(...members("d"), { signal: aborter.signal }), /changed my mind/);
  const read = kept(client.call(...members("e"), { timeoutMs: 0, repeat: true }));
  const write = kept(client.call(...members("f"), { timeoutMs: 0 }));
  client.close();
  await assert.rejects(read, { code: "closed" });
  await assert.rejects(write, { code: "unanswered" });
  await assert.rejects(client.call(...members("g")), { code: "closed" });
});

test("what would end the connection is refused before it is sent", async () => {
  const { server, client, next } = await started();
  const bad = ["\u0000", "half \ud83d", "\udc00", "back\\slash and \\u0000 \u0000"];
  for (const conversation of bad) await assert.rejects(client.call(...members(conversation)), { code: "invalid_params" });
  await assert.rejects(client.call(...members("ü".repeat(33_000))), { code: "too_large" });
  const fine = ["\\u0000", "\\\\ud83d", "👍", "\u001f\"\n", "x".repeat(60_000)].map((text) => client.call(...members(text)));
  await next();
  await Promise.all(fine);
  assert.equal(server.calls("messaging.members").length, fine.length);
});

test("what the protocol cannot carry is taken out, and nothing else", () => {
  assert.equal(sendable("a\u0000b \ud83d c \udc00"), "ab \ufffd c \ufffd");
  const fine = "👩‍👩‍👧‍👦 \u{10ffff} <b>\n\t上海";
  assert.equal(sendable(fine), fine);
});

test("UUIDv7: well formed, and in the order of making, within a moment and when the clock goes back", () => {
  const now = 4_000_000_000_000;
  const ids = [uuid7(now), ...Array.from({ length: 5000 }, () => uuid7(now)), uuid7(now - 5), uuid7(now + 9000)];
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(parseInt(ids[0]!.replace("-", "").slice(0, 12), 16), now);
});
