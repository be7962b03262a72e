// The REST side of docs/protocol.md: accounts, conversations, messages, and every error that can be provoked.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call, direct, group, history, refusal, register, request, send, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";

let server, ann, ben, eve;

before(async () => {
  server = await Server.start();
  [ann, ben, eve] = [await register(server, "ann"), await register(server, "ben"), await register(server, "eve")];
});

after(() => server?.dispose());

const post = (route, body, who) => ["POST", route, { body, token: who?.token }];
const get = (route, who) => ["GET", route, { token: who?.token }];

describe("accounts", () => {
  test("registering opens a session, and the account can be read and found", async () => {
    for (const field of ["account", "session", "access_token", "refresh_token"]) {
      assert.equal(typeof ann[field], "string");
    }
    assert.ok(Date.parse(ann.access_expires_at) > Date.now());
    assert.match(ann.access_expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const me = await call(server, ...get("/v1/account", ann));
    assert.deepEqual([me.id, me.name, me.kind], [ann.account, ann.name, "user"]);
    assert.deepEqual(await call(server, ...get(`/v1/accounts/${ann.account}`, ben)), me);
    const found = await call(server, ...get(`/v1/accounts?name=${ann.name.slice(0, -1)}`, ben));
    assert.ok(found.items.some((profile) => profile.id === ann.account));
    await refusal(server, ...get(`/v1/accounts/${uuid7()}`, ann), "not_found", 404);
  });

  test("by email, with a display name", async () => {
    const email = `dora${process.pid}@example.org`;
    const made = await call(server, ...post("/v1/auth/register", {
      email, password: "correct horse", display_name: "Dora <b>",
    }));
    const again = await call(server, ...post("/v1/auth/login", { login: email, password: "correct horse" }));
    assert.equal(again.account, made.account);
    const me = await call(server, ...get("/v1/account", { token: again.access_token }));
    assert.equal(me.display_name, "Dora <b>");
  });

  test("logging in, and being refused without a hint of why", async () => {
    const again = await call(server, ...post("/v1/auth/login", { login: ann.name, password: ann.password }));
    assert.equal(again.account, ann.account);
    assert.notEqual(again.session, ann.session);
    const wrong = await refusal(server, ...post("/v1/auth/login", { login: ben.name, password: "no" }), "wrong_login", 422);
    const nobody = await refusal(server,
      ...post("/v1/auth/login", { login: `nobody${process.pid}`, password: "no" }), "wrong_login", 422);
    assert.equal(wrong.message, nobody.message);
  });

  test("what registering refuses", async () => {
    const make = (body) => post("/v1/auth/register", body);
    await refusal(server, ...make({ name: ann.name, password: "correct horse" }), "name_taken", 422);
    await refusal(server, ...make({ name: "short_one", password: "short" }), "weak_password", 422);
    await refusal(server, ...make({ password: "correct horse" }), "name_or_email_required", 422);
    await refusal(server, ...make({ name: "Not A Name!", password: "correct horse" }), "invalid_params", 400);
  });

  test("refresh: new tokens, the old one good until the new one was used, then reuse ends the session", async () => {
    const first = await call(server, ...post("/v1/auth/login", { login: eve.name, password: eve.password }));
    const refresh = (token) => post("/v1/auth/refresh", { refresh_token: token });
    const lost = await call(server, ...refresh(first.refresh_token)); // the reply got lost, say
    const second = await call(server, ...refresh(first.refresh_token));
    assert.equal(second.session, first.session);
    assert.ok(lost.refresh_token && second.refresh_token !== first.refresh_token);
    const third = await call(server, ...refresh(second.refresh_token));
    await refusal(server, ...refresh(first.refresh_token), "wrong_token", 422);
    // Somebody holds a token that was replaced: nobody may go on with that session.
    await refusal(server, ...refresh(third.refresh_token), "wrong_token", 422);
    await refusal(server, ...get("/v1/account", { token: third.access_token }), "unauthenticated", 401);
    await refusal(server, ...refresh("nothing"), "wrong_token", 422);
  });

  test("log out: neither token works any more", async () => {
    const out = await call(server, ...post("/v1/auth/login", { login: ann.name, password: ann.password }));
    await call(server, ...post("/v1/auth/logout", {}, { token: out.access_token }));
    await refusal(server, ...get("/v1/account", { token: out.access_token }), "unauthenticated", 401);
    await refusal(server, ...post("/v1/auth/refresh", { refresh_token: out.refresh_token }), "wrong_token", 422);
    await call(server, ...get("/v1/account", ann)); // her other session is as it was
  });
});

describe("conversations", () => {
  test("the same pair always gives the same direct conversation", async () => {
    const made = await direct(server, ann, ben);
    assert.equal(made.kind, "direct");
    assert.deepEqual(await direct(server, ann, ben), made);
    assert.equal((await direct(server, ben, ann)).id, made.id);
    for (const who of [ann, ben]) {
      const { items } = await call(server, ...get("/v1/conversations", who));
      assert.equal(items.filter((one) => one.id === made.id).length, 1);
    }
    await refusal(server, ...post("/v1/conversations/direct", { account: uuid7() }, ann), "not_found", 404);
  });

  test("many who ask for the same direct conversation at once get the same one", async () => {
    const [one, two] = [await register(server), await register(server)];
    const all = await Promise.all(Array.from({ length: 10 }, (_, at) =>
      at % 2 ? direct(server, one, two) : direct(server, two, one)));
    assert.equal(new Set(all.map((made) => made.id)).size, 1);
  });

  test("groups: members, who may change them, leaving", async () => {
    const made = await group(server, ann, "Walks", [ben]);
    assert.deepEqual([made.kind, made.name], ["group", "Walks"]);
    const members = async (who) => Object.fromEntries(
      (await call(server, ...get(`/v1/conversations/${made.id}/members`, who))).items.map((one) => [one.account, one.role]));
    assert.deepEqual(await members(ben), { [ann.account]: "owner", [ben.account]: "member" });
    const add = (who) => post(`/v1/conversations/${made.id}/members`, { account: eve.account }, who);
    await refusal(server, ...add(ben), "forbidden", 403);
    await send(server, ann, made.id, "before Eve");
    await call(server, ...add(ann));
    await send(server, ann, made.id, "with Eve");
    assert.deepEqual((await history(server, eve, made.id)).items.map((one) => one.text), ["with Eve"]);
    await call(server, "DELETE", `/v1/conversations/${made.id}/members/${eve.account}`, { token: ann.token });
    await refuseStranger(made.id, eve);
    await call(server, ...post(`/v1/conversations/${made.id}/leave`, {}, ben));
    await refuseStranger(made.id, ben);
    assert.deepEqual(await members(ann), { [ann.account]: "owner" });
    const pair = await direct(server, ann, ben);
    await refusal(server, ...post(`/v1/conversations/${pair.id}/leave`, {}, ann), "not_a_group", 422);
  });

  test("somebody else's conversation, and one that is none", async () => {
    const made = await direct(server, ann, ben);
    await refuseStranger(made.id, eve);
    await refuseStranger(uuid7(), eve);
  });

  test("the list comes in pages", async () => {
    const owner = await register(server);
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await group(server, owner, `Group ${n}`, [])).id);
    const seen = [];
    for (let query = "?limit=2"; ; ) {
      const page = await call(server, ...get(`/v1/conversations${query}`, owner));
      seen.push(...page.items.map((one) => one.id));
      if (!page.more) break;
      query = `?limit=2&after=${page.items.at(-1).id}`;
    }
    assert.deepEqual(seen.sort(), ids.sort());
  });
});

