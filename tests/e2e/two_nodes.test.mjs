// Two servers on one PostgreSQL: numbers without gaps whoever gives them, and each brings its clients what was
// said on the other, found by comparing heads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveClient } from "./live_client.mjs";
import { call, direct, group, refusal, register, send, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, configuration, store } from "./server.mjs";
import { assertGapless } from "./socket_client.mjs";

async function pair(t) {
  assert.equal(store, "storage-postgres", "set PARLEY_STORE=storage-postgres");
  const schema = `two_${uuid7().replaceAll("-", "_")}`;
  const nodes = [];
  for (let n = 0; n < 2; n++) {
    const config = configuration({ storage: { compare_heads_ms: 100 } });
    config.plugins[store].config.schema = schema;
    nodes.push(await Server.start(t, config));
  }
  return nodes;
}

const said = (client, conversation) =>
  client.events(`conversation:${conversation}`).filter((frame) => frame.event === "message.created");

test("who is connected to one hears what is said on the other, in order and without gaps", async (t) => {
  const [one, two] = await pair(t);
  const [ann, ben] = [await register(one, "ann"), await register(two, "ben")];
  const [a, b] = [await LiveClient.follow(one, ann), await LiveClient.follow(two, ben)];
  // Ben is connected already when the conversation begins elsewhere.
  const { id } = await direct(one, ann, ben);
  await send(one, ann, id, "Hello");
  await b.message(id, (message) => message.text === "Hello");

  const each = 150, atOnce = 30; // fewer than limits.outstanding
  for (let n = 0; n < each; n += atOnce) {
    const sends = [];
    for (let m = n; m < n + atOnce; m++) {
      for (const [client, name] of [[a, "ann"], [b, "ben"]]) {
        sends.push(client.call("messaging.send", { conversation: id, id: uuid7(), text: `${name} ${m}` }));
      }
    }
    await Promise.all(sends);
  }
  await Promise.all([send(one, ann, id, "end of ann"), send(two, ben, id, "end of ben")]);
  for (const client of [a, b]) {
    for (const end of ["end of ann", "end of ben"]) await client.message(id, (message) => message.text === end);
    const events = client.events(`conversation:${id}`);
    assertGapless(events, events[0].seq);
    assert.equal(said(client, id).length, 2 * each + 3);
    for (const name of ["ann", "ben"]) {
      assert.deepEqual(
        said(client, id).map((frame) => frame.data.text).filter((text) => text.startsWith(`${name} `)),
        Array.from({ length: each }, (_, n) => `${name} ${n}`));
    }
  }
  assert.deepEqual(said(a, id).map((frame) => frame.data), said(b, id).map((frame) => frame.data));
  assert.deepEqual(await wholeHistory(two, ann, id), said(a, id).map((frame) => frame.data));
  // A token and an id of a message are good on either.
  const repeated = uuid7();
  assert.deepEqual(await send(two, ann, id, "twice", repeated), await send(one, ann, id, "twice", repeated));
  await refusal(two, "POST", `/v1/conversations/${id}/messages`, { token: ann.token, body: { id: repeated, text: "other" } },
    "idempotency_conflict", 409);
  // At the same moment on both: one of them makes it, and both say so.
  const [here, there] = await Promise.all([one, two].map((node) => send(node, ann, id, "at once", `${repeated}-2`)));
  assert.deepEqual(here, there);
  assert.equal((await wholeHistory(one, ann, id)).filter(({ text }) => text === "at once").length, 1);
  await Promise.all([a.close(), b.close()]);
});

test("who is removed on one hears no more on the other", async (t) => {
  const [one, two] = await pair(t);
  const [ann, ben] = [await register(one, "ann"), await register(one, "ben")];
  const b = await LiveClient.follow(two, ben);
  const { id } = await group(one, ann, "Badgers", [ben]);
  const beside = await direct(one, ann, ben);
  await send(one, ann, id, "before");
  await b.message(id, (message) => message.text === "before");
  await call(one, "DELETE", `/v1/conversations/${id}/members/${ben.account}`, { token: ann.token });
  await b.until((frame) => frame.event === "conversation.removed", "the removal");
  // What the other conversation brings comes after the places were asked for again.
  await send(one, ann, beside.id, "first");
  await b.message(beside.id, (message) => message.text === "first");
  await send(one, ann, id, "after");
  await send(one, ann, beside.id, "second");
  await b.message(beside.id, (message) => message.text === "second");
  assert.deepEqual(said(b, id).map((frame) => frame.data.text), ["before"]);
  await b.close();
});

test("when one is killed, its people go on with the other, and nothing is missing", async (t) => {
  const [one, two] = await pair(t);
  const [ann, ben] = [await register(one, "ann"), await register(two, "ben")];
  const { id } = await direct(one, ann, ben);
  const near = { url: one.url }; // where Ann's client finds a server
  const a = await LiveClient.follow(near, ann);
  const b = await LiveClient.follow(two, ben, { [`conversation:${id}`]: 0 });
  const params = Array.from({ length: 64 }, (_, n) => ({ conversation: id, id: uuid7(), text: `ann ${n}` }));
  const acknowledged = [];
  const answered = params.map((one) => a.call("messaging.send", one, { repeat: true })
    .then((message) => void acknowledged.push(message)));
  await Promise.race(answered);
  near.url = two.url;
  await one.kill();
  await Promise.all(answered); // what was not, by the other one
  await b.message(id, (message) => message.text === "ann 63");
  assertGapless(b.events(`conversation:${id}`), 1);
  assert.deepEqual(said(b, id).map((frame) => frame.data.text), params.map((each) => each.text));
  const stored = new Map((await wholeHistory(two, ben, id)).map((message) => [message.id, message]));
  for (const message of acknowledged) assert.deepEqual(stored.get(message.id), message);
  a.close();
  b.close();
});
