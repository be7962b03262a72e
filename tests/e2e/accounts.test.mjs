// Accounts as many at once, and those who wish to be mistaken for another, would make them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "./rest_client.mjs";
import { Server, configuration, without } from "./server.mjs";

let server;
before(async () => {
  const config = configuration();
  config.plugins = without(config.plugins, "web", "messaging");
  server = await Server.start(undefined, config);
});
after(() => server?.dispose());

const password = "correct horse battery";
const register = (body) => request(server, "POST", "/v1/auth/register", { body: { password, ...body } });

test("one name goes to one account, however many ask at once", async () => {
  for (const logins of [{ name: "ann" }, { email: "ann@example.org" }]) {
    const replies = await Promise.all(Array.from({ length: 8 }, () => register(logins)));
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    for (const reply of replies.filter(({ status }) => status !== 200)) {
      assert.equal(reply.body.code, "name_taken");
    }
  }
});

test("a display name can be seen, and stays on its line", async () => {
  for (const display_name of [" ", "\t\n", "two\nlines", "bell\u0007"]) {
    const reply = await register({ name: "ben", display_name });
    assert.equal(reply.body.code, "invalid_params", JSON.stringify(display_name));
    assert.equal(reply.body.field, "/display_name");
  }
  for (const [name, display_name] of [["cid", "José Ñ. 上海"], ["dee", "Dee 👩‍👩‍👧"]]) {
    assert.equal((await register({ name, display_name })).status, 200, display_name);
  }
});