// Whether the server says not_found or forbidden is its choice; it is the same for all that ask.
async function refuseStranger(conversation, who) {
  const asked = [
    get(`/v1/conversations/${conversation}/messages`, who),
    get(`/v1/conversations/${conversation}/members`, who),
    post(`/v1/conversations/${conversation}/messages`, { id: uuid7(), text: "let me in" }, who),
    post(`/v1/conversations/${conversation}/members`, { account: who.account }, who),
    post(`/v1/conversations/${conversation}/leave`, {}, who),
  ];
  for (const one of asked) {
    const { status, body } = await request(server, ...one);
    assert.ok([403, 404].includes(status), `${one[1]}: ${status}`);
    assert.ok(["forbidden", "not_found"].includes((body.error ?? body).code));
  }
}

describe("messages", () => {
  test("sending is idempotent, and a key is good for one message only", async () => {
    const { id } = await direct(server, ann, ben);
    const key = uuid7();
    const first = await send(server, ann, id, "Hello", key);
    assert.deepEqual([first.text, first.sender, first.conversation, first.id], ["Hello", ann.account, id, key]);
    assert.deepEqual(await send(server, ann, id, "Hello", key), first);
    const route = `/v1/conversations/${id}/messages`;
    await refusal(server, ...post(route, { id: key, text: "Other" }, ann), "idempotency_conflict", 409);
    const others = await send(server, ben, id, "Mine", key); // the key belongs to the account
    assert.notEqual(others.seq, first.seq);
    const stored = (await wholeHistory(server, ben, id)).filter((one) => one.id === key);
    assert.deepEqual(stored.map((one) => one.text), ["Hello", "Mine"]);
  });

  test("the same send many times at once is stored once", async () => {
    const { id } = await group(server, ann, "Once", [ben]);
    const key = uuid7();
    const replies = await Promise.all(Array.from({ length: 12 }, () => send(server, ann, id, "Once", key)));
    assert.equal(new Set(replies.map((one) => JSON.stringify(one))).size, 1);
    assert.equal((await wholeHistory(server, ann, id)).length, 1);
  });

  test("a repeat gets its first reply even after its sender was removed", async () => {
    const { id } = await group(server, ann, "Gone", [ben]);
    const key = uuid7();
    const first = await send(server, ben, id, "Farewell", key);
    await call(server, "DELETE", `/v1/conversations/${id}/members/${ben.account}`, { token: ann.token });
    assert.deepEqual(await send(server, ben, id, "Farewell", key), first);
    const { status } = await request(server,
      ...post(`/v1/conversations/${id}/messages`, { id: uuid7(), text: "More" }, ben));
    assert.ok([403, 404].includes(status));
  });

  test("history both ways, without a gap and without a repeat", async () => {
    const { id } = await group(server, ann, "Long", [ben]);
    for (let n = 1; n <= 25; n++) await send(server, n % 2 ? ann : ben, id, `${n}`);
    const wanted = Array.from({ length: 25 }, (_, at) => `${at + 1}`);
    assert.deepEqual((await wholeHistory(server, ben, id)).map((one) => one.text), wanted);

    const up = [];
    for (let from = 0; ; ) {
      const page = await history(server, ben, id, `?after=${from}&limit=10`);
      up.push(...page.items.map((one) => one.text));
      if (!page.more) break;
      from = page.items.at(-1).seq;
    }
    assert.deepEqual(up, wanted);

    let down = [];
    let page = await history(server, ben, id, "?limit=10");
    for (;;) {
      const sorted = [...page.items].sort((a, b) => a.seq - b.seq);
      down = [...sorted.map((one) => one.text), ...down];
      if (!page.more) break;
      page = await history(server, ben, id, `?before=${sorted[0].seq}&limit=10`);
    }
    assert.deepEqual(down, wanted);
  });

  test("text comes back as it went: scripts, quotes, every plane of Unicode", async () => {
    const { id } = await direct(server, ann, ben);
    for (const text of ["<script>alert(1)</script>", `"\\\n\t'`, "👩‍👩‍👧‍👦 العربية 上海 \u{10ffff}", " ", "a".repeat(4000)]) {
      const sent = await send(server, ann, id, text);
      assert.equal(sent.text, text);
      const { items } = await history(server, ben, id, `?after=${sent.seq - 1}&limit=1`);
      assert.equal(items[0].text, text);
    }
  });
});

