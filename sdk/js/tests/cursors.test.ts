import assert from "node:assert/strict";
import { test } from "node:test";
import { Cursors } from "../src/cursors.ts";

test("a cursor moves on with what is next, leaves what was seen, and tells of a hole", () => {
  const cursors = new Cursors();
  assert.equal(cursors.take("t", 7), "first");
  assert.equal(cursors.take("t", 8), "next");
  assert.equal(cursors.take("t", 8), "seen");
  assert.equal(cursors.take("t", 3), "seen");
  assert.equal(cursors.take("t", 11), "hole");
  assert.equal(cursors.take("t", 12), "next");
  assert.deepEqual(cursors.all(), { t: 12 });
});

test("topics do not mix; a gap jumps; what is forgotten begins anew", () => {
  const cursors = new Cursors({ a: 1 });
  cursors.take("b", 9);
  cursors.jump("a", 100);
  assert.equal(cursors.take("a", 100), "seen");
  assert.equal(cursors.take("a", 101), "next");
  cursors.forget("b");
  assert.equal(cursors.get("b"), undefined);
  assert.equal(cursors.take("b", 2), "first");
  assert.deepEqual(cursors.all(), { a: 101, b: 2 });
});
