import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../ui/src/backoff.ts";
import { verdict } from "../ui/src/close_codes.ts";
import { Cursors } from "../ui/src/cursors.ts";
import { sendable } from "../ui/src/sendable.ts";
import { uuid7 } from "../ui/src/uuid.ts";

test("a cursor moves on with what is next, leaves what was seen, and tells of a hole", () => {
  const cursors = new Cursors();
  assert.equal(cursors.take("t", 7), "next"); // the first one says where it begins
  assert.equal(cursors.take("t", 8), "next");
  assert.equal(cursors.take("t", 8), "seen");
  assert.equal(cursors.take("t", 3), "seen");
  assert.equal(cursors.take("t", 11), "hole");
  assert.equal(cursors.take("t", 12), "next");
  assert.deepEqual(cursors.all(), { t: 12 });
});

test("topics do not mix; a gap jumps; what is forgotten begins anew", () => {
  const cursors = new Cursors();
  cursors.take("a", 1);
  cursors.take("b", 9);
  cursors.jump("a", 100);
  assert.equal(cursors.take("a", 100), "seen");
  assert.equal(cursors.take("a", 101), "next");
  cursors.forget("b");
  assert.equal(cursors.has("b"), false);
  assert.equal(cursors.take("b", 2), "next");
  assert.deepEqual(cursors.all(), { a: 101, b: 2 });
});

test("waiting doubles, is spread, has an end, and begins anew after success", () => {
  const least = new Backoff(() => 0);
  const most = new Backoff(() => 1);
  const waits = Array.from({ length: 12 }, () => [least.next(), most.next()] as const);
  for (const [low, high] of waits) assert.equal(low * 2, high);
  assert.deepEqual(waits.slice(0, 3).map(([, high]) => high), [300, 600, 1200]);
  assert.equal(waits.at(-1)![1], 15_000);
  most.reset();
  assert.equal(most.next(), 300);
});

test("close codes, as docs/protocol.md says", () => {
  for (const code of [1000, 1001, 1006, 1011, 4000, 4001, 4002, 4102]) assert.equal(verdict(code), "resume", `${code}`);
  assert.equal(verdict(4100), "renew");
  assert.equal(verdict(4101), "login");
  for (const code of [1002, 1003, 1007, 1009, 4200, 4201]) assert.equal(verdict(code), "stop", `${code}`);
});

test("UUIDv7: well formed, and in order of time", () => {
  const early = uuid7(1_700_000_000_000);
  const late = uuid7(1_700_000_000_001);
  for (const id of [early, late]) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(early < late);
  assert.equal(parseInt(early.replace("-", "").slice(0, 12), 16), 1_700_000_000_000);
});

test("what the protocol cannot carry is taken out, and nothing else", () => {
  assert.equal(sendable("a\u0000b \ud83d c \udc00"), "ab \ufffd c \ufffd");
  const fine = "👩‍👩‍👧‍👦 \u{10ffff} <b>\n\t上海";
  assert.equal(sendable(fine), fine);
});
