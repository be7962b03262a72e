// Reactions, typing, polls and deleted messages, as any client meets them: by REST, and on the socket.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LiveClient } from "./live_client.mjs";
import { call, direct, group, history, refusal, register, send, uuid7 } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";

let server;
before(async () => {
  server = await Server.start(undefined, configuration({ plugins: { reactions: {}, typing: {}, polls: {} } }));
});
after(() => server?.dispose());

async function pair() {
  const [ann, ben] = [await register(server), await register(server)];
  return { ann, ben, chat: (await direct(server, ann, ben)).id };
}

test("a deleted message: gone from history, a void where it stood in the log, its text nowhere", async () => {
  const { ann, ben, chat } = await pair();
  const topic = `conversation:${chat}`;
  const { seq } = await send(server, ann, chat, "a secret");
  await send(server, ann, chat, "harmless");
  const route = `/v1/conversations/${chat}/messages/${seq}`;
  const client = await LiveClient.follow(server, ben);
  await refusal(server, "DELETE", route, { token: ben.token }, "forbidden", 403);
  assert.equal(await call(server, "DELETE", route, { token: ann.token }), null);
  const told = await client.until((event) => event.event === "message.deleted", "message.deleted");
  client.close();
  assert.deepEqual([told.data.message, told.data.by], [seq, ann.account]);
  await refusal(server, "DELETE", route, { token: ann.token }, "not_found", 404);
  assert.deepEqual((await history(server, ben, chat)).items.map((one) => one.text), ["harmless"]);

  await server.stop();
  await server.launch();
  const later = await LiveClient.follow(server, ben, { [topic]: seq - 1 });
  const gone = await later.until((event) => event.topic === topic && event.seq === seq, "the void");
  assert.deepEqual([gone.event, gone.data], ["void", undefined]);
  assert.ok(!JSON.stringify(later.received).includes("a secret"), "the text is replayed");
  await later.close();
});

test("search: by words, in pages, with what was found marked; nothing from before one came, nothing deleted", async () => {
  const [ann, ben, cyd] = [await register(server), await register(server), await register(server)];
  const chat = (await group(server, ann, "Kitchen", [ben])).id;
  const look = async (who, text, more = "") =>
    (await call(server, "GET", `/v1/conversations/${chat}/search?text=${encodeURIComponent(text)}${more}`, { token: who.token }));
  const texts = (page) => page.items.map((one) => one.message.text).sort();
  for (const text of ["Green tea", "東京都に住む", "Café «Tea & Cake» in Köln", "coffee"]) await send(server, ann, chat, text);
  assert.deepEqual(texts(await look(ben, "TEA")), ["Café «Tea & Cake» in Köln", "Green tea"]);
  assert.deepEqual(texts(await look(ben, "京都")), ["東京都に住む"]);
  assert.deepEqual(texts(await look(ben, '"tea green"')), []);
  assert.deepEqual(texts(await look(ben, "gre", "&unfinished=true")), ["Green tea"]);
  const [hit] = (await look(ben, "cafe koln")).items;
  assert.equal(hit.snippet.map((piece) => (piece.hit ? `[${piece.text}]` : piece.text)).join(""), "[Café] «Tea & Cake» in [Köln]");
  assert.deepEqual(hit.message, (await history(server, ben, chat)).items.find((one) => one.seq === hit.message.seq));
  const pages = [await look(ben, "tea", "&limit=1"), await look(ben, "tea", "&limit=1&skip=1")];
  assert.deepEqual([pages[0].more, pages[1].more], [true, false]);
  assert.equal(new Set(pages.map((page) => page.items[0].message.seq)).size, 2);

  await refusal(server, "GET", `/v1/conversations/${chat}/search?text=tea`, { token: cyd.token }, "forbidden", 403);
  await refusal(server, "GET", `/v1/conversations/${chat}/search?text=${"a%20".repeat(17)}`, { token: ben.token }, "invalid_params", 400);
  await call(server, "POST", `/v1/conversations/${chat}/members`, { token: ann.token, body: { account: cyd.account } });
  assert.deepEqual(await look(cyd, "tea", "&limit=1"), { items: [], more: false });
  const { seq } = await send(server, ben, chat, "Tea for Cyd");
  const client = await LiveClient.follow(server, cyd);
  assert.deepEqual(texts(await client.call("messaging.search", { conversation: chat, text: "tea" })), ["Tea for Cyd"]);
  await client.close();

  // In all that one may read.
  const all = async (who, text, more = "") =>
    (await call(server, "GET", `/v1/messages/search?text=${encodeURIComponent(text)}${more}`, { token: who.token }));
  const other = (await group(server, cyd, "Office", [])).id;
  await send(server, cyd, other, "Tea at work");
  assert.deepEqual(texts(await all(cyd, "tea")), ["Tea at work", "Tea for Cyd"]);
  assert.deepEqual(texts(await all(cyd, "tea", `&sender=${cyd.account}`)), ["Tea at work"]);
  assert.deepEqual(texts(await all(ben, "work")), []);

  await server.stop();
  await server.launch();
  assert.deepEqual(texts(await look(cyd, "tea")), ["Tea for Cyd"]);
  assert.equal((await look(ben, "tea")).items.length, 3);
  await call(server, "DELETE", `/v1/conversations/${chat}/messages/${seq}`, { token: ben.token });
  assert.deepEqual(texts(await look(cyd, "tea")), []);
});

