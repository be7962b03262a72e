// The end of a session ends what was opened by it, whichever way it came to be used.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, register } from "./rest_client.mjs";
import { Server, configuration, without } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";

let server, ann, name, password;
before(async () => {
  const config = configuration();
  config.plugins = without(config.plugins, "web", "messaging");
  server = await Server.start(undefined, config);
  [name, password] = ["ann", "correct horse battery"];
  ann = await call(server, "POST", "/v1/auth/register", { body: { name, password } });
});
after(() => server?.dispose());

const login = () => call(server, "POST", "/v1/auth/login", { body: { login: name, password } });
const logout = (session) => call(server, "POST", "/v1/auth/logout", { body: {}, token: session.access_token });
const authenticate = (client, session) =>
  client.write({ authenticate: { scheme: "Bearer", credential: session.access_token } });

test("a socket that was authenticated anew ends with the session that it has now", async () => {
  const first = await login();
  const second = await login();
  const client = await SocketClient.open(server, { token: first.access_token });
  const seen = client.frames.length;
  authenticate(client, second);
  await client.until((frame) => frame.hello?.session === second.session, "the second hello", seen);
  await logout(first);
  assert.equal((await client.call("account.me", {})).id, ann.account); // not its own any more
  await logout(second);
  assert.equal(await client.closed, 4100);
});

test("a session that ends while sockets come in leaves none of them open", async () => {
  for (let round = 0; round < 10; round++) {
    const session = await login();
    const clients = Array.from({ length: 20 }, () => new SocketClient(server.socketUrl));
    await Promise.all(clients.map((client) => client.opened));
    const ended = logout(session);
    for (const client of clients) authenticate(client, session);
    await ended;
    for (const code of await Promise.all(clients.map((client) => client.closed))) {
      assert.ok(code === 4100 || code === 4101, `closed with ${code}`);
    }
  }
});

test("a refresh token that comes back after its successor was used ends the session", async () => {
  const refresh = (token) => call(server, "POST", "/v1/auth/refresh", { body: { refresh_token: token } });
  const first = await login();
  const second = await refresh(first.refresh_token);
  const third = await refresh(second.refresh_token);
  const client = await SocketClient.open(server, { token: third.access_token });
  await assert.rejects(refresh(first.refresh_token), /wrong_token/);
  assert.equal(await client.closed, 4100);
  await assert.rejects(refresh(third.refresh_token), /wrong_token/);
});

test("who logs out over the socket is answered before it closes", async () => {
  for (let round = 0; round < 10; round++) {
    const client = await SocketClient.open(server, { token: (await login()).access_token });
    await client.call("auth.logout", {});
    assert.equal(await client.closed, 4100);
  }
});
