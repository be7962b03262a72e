import assert from "node:assert/strict";
import { test } from "node:test";
import { CallError } from "../ui/src/call_error.ts";
import { Outbox, type Unsent } from "../ui/src/outbox.ts";
import type { Message } from "../ui/src/types.ts";

// An outbox whose sends and waits the test answers itself.
function outbox(kept: Unsent[] = []) {
  const asked: { entry: Unsent; resolve(message: Message): void; reject(problem: unknown): void }[] = [];
  const waits: (() => void)[] = [];
  const stored: string[] = [];
  let shelf = structuredClone(kept);
  const box = new Outbox(
    { load: () => shelf, save: (entries) => void (shelf = structuredClone(entries)) },
    (entry) => new Promise((resolve, reject) => void asked.push({ entry, resolve, reject })),
    (message) => void stored.push(message.id),
    () => undefined,
    (run) => void waits.push(run),
  );
  return { box, asked, waits, stored, shelf: () => shelf };
}

const draft = (id: string, conversation = "c") => ({ id, conversation, text: id, at: "2026-01-01T00:00:00.000Z" });
const reply = (id: string): Message =>
  ({ id, conversation: "c", seq: 1, sender: "me", text: id, at: "2026-01-01T00:00:00.000Z" });
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("one at a time in a conversation, in order; conversations do not wait for each other", async () => {
  const { box, asked, stored } = outbox();
  for (const id of ["1", "2"]) box.add(draft(id));
  box.add(draft("other", "d"));
  assert.deepEqual(asked.map((one) => one.entry.id), ["1", "other"]);
  asked[0]!.resolve(reply("1"));
  await settled();
  assert.deepEqual(asked.map((one) => one.entry.id), ["1", "other", "2"]);
  assert.deepEqual(stored, ["1"]);
  assert.equal(box.of("c").length, 1);
});

test("a temporary failure is tried again with the same id, and what is behind it waits", async () => {
  const { box, asked, waits } = outbox();
  for (const id of ["1", "2"]) box.add(draft(id));
  asked[0]!.reject(new CallError("unavailable", "Later.", true));
  await settled();
  assert.deepEqual([box.of("c")[0]!.state, asked.length, waits.length], ["waiting", 1, 1]);
  waits[0]!();
  assert.deepEqual(asked.map((one) => one.entry.id), ["1", "1"]);
});

test("what is refused stays to be read, lets the next one go, and can be tried again", async () => {
  const { box, asked } = outbox();
  for (const id of ["1", "2"]) box.add(draft(id));
  asked[0]!.reject(new CallError("word_refused", "Not here."));
  await settled();
  assert.deepEqual(box.of("c").map((one) => [one.id, one.state, one.reason]),
    [["1", "refused", "Not here."], ["2", "sending", undefined]]);
  asked[1]!.resolve(reply("2"));
  await settled();
  box.retry("1");
  assert.deepEqual(asked.map((one) => one.entry.id), ["1", "2", "1"]);
});

test("kept over a reload, with the same ids", async () => {
  const first = outbox();
  for (const id of ["1", "2"]) first.box.add(draft(id));
  const second = outbox(first.shelf());
  second.box.resumeAll();
  assert.deepEqual(second.asked.map((one) => one.entry.id), ["1"]);
  second.asked[0]!.resolve(reply("1"));
  await settled();
  second.asked[1]!.resolve(reply("2"));
  await settled();
  assert.deepEqual([second.stored, second.shelf(), second.box.size], [["1", "2"], [], 0]);
});

test("seen among the events before the answer: gone, and not shown twice", async () => {
  const { box, asked } = outbox();
  box.add(draft("1"));
  box.settle("1");
  assert.equal(box.size, 0);
  asked[0]!.resolve(reply("1"));
  await settled();
  assert.equal(box.size, 0);
});