describe("errors", () => {
  let route;
  before(async () => (route = `/v1/conversations/${(await direct(server, ann, ben)).id}/messages`));

  test("bad_json", async () => {
    const nul = JSON.stringify({ id: uuid7(), text: "nul \u0000 inside" });
    for (const body of ["{", "", "nul", nul, "[".repeat(200) + "]".repeat(200), '{"id": "x", "text": "y"} z']) {
      const reply = await request(server, "POST", route, { body, token: ann.token, headers: { "content-type": "application/json" } });
      const { code } = reply.body.error ?? reply.body;
      // An empty body is an empty object: then the parameters are missing.
      assert.ok(code === "bad_json" || (body === "" && code === "invalid_params"), `${body.slice(0, 20)}: ${code}`);
      assert.equal(reply.status, 400);
    }
  });

  test("invalid_params names the parameter", async () => {
    const wrong = [
      [{ id: uuid7() }, "text"],
      [{ text: "x" }, "id"],
      [{ id: uuid7(), text: 7 }, "text"],
      [{ id: uuid7(), text: "x", colour: "red" }, "colour"],
      [{ id: "i".repeat(65), text: "x" }, "id"],
      [{ id: uuid7(), text: "x".repeat(100_000) }, "text"],
    ];
    for (const [body, field] of wrong) {
      const problem = await refusal(server, ...post(route, body, ann), "invalid_params", 400);
      assert.ok(`${problem.field} ${problem.message}`.includes(field), JSON.stringify(problem));
    }
    for (const query of ["?limit=0", "?limit=1000", "?limit=x", "?colour=red"]) {
      await refusal(server, ...get(route + query, ann), "invalid_params", 400);
    }
    const search = route.replace(/messages$/, "search");
    for (const [query, field, why] of [
      ["text=%00", "/text", /^`text` in the query holds U\+0000\.$/],
      ["text=a&limit=%zz", "/limit", /`%` without two hexadecimal digits; write `%25`/],
      ["text=100%", "/text", /`%` without two hexadecimal digits/],
      ["text=%ff", "/text", /is not UTF-8/],
      ["te%00xt=a", undefined, /^The name of a parameter in the query holds U\+0000\.$/],
    ]) {
      const problem = await refusal(server, ...get(`${search}?${query}`, ann), "invalid_params", 400);
      assert.equal(problem.field, field, query);
      assert.match(problem.message, why, query);
    }
  });

  test("unauthenticated: none, forged, of another kind", async () => {
    await refusal(server, ...get("/v1/account"), "unauthenticated", 401);
    const [head, ...rest] = ann.token.split(".");
    for (const token of ["x", `${ann.token}x`, `${head}x.${rest.join(".")}`, ann.refresh_token, "a".repeat(3000)]) {
      await refusal(server, ...get("/v1/account", { token }), "unauthenticated", 401);
    }
    await refusal(server, "GET", "/v1/account", { headers: { authorization: "Basic YTpi" } }, "unauthenticated", 401);
  });

  test("unknown_method, method_not_allowed, unsupported_media_type, too_large", async () => {
    await refusal(server, ...get("/v1/nothing/here", ann), "unknown_method", 404);
    await refusal(server, "PATCH", "/v1/account", { token: ann.token }, "method_not_allowed", 405);
    await refusal(server, "POST", route,
      { token: ann.token, body: "id=1", headers: { "content-type": "text/plain" } }, "unsupported_media_type", 415);
    await refusal(server, ...post(route, { id: uuid7(), text: "x".repeat(2_000_000) }, ann), "too_large", 413);
  });

  test("the settings of the page need no session", async () => {
    assert.deepEqual(await call(server, ...get("/v1/web/settings")), { title: "Parley" });
  });
});

test("limits that the operator sets", async (t) => {
  const strict = await Server.start(t, configuration({
    plugins: {
      "auth-password": { grants: ["identity"], config: { argon2_memory_mib: 8, argon2_passes: 1, min_password_length: 12 } },
      messaging: { config: { max_members: 2 } },
    },
  }));
  const make = (body) => post("/v1/auth/register", body);
  await refusal(strict, ...make({ name: "some_one", password: "elevenchars" }), "weak_password", 422);
  const [one, two, three] = [await register(strict), await register(strict), await register(strict)];
  await refusal(strict, ...post("/v1/conversations",
    { name: "Crowd", members: [two.account, three.account] }, one), "too_many_members", 422);
});

test("registration can be closed", async (t) => {
  const config = configuration({ plugins: { "auth-password": { grants: ["identity"], config: { registration: "closed" } } } });
  const closed = await Server.start(t, config);
  await refusal(closed, ...post("/v1/auth/register", { name: "some_one", password: "correct horse" }),
    "registration_closed", 422);
});
