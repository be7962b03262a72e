import assert from "node:assert/strict";
import { test } from "node:test";
import { prepared, started } from "./started.ts";

const brief = (events: any[]) => events.filter((one) => one.topic !== "account:me")
  .map((one) => [one.event, one.seq, one.data?.after ?? one.data?.text].filter((part) => part !== undefined).join(" "));

async function inConversation() {
  const all = await started();
  all.server.invite("c");
  all.server.say("c", "one");
  await all.next();
  all.seen.length = 0;
  return all;
}

test("what is followed from its head says so, and then every event comes once and in order", async () => {
  const { server, seen, next, client } = prepared();
  server.invite("c");
  server.say("c", "before");
  void client.connect();
  await next();
  server.say("c", "after");
  await next();
  assert.deepEqual(brief(seen), ["begun 2", "message.created 3 after"]);
  assert.deepEqual(client.cursors(), { "account:me": 1, "conversation:c": 3 });
});

test("what is missed while away comes in order, also where the way breaks in the middle of a resume", async () => {
  const { server, seen, next } = await inConversation();
  server.cut();
  for (const text of ["two", "three", "four"]) server.say("c", text);
  await next(300);
  assert.deepEqual(brief(seen), ["message.created 3 two", "message.created 4 three", "message.created 5 four"]);

  seen.length = 0;
  server.cut();
  for (const text of ["five", "six"]) server.say("c", text);
  while (!seen.some((one) => one.data?.text === "five")) {
    if (!server.sockets.some((socket) => server.step(socket))) await next(300);
    else await new Promise(setImmediate);
  }
  server.cut();
  await next(5_000);
  assert.deepEqual(brief(seen), ["message.created 6 five", "message.created 7 six"]);
});

test("a break in the middle of the first resume: nothing twice, nothing left out", async () => {
  const { server, seen, next, client } = prepared();
  server.invite("c");
  server.say("c", "one");
  void client.connect();
  while (server.calls("x").length === 0 && !server.heard.some((frame) => frame.resume)) {
    await new Promise(setImmediate);
    server.step(server.socket);
  }
  server.cut(); // `resumed` never comes
  await next(300);
  server.say("c", "two");
  await next();
  assert.deepEqual(brief(seen), ["begun 2", "message.created 3 two"]);
});

test("a repeat is left, a hole is said, and what is gone stands as a void", async () => {
  const { server, seen, next } = await inConversation();
  server.cut();
  server.say("c", "a secret");
  server.unsay("c", 3);
  await next(300);
  server.socket.says({ topic: "conversation:c", seq: 3, event: "message.created", data: { text: "again" } });
  server.socket.says({ topic: "conversation:c", seq: 9, event: "message.created", data: { text: "nine" } });
  await next();
  assert.deepEqual(brief(seen), ["void 3", "message.deleted 4", "gap 8 4", "message.created 9 nine"]);
});

test("older than the log: a gap up to the head, and on from there", async () => {
  const { server, seen, next } = await inConversation();
  server.cut();
  for (const text of ["two", "three", "four"]) server.say("c", text);
  server.prune("conversation:c", 4);
  await next(300);
  server.say("c", "five");
  await next();
  assert.deepEqual(brief(seen), ["gap 5 2", "message.created 6 five"]);
});

test("what became ours while we were away has a past that was missed", async () => {
  const { server, seen, next } = await started();
  server.cut();
  server.invite("c");
  server.say("c", "missed");
  await next(300);
  assert.deepEqual(brief(seen), ["gap 2 0"]);
  seen.length = 0;
  server.invite("d"); // live: there is nothing before
  await next();
  assert.deepEqual(brief(seen), ["begun 0", "member.added 1"]);
});

test("what is no longer readable ends; who comes back is told of the hole", async () => {
  const { server, seen, next, client } = await inConversation();
  server.cut();
  server.remove("c");
  await next(300);
  assert.deepEqual(brief(seen), ["ended"]);
  assert.deepEqual(Object.keys(client.cursors()), ["account:me"]);

  server.invite("c");
  await next();
  seen.length = 0;
  server.cut();
  server.remove("c");
  server.say("c", "not for me");
  server.invite("c");
  server.say("c", "for me");
  await next(300);
  assert.deepEqual(brief(seen), ["gap 6 4", "member.added 7", "message.created 8 for me"]);
});

test("a log that went back, as after the restore of a backup, is begun anew", async () => {
  const { server, seen, next, client } = await inConversation();
  for (const text of ["two", "three"]) server.say("c", text);
  await next();
  server.cut();
  server.logs.get("conversation:c")!.length = 2;
  server.messages.get("c")!.length = 1;
  seen.length = 0;
  await next(300);
  server.say("c", "another");
  await next();
  assert.deepEqual(brief(seen), ["gap 2 0", "message.created 3 another"]);
  assert.equal(client.cursors()["conversation:c"], 3);
});

test("cursors of an earlier run: everything after them, and what is new since is a gap", async () => {
  const { server, seen, next, client } = prepared({ cursors: { "account:me": 1, "conversation:c": 2 } });
  for (const one of ["c", "d"]) server.invite(one);
  for (const text of ["one", "two"]) server.say("c", text);
  void client.connect();
  await next();
  assert.deepEqual(brief(seen), ["message.created 3 two", "gap 1 0"]);
  assert.deepEqual(seen.filter((one) => one.topic === "account:me").map((one) => [one.event, one.seq]), [["conversation.added", 2]]);
});

test("a heartbeat says what has been had since the last one", async () => {
  const { server, next } = await inConversation();
  const beats = () => server.heard.filter((frame) => frame.heartbeat).map((frame) => frame.heartbeat);
  server.say("c", "two");
  await next(30_000);
  await next(30_000);
  assert.deepEqual(beats(), [{ cursors: { "account:me": 1, "conversation:c": 3 } }, {}]);
  server.cut();
  server.say("c", "three");
  await next(300);
  await next(30_000);
  assert.deepEqual(beats().at(-1), { cursors: { "conversation:c": 4 } });
});

test("more topics than a frame holds: what changed last is resumed, and of the others the gap is told", async () => {
  const { server, seen, next, client } = await started();
  const name = (n: number) => `${n} ${"x".repeat(56)}`;
  for (let n = 0; n < 1500; n++) server.invite(name(n));
  await next();
  server.say(name(0), "lately"); // of the first one
  await next();
  server.cut();
  for (const n of [0, 1, 1499]) server.say(name(n), "missed");
  seen.length = 0;
  await next(300);
  const { resume } = server.heard.filter((frame) => frame.resume).at(-1)!;
  assert.ok(JSON.stringify({ resume }).length <= 65_536);
  assert.equal(client.state.snapshot(), "live");
  assert.deepEqual(brief(seen).sort(), ["gap 2 1", "message.created 2 missed", "message.created 3 missed"]);
});

test("nobody looks: said once, and again on the next connection", async () => {
  const { server, client, next } = await started();
  const said = () => server.heard.filter((frame) => frame.background).map((frame) => frame.background.on);
  client.background(true);
  client.background(true);
  await next();
  server.cut();
  await next(300);
  client.background(false);
  await next();
  server.cut();
  await next(300);
  assert.deepEqual(said(), [true, true, false]);
});

test("an event without a number is passed on as it comes", async () => {
  const { server, seen, next } = await inConversation();
  server.socket.says({ topic: "conversation:c", event: "typing.started", data: { account: "other" }, at: "" });
  await next();
  assert.deepEqual(brief(seen), ["typing.started"]);
});
