// A person with thousands of conversations: the list is usable after one call, and who was away is back with one frame,
// however much was missed and however slowly it is read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Chats, LiveClient } from "./live_client.mjs";
import { register, uuid7 } from "./rest_client.mjs";
import { Server } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";

const MANY = 5_000;
const AT_ONCE = 32; // calls on the way

let server, ann, ben, own, other;
const ids = []; // of conversations, in the order in which they were made

before(async () => {
  server = await Server.start();
  [ann, ben] = [await register(server, "ann"), await register(server, "ben")];
  [own, other] = [await LiveClient.follow(server, ann), await LiveClient.follow(server, ben)];
  await each(MANY, async (at) => {
    ids[at] = (await own.call("messaging.create_group", { name: `Group ${at}`, members: [ben.account] })).id;
  });
  await own.client.close();
});
after(async () => {
  own?.client.close();
  other?.client.close();
  await server?.dispose();
});

// `what` of each number below `count`, some of them at the same time.
async function each(count, what) {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < count) await what(next++);
  }));
}

const say = (at, text) => other.call("messaging.send", { conversation: ids[at], id: uuid7(), text });

test("the list begins with the newest, after one call", async (t) => {
  for (const at of [7, 4_000, 123]) await say(at, `in ${at}`);
  const live = await LiveClient.follow(server, ann);
  t.after(() => live.client.close());
  const calls = [];
  const chats = new Chats(watched(live.client, calls));
  t.after(() => chats.close());
  await chats.ready;
  const shown = () => chats.conversations.snapshot();
  assert.deepEqual(shown().slice(0, 3).map((one) => [one.conversation.id, one.last.text]),
    [[ids[123], "in 123"], [ids[4_000], "in 4000"], [ids[7], "in 7"]]);
  assert.deepEqual(calls, ["messaging.recent"]);
  assert.equal(chats.complete, false);

  chats.open(ids[1_000]); // far behind
  await until(chats, () => chats.get(ids[1_000])?.timeline.loaded);
  while (!chats.complete) await chats.moreConversations();
  assert.equal(shown().length, MANY);
  assert.deepEqual(new Set(shown().map((one) => one.conversation.id)), new Set(ids));
});

test("thousands of cursors come back in one frame, and everything that was missed with them, in order", async (t) => {
  const client = await SocketClient.follow(server, ann);
  assert.equal(Object.keys(client.heads).length, MANY + 1);
  const cursors = client.cursors();
  await client.cut();
  await each(2 * MANY, (n) => say(n % MANY, n < MANY ? "one" : "two"));

  const again = await SocketClient.open(server, ann);
  t.after(() => again.close());
  const missed = new Map(ids.map((id) => [`conversation:${id}`, []]));
  again.socket.on("message", (data) => {
    const frame = JSON.parse(data);
    assert.equal(frame.gap, undefined);
    if (frame.event === "message.created") missed.get(frame.topic).push(frame.seq);
  });
  const began = performance.now();
  const heads = await again.resume(cursors);
  t.diagnostic(`${2 * MANY} events of ${MANY} topics in ${Math.round(performance.now() - began)} ms`);
  for (const [topic, seqs] of missed) {
    assert.deepEqual(seqs, [cursors[topic] + 1, cursors[topic] + 2], topic);
    assert.equal(heads[topic], cursors[topic] + 2);
  }
});

test("who reads slowly gets all that was missed on one connection", async (t) => {
  const long = "x".repeat(4_000);
  const first = await SocketClient.follow(server, ann);
  const cursors = first.cursors();
  await first.cut();
  await each(4_000, (n) => say(n % 4, long)); // sixteen megabytes

  const slow = await SocketClient.open(server, ann, { perMessageDeflate: false }); // or it would be little
  t.after(() => slow.close());
  let heard = 0, last;
  slow.socket.on("message", (data) => {
    if (JSON.parse(data).event !== "message.created") return;
    heard += 1;
    if (heard % 50 !== 0) return;
    slow.socket.pause();
    last = elsewhere().then(() => slow.socket.resume());
  });
  slow.write({ resume: { cursors } });
  await slow.until((frame) => frame.resumed, "resumed");
  assert.equal(heard, 4_000);
  await last;
});

// Something that takes the server a while.
async function elsewhere() {
  for (let n = 0; n < 5; n++) await other.call("messaging.recent", {});
}

// Notes the calls of what is built on it.
function watched(client, calls) {
  return new Proxy(client, {
    get(of, name) {
      const found = Reflect.get(of, name, of);
      if (typeof found !== "function") return found;
      return (...given) => {
        if (name === "call") calls.push(given[0]);
        return found.apply(of, given);
      };
    },
  });
}

function until(chats, test) {
  return new Promise((resolve) => {
    const look = () => {
      if (!test()) return;
      end();
      resolve();
    };
    const end = chats.subscribe(look);
    look();
  });
}
