import assert from "node:assert/strict";
import { test } from "node:test";
import { Chats, type ChatsOptions } from "../src/chat/chats.ts";
import { MemoryOutboxStore } from "../src/outbox_store.ts";
import { prepared, started } from "./started.ts";

// In conversation "c", which has so many messages; they are numbered from 2 on, after member.added.
async function inChat(count: number, options: ChatsOptions = {}) {
  const all = prepared();
  all.server.invite("c");
  for (let n = 0; n < count; n++) all.server.say("c", `old ${n}`);
  const chats = new Chats(all.client, { page: 40, ...options });
  const texts = () => chats.messages("c").snapshot().messages.map((one) => one.text);
  void all.client.connect();
  await all.next();
  await chats.ready;
  return { ...all, chats, texts };
}

function unlisted() {
  const all = prepared();
  return { ...all, chats: new Chats(all.client) };
}

const old = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `old ${from + at}`);

test("conversations are listed with their last message; messages of what is open come, and go on live", async () => {
  const { server, chats, texts, next } = await inChat(50);
  assert.deepEqual(chats.conversations.snapshot().map((one) => [one.conversation.id, one.last?.text]), [["c", "old 49"]]);
  assert.deepEqual(texts(), []);
  chats.open("c");
  await next();
  assert.deepEqual(texts(), old(10, 50));
  await Promise.all([chats.earlier("c"), next()]);
  assert.deepEqual(texts(), old(0, 50));
  assert.equal(chats.messages("c").snapshot().complete, true);
  server.say("c", "live");
  server.unsay("c", 51);
  await next();
  assert.deepEqual(texts(), [...old(0, 49), "live"]);
});

test("what is new while away is there afterwards; over a gap the view begins anew, without what was deleted in it", async () => {
  const { server, chats, texts, next } = await inChat(10);
  chats.open("c");
  await next();
  server.cut();
  server.say("c", "away");
  await next(300);
  assert.deepEqual(texts(), [...old(0, 10), "away"]);
  server.cut();
  server.unsay("c", 5);
  for (let n = 10; n < 100; n++) server.say("c", `old ${n}`);
  server.prune("conversation:c", 90);
  await next(300);
  assert.deepEqual(texts(), old(60, 100));
  assert.equal(chats.messages("c").snapshot().complete, false);
  for (let n = 0; n < 3; n++) await Promise.all([chats.earlier("c"), next()]);
  assert.deepEqual(texts(), [...old(0, 3), ...old(4, 10), "away", ...old(10, 100)]);
});

test("the last message that is shown of another conversation does not outlive its deletion in a gap", async () => {
  const { server, chats, next } = await inChat(3);
  server.cut();
  server.unsay("c", 4);
  server.prune("conversation:c", 6);
  server.publish("conversation:c", "member.added", { conversation: "c", account: "x", role: "member", since: 6 });
  await next(300);
  assert.equal(chats.conversations.snapshot()[0]!.last?.text, "old 1");
});

test("a refusal for a time is asked again, of the list, of history and of members", async () => {
  let refusals = 0;
  const all = prepared();
  all.server.invite("c");
  all.server.say("c", "hello");
  all.server.refuse = () => (++refusals % 3 === 0 ? undefined : { code: "unavailable", message: "Later.", temporary: true });
  const chats = new Chats(all.client);
  chats.open("c");
  void all.client.connect();
  for (let n = 0; n < 12; n++) await all.next(5_000);
  assert.deepEqual(chats.messages("c").snapshot().messages.map((one) => one.text), ["hello"]);
  assert.deepEqual([chats.listed, chats.get("c")!.membersKnown], [true, true]);
});

test("sent while away: unsent until the server has it, then in its place, once", async () => {
  const { server, chats, texts, client, next } = await inChat(1);
  chats.open("c");
  await next();
  server.isDown = true;
  server.cut();
  const sent = [chats.send("c", " one \u0000"), chats.send("c", "two")];
  await next(10_000);
  const { unsent } = chats.messages("c").snapshot();
  assert.deepEqual(unsent.map((one) => one.params.text), ["one", "two"]);
  server.isDown = false;
  server.hold = ({ method }) => method === "messaging.send"; // the reply is lost
  await next(15_000);
  assert.deepEqual(server.messages.get("c")!.map((one) => one.text), ["old 0", "one"]);
  server.hold = undefined;
  server.cut();
  for (let n = 0; n < 3; n++) await next(15_000);
  assert.deepEqual((await Promise.all(sent)).map((one) => [one.text, one.seq]), [["one", 3], ["two", 4]]);
  assert.deepEqual(texts(), ["old 0", "one", "two"]);
  assert.deepEqual(chats.messages("c").snapshot().unsent, []);
  assert.equal(client.state.snapshot(), "live");
});

