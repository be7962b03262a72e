// What the comparison calls more, and what it calls a break.

import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, withAdditions } from "./compare.mjs";
import { Bindings } from "./placeholders.mjs";

const time = "2026-01-31T12:00:00.000Z";
const recorded = { id: 7, result: { id: "<id:tea>", seq: 3, at: "<time>", tags: ["a", "b"], wait: "<number>" } };
const came = { id: 7, result: { id: "one", seq: 3, at: time, tags: ["a", "b"], wait: 12 } };

const found = (changed, bindings = new Bindings()) => differences(recorded, { ...came, result: { ...came.result, ...changed } }, bindings)
  .map(({ at, breaks }) => `${breaks ? "breaks" : "more"} ${at}`);

test("the same is the same", () => assert.deepEqual(found({}), []));

test("a field more is no break, and is recorded", () => {
  assert.deepEqual(found({ colour: "red" }), ["more /result/colour"]);
  const bindings = new Bindings();
  const more = { ...came, result: { ...came.result, by: "one", told: { at: time } } };
  assert.ok(differences(recorded, more, bindings).every(({ breaks }) => !breaks));
  assert.deepEqual(withAdditions(recorded, more, bindings, ""),
    { id: 7, result: { ...recorded.result, by: "one", told: { at: "<time:at>" } } });
});

test("what is gone, renamed or other breaks", () => {
  assert.deepEqual(found({ seq: undefined }), ["breaks /result/seq"]);
  const { seq, ...rest } = came.result;
  assert.deepEqual(differences(recorded, { id: 7, result: { ...rest, number: seq } }, new Bindings()).map(({ at, breaks }) => [at, breaks]),
    [["/result/seq", true], ["/result/number", false]]);
  assert.deepEqual(found({ seq: "3" }), ["breaks /result/seq"]);
  assert.deepEqual(found({ seq: 4 }), ["breaks /result/seq"]);
  assert.deepEqual(found({ at: "yesterday" }), ["breaks /result/at"]);
  assert.deepEqual(found({ wait: "12" }), ["breaks /result/wait"]);
  assert.deepEqual(found({ tags: ["a", "b", "c"] }), ["breaks /result/tags"]);
  assert.deepEqual(found({ tags: ["b", "a"] }), ["breaks /result/tags/0", "breaks /result/tags/1"]);
});

test("a placeholder is bound where it is first met, also as a part of a text and of a name", () => {
  const bindings = new Bindings();
  assert.deepEqual(found({}, bindings), []);
  assert.deepEqual(found({ id: "two" }, bindings), ["breaks /result/id"]);
  const cursors = { topics: { "place:<id:tea>": 3 }, topic: "place:<id:tea>" };
  assert.deepEqual(differences(cursors, { topics: { "place:one": 3 }, topic: "place:one" }, bindings), []);
  assert.deepEqual(differences(cursors, { topics: { "place:two": 3 }, topic: "place:two" }, bindings).map(({ at }) => at),
    ["/topics/place:one", "/topics/place:two", "/topic"]);
});
