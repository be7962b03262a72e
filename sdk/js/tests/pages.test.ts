import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../src/api/messaging.ts";
import { Chats } from "../src/chat/chats.ts";
import type { Timeline } from "../src/chat/timeline.ts";
import { MemoryOutboxStore } from "../src/outbox_store.ts";
import { prepared } from "./started.ts";

// The server's end of a client's connection, answered by the test.
class Wire {
  sent: Record<string, any>[] = [];

  constructor(private readonly all: ReturnType<typeof prepared>) {}

  // Up to date again, after a break if there was a connection.
  async connect(head: number): Promise<void> {
    if (this.all.server.sockets.length > 0) this.all.server.cut();
    else void this.all.client.connect();
    await this.all.clock.advance(300);
    const { socket } = this.all.server;
    socket.readyState = 1;
    socket.onopen!();
    await this.says({ hello: { heartbeat_ms: 30_000, limits: { outstanding: 64, frame_bytes: 65_536 } } });
    await this.says({ resumed: { topics: { "conversation:c": head } } });
  }

  async says(frame: object): Promise<void> {
    this.all.server.socket.onmessage!({ data: JSON.stringify(frame) });
    await new Promise(setImmediate);
    this.hear();
  }

  hear(): void {
    this.sent.push(...this.all.server.socket.up.splice(0).map((text) => JSON.parse(text)));
  }

  // The calls of this method that have no answer yet.
  asked(method: string): Record<string, any>[] {
    this.hear();
    return this.sent.filter((frame) => frame.method === method);
  }

  answer(call: Record<string, any> | undefined, result: object): Promise<void> {
    assert.ok(call, "the client asked");
    this.sent.splice(this.sent.indexOf(call), 1);
    return this.says({ id: call.id, result });
  }
}

const messages = (from: number, to: number): Message[] => Array.from({ length: to - from + 1 }, (_, at) =>
  ({ id: `m${from + at}`, conversation: "c", seq: from + at, sender: "a", text: "", at: "2026-01-01T00:00:00.000Z" }));

async function opened(newest = 50): Promise<{ chats: Chats; wire: Wire }> {
  const all = prepared();
  const chats = new Chats(all.client, { outbox: new MemoryOutboxStore() });
  const wire = new Wire(all);
  await wire.connect(newest);
  const conversation = { id: "c", kind: "group", name: "C", created_at: "2026-01-01T00:00:00.000Z" };
  await wire.answer(wire.asked("messaging.recent")[0],
    { items: [{ conversation, people: [], members: 1, sent: newest, last: messages(newest, newest)[0] }] });
  chats.open("c");
  await wire.answer(wire.asked("messaging.history")[0], { items: messages(newest - 39, newest), more: true });
  return { chats, wire };
}

test("a page that comes after a gap was told is not joined to what is newer", async () => {
  const { chats, wire } = await opened();
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

test("a page that was refused is said and not asked for again by itself, until it is wanted or after a break", async () => {
  const { chats, wire } = await opened();
  const chat = chats.get("c")!;
  void chats.pages.earlier(chat);
  const [call] = wire.asked("messaging.history");
  wire.sent = [];
  await wire.says({ id: call!.id, error: { code: "internal", message: "Something broke.", temporary: false } });
  assert.equal(chat.problem, "Something broke.");
  assert.deepEqual(wire.asked("messaging.history"), []);
  await wire.connect(50);
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

test("a message far back is shown among those around it, and the way on leads to the newest", async () => {
  const { chats, wire } = await opened(1000);
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

test("what is looked at in the past goes when the person goes elsewhere", async () => {
  const { chats, wire } = await opened(1000);
  const chat = chats.get("c")!;
  await revealed(chats, wire, 500);
  chats.shut("c");
  assert.equal(chat.past, undefined);
});

test("a message that is gone is not led to", async () => {
  const { chats, wire } = await opened(1000);
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