test("what is refused is rejected, and stays to be seen", async () => {
  const { server, chats, next } = await inChat(1);
  server.refuse = ({ method }) => (method !== "messaging.send" ? undefined : { code: "word_refused", message: "Not here.", temporary: false });
  const sent = chats.send("c", "badger");
  sent.catch(() => undefined);
  await next();
  await assert.rejects(sent, { code: "word_refused" });
  assert.deepEqual(chats.messages("c").snapshot().unsent.map((one) => [one.state, one.reason]), [["refused", "Not here."]]);
  await assert.rejects(chats.send("c", " \u0000 "), { code: "invalid_params" });
});

test("unsent over a restart of the program", async () => {
  const store = new MemoryOutboxStore();
  const first = await inChat(1, { outbox: store });
  first.server.cut();
  first.chats.send("c", "kept").catch(() => undefined);
  await first.next();
  first.chats.close();
  first.client.close();
  const second = await inChat(1, { outbox: store });
  await second.next();
  assert.deepEqual(second.server.messages.get("c")!.map((one) => one.text), ["old 0", "kept"]);
});

test("invited, removed and invited again: the list and the messages follow, live and while away", async () => {
  const { server, chats, texts, next } = await inChat(2);
  const ids = () => chats.conversations.snapshot().map((one) => one.conversation.id).sort();
  chats.open("c");
  await next();
  server.invite("d");
  await next();
  assert.deepEqual(ids(), ["c", "d"]);
  server.remove("c");
  await next();
  assert.deepEqual([ids(), texts()], [["d"], []]);
  server.say("c", "not for me");
  server.invite("c");
  server.say("c", "for me");
  await next();
  assert.deepEqual([ids(), texts()], [["c", "d"], ["for me"]]);

  server.cut();
  server.remove("d");
  server.remove("c");
  server.say("c", "not for me either");
  server.invite("c");
  server.say("c", "for me too");
  server.invite("e");
  await next(300);
  assert.deepEqual([ids(), texts()], [["c", "e"], ["for me too"]]);
});

test("any sign that one is no longer in it is enough: the account's event, or that it is not followed", async () => {
  const { server, chats, next } = await inChat(1);
  server.socket.says({ topic: "account:me", seq: 2, event: "conversation.removed", data: { id: "c", kind: "group", created_at: "" } });
  await next();
  assert.deepEqual(chats.sorted(), []);
  const other = await inChat(1);
  other.server.cut();
  other.server.readable.delete("conversation:c");
  await other.next(300);
  assert.deepEqual(other.chats.sorted(), []);
});

test("one that is left while the list is on its way does not come back with it", async () => {
  const { server, chats, next, client } = unlisted();
  server.invite("c");
  server.hold = ({ method }) => method === "messaging.recent";
  void client.connect();
  await next();
  const [asked] = server.calls("messaging.recent");
  server.remove("c");
  await next();
  const conversation = { id: "c", kind: "group", created_at: "" };
  server.socket.says({ id: asked!.id, result: { items: [{ conversation, people: [], members: 1, sent: 0 }] } });
  await next();
  assert.deepEqual([chats.listed, chats.sorted()], [true, []]);
});

test("changes of which the account's log no longer tells are found in the list", async () => {
  const { server, chats, next } = await inChat(1);
  server.cut();
  server.invite("d");
  server.remove("c");
  server.prune("account:me", 4);
  await next(300);
  assert.deepEqual(chats.conversations.snapshot().map((one) => one.conversation.id), ["d"]);
});

test("where the account's own events have a hole, the list says what is there", async () => {
  const { server, chats, next } = await inChat(1);
  server.readable.delete("conversation:c");
  server.socket.says({ topic: "account:me", seq: 9, event: "conversation.added", data: { id: "d", kind: "group", created_at: "" } });
  server.readable.set("conversation:d", 1);
  server.logs.set("conversation:d", []);
  await next();
  assert.deepEqual(chats.conversations.snapshot().map((one) => one.conversation.id), ["d"]);
});

