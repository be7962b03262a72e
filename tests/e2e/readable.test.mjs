// Who reads what of a conversation: nobody who is not in it, a new member nothing from before, who was removed nothing from
// after. Each is tried against each method and each event that the loaded plugins have of conversations; with PostgreSQL
// there are two servers, and who must not hear is connected to the other one.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { Documents } from "./documents.mjs";
import { call, direct, group, history, register, request, send, uuid7 } from "./rest_client.mjs";
import { Server, configuration, repository, store } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";

const plugins = { reactions: {}, typing: {}, polls: {}, "api-docs": {}, welcome: { grants: ["bot"] } };

let one, other, documents, ann, ben;

before(async () => {
  const schema = `readable_${uuid7().replaceAll("-", "_")}`;
  const start = async () => {
    // Seldom, so that the other server reads the removal and what comes after it at once.
    const config = configuration({ plugins, storage: { compare_heads_ms: 500 } });
    if (store === "storage-postgres") config.plugins[store].config.schema = schema;
    return await Server.start(undefined, config);
  };
  one = await start();
  other = store === "storage-postgres" ? await start() : one;
  documents = await Documents.read(one);
  [ann, ben] = [await register(one, "ann"), await register(one, "ben")];
});
after(() => Promise.all([...new Set([one, other])].map((server) => server?.dispose())));

// ---- what happens in a conversation. `secrets`: what nobody reads elsewhere.

const base = (room) => `/v1/conversations/${room.id}`;
const asAnn = (verb, route, body) => call(one, verb, route, { token: ann.token, body });
const emoji = encodeURIComponent("🦊");

async function something(room) {
  const mark = uuid7().slice(-12);
  const message = await send(one, ann, room.id, `tea ${mark}`);
  const react = `${base(room)}/messages/${message.seq}/reactions/${emoji}`;
  await call(one, "PUT", react, { token: ben.token });
  const body = { id: uuid7(), question: `Who ${mark}?`, options: [`yes ${mark}`, `no ${mark}`] };
  const poll = await asAnn("POST", `${base(room)}/polls`, body);
  await asAnn("PUT", `${base(room)}/polls/${poll.id}/vote`, { choice: [1] });
  return { message: message.seq, poll: poll.id, secrets: [mark, message.id, poll.id] };
}

async function room(name = "Badgers", others = []) {
  const made = await group(one, ann, name, [ben, ...others]);
  await something(made); // several of each: pages have an end
  return { id: made.id, ...(await something(made)) };
}

const enter = (into, who) => asAnn("POST", `${base(into)}/members`, { account: who.account });
const remove = (from, who) => asAnn("DELETE", `${base(from)}/members/${who.account}`);

// All of it, as its owner sees it.
async function everything(of) {
  const messages = await history(one, ann, of.id, "?after=0&limit=200");
  const get = (route) => asAnn("GET", base(of) + route);
  return {
    messages,
    tallies: await get(`/reactions?from=1&to=1000`),
    who: await Promise.all(messages.items.map(({ seq }) => get(`/messages/${seq}/reactions/${emoji}`))),
    polls: await get("/polls?limit=100"),
    members: await get("/members"),
  };
}

// ---- every method: how it is called about something in a room. What a plugin adds needs a line here.

