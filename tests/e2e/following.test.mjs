// A client chooses what it follows, says what it has and whether anybody looks, sends calls together and takes them back.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { call, direct, group, register, send, uuid7 } from "./rest_client.mjs";
import { Server, configuration, repository } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";

let server, ann, ben;

before(async () => {
  const config = configuration({ plugins: { delivered: {}, typing: {} } });
  config.plugin_path.push(path.join(repository, "tests/e2e"));
  server = await Server.start(undefined, config);
  [ann, ben] = [await register(server, "ann"), await register(server, "ben")];
});
after(() => server?.dispose());

const topicOf = (conversation) => `conversation:${conversation.id}`;
const texts = (client, conversation) =>
  client.events(topicOf(conversation)).filter(({ event }) => event === "message.created").map(({ data }) => data.text);

async function only(client, cursors) {
  const from = client.frames.length;
  client.write({ resume: { cursors, only: true } });
  return (await client.until((frame) => frame.resumed, "resumed", from)).resumed.topics;
}

test("a client follows what it shows, and nothing else", async (t) => {
  const shown = await group(server, ben, "shown", [ann]);
  const hidden = await group(server, ben, "hidden", [ann]);
  const client = await SocketClient.open(server, ann);
  t.after(() => client.close());
  const heads = await only(client, { [topicOf(shown)]: 0 });
  assert.deepEqual(Object.keys(heads).sort(), [`account:${ann.account}`, topicOf(shown)].sort());

  await send(server, ben, hidden.id, "not now");
  await send(server, ben, shown.id, "one");
  const added = await group(server, ben, "added", [ann]); // told on the account's topic alone
  await client.until((frame) => frame.event === "conversation.added" && frame.data.id === added.id, "what ann was added to");
  await send(server, ben, added.id, "nor this");
  await send(server, ben, shown.id, "two");
  await client.message(shown.id, (message) => message.text === "two");
  assert.deepEqual(texts(client, shown), ["one", "two"]);
  assert.deepEqual([...texts(client, hidden), ...texts(client, added)], []);

  // Shown now: from where it left off, and the other no more.
  await only(client, { [topicOf(hidden)]: 0 });
  client.write({ unfollow: { topics: [topicOf(shown)] } });
  await send(server, ben, shown.id, "three");
  await send(server, ben, hidden.id, "now");
  await client.message(hidden.id, (message) => message.text === "now");
  assert.deepEqual(texts(client, hidden), ["not now", "now"]);
  assert.deepEqual(texts(client, shown), ["one", "two"]);
});

test("nobody chooses what is not theirs to read", async (t) => {
  const theirs = await group(server, ben, "theirs", []);
  const client = await SocketClient.open(server, ann);
  t.after(() => client.close());
  const heads = await only(client, { [topicOf(theirs)]: 0, [`account:${ben.account}`]: 0 });
  assert.deepEqual(Object.keys(heads), [`account:${ann.account}`]);
});

test("heartbeats say what a client has, up to what it was sent", async (t) => {
  const conversation = await direct(server, ann, ben);
  const client = await SocketClient.follow(server, ann);
  t.after(() => client.close());
  const { seq } = await send(server, ben, conversation.id, "hello");
  await client.message(conversation.id, (message) => message.text === "hello");
  const has = async () => (await call(server, "GET", "/v1/delivered", { token: ann.token })).items
    .find(({ topic }) => topic === topicOf(conversation))?.seq;
  client.write({ heartbeat: { cursors: { [topicOf(conversation)]: seq + 1000, "conversation:none": 5 } } });
  await client.until((frame) => frame.heartbeat, "the heartbeat");
  // Observers are told after the answer: asked until they were.
  while (await has() === undefined) await client.call("account.me");
  assert.equal(await has(), seq);
});

test("nobody looks: what is ephemeral is not sent", async (t) => {
  const conversation = await direct(server, ann, ben);
  const [behind, other] = [await SocketClient.follow(server, ann), await SocketClient.follow(server, ben)];
  t.after(() => Promise.all([behind.close(), other.close()]));
  behind.write({ background: { on: true } });
  await behind.call("account.me"); // by then the server has read it
  await other.call("typing.start", { conversation: conversation.id });
  await send(server, ben, conversation.id, "durable");
  await behind.message(conversation.id, (message) => message.text === "durable");
  assert.deepEqual(behind.events().filter(({ event }) => event.startsWith("typing")), []);
  behind.write({ background: { on: false } });
  await behind.call("account.me");
  await other.call("typing.start", { conversation: conversation.id });
  await behind.until((frame) => frame.event === "typing.started", "typing in the foreground");
});

test("calls go together, each answered by itself", async (t) => {
  const conversation = await direct(server, ann, ben);
  const client = await SocketClient.follow(server, ben);
  t.after(() => client.close());
  const params = (text) => ({ conversation: conversation.id, id: uuid7(), text });
  const many = Array.from({ length: 60 }, (_, n) => ({ id: `m${n}`, method: "messaging.send", params: params(`text ${n}`) }));
  client.write({ batch: [...many, { id: "bad", method: "messaging.send", params: {} }, { id: "none", method: "no.such" }] });
  const answers = await Promise.all([...many, { id: "bad" }, { id: "none" }].map(({ id }) =>
    client.until((frame) => frame.id === id, `the answer to ${id}`)));
  assert.equal(answers.at(-2).error.code, "invalid_params");
  assert.equal(answers.at(-1).error.code, "unknown_method");
  const seqs = answers.slice(0, 60).map(({ result }) => result.seq);
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b), "in the order in which they were sent");
});

test("a call that is taken back is answered: that it was, or what came of it", async (t) => {
  const conversation = await direct(server, ann, ben);
  const client = await SocketClient.follow(server, ann);
  t.after(() => client.close());
  const params = { conversation: conversation.id, id: uuid7(), text: "perhaps" };
  client.write({ id: "send", method: "messaging.send", params });
  client.write({ cancel: { id: "send" } });
  const answer = await client.until((frame) => frame.id === "send", "an answer");
  if (answer.error) assert.equal(answer.error.code, "cancelled");
  // To know, it is repeated with the same key.
  const sent = await client.call("messaging.send", params);
  if (answer.result) assert.deepEqual(sent, answer.result);
  const history = await call(server, "GET", `/v1/conversations/${conversation.id}/messages`, { token: ann.token });
  assert.equal(history.items.filter(({ text }) => text === "perhaps").length, 1);
});

test("a call that gets no time ends with deadline_exceeded, or before", async (t) => {
  const client = await SocketClient.open(server, ann);
  t.after(() => client.close());
  client.write({ id: "short", method: "account.me", deadline_ms: 1 });
  const answer = await client.until((frame) => frame.id === "short", "an answer");
  if (answer.error) assert.equal(answer.error.code, "deadline_exceeded");
});
