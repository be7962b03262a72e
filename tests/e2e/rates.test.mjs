// Who calls too often is told when to try again, by REST and by the socket, and nothing that was sent is lost.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { LiveClient } from "./live_client.mjs";
import { call, direct, register, request, uuid7, wholeHistory } from "./rest_client.mjs";
import { Server, buildDirectory, configuration } from "./server.mjs";

const rates = { write: { per_second: 20, burst: 40 }, search: { per_second: 1, burst: 2 }, per_address: 1000 };

test("a client that sends faster than it may loses nothing when it waits as it is told", async (t) => {
  const server = await Server.start(t, configuration({ rates }));
  const [ann, ben] = [await register(server, "ann"), await register(server, "ben")];
  const conversation = await direct(server, ann, ben);
  const client = await LiveClient.follow(server, ann);
  t.after(() => client.close());

  let refused = 0;
  const send = async (text) => {
    const params = { conversation: conversation.id, id: uuid7(), text };
    for (;;) {
      try {
        return await client.call("messaging.send", params);
      } catch (error) {
        assert.equal(error.code, "too_many_requests");
        assert.equal(error.temporary, true);
        assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 60_000, `${error.retryAfterMs} ms`);
        refused++;
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs));
      }
    }
  };
  await Promise.all(Array.from({ length: 60 }, (_, n) => send(`text ${n}`)));
  assert.ok(refused > 0);
  const texts = (await wholeHistory(server, ann, conversation.id)).map(({ text }) => text);
  assert.deepEqual(texts.sort(), Array.from({ length: 60 }, (_, n) => `text ${n}`).sort());
  assert.equal((await call(server, "GET", "/v1/account", { token: ben.token })).id, ben.account, "others are not held up");
});

test("REST says it with 429 and Retry-After", async (t) => {
  const server = await Server.start(t, configuration({ rates }));
  const ann = await register(server, "ann");
  const search = () => request(server, "GET", "/v1/messages/search?text=x", { token: ann.token });
  let last;
  for (let n = 0; n < 10 && last?.status !== 429; n++) last = await search();
  assert.equal(last.status, 429);
  assert.equal(last.body.code, "too_many_requests");
  assert.match(last.headers.get?.("retry-after") ?? last.headers["retry-after"], /^\d+$/);
  assert.match(await (await fetch(`${server.url}/metrics`)).text(), /parley_calls_too_often_total [1-9]/);
});

test("a limit of a method that there is not is refused", (t) => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync("/tmp"), "parley-rates-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, "parley.yaml");
  fs.writeFileSync(file, JSON.stringify(configuration({ rates: { methods: { "messaging.sent": { per_second: 1 } } } })));
  const { status, stderr } = spawnSync(path.join(buildDirectory(), "bin/parleyd"), ["--check", file], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /no plugin that is loaded has the method `messaging.sent`; did you mean `messaging.send`\?/);
});