const inside = {
  "messaging.add_member": (at) => ({ conversation: at.id, account: ben.account }),
  "messaging.delete": (at) => ({ conversation: at.id, message: at.message }),
  "messaging.get_message": (at) => ({ conversation: at.id, message: at.message }),
  "messaging.history": (at) => ({ conversation: at.id, after: 0, limit: 1 }),
  "messaging.leave": (at) => ({ conversation: at.id }),
  "messaging.members": (at) => ({ conversation: at.id }),
  "messaging.overview": (at) => ({ conversation: at.id }),
  "messaging.remove_member": (at) => ({ conversation: at.id, account: ben.account }),
  "messaging.search": (at) => ({ conversation: at.id, text: "tea", limit: 1 }),
  "messaging.send": (at) => ({ conversation: at.id, id: uuid7(), text: "Me too" }),
  "polls.close": (at) => ({ conversation: at.id, poll: at.poll }),
  "polls.create": (at) => ({ conversation: at.id, id: uuid7(), question: "May I?", options: ["Yes", "No"] }),
  "polls.get": (at) => ({ conversation: at.id, poll: at.poll }),
  "polls.list": (at) => ({ conversation: at.id, limit: 1 }),
  "polls.vote": (at) => ({ conversation: at.id, poll: at.poll, choice: [2] }),
  "reactions.add": (at) => ({ conversation: at.id, message: at.message, emoji: "🦊" }),
  "reactions.counts": (at) => ({ conversation: at.id, from: 1, to: 1000 }),
  "reactions.remove": (at) => ({ conversation: at.id, message: at.message, emoji: "🦊" }),
  "reactions.who": (at) => ({ conversation: at.id, message: at.message, emoji: "🦊" }),
  "typing.list": (at) => ({ conversation: at.id }),
  "typing.start": (at) => ({ conversation: at.id }),
  "typing.stop": (at) => ({ conversation: at.id }),
};
// … those that look into all of one's conversations,
const across = {
  "messaging.conversations": () => ({}),
  "messaging.recent": () => ({}),
  "messaging.search_all": () => ({ text: "tea" }),
};
// … and those that have nothing to do with any that is there.
const elsewhere = ["account.find", "account.get", "account.me", "auth.login", "auth.logout", "auth.refresh", "auth.register",
  "messaging.create_group", "messaging.direct", "web.settings"];
// What these do is a member's right, whenever they came, and is about nothing that was before.
const rights = ["messaging.leave", "messaging.members", "messaging.send", "polls.create", "typing.list", "typing.start", "typing.stop"];

// ---- every event: what makes it happen, in a room whose `message` and `poll` are there.

const provoke = {
  "member.added": async (at) => enter(at, (at.guest = await register(one))),
  "member.removed": (at) => remove(at, at.guest),
  "message.created": async (at) => Object.assign(at, await something(at)),
  "message.deleted": (at) => asAnn("DELETE", `${base(at)}/messages/${at.message}`),
  "poll.closed": (at) => asAnn("POST", `${base(at)}/polls/${at.poll}/close`),
  "poll.counted": (at) => asAnn("PUT", `${base(at)}/polls/${at.poll}/vote`, { choice: [2] }),
  "poll.created": () => undefined, // by `something`
  "reaction.added": () => undefined,
  "reaction.removed": (at) => call(one, "DELETE", `${base(at)}/messages/${at.message}/reactions/${emoji}`, { token: ben.token }),
  "typing.started": (at) => asAnn("PUT", `${base(at)}/typing`),
  "typing.stopped": (at) => asAnn("DELETE", `${base(at)}/typing`),
};
const inOrder = ["member.added", "member.removed", "typing.started", "typing.stopped", "message.created", "poll.created",
  "reaction.added", "poll.counted", "poll.closed", "reaction.removed", "message.deleted"];

async function eachEvent(at) {
  for (const event of inOrder) await provoke[event](at);
}

// ---- trying

const operation = (method) => documents.operations().find(({ id }) => id === method);

// By REST: {result} or {error}.
async function byRest(who, method, params) {
  const { verb, path: route, operation: about } = operation(method);
  const left = { ...params };
  const take = (name) => {
    const value = left[name];
    delete left[name];
    return value;
  };
  let target = route.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(take(name)));
  const query = (about.parameters ?? []).filter((each) => each.in === "query" && each.name in left);
  if (query.length) target += `?${new URLSearchParams(query.map(({ name }) => [name, take(name)]))}`;
  const body = Object.keys(left).length ? left : undefined;
  const { status, body: said } = await request(other, verb, target, { token: who.token, body });
  return status === 200 ? { result: said } : { error: said };
}

const bySocket = (client, method, params) =>
  client.call(method, params).then((result) => ({ result }), (error) => ({ error }));

// Several in one frame.
async function together(client, calls) {
  const from = client.frames.length;
  client.write({ batch: calls.map(([method, params], n) => ({ id: `t${n}`, method, params })) });
  return await Promise.all(calls.map((_, n) => client.until((frame) => frame.id === `t${n}`, `answer ${n}`, from)));
}