test("reactions by REST: an emoji in the path, counts of a page, gone with the message", async () => {
  const { ann, ben, chat } = await pair();
  const { seq } = await send(server, ann, chat, "Hello");
  const at = (emoji) => `/v1/conversations/${chat}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`;
  const first = await call(server, "PUT", at("👍🏽"), { token: ben.token });
  assert.deepEqual(await call(server, "PUT", at("👍🏽"), { token: ben.token }), first);
  await refusal(server, "PUT", at("+1"), { token: ben.token }, "not_an_emoji", 422);
  const counts = async (who) =>
    (await call(server, "GET", `/v1/conversations/${chat}/reactions?from=1&to=1000`, { token: who.token })).items;
  const [only, ...others] = await counts(ann);
  assert.deepEqual([only.message, only.emoji, only.count, only.mine, others], [seq, "👍🏽", 1, false, []]);
  const who = await call(server, "GET", at("👍🏽"), { token: ann.token });
  assert.deepEqual(who.items.map((one) => one.account), [ben.account]);
  await call(server, "DELETE", `/v1/conversations/${chat}/messages/${seq}`, { token: ann.token });
  assert.deepEqual(await counts(ben), []);
  await refusal(server, "PUT", at("👍🏽"), { token: ben.token }, "not_found", 404);
});

test("typing is told to those who are in it, once, and is in no log", async () => {
  const { ann, ben, chat } = await pair();
  const eve = await register(server);
  const [first, other] = [await LiveClient.follow(server, ben), await LiveClient.follow(server, eve)];
  const writer = await LiveClient.follow(server, ann);
  await writer.call("typing.start", { conversation: chat });
  await writer.call("typing.start", { conversation: chat });
  const told = await first.until((event) => event.event === "typing.started", "typing.started");
  assert.deepEqual([told.data.account, told.seq], [ann.account, undefined]);
  await send(server, ann, chat, "done");
  await first.message(chat, () => true, "the message");
  assert.equal(first.received.filter((event) => event.event === "typing.started").length, 1);
  assert.equal(other.received.length, 0);
  await other.refused("typing.start", { conversation: chat }, "forbidden");
  for (const one of [first, other, writer]) await one.close();
});

test("a poll outlives a restart; many who vote at once are each counted once", async () => {
  const owner = await register(server);
  const others = await Promise.all(Array.from({ length: 8 }, () => register(server)));
  const { id } = await group(server, owner, "Voters", others);
  const poll = await call(server, "POST", `/v1/conversations/${id}/polls`,
    { token: owner.token, body: { id: uuid7(), question: "Tea?", options: ["Yes", "No"] } });
  const route = `/v1/conversations/${id}/polls/${poll.id}`;
  const vote = async (who, choice) => {
    for (;;) { // what is temporary may be tried again
      try {
        return await call(server, "PUT", `${route}/vote`, { token: who.token, body: { choice: [choice] } });
      } catch (problem) {
        if (!/conflict/.test(String(problem.message))) throw problem;
      }
    }
  };
  await Promise.all(others.flatMap((who) => [vote(who, 1), vote(who, 1)]));
  await server.stop();
  await server.launch();
  const { poll: after, choice } = await call(server, "GET", route, { token: others[0].token });
  assert.deepEqual([after.counts, after.voters, choice], [[8, 0], 8, [1]]);
  await call(server, "POST", `${route}/close`, { token: owner.token, body: {} });
  await refusal(server, "PUT", `${route}/vote`, { token: owner.token, body: { choice: [1] } }, "poll_closed", 422);
});
