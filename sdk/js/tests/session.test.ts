import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../src/client.ts";
import { ParleyError } from "../src/error.ts";
import { Session } from "../src/session.ts";
import { Clock, settled } from "./clock.ts";
import { FakeServer } from "./fake_server.ts";

// The part of a server that gives tokens, and a network that can be away.
function office() {
  const clock = new Clock();
  const asked: { url: string; body: any; token: string | undefined }[] = [];
  const shelf: { tokens?: any; saves: number } = { saves: 0 };
  const state = { away: false, loseReply: false, ended: false, refresh: 0, lastsMs: 900_000 };
  const tokens = () => ({
    account: "me",
    session: "s",
    access_token: `access ${state.refresh}`,
    access_expires_at: new Date(clock.time + state.lastsMs).toISOString(),
    refresh_token: `refresh ${state.refresh}`,
    refresh_expires_at: new Date(clock.time + 90 * 86_400_000).toISOString(),
  });
  const fetch = async (url: any, { body, headers }: any): Promise<any> => {
    asked.push({ url, body: JSON.parse(body), token: headers.Authorization });
    if (state.away) throw new TypeError("fetch failed");
    const answer = (status: number, what: object) => ({ ok: status === 200, text: async () => JSON.stringify(what) });
    if (/login$/.test(url) && JSON.parse(body).password !== "right") {
      return answer(422, { code: "wrong_login", message: "No.", temporary: false });
    }
    if (/refresh$/.test(url)) {
      const { refresh_token } = JSON.parse(body);
      // The one before stays good until its successor is used.
      const good = [state.refresh, state.refresh - 1].map((n) => `refresh ${n}`);
      if (state.ended || !good.includes(refresh_token)) {
        return answer(422, { error: { code: "wrong_token", message: "No.", temporary: false } });
      }
      if (refresh_token === good[0]) state.refresh += 1;
      if (state.loseReply) {
        state.loseReply = false;
        throw new TypeError("connection reset");
      }
    }
    return answer(200, tokens());
  };
  const storage = {
    load: () => shelf.tokens,
    save: (kept: any) => {
      shelf.saves += 1;
      shelf.tokens = kept;
    },
    clear: () => void (shelf.tokens = undefined),
  };
  const options = { storage, environment: clock.environment({ fetch }) };
  return { clock, asked, shelf, state, options, refreshes: () => asked.filter((one) => /refresh$/.test(one.url)).length };
}

test("an address where there is no server is told from one that cannot be reached", async () => {
  const { options } = office();
  const answers = (status: number) => ({ ...options, environment: { ...options.environment,
    fetch: async (): Promise<any> => ({ ok: false, status, text: async () => "<h1>No</h1>" }) } });
  const login = (url: string, status: number) => Session.login(url, { login: "ann", password: "right" }, answers(status));
  await assert.rejects(login("http://p.test/elsewhere", 404), { code: "no_server", temporary: false });
  await assert.rejects(login("http://p.test", 502), { code: "unreachable", temporary: true });
  await assert.rejects(login("p.test", 200), { code: "no_server" });
  // A proxy's page, while the server is away, ends no session.
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  const away = await Session.open("http://p.test", (session as any).tokens, answers(404));
  await assert.rejects(away.renew(), { code: "unreachable" });
});

test("logs in, keeps the tokens, and is there again after a restart of the program", async () => {
  const { options, shelf, asked } = office();
  await assert.rejects(Session.login("http://p.test/", { login: "ann", password: "wrong" }, options), { code: "wrong_login" });
  const session = await Session.login("http://p.test/", { login: "ann", password: "right" }, options);
  assert.deepEqual([session.account, await session.token(), asked[1]!.url], ["me", "access 0", "http://p.test/v1/auth/login"]);
  session.close();
  const again = await Session.restore("http://p.test", options);
  assert.equal(await again!.token(), "access 0");
  again!.close();
  shelf.tokens = undefined;
  assert.equal(await Session.restore("http://p.test", options), undefined);
});