// Every method in all three ways: [[name of the way and method, its answer], …]
async function everyWay(who, client, methods, at) {
  const out = [];
  for (const [method, params] of Object.entries(methods)) {
    out.push([`${method} on the socket`, await bySocket(client, method, params(at))]);
    out.push([`${method} by REST`, await byRest(who, method, params(at))]);
  }
  const calls = Object.entries(methods).map(([method, params]) => [method, params(at)]);
  const answers = await together(client, calls);
  calls.forEach(([method], n) => out.push([`${method} in a batch`, answers[n]]));
  return out;
}

function holdsNone(what, answer, secrets) {
  const text = JSON.stringify(answer);
  for (const secret of secrets) assert.ok(!text.includes(secret), `${what} tells ${secret}: ${text}`);
}

// What was there is not told of by a page either that is empty, and goes on.
const noEmptyPage = (what, { result }) =>
  assert.ok(!(result?.more && result.items.length === 0), `${what} gives an empty page with more behind it`);

const without = (object, names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
const only = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));

async function connect(t, who, cursors = {}, more = {}) {
  const client = (await SocketClient.open(other, who)).stay();
  t.after(() => client.close());
  client.write({ resume: { cursors, ...more } });
  client.heads = (await client.until((frame) => frame.resumed, "resumed")).resumed.topics;
  return client;
}

// What comes in a conversation that both are in comes after all that was on its way before.
async function settled(client, beside) {
  const text = uuid7();
  await send(one, ann, beside.id, text);
  await client.message(beside.id, (message) => message.text === text);
}

const topicOf = (at) => `conversation:${at.id}`;

describe("there is a case", () => {
  test("for every method of every plugin", () => {
    const known = [...Object.keys(inside), ...Object.keys(across), ...elsewhere].sort();
    assert.deepEqual(documents.operations().map(({ id }) => id).sort(), known,
      "say in this file what a method has to do with conversations");
    const scoped = documents.operations()
      .filter(({ operation: about }) => /in the scope `conversation`/.test(about.description)).map(({ id }) => id);
    assert.deepEqual(scoped.sort(), Object.keys(inside).sort(), "every method with a permission in a conversation is tried");
  });

  test("for every event", () => {
    const events = Object.entries(documents.asyncapi.components.messages)
      .filter(([name, { payload }]) => name.startsWith("event.") && payload.properties.topic.pattern.startsWith("^conversation:"))
      .map(([name]) => name.slice("event.".length));
    assert.deepEqual(events.sort(), Object.keys(provoke).sort(), "say in `provoke` what makes it happen");
    assert.deepEqual([...inOrder].sort(), Object.keys(provoke).sort());
  });

  test("and no plugin of ours that has to do with conversations is left out", () => {
    const folder = path.join(repository, "plugins");
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name, "plugin.yaml");
      if (!fs.existsSync(file) || !/(scope|topic): conversation\b/.test(fs.readFileSync(file, "utf8"))) continue;
      assert.ok(name === "messaging" || name in plugins, `load ${name} in this file`);
    }
  });
});

describe("a stranger", () => {
  test("calls no method, and changes nothing", async (t) => {
    const at = await room();
    const eve = await register(one, "eve");
    const client = await connect(t, eve);
    const was = await everything(at);
    for (const [what, answer] of await everyWay(eve, client, inside, at)) {
      assert.equal(answer.error?.code, "forbidden", `${what}: ${JSON.stringify(answer)}`);
      holdsNone(what, answer, at.secrets);
    }
    for (const [what, answer] of await everyWay(eve, client, across, at)) holdsNone(what, answer, [...at.secrets, at.id]);
    assert.deepEqual(await everything(at), was);
  });

  test("gets no event, whatever is asked for", async (t) => {
    const at = await room();
    const eve = await register(one, "eve");
    const beside = await direct(one, ann, eve);
    const clients = [await connect(t, eve), await connect(t, eve, { [topicOf(at)]: 0 }),
      await connect(t, eve, { [topicOf(at)]: 0 }, { only: true })];
    await eachEvent(at);
    for (const client of [clients[0], clients[1]]) await settled(client, beside);
    await clients[2].call("account.me");
    for (const client of clients) {
      assert.deepEqual(client.events(topicOf(at)), []);
      assert.ok(!(topicOf(at) in client.heads));
    }
  });
});

