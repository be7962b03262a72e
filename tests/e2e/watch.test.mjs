// development: { watch: true }: a file that is saved is a new version at once.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { request } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";

const manifest = `plugin: echo
version: 1.0.0
summary: Made by a test.
runtime: lua
methods:
  echo.say:
    doc: Says it.
    http: GET /v1/echo
    params: { type: object }
    result: { type: object, required: [said], properties: { said: { type: string } } }
`;
const saying = (what) => `local plugin = require "parley".plugin()
function plugin.methods.echo.say(call) return { said = ${what} } end
return plugin
`;

test("saved, it is the new version; with a fault in it, the log has the line and the old one goes on", async (t) => {
  const server = new Server(configuration({ plugins: { echo: {} }, development: { watch: true, strict: true } }));
  t.after(() => server.dispose());
  const folder = path.join(server.directory, "own/echo");
  const save = (file, text) => fs.writeFileSync(path.join(folder, file), text);
  const answer = async () => (await request(server, "GET", "/v1/echo")).body;
  fs.mkdirSync(folder, { recursive: true });
  save("plugin.yaml", manifest);
  save("init.lua", saying('"one"'));
  server.config.plugin_path.push("own");
  await server.launch();
  assert.deepEqual(await answer(), { said: "one" });

  const next = (pattern, what) => {
    server.begun = server.log.length;
    what();
    return server.said(pattern);
  };
  await next(/"message":"a plugin was upgraded","plugin":"echo"/, () => save("init.lua", saying('"two"')));
  assert.deepEqual(await answer(), { said: "two" });

  await next(/"message":"a plugin was not upgraded".*echo\/init\.lua:2:/, () => save("init.lua", saying('"three')));
  assert.deepEqual(await answer(), { said: "two" });

  await next(/"message":"a plugin was not upgraded".*plugin\.yaml:4:/, () =>
    save("plugin.yaml", manifest.replace("runtime: lua", "runtime: perl")));
  assert.deepEqual(await answer(), { said: "two" });

  save("plugin.yaml", manifest.replace("1.0.0", "1.1.0"));
  await next(/"message":"a plugin was upgraded","plugin":"echo","version":"1.1.0"/, () => save("init.lua", saying('"four"')));
  assert.deepEqual(await answer(), { said: "four" });

  // Another file that it requires, in a folder that was not there before.
  fs.mkdirSync(path.join(folder, "words"));
  await next(/"message":"a plugin was upgraded"/, () => {
    save("words/all.lua", 'return { five = "five" }');
    save("init.lua", saying('require("words.all").five').replace("function", "local words = require 'words.all'\nfunction")
      .replace('require("words.all")', "words"));
  });
  assert.deepEqual(await answer(), { said: "five" });

  // Strict: what it answers is what its manifest says.
  await next(/"message":"a plugin was upgraded"/, () => save("init.lua", saying("5")));
  assert.equal((await answer()).error?.code ?? (await answer()).code, "internal");
  await server.said(/"message":"a method gave what its manifest does not say","plugin":"echo".*"what":"\/said: /);
});
