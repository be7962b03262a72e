// The WebSocket side of docs/protocol.md: authenticate, follow, resume, order, heartbeats, close codes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { call, direct, group, register, request, send, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";
import { SocketClient, assertGapless } from "./socket_client.mjs";

let server, ann, ben, eve;

before(async () => {
  server = await Server.start();
  [ann, ben, eve] = [await register(server, "ann"), await register(server, "ben"), await register(server, "eve")];
});
after(() => server?.dispose());

const follow = async (t, who, cursors) => {
  const client = await SocketClient.follow(server, who, cursors);
  t.after(() => client.close());
  return client;
};
const topicOf = (conversation) => `conversation:${conversation.id}`;

describe("connecting", () => {
  test("the first frame authenticates, and hello says what is needed to go on", async (t) => {
    const client = await SocketClient.open(server, ann);
    t.after(() => client.close());
    assert.equal(client.socket.protocol, "parley.v1");
    assert.equal(client.hello.account, ann.account);
    assert.equal(client.hello.session, ann.session);
    assert.ok(client.hello.heartbeat_ms > 0 && client.hello.limits.frame_bytes > 0 && client.hello.limits.outstanding > 0);
    assert.ok(Math.abs(Date.parse(client.hello.time) - Date.now()) < 60_000);
    assert.ok(Array.isArray(client.hello.features));
  });

  test("a new token on the same connection is answered by hello again", async (t) => {
    const client = await follow(t, ann);
    const before = client.frames.length;
    const again = await call(server, "POST", "/v1/auth/login", { body: { login: ann.name, password: ann.password } });
    client.write({ authenticate: { scheme: "Bearer", credential: again.access_token } });
    const { hello } = await client.until((frame) => frame.hello, "a second hello", before);
    assert.equal(hello.account, ann.account);
    await client.call("account.me", {});
  });

  test("4101: a token that is no token", async () => {
    for (const credential of ["forged", "", ann.token.slice(0, -2)]) {
      const client = new SocketClient(server.socketUrl);
      await client.opened;
      client.write({ authenticate: { scheme: "Bearer", credential } });
      assert.equal(await client.closed, 4101);
    }
  });

  test("4100: a session that ends while connected", async () => {
    const login = { login: ben.name, password: ben.password };
    const other = await call(server, "POST", "/v1/auth/login", { body: login });
    const client = await SocketClient.follow(server, { token: other.access_token });
    const staying = await SocketClient.follow(server, ben);
    await call(server, "POST", "/v1/auth/logout", { token: other.access_token, body: {} });
    assert.equal(await client.closed, 4100);
    await staying.call("account.me", {});
    await staying.close();
  });

  test("without the subprotocol, or without an upgrade, there is no socket", async () => {
    const reply = await request(server, "GET", "/v1/socket");
    assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status}`);
    const socket = new WebSocket(server.socketUrl);
    const refused = await new Promise((resolve) => {
      socket.once("error", () => resolve(true));
      socket.once("open", () => resolve(false));
    });
    assert.equal(refused, true);
    socket.terminate();
  });
});

describe("calls", () => {
  test("replies carry the id as it was given, a number or a string", async (t) => {
    const client = await SocketClient.open(server, ann);
    t.after(() => client.close());
    for (const id of [0, 7, 2 ** 53 - 1, "a", "é".repeat(32)]) {
      const from = client.frames.length;
      client.write({ id, method: "account.me" });
      const reply = await client.until((frame) => frame.id === id, `the reply to ${id}`, from);
      assert.equal(reply.result.id, ann.account);
    }
  });

  test("errors are those of REST", async (t) => {
    const client = await SocketClient.open(server, eve);
    t.after(() => client.close());
    const { id } = await direct(server, ann, ben);
    await client.refused("nothing.here", {}, "unknown_method");
    await client.refused("account.get", {}, "invalid_params");
    await client.refused("account.me", { colour: "red" }, "invalid_params");
    await client.refused("account.get", { account: uuid7() }, "not_found");
    for (const method of ["messaging.history", "messaging.members"]) {
      const problem = await client.call(method, { conversation: id }).catch((reason) => reason);
      assert.ok(["forbidden", "not_found"].includes(problem.code), `${method}: ${problem.code}`);
    }
  });

  test("a window of 32 sends keeps its order", async (t) => {
    const made = await group(server, ann, "Window", [ben]);
    const [from, to] = [await follow(t, ann), await follow(t, ben)];
    const texts = Array.from({ length: 200 }, (_, at) => `${at}`);
    const replies = [];
    for (let at = 0; at < texts.length; at += 32) {
      replies.push(...await Promise.all(texts.slice(at, at + 32).map((text) =>
        from.call("messaging.send", { conversation: made.id, id: uuid7(), text }))));
    }
    assertGapless(replies, replies[0].seq);
    await to.message(made.id, (message) => message.text === "199");
    for (const client of [from, to]) {
      await client.message(made.id, (message) => message.text === "199");
      const events = client.events(topicOf(made)).filter((one) => one.event === "message.created");
      assert.deepEqual(events.map((one) => one.data.text), texts);
    }
  });
});

describe("events", () => {
  test("both sides get the same events, in the same order, with the same numbers", async (t) => {
    const made = await direct(server, ann, ben);
    const [a, b] = [await follow(t, ann), await follow(t, ben)];
    const first = a.heads[topicOf(made)] + 1;
    for (let at = 0; at < 20; at++) {
      await Promise.all([a, b].map((client) =>
        client.call("messaging.send", { conversation: made.id, id: uuid7(), text: `${at}` })));
    }
    const last = first + 39;
    for (const client of [a, b]) await client.until((frame) => frame.topic === topicOf(made) && frame.seq === last);
    assertGapless(a.events(topicOf(made)), first);
    assert.deepEqual(a.events(topicOf(made)), b.events(topicOf(made)));
    const [event] = a.events(topicOf(made));
    assert.equal(event.event, "message.created");
    assert.equal(event.data.seq, event.seq);
    assert.match(event.at, /^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test("before resume nothing is followed", async (t) => {
    const made = await direct(server, ann, ben);
    const client = await SocketClient.open(server, ben);
    t.after(() => client.close());
    await send(server, ann, made.id, "not yet");
    await client.call("account.me", {}); // answered after whatever would have been sent
    assert.deepEqual(client.events(), []);
  });

  test("being added follows at once, being removed ends it, while connected", async (t) => {
    const made = await group(server, ann, "Come and go", [ben]);
    const client = await follow(t, eve);
    const path = `/v1/conversations/${made.id}/members`;
    await send(server, ann, made.id, "before");
    await call(server, "POST", path, { token: ann.token, body: { account: eve.account } });
    const added = await client.until((frame) => frame.event === "conversation.added" && frame.data.id === made.id);
    assert.equal(added.topic, `account:${eve.account}`);
    await send(server, ann, made.id, "with");
    await client.message(made.id, (message) => message.text === "with");
    await call(server, "DELETE", `${path}/${eve.account}`, { token: ann.token });
    await client.until((frame) => frame.event === "conversation.removed" && frame.data.id === made.id);
    await send(server, ann, made.id, "after");
    await client.call("account.me", {});
    const texts = client.events(topicOf(made)).filter((one) => one.event === "message.created").map((one) => one.data.text);
    assert.deepEqual(texts, ["with"]);
    const heads = await client.resume(client.cursors());
    assert.ok(!(topicOf(made) in heads), "a conversation that is not one's own is not listed");
  });

  test("a stranger's cursor gives nothing", async (t) => {
    const made = await direct(server, ann, ben);
    await send(server, ann, made.id, "secret");
    const client = await follow(t, eve, { [topicOf(made)]: 0, [`account:${ann.account}`]: 0, "nonsense:1": 3 });
    assert.deepEqual(Object.keys(client.heads).filter((topic) => topic === topicOf(made) || topic.startsWith("nonsense")), []);
    assert.ok(!(`account:${ann.account}` in client.heads));
    await send(server, ann, made.id, "secret too");
    await client.call("account.me", {});
    assert.deepEqual(client.events(topicOf(made)), []);
  });
});

describe("resuming", () => {
  test("gives exactly what was missed, then goes on live", async (t) => {
    const made = await direct(server, ann, ben);
    const first = await SocketClient.follow(server, ben);
    await send(server, ann, made.id, "seen");
    await first.message(made.id, (message) => message.text === "seen");
    const cursors = first.cursors();
    await first.cut();
    const missed = Array.from({ length: 60 }, (_, at) => `missed ${at}`);
    for (const text of missed) await send(server, ann, made.id, text);
    const second = await follow(t, ben, cursors);
    await send(server, ann, made.id, "live");
    await second.message(made.id, (message) => message.text === "live");
    const events = second.events(topicOf(made));
    assertGapless(events, cursors[topicOf(made)] + 1);
    assert.deepEqual(events.map((event) => event.data.text), [...missed, "live"]);
    const at = second.frames.findIndex((frame) => frame.resumed);
    assert.equal(second.frames.slice(0, at).filter((frame) => frame.topic === topicOf(made)).length, missed.length);
    assert.equal(second.heads[topicOf(made)], cursors[topicOf(made)] + missed.length);
  });

  test("loses and repeats nothing while somebody writes on", async (t) => {
    const made = await direct(server, ann, ben);
    const writer = await follow(t, ann);
    let going = true;
    let sent = 0;
    // Several on their way at any time, so that every moment of a resume meets an event.
    const writing = Promise.all(Array.from({ length: 6 }, async () => {
      while (going) await writer.call("messaging.send", { conversation: made.id, id: uuid7(), text: `${sent++}` });
    }));
    const start = await SocketClient.follow(server, ben);
    let cursors = start.heads;
    await start.cut();
    const got = [];
    for (let round = 0; round < 60; round++) {
      const reader = await SocketClient.follow(server, ben, cursors);
      const had = reader.events(topicOf(made)).length;
      await reader.until(() => reader.events(topicOf(made)).length > had + 3, "some live events");
      got.push(...reader.events(topicOf(made)).map((event) => event.seq));
      cursors = reader.cursors();
      await reader.cut();
    }
    going = false;
    await writing;
    assertGapless(got.map((seq) => ({ seq })), start.heads[topicOf(made)] + 1);
  });

  test("without a cursor: what comes first is the number after the head that was named", async (t) => {
    const made = await direct(server, ann, ben);
    const writer = await follow(t, ann);
    let going = true;
    const writing = Promise.all(Array.from({ length: 6 }, async () => {
      while (going) await writer.call("messaging.send", { conversation: made.id, id: uuid7(), text: "on and on" });
    }));
    const wrong = [];
    for (let round = 0; round < 300; round++) {
      const reader = await SocketClient.follow(server, ben);
      const topic = topicOf(made);
      await reader.until((frame) => frame.topic === topic, "an event");
      const [first] = reader.events(topic);
      if (first.seq !== reader.heads[topic] + 1) wrong.push(`head ${reader.heads[topic]}, then ${first.seq}`);
      await reader.cut();
    }
    going = false;
    await writing;
    assert.deepEqual(wrong, []);
  });

  test("works after a restart of the server, with a cursor of 0 for everything", async (t) => {
    const own = await Server.start(t);
    const [one, two] = [await register(own), await register(own)];
    const made = await direct(own, one, two);
    for (let at = 0; at < 10; at++) await send(own, one, made.id, `${at}`);
    const all = await wholeHistory(own, two, made.id);
    await own.stop();
    await own.launch();
    const client = await SocketClient.follow(own, two, { [topicOf(made)]: 0, [`account:${two.account}`]: 0 });
    assertGapless(client.events(topicOf(made)), client.events(topicOf(made))[0].seq);
    assert.deepEqual(client.events(topicOf(made)).filter((one) => one.event === "message.created").map((one) => one.data), all);
    assert.ok(client.events(`account:${two.account}`).some((event) => event.event === "conversation.added"));
    await client.close();
  });
});

describe("staying and leaving", () => {
  test("heartbeats are answered", async (t) => {
    const client = await SocketClient.open(server, ann);
    t.after(() => client.close());
    for (let at = 0; at < 3; at++) {
      const before = client.frames.length;
      client.write({ heartbeat: {} });
      await client.until((frame) => frame.heartbeat, "a heartbeat", before);
    }
  });

  test("SIGTERM: draining, then 4000; accepted calls are answered, and the data is there afterwards", async (t) => {
    const own = await Server.start(t, configuration());
    const [one, two] = [await register(own), await register(own)];
    const made = await direct(own, one, two);
    const clients = [await SocketClient.follow(own, one), await SocketClient.follow(own, two)];
    const replies = Promise.allSettled(Array.from({ length: 20 }, (_, at) =>
      clients[0].call("messaging.send", { conversation: made.id, id: uuid7(), text: `${at}` })));
    await clients[1].message(made.id, () => true);
    const stopped = own.stop();
    for (const client of clients) {
      const { draining } = await client.until((frame) => frame.draining, "draining");
      assert.ok(draining.reconnect_after_ms >= 0);
      assert.equal(await client.closed, 4000);
    }
    await stopped;
    const acknowledged = (await replies).filter((reply) => reply.status === "fulfilled").map((reply) => reply.value);
    await own.launch();
    const stored = new Map((await wholeHistory(own, one, made.id)).map((message) => [message.seq, message]));
    for (const message of acknowledged) assert.deepEqual(stored.get(message.seq), message);
  });
});
