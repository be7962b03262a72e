import assert from "node:assert/strict";
import { test } from "node:test";
import { byActivity } from "../src/chat/order.ts";
import { Timeline } from "../src/chat/timeline.ts";
import type { Message } from "../src/api/messaging.ts";

const message = (seq: number, text = `${seq}`): Message =>
  ({ id: `m${seq}`, conversation: "c", seq, sender: "a", text, at: `2026-01-01T00:00:${String(seq % 60).padStart(2, "0")}.000Z` });
const seqs = (timeline: Timeline) => timeline.all().map((one) => one.seq);

test("whatever the order of arrival, messages stand in order of their numbers", () => {
  const timeline = new Timeline();
  for (const seq of [5, 3, 9, 4, 1, 8]) timeline.add([message(seq)]);
  assert.deepEqual(seqs(timeline), [1, 3, 4, 5, 8, 9]);
  assert.equal(timeline.firstSeq, 1);
  assert.equal(timeline.last?.seq, 9);
});

test("what arrives again is left, and says so", () => {
  const timeline = new Timeline();
  assert.equal(timeline.add([message(1), message(2)]), 2);
  assert.equal(timeline.add([message(2, "again"), message(1), message(3)]), 1);
  assert.deepEqual(seqs(timeline), [1, 2, 3]);
  assert.equal(timeline.all()[1]!.text, "2");
});

test("the same id from two people is two messages", () => {
  const timeline = new Timeline();
  timeline.add([{ ...message(1), id: "same" }, { ...message(2), id: "same", sender: "b" }]);
  assert.equal(timeline.all().length, 2);
});

test("an earlier page and live messages join up", () => {
  const timeline = new Timeline();
  timeline.add([message(41), message(42)]);
  timeline.add(Array.from({ length: 40 }, (_, at) => message(at + 2)));
  assert.deepEqual(seqs(timeline), Array.from({ length: 41 }, (_, at) => at + 2));
});

test("a restart forgets all, and that anything was loaded", () => {
  const timeline = new Timeline();
  timeline.add([message(1)]);
  timeline.loaded = timeline.complete = true;
  timeline.restart([message(9)]);
  assert.deepEqual([seqs(timeline), timeline.loaded, timeline.complete], [[9], false, false]);
});

test("the oldest can be let go, and are then no longer complete", () => {
  const timeline = new Timeline();
  timeline.add([1, 2, 3, 4].map((seq) => message(seq)));
  timeline.complete = true;
  timeline.keepNewest(4);
  assert.equal(timeline.complete, true);
  timeline.keepNewest(2);
  assert.deepEqual([seqs(timeline), timeline.complete], [[3, 4], false]);
});

test("conversations: newest activity first, an empty one by when it was made", () => {
  const chat = (id: string, made: string, last?: string) => ({
    conversation: { id, kind: "group" as const, created_at: made },
    last: last ? { ...message(1), at: last } : undefined,
  });
  const chats = [
    chat("old", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"),
    chat("empty", "2026-01-03T00:00:00.000Z"),
    chat("busy", "2026-01-01T00:00:00.000Z", "2026-01-04T00:00:00.000Z"),
  ];
  assert.deepEqual(chats.sort(byActivity).map((one) => one.conversation.id), ["busy", "empty", "old"]);
});
