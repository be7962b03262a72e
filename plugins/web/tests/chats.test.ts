import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Chats } from "../ui/src/chats.ts";
import type { Session } from "../ui/src/session.ts";
import type { Timeline } from "../ui/src/timeline.ts";
import type { Message } from "../ui/src/types.ts";

// As much of a browser as Chats needs, and the server's end of its connection.
class Wire {
  static readonly OPEN = 1;
  static last: Wire;
  readyState = Wire.OPEN;
  sent: Record<string, any>[] = [];
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;

  constructor() {
    Wire.last = this;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  says(frame: object): Promise<void> {
    this.onmessage!({ data: JSON.stringify(frame) });
    return new Promise(setImmediate);
  }
  // The calls of this method that have no answer yet.
  asked(method: string): Record<string, any>[] {
    return this.sent.filter((frame) => frame.method === method);
  }
  answer(call: Record<string, any> | undefined, result: object): Promise<void> {
    assert.ok(call, "the page asked");
    this.sent.splice(this.sent.indexOf(call), 1);
    return this.says({ id: call.id, result });
  }
}

const shelf = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
Object.assign(globalThis, {
  window: new EventTarget(),
  document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  location: { href: "http://parley.test/", protocol: "http:" },
  localStorage: shelf,
  sessionStorage: shelf,
  WebSocket: Wire,
});

const messages = (from: number, to: number): Message[] => Array.from({ length: to - from + 1 }, (_, at) =>
  ({ id: `m${from + at}`, conversation: "c", seq: from + at, sender: "a", text: "", at: "2026-01-01T00:00:00.000Z" }));

async function opened(t: TestContext, newest = 50): Promise<{ chats: Chats; wire: Wire }> {
  const session = { account: "me", token: async () => "token", refresh: async () => undefined };
  const chats = new Chats(session as unknown as Session, () => undefined, () => undefined);
  t.after(() => chats.close());
  const wire = Wire.last;
  wire.onopen!();
  await wire.says({ hello: { heartbeat_ms: 30_000, limits: { outstanding: 64 } } });
  await wire.says({ resumed: { topics: { "conversation:c": newest } } });
  await wire.answer(wire.asked("messaging.conversations")[0],
    { items: [{ id: "c", kind: "group", name: "C", created_at: "2026-01-01T00:00:00.000Z" }], more: false });
  await wire.answer(wire.asked("messaging.history")[0], { items: messages(newest, newest), more: true });
  chats.show("c");
  await wire.answer(wire.asked("messaging.history")[0], { items: messages(newest - 39, newest), more: true });
  return { chats, wire };
}

test("a page that comes after a gap was told is not joined to what is newer", async (t) => {
  const { chats, wire } = await opened(t);
  const chat = chats.get("c")!;
  void chats.pages.earlier(chat);
  const [earlier] = wire.asked("messaging.history");
  assert.equal(earlier?.params.before, 11);
  await wire.says({ gap: { topic: "conversation:c", oldest: 4000, head: 9000 } });
  await wire.answer(earlier, { items: messages(1, 10), more: false });
  const newest = wire.asked("messaging.history").find((call) => call.params.limit > 1);
  assert.equal(newest?.params.before, undefined);
  await wire.answer(newest, { items: messages(8961, 9000), more: true });
  assert.deepEqual(chat.timeline.all().map((one) => one.seq), messages(8961, 9000).map((one) => one.seq));
  assert.equal(chat.timeline.complete, false);
});

test("a page that was refused is said and not asked for again by itself, until it is wanted or after a break", async (t) => {
  const { chats, wire } = await opened(t);
  const chat = chats.get("c")!;
  void chats.pages.earlier(chat);
  const [call] = wire.asked("messaging.history");
  wire.sent = [];
  await wire.says({ id: call!.id, error: { code: "internal", message: "Something broke.", temporary: false } });
  assert.equal(chat.problem, "Something broke.");
  assert.deepEqual(wire.asked("messaging.history"), []);
  await wire.says({ resumed: { topics: { "conversation:c": 50 } } });
  await wire.answer(wire.asked("messaging.history")[0], { items: messages(1, 10), more: false });
  assert.equal(chat.problem, undefined);
  assert.equal(chat.timeline.firstSeq, 1);
});

const numbers = (timeline: Timeline | undefined) => timeline?.all().map((one) => one.seq);

// Asks for a message far back; the pages before and after it.
async function revealed(chats: Chats, wire: Wire, seq: number, more = true): Promise<boolean> {
  const found = chats.pages.reveal(chats.get("c")!, seq);
  const [before, after] = wire.asked("messaging.history");
  assert.deepEqual([before?.params.before, after?.params.after], [seq + 1, seq]);
  await wire.answer(before, { items: messages(seq - 2, seq), more: true });
  await wire.answer(after, { items: messages(seq + 1, seq + 2), more });
  return await found;
}

test("a message far back is shown among those around it, and the way on leads to the newest", async (t) => {
  const { chats, wire } = await opened(t, 1000);
  const chat = chats.get("c")!;
  assert.equal(await revealed(chats, wire, 500), true);
  assert.deepEqual(numbers(chat.past), [498, 499, 500, 501, 502]);
  assert.equal(await chats.pages.reveal(chat, 501), true); // it is there
  await wire.says({ event: "message.created", topic: "conversation:c", seq: 1001, data: messages(1001, 1001)[0] });
  void chats.pages.earlier(chat);
  await wire.answer(wire.asked("messaging.history")[0], { items: messages(460, 497), more: true });
  void chats.pages.later(chat);
  const [later] = wire.asked("messaging.history");
  assert.equal(later?.params.after, 502);
  await wire.answer(later, { items: messages(503, 970), more: true });
  // One stretch again, with what came meanwhile.
  assert.equal(chat.past, undefined);
  assert.deepEqual(numbers(chat.timeline), messages(460, 1001).map((one) => one.seq));
});

test("what is looked at in the past goes when the person goes elsewhere", async (t) => {
  const { chats, wire } = await opened(t, 1000);
  const chat = chats.get("c")!;
  await revealed(chats, wire, 500);
  chats.show(undefined);
  assert.equal(chat.past, undefined);
});

test("a message that is gone is not led to", async (t) => {
  const { chats, wire } = await opened(t, 1000);
  const chat = chats.get("c")!;
  const found = chats.pages.reveal(chat, 500);
  const [before, after] = wire.asked("messaging.history");
  await wire.answer(before, { items: messages(498, 499), more: true });
  await wire.answer(after, { items: messages(501, 502), more: true });
  assert.equal(await found, false);
  assert.equal(chat.past, undefined);
  await wire.says({ event: "message.deleted", topic: "conversation:c", seq: 1001, data: { conversation: "c", message: 990 } });
  assert.equal(await chats.pages.reveal(chat, 990), false);
  assert.equal(await chats.pages.reveal(chat, 991), true);
  assert.deepEqual(wire.asked("messaging.history"), []);
});