test("a message that is deleted while its page is on the way does not come back with it", async () => {
  const { server, chats, texts, next } = await inChat(3);
  server.hold = ({ method }) => method === "messaging.history";
  chats.open("c");
  await next();
  const items = [...server.messages.get("c")!];
  server.unsay("c", 3);
  await next();
  server.socket.says({ id: server.calls("messaging.history").at(-1)!.id, result: { items, more: false } });
  await next();
  assert.deepEqual(texts(), ["old 0", "old 2"]);
});

test("unread until it is open and seen; one's own messages are not", async () => {
  let seen = false;
  const kept = new Map<string, string>();
  const marks = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const { server, chats, next } = await inChat(1, { marks, isSeen: () => seen });
  const unread = () => [...chats.unreadOnes.snapshot()];
  assert.deepEqual(unread(), ["c"]);
  chats.open("c");
  await next();
  assert.deepEqual(unread(), ["c"]);
  seen = true;
  chats.markRead();
  assert.deepEqual(unread(), []);
  chats.shut("c");
  await Promise.all([chats.send("c", "mine"), next()]);
  assert.deepEqual(unread(), []);
  server.say("c", "theirs");
  await next();
  assert.deepEqual(unread(), ["c"]);
  assert.deepEqual(JSON.parse(kept.get("parley.read.me")!), { c: 2 });
});

test("members who come and go while the list of them is on its way", async () => {
  const { server, client, next } = await started();
  server.invite("c");
  const chats = new Chats(client);
  chats.open("c");
  server.hold = ({ method }) => method === "messaging.members";
  await next();
  const member = (account: string) => ({ conversation: "c", account, role: "member", since: 1 });
  server.publish("conversation:c", "member.added", member("new"));
  server.publish("conversation:c", "member.removed", member("gone"));
  await next();
  const [asked] = server.calls("messaging.members");
  server.socket.says({ id: asked!.id, result: { items: ["gone", "here"].map(member), more: false } });
  await next();
  assert.deepEqual([...chats.get("c")!.members.keys()].sort(), ["here", "new"]);
});

async function inMany(count: number, window: number) {
  const all = prepared();
  all.server.window = window;
  for (let n = 0; n < count; n++) {
    all.server.clock = () => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
    all.server.invite(`c${n}`);
    all.server.say(`c${n}`, `of ${n}`);
  }
  const chats = new Chats(all.client);
  void all.client.connect();
  await all.next();
  await chats.ready;
  const ids = () => chats.conversations.snapshot().map((one) => one.conversation.id);
  return { ...all, chats, ids };
}

test("conversations come a window at a time, the newest first, one call for each window", async () => {
  const { server, chats, ids, next } = await inMany(5, 2);
  assert.deepEqual([ids(), chats.complete], [["c4", "c3"], false]);
  assert.equal(chats.conversations.snapshot()[1]!.last?.text, "of 3");
  await Promise.all([chats.moreConversations(), next()]);
  assert.deepEqual([ids(), chats.complete], [["c4", "c3", "c2", "c1"], false]);
  await Promise.all([chats.moreConversations(), next()]);
  await chats.moreConversations();
  assert.deepEqual([ids(), chats.complete], [["c4", "c3", "c2", "c1", "c0"], true]);
  assert.deepEqual(server.heard.filter((one) => one.method).map((one) => one.method), Array(3).fill("messaging.recent"));
});

test("one that is not here yet comes when it is opened, or when something is said in it", async () => {
  const { server, chats, ids, next } = await inMany(5, 2);
  chats.open("c0");
  assert.equal(chats.isSought("c0"), true);
  await next();
  assert.deepEqual([ids(), chats.isSought("c0")], [["c4", "c3", "c0"], false]);
  assert.deepEqual(chats.messages("c0").snapshot().messages.map((one) => one.text), ["of 0"]);
  server.clock = () => "2026-01-02T00:00:00.000Z";
  server.say("c1", "new");
  await next();
  assert.deepEqual(ids(), ["c1", "c4", "c3", "c0"]);
  assert.deepEqual([...chats.unreadOnes.snapshot()].sort(), ["c1", "c3", "c4"]);
});

test("stores tell of a change, and give the same object without one", async () => {
  const { server, chats, next } = await inChat(1);
  chats.open("c");
  await next();
  const store = chats.messages("c");
  let told = 0;
  const end = store.subscribe(() => void (told += 1));
  const before = store.snapshot();
  assert.equal(store.snapshot(), before);
  server.say("c", "new");
  await next();
  assert.ok(told > 0);
  assert.notEqual(store.snapshot(), before);
  end();
});
