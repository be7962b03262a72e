import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "@parley/client";
import { Chats } from "../ui/src/chats.ts";

// As much of a browser as Chats needs, and the server's end of its connection.
class Wire {
  static last: Wire;
  readyState = 1;
  sent: Record<string, any>[] = [];
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: (event: { code: number }) => void;

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
  answer(method: string, result: object): Promise<void> {
    const call = this.sent.find((frame) => frame.method === method);
    assert.ok(call, `the page asked for ${method}`);
    this.sent.splice(this.sent.indexOf(call), 1);
    return this.says({ id: call.id, result });
  }
}

const shelf = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
Object.assign(globalThis, {
  window: new EventTarget(),
  document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  localStorage: shelf,
  WebSocket: Wire,
});

const at = "2026-01-01T00:00:00.000Z";
const tokens = {
  account: "me", session: "s", access_token: "a", access_expires_at: "2999-01-01T00:00:00.000Z",
  refresh_token: "r", refresh_expires_at: "2999-01-01T00:00:00.000Z",
};

const member = (account: string) => ({ conversation: "c", account, role: "member", since: 1 });

async function opened(ended = (_why: string): void => undefined) {
  const session = await Session.open("http://parley.test", tokens);
  const chats = new Chats(session, ended, () => undefined);
  const wire = Wire.last;
  wire.onopen!();
  await new Promise(setImmediate);
  await wire.says({ hello: { account: "me", heartbeat_ms: 30_000, features: ["messaging", "reactions", "typing"] } });
  await wire.says({ resumed: { topics: { "conversation:c": 5 } } });
  const conversation = { id: "c", kind: "direct", created_at: at };
  await wire.answer("messaging.recent", { items: [{ conversation, people: ["me", "ben"].map(member), members: 2, sent: 0 }] });
  return { chats, wire, session };
}

test("a conversation without a name is called after the others in it", async () => {
  const { chats, wire } = await opened();
  const chat = chats.get("c")!;
  assert.equal(chats.title(chat), "…");
  await wire.answer("account.get", { id: "ben", kind: "user", display_name: "Ben" });
  assert.equal(chats.title(chat), "Ben");
  chats.close();
});

test("reactions come with a page and with events; a message ends its sender's typing", async () => {
  const { chats, wire } = await opened();
  chats.show("c");
  const message = { id: "m", conversation: "c", seq: 5, sender: "ben", text: "Hello", at };
  await wire.answer("messaging.history", { items: [message], more: false });
  await wire.answer("reactions.counts", { items: [{ message: 5, emoji: "👍", count: 1, mine: false, seq: 5 }], more: false });
  await wire.says({ topic: "conversation:c", seq: 6, event: "reaction.added", at,
    data: { conversation: "c", message: 5, emoji: "👍", account: "cyd" } });
  assert.deepEqual(chats.reactions.of("c", 5).map((one) => [one.emoji, one.count]), [["👍", 2]]);
  await wire.says({ topic: "conversation:c", event: "typing.started", at, data: { conversation: "c", account: "ben", until: at } });
  assert.deepEqual(chats.typing.in("c"), ["ben"]);
  await wire.says({ topic: "conversation:c", seq: 7, event: "message.created", at, data: { ...message, id: "n", seq: 7 } });
  assert.deepEqual(chats.typing.in("c"), []);
  chats.close();
});

test("when the session has ended the page is told, with the sentence to show", async () => {
  const said: string[] = [];
  const { chats, session } = await opened((why) => void said.push(why));
  Object.assign(globalThis, { fetch: async () => ({ ok: false, text: async () => '{"code": "wrong_token", "message": "x"}' }) });
  await assert.rejects(session.renew());
  assert.deepEqual([said, chats.link], [["Your session has ended. Please log in again."], "stopped"]);
  chats.close();
});