describe("a new member", () => {
  test("reads and changes nothing of what was before, by any method", async (t) => {
    const at = await room();
    const cleo = await register(one, "cleo");
    await enter(at, cleo);
    const was = await everything(at);
    const client = await connect(t, cleo);
    const owners = ["messaging.add_member", "messaging.remove_member"];
    const tried = { ...without(inside, [...rights, ...owners]), ...across };
    for (const [what, answer] of await everyWay(cleo, client, tried, at)) {
      holdsNone(what, answer, at.secrets);
      noEmptyPage(what, answer);
      if (answer.error) assert.equal(answer.error.code, "not_found", `${what}: ${JSON.stringify(answer)}`);
    }
    for (const [what, answer] of await everyWay(cleo, client, only(inside, owners), at)) {
      assert.equal(answer.error?.code, "forbidden", what);
    }
    assert.deepEqual(await everything(at), was);
    // What is a right works, and tells nothing either.
    for (const [what, answer] of await everyWay(cleo, client, only(inside, rights.filter((each) => each !== "messaging.leave")), at)) {
      assert.equal(answer.error, undefined, `${what}: ${JSON.stringify(answer)}`);
      holdsNone(what, answer, at.secrets);
    }
  });

  test("gets no event from before, from whatever cursor, and each from then on", async (t) => {
    const at = await room();
    const cleo = await register(one, "cleo");
    const early = await connect(t, cleo); // connected while it happens
    await eachEvent(at);
    const { since } = await enter(at, cleo);
    const late = await connect(t, cleo, { [topicOf(at)]: 0 });
    const chosen = await connect(t, cleo, { [topicOf(at)]: 0 }, { only: true });
    await early.until((frame) => frame.topic === topicOf(at), "the first of its events");
    // What is ephemeral goes no further than its server.
    const ephemeral = one === other ? [] : ["typing.started", "typing.stopped"];
    const now = await room("beside"); // what eachEvent needs is of another room until `message.created`
    await eachEvent(Object.assign(at, { guest: now.guest }));
    for (const client of [early, late, chosen]) {
      for (const event of inOrder.filter((each) => !ephemeral.includes(each))) {
        if (event === "message.created" || event === "poll.created") continue; // may be a void by now
        await client.until((frame) => frame.topic === topicOf(at) && frame.event === event, event);
      }
      const numbers = client.events(topicOf(at)).filter(({ seq }) => seq !== undefined).map(({ seq }) => seq);
      assert.equal(numbers[0], since, "the first is that one came in");
      assert.deepEqual(numbers, numbers.map((_, n) => since + n));
    }
  });
});

test("where the history is open a new member reads from the beginning, and nobody else does", async (t) => {
  const made = await asAnn("POST", "/v1/conversations", { name: "Archive", members: [ben.account], history: "open" });
  assert.equal(made.history, "open");
  const at = { id: made.id, ...(await something(made)) };
  const [cleo, eve] = [await register(one, "cleo"), await register(one, "eve")];
  assert.equal((await enter(at, cleo)).since, 1);
  const client = await connect(t, cleo, { [topicOf(at)]: 0 });
  assert.deepEqual(client.events(topicOf(at)).map(({ seq }) => seq), Array.from({ length: client.heads[topicOf(at)] }, (_, n) => n + 1));
  const looks = ["messaging.history", "messaging.get_message", "messaging.search", "polls.get", "polls.list", "reactions.counts", "reactions.who"];
  for (const [what, answer] of await everyWay(cleo, client, only(inside, looks), at)) {
    const text = JSON.stringify(answer);
    assert.ok(at.secrets.some((secret) => text.includes(secret)) || answer.result?.items?.length > 0, `${what}: ${text}`);
  }
  const stranger = await connect(t, eve);
  for (const [what, answer] of await everyWay(eve, stranger, inside, at)) assert.equal(answer.error?.code, "forbidden", what);
});