test("renews before the token expires, keeps the new ones before it uses them, and tells", async () => {
  const { options, clock, shelf, refreshes } = office();
  const session = await Session.register("http://p.test", { name: "ann", password: "right" }, options);
  let told = 0;
  session.subscribe(() => void (told += 1));
  await clock.advance(839_999);
  assert.equal(refreshes(), 0);
  await clock.advance(1);
  assert.deepEqual([refreshes(), told, shelf.tokens.refresh_token, await session.token()], [1, 1, "refresh 1", "access 1"]);
});

test("a token that expired while offline: no token until the network is back, then a new one", async () => {
  const { options, clock, state } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  state.away = true;
  await clock.advance(3_600_000);
  await assert.rejects(session.token(), { code: "unreachable", temporary: true });
  assert.equal(session.ended, undefined);
  state.away = false;
  await clock.advance(15_000);
  assert.equal(await session.token(), "access 1");
});

test("a client that comes back after its token has expired: waits for a new one, and is live with it", async () => {
  const { options, clock, state } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  const server = new FakeServer();
  server.tokens = new Map([["access 0", "me"]]);
  const client = new Client(session, { ...options.environment, WebSocket: server.WebSocket });
  void client.connect();
  await server.deliver();
  state.away = server.isDown = true;
  server.cut(4100);
  for (let n = 0; n < 8; n++) {
    await clock.advance(900_000);
    await server.deliver();
  }
  assert.equal(client.state.snapshot(), "broken");
  server.isDown = false; // but there are no tokens yet
  await clock.advance(15_000);
  await server.deliver();
  assert.equal(client.state.snapshot(), "broken");
  assert.ok(!server.heard.some((frame) => frame.authenticate?.credential === "access 1"));
  state.away = false;
  server.tokens = new Map([["access 1", "me"]]);
  for (let n = 0; n < 4; n++) {
    await clock.advance(15_000);
    await server.deliver();
  }
  assert.deepEqual([client.state.snapshot(), client.problem], ["live", undefined]);
  client.close();
});

test("a renewal whose reply is lost is asked for again with the same token; two at once are one", async () => {
  const { options, clock, state, refreshes, asked } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  state.loseReply = true;
  await assert.rejects(session.renew(), { code: "unreachable" });
  await clock.advance(300);
  assert.deepEqual(asked.slice(-2).map((one) => one.body.refresh_token), ["refresh 0", "refresh 0"]);
  assert.equal(await session.token(), "access 1");
  await Promise.all([session.renew(), session.renew()]);
  assert.equal(refreshes(), 3);
});

test("a session that the server has ended is over: told, forgotten, and no token any more", async () => {
  const { options, shelf, state, clock } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  let told = 0;
  session.subscribe(() => void (told += 1));
  state.ended = true;
  await assert.rejects(session.renew(), { code: "unauthenticated" });
  assert.deepEqual([told, shelf.tokens, session.ended?.code], [1, undefined, "unauthenticated"]);
  await assert.rejects(session.token(), { code: "unauthenticated" });
  assert.equal(clock.idleMs, Infinity);
});

test("a fault of the server ends no session", async () => {
  const { options } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  options.environment.fetch = async () => ({ ok: false, text: async () => '{"code": "internal", "message": "x"}' }) as any;
  await assert.rejects(session.renew());
  assert.equal(session.ended, undefined);
});

test("logging out tells the server, and forgets the tokens whatever it says", async () => {
  const { options, shelf, state, asked } = office();
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  state.away = true;
  await session.logout();
  await settled();
  assert.deepEqual([shelf.tokens, asked.at(-1)!.token], [undefined, "Bearer access 0"]);
  await assert.rejects(session.token(), ParleyError);
});

test("a clock that is wrong by hours makes no flood of renewals", async () => {
  const { options, clock, state, refreshes } = office();
  state.lastsMs = -3_600_000;
  const session = await Session.login("http://p.test", { login: "ann", password: "right" }, options);
  await clock.advance(600_000);
  assert.ok(refreshes() <= 10, `${refreshes()} renewals in ten minutes`);
  session.close();
  assert.equal(clock.idleMs, Infinity);
});
