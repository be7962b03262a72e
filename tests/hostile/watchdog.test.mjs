// A plugin that never gives the logic thread back: named, the process ends, and the next start goes on
// without it until it is released or changes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Server, ask, buildDirectory, configuration, parleyctl } from "./bad_plugins.mjs";

const short = { limits: { watchdog_seconds: 1 } };

async function loops(server, how, plugin, entry) {
  const asked = ask(server, `/v1/unruly/${how}`);
  const { code, signal } = await server.exited;
  assert.deepEqual({ code, signal }, { code: null, signal: "SIGABRT" });
  assert.equal((await asked).code, "gone");
  const last = server.log.slice(server.begun);
  assert.match(last, /does not give the logic thread back/);
  assert.match(last, new RegExp(`"plugin":"${plugin}".*"entry":"${entry}"`));
  assert.match(last, new RegExp(`lib${plugin}`), "its stack is shown");
  const word = JSON.parse(fs.readFileSync(path.join(server.directory, "data/quarantine", plugin), "utf8"));
  assert.equal(word.plugin, plugin);
  assert.equal(word.version, "1.0.0");
  assert.match(word.digest, /^[0-9a-f]{32}$/);
  assert.match(word.when, /^\d{4}-/);
}

const start = async (t, plugins) => Server.start(t, configuration(plugins, structuredClone(short)));

describe("a plugin whose method loops for ever", () => {
  test("is left out at the next start, with those that need it, until it is released", async (t) => {
    const server = await start(t, { unruly: {}, meddler: {}, thrower: {} });
    await loops(server, "loop", "unruly", "method unruly.do");
    await server.launch();
    await server.said(/"plugin":"unruly".*quarantine.*parleyctl plugin release unruly/);
    await server.said(/"plugin":"meddler".*it needs unruly/);
    assert.equal((await ask(server, "/v1/unruly/well")).code, "unknown_method");
    assert.equal((await ask(server, "/v1/thrower/well")).code, "ok");
    await server.stop();
    const released = await parleyctl("plugin", "release", "unruly", server.file);
    assert.equal(released.code, 0, released.output);
    await server.launch();
    assert.equal((await ask(server, "/v1/unruly/well")).code, "ok");
  });

  test("is loaded by a running server that is told to, and what needs it too", async (t) => {
    const server = await start(t, { unruly: {}, meddler: {} });
    await loops(server, "loop", "unruly", "method unruly.do");
    await server.launch();
    const list = async () => (await parleyctl("plugin", "list", server.file)).output;
    assert.match(await list(), /^unruly +1\.0\.0 +native +quarantined .*it held the logic thread for 1 s in method unruly\.do/m);
    assert.match(await list(), /^meddler +1\.0\.0 +native +held back .*it needs unruly/m);
    const reloaded = await parleyctl("plugin", "reload", "unruly", server.file);
    assert.equal(reloaded.code, 1);
    assert.match(reloaded.output, /unruly is in quarantine/);
    const released = await parleyctl("plugin", "release", "unruly", server.file);
    assert.deepEqual(released, { code: 0, output: "unruly runs again\nmeddler runs again\n" });
    assert.equal((await ask(server, "/v1/unruly/filter-passes")).code, "ok");
    assert.equal((await ask(server, "/v1/unruly/filter-garbage")).code, "denied", "meddler steps in");
    assert.match(await list(), /^unruly +1\.0\.0 +native +running/m);
    const again = await parleyctl("plugin", "release", "unruly", server.file);
    assert.equal(again.code, 1);
    assert.match(again.output, /not in quarantine/);
  });

  test("comes back when its file has changed", async (t) => {
    const own = (server) => path.join(server.directory, "own/unruly");
    const server = new Server(configuration({ unruly: {} }, structuredClone(short)));
    t.after(() => server.dispose());
    fs.cpSync(path.join(buildDirectory(), "hostile/unruly"), own(server), { recursive: true });
    server.config.plugin_path[1] = "own";
    await server.launch();
    await loops(server, "loop", "unruly", "method unruly.do");
    await server.launch();
    assert.equal((await ask(server, "/v1/unruly/well")).code, "unknown_method");
    await server.stop();
    fs.appendFileSync(path.join(own(server), "libunruly.so"), "another build");
    await server.launch();
    await server.said(/"plugin":"unruly"/, "that it has changed");
    assert.equal((await ask(server, "/v1/unruly/well")).code, "ok");
  });
});

test("a filter that loops for ever denies while it is left out", async (t) => {
  const server = await start(t, { unruly: {}, meddler: {} });
  assert.equal((await ask(server, "/v1/unruly/filter-passes")).code, "ok");
  await loops(server, "filter-loop", "meddler", "hook unruly.asked");
  await server.launch();
  assert.equal((await ask(server, "/v1/unruly/well")).code, "ok");
  assert.equal((await ask(server, "/v1/unruly/filter-passes")).code, "denied");
});

test("a storage driver in quarantine: the server does not start, and says how to lift it", async (t) => {
  const server = await start(t, { unruly: {} });
  await server.stop();
  const jail = path.join(server.directory, "data/quarantine");
  fs.mkdirSync(jail, { recursive: true });
  fs.writeFileSync(path.join(jail, "storage-sqlite"), JSON.stringify({ plugin: "storage-sqlite", why: "a test" }));
  const { code, output } = await server.run();
  assert.equal(code, 1);
  assert.match(output, /cannot start without its storage driver/);
  assert.match(output, /parleyctl plugin release storage-sqlite/);
});