describe("who was removed", () => {
  test("calls no method any more, and changes nothing", async (t) => {
    const dan = await register(one, "dan");
    const at = await room("Badgers", [dan]);
    const client = await connect(t, dan);
    const [, first] = await everyWay(dan, client, only(inside, ["messaging.history"]), at);
    assert.equal(first[1].error, undefined, "as long as one is in it, it works");
    await remove(at, dan);
    const was = await everything(at);
    for (const [what, answer] of await everyWay(dan, client, inside, at)) {
      assert.equal(answer.error?.code, "forbidden", `${what}: ${JSON.stringify(answer)}`);
      holdsNone(what, answer, at.secrets);
    }
    for (const [what, answer] of await everyWay(dan, client, across, at)) holdsNone(what, answer, [...at.secrets, at.id]);
    assert.deepEqual(await everything(at), was);
  });

  test("gets the first reply to what was sent before, and to nothing else", async () => {
    const dan = await register(one, "dan");
    const at = await room("Badgers", [dan]);
    const id = uuid7();
    const first = await send(one, dan, at.id, "still here", id);
    await remove(at, dan);
    const again = (text, key) => byRest(dan, "messaging.send", { conversation: at.id, id: key, text });
    assert.deepEqual((await again("still here", id)).result, first);
    assert.equal((await again("not any more", id)).error.code, "idempotency_conflict");
    assert.equal((await again("still here", uuid7())).error.code, "forbidden");
  });

  test("gets nothing after the number of the removal: neither live nor by any resume", async (t) => {
    const dan = await register(one, "dan");
    const at = await room("Badgers", [dan]);
    const beside = await direct(one, ann, dan);
    const topics = { [topicOf(at)]: 0, [topicOf(beside)]: 0 };
    const live = [await connect(t, dan), await connect(t, dan, topics), await connect(t, dan, topics, { only: true })];
    await remove(at, dan); // and at once, before anybody has looked:
    await eachEvent(at);
    const after = [await connect(t, dan, topics), await connect(t, dan, topics, { only: true })];
    await eachEvent(at);
    for (const client of [...live, ...after]) await settled(client, beside);
    // On the same connection once more.
    for (const client of live) {
      const from = client.frames.length;
      client.write({ resume: { cursors: topics } });
      const { resumed } = await client.until((frame) => frame.resumed, "resumed", from);
      assert.ok(!(topicOf(at) in resumed.topics));
    }
    for (const client of live) {
      const events = client.events(topicOf(at));
      assert.deepEqual([events.at(-1).event, events.at(-1).data.account], ["member.removed", dan.account],
        `it ends with the removal: ${JSON.stringify(events.slice(-3))}`);
    }
    for (const client of after) assert.deepEqual(client.events(topicOf(at)), []);
  });

  test("nor where it resumes while it is removed", async (t) => {
    const dan = await register(one, "dan");
    const beside = await direct(one, ann, dan);
    const wrong = [];
    for (let round = 0; round < 24; round++) {
      const at = await group(one, ann, `Round ${round}`, [dan]);
      // A different moment of the resume each time.
      const before = Array.from({ length: round % 8 }, () => asAnn("GET", "/v1/account"));
      const resumed = connect(t, dan, round % 2 ? { [topicOf(at)]: 0 } : {});
      await Promise.all(before);
      await remove(at, dan);
      const after = await Promise.all(["a", "b", "c"].map((text) => send(one, ann, at.id, text)));
      const client = await resumed;
      await settled(client, beside);
      for (const { event, seq } of client.events(topicOf(at))) if (seq >= after[0].seq) wrong.push(`round ${round}: ${event} ${seq}`);
      client.close();
    }
    assert.deepEqual(wrong, []);
  });

  test("and comes again as somebody new", async (t) => {
    const dan = await register(one, "dan");
    const at = await room("Badgers", [dan]);
    await remove(at, dan);
    const between = await something(at);
    const { since } = await enter(at, dan);
    const client = await connect(t, dan, { [topicOf(at)]: 0 });
    assert.equal(client.events(topicOf(at))[0].seq, since);
    for (const [what, answer] of await everyWay(dan, client, without(inside, [...rights, "messaging.add_member", "messaging.remove_member"]), between)) {
      holdsNone(what, answer, between.secrets);
    }
  });
});
