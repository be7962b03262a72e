// Records go by themselves when their time has come, as plugin.yaml says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withDiary } from "./diary.mjs";
import { call, register } from "./rest_client.mjs";
import { Server } from "./server.mjs";

test("what has had its time is erased, by itself and after a restart; the rest stays", async (t) => {
  const server = await Server.start(t, withDiary({ storage: { expiry_seconds: 1 } }));
  const { token } = await register(server);
  const write = (text, until) => call(server, "POST", "/v1/diary", { token, body: { text, until } });
  const texts = async () => (await call(server, "GET", "/v1/diary")).items.map((entry) => entry.text).sort();
  const until = async (wanted) => {
    while ((await texts()).join() !== wanted) continue; // the suite's own deadline ends it
  };
  await write("stays");
  await write("far", "2999-01-01T00:00:00.000Z");
  await write("late", "2020-01-01T00:00:00.000Z");
  assert.ok((await texts()).includes("stays"));
  await until("far,stays");
  const { latest } = await call(server, "GET", "/v1/diary"); // that of a visit which is there leads nowhere
  assert.deepEqual(latest.map((entry) => entry.text), ["far"]);

  await write("soon", new Date(Date.now() + 1000).toISOString());
  await server.stop();
  await server.launch();
  await until("far,stays");
});
