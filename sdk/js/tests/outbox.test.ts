import assert from "node:assert/strict";
import { test } from "node:test";
import { ParleyError, unreachable } from "../src/error.ts";
import { LIMITS } from "../src/limits.ts";
import { Outbox } from "../src/outbox.ts";
import { MemoryOutboxStore } from "../src/outbox_store.ts";
import { environment } from "../src/environment.ts";
import { Clock, settled } from "./clock.ts";

// An outbox whose sends the test answers itself.
async function outbox(store = new MemoryOutboxStore()) {
  const asked: { text: string; id: string; resolve(result: unknown): void; reject(problem: unknown): void }[] = [];
  const clock = new Clock();
  const answered: unknown[] = [];
  const box = new Outbox(
    (_method, { id, text }: any) => new Promise((resolve, reject) => void asked.push({ id, text, resolve, reject })),
    store, environment(clock.environment()), LIMITS, (_entry, result) => void answered.push(result));
  await box.loaded;
  const add = (text: string, lane = "c"): Promise<unknown> => {
    const done = box.add("messaging.send", lane, { text });
    done.catch(() => undefined);
    return done;
  };
  return { box, add, asked, clock, store, answered, texts: () => asked.map((one) => one.text) };
}

const states = (box: Outbox) => box.entries.snapshot().map((one) => [one.params.text, one.state, one.reason]);

test("one at a time in a lane, in order; lanes do not wait for each other; the answer is given", async () => {
  const { box, add, asked, texts, answered } = await outbox();
  const first = add("1");
  void add("2");
  void add("other", "d");
  await settled();
  assert.deepEqual(texts(), ["1", "other"]);
  asked[0]!.resolve("reply");
  assert.equal(await first, "reply");
  await settled();
  assert.deepEqual([texts(), answered, box.of("c").length], [["1", "other", "2"], ["reply"], 1]);
});

test("a temporary failure is tried again with the same id, when it may be, and what is behind it waits", async () => {
  const { box, add, asked, clock, texts } = await outbox();
  void add("1");
  void add("2");
  await settled();
  asked[0]!.reject(new ParleyError("too_many_requests", "Later.", true, 5000));
  await settled();
  assert.deepEqual([states(box)[0], texts(), clock.idleMs], [["1", "waiting", "Later."], ["1"], 5000]);
  await clock.advance(5000);
  assert.deepEqual(texts(), ["1", "1"]);
  assert.equal(asked[0]!.id, asked[1]!.id);
});

test("what is refused stays to be read, lets the next one go, and can be tried again or discarded", async () => {
  const { box, add, asked, texts } = await outbox();
  const first = add("1");
  void add("2");
  await settled();
  asked[0]!.reject(new ParleyError("word_refused", "Not here."));
  await assert.rejects(first, { code: "word_refused" });
  await settled();
  assert.deepEqual(states(box), [["1", "refused", "Not here."], ["2", "sending", undefined]]);
  asked[1]!.resolve("reply");
  await settled();
  box.retry(asked[0]!.id);
  await settled();
  assert.deepEqual(texts(), ["1", "2", "1"]);
  box.discard(asked[0]!.id);
  assert.equal(box.size, 0);
});

test("an id that is taken goes again under another", async () => {
  const { box, add, asked } = await outbox();
  void add("1");
  await settled();
  asked[0]!.reject(new ParleyError("idempotency_conflict", "Taken."));
  await settled();
  box.retry(asked[0]!.id);
  await settled();
  assert.notEqual(asked[1]!.id, asked[0]!.id);
  assert.deepEqual([asked[1]!.text, box.size], ["1", 1]);
});

test("kept over a restart of the program: the same ids, the same order, before what is new", async () => {
  const first = await outbox();
  for (const text of ["1", "2"]) void first.add(text);
  await settled();
  first.box.close();
  const second = await outbox(first.store);
  void second.add("3");
  await settled();
  for (let n = 0; n < 3; n++) {
    second.asked[n]!.resolve("reply");
    await settled();
  }
  assert.deepEqual(second.texts(), ["1", "2", "3"]);
  assert.equal(second.asked[0]!.id, first.asked[0]!.id);
  assert.deepEqual([second.box.size, await second.store.load()], [0, []]);
});

test("what is written before the store has been read goes behind what is in it", async () => {
  const first = await outbox();
  void first.add("1");
  await settled();
  let open = (): void => undefined;
  const slow = Object.assign(Object.create(first.store), {
    load: async () => {
      await new Promise<void>((resolve) => (open = resolve));
      return first.store.load();
    },
  });
  const asked: string[] = [];
  const box = new Outbox((_method, { text }: any) => Promise.resolve(void asked.push(text)), slow,
    environment(new Clock().environment()), LIMITS);
  void box.add("messaging.send", "c", { text: "2" });
  await settled();
  assert.deepEqual(asked, []);
  open();
  await settled();
  await settled();
  assert.deepEqual(asked, ["1", "2"]);
});

test("nothing goes out before it is kept; a store that fails loses nothing but the keeping", async (t) => {
  t.mock.method(console, "warn", () => undefined);
  let kept = (): void => undefined;
  const store = new MemoryOutboxStore();
  store.put = () => new Promise<void>((resolve) => (kept = resolve));
  const { add, texts } = await outbox(store);
  void add("1");
  await settled();
  assert.deepEqual(texts(), []);
  kept(); // when it was made
  await settled();
  kept(); // that it goes out
  await settled();
  assert.deepEqual(texts(), ["1"]);

  const full = new MemoryOutboxStore();
  full.put = () => Promise.reject(new Error("quota"));
  full.load = () => Promise.reject(new Error("private window"));
  const other = await outbox(full);
  void other.add("1");
  await settled();
  assert.deepEqual(other.texts(), ["1"]);
});

test("seen among the events before the answer: gone, its sender is answered, and it is not sent twice", async () => {
  const { box, add, asked } = await outbox();
  const first = add("1");
  await settled();
  box.settle(asked[0]!.id, "seen");
  assert.deepEqual([box.size, await first], [0, "seen"]);
  asked[0]!.reject(unreachable());
  await settled();
  assert.deepEqual([box.size, asked.length], [0, 1]);
});

test("so old that the server may not know its id any more: the person decides", async () => {
  const first = await outbox();
  void first.add("1");
  await settled();
  first.box.close();
  const later = new Clock();
  later.time += 8 * 86_400_000;
  const asked: string[] = [];
  const box = new Outbox((_method, { id }: any) => Promise.resolve(void asked.push(id)), first.store,
    environment(later.environment()), LIMITS);
  await box.loaded;
  await settled();
  assert.deepEqual([box.entries.snapshot()[0]!.code, asked], ["too_old", []]);
  box.retry(first.asked[0]!.id);
  await settled();
  assert.deepEqual([asked.length, box.size], [1, 0]);
});

test("that the client has stopped refuses nothing: it goes on when it is live again", async () => {
  const { box, add, asked } = await outbox();
  void add("1");
  await settled();
  asked[0]!.reject(new ParleyError("unauthenticated", "Log in."));
  await settled();
  assert.deepEqual([states(box), asked.length], [[["1", "waiting", "Log in."]], 1]);
  box.resume();
  await settled();
  assert.equal(asked.length, 2);
});
