// A Lua plugin beyond its limits is stopped, named and restarted by rule; others do not notice.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Server, ask, configuration, parleyctl } from "./bad_plugins.mjs";

const manifest = (name) => `plugin: ${name}
version: 1.0.0
summary: Made by a test.
runtime: lua
methods:
  ${name}.do:
    doc: Does it.
    http: POST /v1/${name}/{how}
    params: { type: object, required: [how], properties: { how: { type: string, maxLength: 20 } } }
`;

// `do` is a word of Lua's, so the method is set by its name.
const init = (name) => `local plugin = require "parley".plugin()
local calls, kept = 0, {}
plugin.methods.${name}["do"] = function(call, params)
  calls = calls + 1
  if params.how == "loop" then while true do end end
  if params.how == "hide" then while true do pcall(function() while true do end end) end end
  if params.how == "eat" then local s = "x" while true do s = s .. s end end
  if params.how == "fill" then while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end end
  return { calls = calls }
end
return plugin
`;

async function start(t, limits) {
  const server = new Server(configuration({ greedy: {}, modest: {} }, { limits }));
  t.after(() => server.dispose());
  for (const name of ["greedy", "modest"]) {
    const folder = path.join(server.directory, "own", name);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "plugin.yaml"), manifest(name));
    fs.writeFileSync(path.join(folder, "init.lua"), init(name));
  }
  await server.launch();
  return server;
}

const until = async (holds, what) => {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 20)); // between two looks
  }
};

test("over its budget again and again: rests, gets a new VM, serves again", async (t) => {
  const server = await start(t, { lua_instructions: 100_000, breaker_failures: 3, breaker_open_ms: 600_000, breaker_open_most_ms: 600_000 });
  assert.equal((await ask(server, "/v1/greedy/well")).body.calls, 1);
  for (const how of ["loop", "hide", "eat"]) {
    assert.equal((await ask(server, `/v1/greedy/${how}`)).code, "internal");
    await server.said(/"level":"error","message":"greedy.do: greedy\/init.lua:\d+: (over its budget|out of memory)/, "who is over, and where");
  }
  const resting = await ask(server, "/v1/greedy/well");
  assert.equal(resting.status, 503);
  assert.equal(resting.code, "unavailable");
  assert.ok((resting.body.error ?? resting.body).retry_after_ms > 0);
  await server.said(/"message":"a plugin will be restarted","plugin":"greedy","why":"it keeps failing","in_ms":1000/);
  assert.equal((await ask(server, "/v1/modest/well")).body.calls, 1);
  await server.said(/"message":"a plugin was restarted","plugin":"greedy"/);
  assert.equal((await ask(server, "/v1/greedy/well")).body.calls, 1, "a new VM knows nothing of the old one");
  assert.equal((await ask(server, "/v1/modest/well")).body.calls, 2, "others go on as they were");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /parley_plugin_restarts_total\{plugin="greedy"\} 1\n/);
  assert.match(metrics, /parley_plugin_openings_total\{plugin="greedy"\} 1\n/);
  assert.match(metrics, /parley_plugin_open\{plugin="greedy"\} 0\n/);
  assert.match(metrics, /parley_plugin_logic_seconds_count\{entry="method greedy.do",plugin="greedy"\}/);
  const { output } = await parleyctl("plugin", "list", server.file);
  assert.match(output, /^greedy +1\.0\.0 +lua +running +[\d.]+ s +[\d.]+ MiB +1 *$/m);
  assert.match(output, /^modest +1\.0\.0 +lua +running +[\d.]+ s +[\d.]+ MiB +0 *$/m);
});

test("full and not getting emptier: gets a new VM", async (t) => {
  const server = await start(t, { lua_memory_mib: 2, breaker_failures: 1_000 });
  const fill = async () => assert.equal((await ask(server, "/v1/greedy/fill")).code, "internal");
  await fill();
  await server.said(/"message":"a plugin will be restarted","plugin":"greedy","why":"its memory stays above 90 %/);
  await server.said(/"message":"a plugin was restarted","plugin":"greedy"/);
  await until(async () => (await ask(server, "/v1/greedy/well")).code === "ok", "it serves again");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /parley_lua_memory_bytes\{plugin="greedy"\} \d+\n/);
});
