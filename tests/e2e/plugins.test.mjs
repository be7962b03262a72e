// What an operator does with the YAML: leave plugins out, switch them on, get something wrong; and a plugin
// that fails.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Client, credentials, eventsWithoutGaps, options } from "./live_client.mjs";
import { call, direct, history, refusal, register, request, send, uuid7 } from "./rest_client.mjs";
import { Server, configuration, repository, store, storePlugin, without } from "./server.mjs";

const everything = () => configuration({
  plugins: { welcome: { grants: ["bot"] }, "word-filter": { config: { words: ["badger"] } } },
});

const withPlugins = (change) => {
  const config = everything();
  return { ...config, plugins: change(config.plugins) };
};

describe("leaving a plugin out", () => {
  const needed = {
    [store]: /storage/,
    "auth-password": /web\b[^]*auth-password|auth-password[^]*\bweb\b/,
    messaging: /messaging/,
  };

  for (const name of Object.keys(everything().plugins)) {
    test(`${name}: ${needed[name] ? "an error says who needs it" : "the server starts"}`, async (t) => {
      const config = withPlugins((plugins) => without(plugins, name));
      if (needed[name]) {
        const server = new Server(config);
        t.after(() => server.dispose());
        const { code, output } = await server.run();
        assert.ok(code !== 0 && code !== null, `ended with ${code}: ${output}`);
        assert.match(output, needed[name]);
        if (name === "messaging") {
          for (const needs of ["web", "welcome", "word-filter"]) assert.match(output, new RegExp(`\\b${needs}\\b`));
        }
        return;
      }
      const server = await Server.start(t, config);
      const [ann, ben] = [await register(server), await register(server)];
      const { id } = await direct(server, ann, ben);
      assert.equal((await send(server, ann, id, "Hello")).text, "Hello");
      const page = await fetch(server.url);
      assert.equal(page.status, name === "web" ? 404 : 200);
    });
  }

  test("what nobody needs any more may all go", async (t) => {
    const server = await Server.start(t, withPlugins((plugins) => without(plugins, "web", "welcome", "word-filter")));
    await register(server);
    const bare = await Server.start(t, withPlugins(storePlugin));
    await refusal(bare, "POST", "/v1/auth/login", { body: { login: "a", password: "b" } }, "unknown_method", 404);
    await refusal(bare, "GET", "/v1/account", {}, "unauthenticated", 401);
  });
});

test("word-filter: switched on in the YAML, it masks; told so, it refuses; switched off, it is gone", async (t) => {
  const server = await Server.start(t, configuration());
  const [ann, ben] = [await register(server), await register(server)];
  const { id } = await direct(server, ann, ben);
  assert.equal((await send(server, ann, id, "a badger")).text, "a badger");

  const restart = async (filter) => {
    await server.stop();
    server.config.plugins = { ...configuration().plugins, ...filter };
    await server.launch();
  };
  await restart({ "word-filter": { config: { words: ["badger"], action: "mask" } } });
  const masked = await send(server, ann, id, "a Badger, a fox");
  assert.doesNotMatch(masked.text, /badger/i);
  assert.match(masked.text, /^a .+, a fox$/);
  const { items } = await history(server, ben, id, `?after=${masked.seq - 1}`);
  assert.deepEqual(items.map((one) => one.text), [masked.text]);

  await restart({ "word-filter": { config: { words: ["badger"], action: "refuse" } } });
  const route = `/v1/conversations/${id}/messages`;
  const body = { id: uuid7(), text: "BADGER" };
  await refusal(server, "POST", route, { token: ann.token, body }, "word_refused", 422);
  assert.equal((await send(server, ann, id, "a fox")).text, "a fox");
  assert.equal((await history(server, ben, id, `?after=${masked.seq}`)).items.length, 1);

  await restart({});
  assert.equal((await send(server, ann, id, "badger again")).text, "badger again");
});

test("welcome: a new account finds a greeting from the bot", async (t) => {
  const server = await Server.start(t, configuration({
    plugins: { welcome: { grants: ["bot"], config: { text: "Hello there, <b>you</b>" } } },
  }));
  const ann = await register(server);
  const client = new Client(credentials(server, ann), { cursors: { [`account:${ann.account}`]: 0 }, ...options() });
  t.after(() => client.close());
  const events = eventsWithoutGaps(client); // it may have been sent before this client followed the conversation
  void client.connect();
  let conversation, greeting;
  while (!conversation || !greeting) {
    const { event, data } = (await events.next()).value;
    if (event === "conversation.added") conversation = data;
    if (event === "message.created") greeting = data;
  }
  assert.deepEqual([conversation.kind, conversation.id], ["direct", greeting.conversation]);
  assert.equal(greeting.text, "Hello there, <b>you</b>");
  const bot = await client.call("account.get", { account: greeting.sender });
  assert.deepEqual([bot.kind, bot.display_name], ["bot", "Welcome"]);
});

describe("a wrong YAML", () => {
  const place = /parley\.yaml:(\d+):(\d+): .+/;
  const wrong = [
    ["server:", "  nmae: Parley", "  data: ./data"],
    ["listen:", "  - { address: 127.0.0.1, port: 70000 }", "limits:", "  frame_bytes: lots"],
    ["plugin_path: PATH", "plugins:", "  storage-sqlite: {}", "  no-such-plugin: {}"],
  ].map((lines) => lines.join("\n"));

  async function check(t, text, args = ["--check"]) {
    const server = new Server(configuration());
    t.after(() => server.dispose());
    return await server.run(args, text.replaceAll("PATH", JSON.stringify(server.config.plugin_path)));
  }

  test("each problem has its line and column, and says what to write", async (t) => {
    const all = [...wrong[0].split("\n"), ...wrong[1].split("\n")].join("\n") + "\n";
    const { code, output } = await check(t, all);
    assert.ok(code > 0, `${code}: ${output}`);
    const places = output.split("\n").filter((line) => place.test(line));
    const lines = places.map((line) => Number(place.exec(line)[1]));
    for (const line of [2, 5, 7]) assert.ok(lines.includes(line), `line ${line} is missing in:\n${output}`);
    assert.match(output, /`nmae`.*`name`/); // the nearest key
    assert.match(output, /65535/); // what would do
  });

  test("a plugin that is not there", async (t) => {
    const { code, output } = await check(t, wrong[2]);
    assert.ok(code > 0);
    assert.match(output, /parley\.yaml:4:\d+: .*no-such-plugin/);
  });

  test("a plugin's configuration that its schema refuses", async (t) => {
    const text = ["plugin_path: PATH", "plugins:", "  storage-sqlite: {}", "  messaging:", "    config:",
      "      max_members: 1", "      colour: red"].join("\n");
    const { code, output } = await check(t, text);
    assert.ok(code > 0);
    assert.match(output, /parley\.yaml:6:\d+: /);
    assert.match(output, /parley\.yaml:7:\d+: .*colour/);
  });

  test("no YAML at all, a file that is not there, an empty one", async (t) => {
    for (const text of ["a: [", "- - :\n\t- x: {", "\u0000\u0001"]) {
      const { code, output } = await check(t, text);
      assert.ok(code > 0, `${JSON.stringify(text)}: ${code}`);
      assert.match(output, /parley\.yaml/);
    }
  });

  test("it does not start with it either", async (t) => {
    const { code, output } = await check(t, wrong[0], []);
    assert.ok(code > 0);
    assert.match(output, place);
  });

  test("a collection that no plugin declares is doubted, and no reason to refuse", async (t) => {
    const partitions = ["messaging.messages", "messaging.mesages", "kernel.jobs", "polls.votes"].map((name) => `        ${name}: 4`);
    const text = ["plugin_path: PATH", "plugins:", "  messaging: {}", "  storage-postgres:", "    config:",
      "      url: postgresql://nobody@127.0.0.1:1/none", "      wait_ms: 100", "      partitions:", ...partitions].join("\n");
    const told = [
      /parley\.yaml:10:9: `partitions` of storage-postgres names the collection `messaging\.mesages`, which no plugin that is switched on declares, so it does nothing; did you mean `messaging\.messages`\?/,
      /parley\.yaml:12:9: [^\n]*`polls\.votes`[^\n]*; write PLUGIN\.COLLECTION, or leave it where that plugin comes back/,
    ];
    const checked = await check(t, text);
    assert.equal(checked.code, 0, checked.output);
    for (const each of [...told, /is fine/]) assert.match(checked.output, each);
    assert.equal(checked.output.trim().split("\n").length, 3, checked.output);
    const started = await check(t, text, []);
    for (const each of told) assert.match(started.output, each);
    assert.match(started.output, /"level":"warn"[^\n]*mesages/);
  });

  test("a right one passes the check, and the ready ones do", async (t) => {
    const server = new Server(everything());
    t.after(() => server.dispose());
    const { code, output } = await server.run(["--check"]);
    assert.equal(code, 0, output);
    assert.ok(!fs.existsSync(path.join(server.directory, "data", "parley.db")), "a check makes nothing");
  });
});

describe("a Lua plugin of one's own", () => {
  // Beside the configuration, as an operator would put it there; no build.
  async function start(t, name, code) {
    const server = new Server(configuration());
    t.after(() => server.dispose());
    const folder = path.join(server.directory, "own", name);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "plugin.yaml"), [
      `plugin: ${name}`, "version: 1.0.0", "summary: Made by a test.", "runtime: lua",
      "requires: { messaging: ^1 }", "hooks:", "  message.before_send: { phase: filter }", ""].join("\n"));
    fs.writeFileSync(path.join(folder, "init.lua"), [
      'local plugin = require "parley".plugin()',
      "function plugin.hooks.message.before_send(call, message)", code, "end", "return plugin", ""].join("\n"));
    server.config.plugin_path.push("own");
    server.config.plugins[name] = {};
    await server.launch();
    const [ann, ben] = [await register(server), await register(server)];
    return { server, ann, ben, chat: await direct(server, ann, ben) };
  }

  const trySend = (server, who, chat, text) => request(server, "POST", `/v1/conversations/${chat.id}/messages`,
    { token: who.token, body: { id: uuid7(), text } });

  test("its hook denies with a code and a sentence of its own", async (t) => {
    const { server, ann, chat } = await start(t, "strict",
      'if message.text == "no" then return plugin.deny("said_no", "No is not an answer.") end');
    const { status, body } = await trySend(server, ann, chat, "no");
    const problem = body.error ?? body;
    assert.deepEqual([status, problem.code, problem.message], [422, "said_no", "No is not an answer."]);
    assert.equal((await trySend(server, ann, chat, "yes")).status, 200);
  });

  for (const [what, code] of [
    ["errs", 'if message.text == "trap" then error("grumpy today") end'],
    ["never ends", 'while message.text == "trap" do end'],
    ["eats memory", 'if message.text == "trap" then local s = "x" while true do s = s .. s end end'],
    ["hides its errors", 'if message.text == "trap" then while true do pcall(function() while true do end end) end end'],
  ]) {
    test(`one whose hook ${what}: denied by the owner's rule, named in the log, the rest goes on`, async (t) => {
      const { server, ann, ben, chat } = await start(t, "grumpy", code);
      const { status, body } = await trySend(server, ann, chat, "trap");
      assert.ok(status >= 400, `${status} ${JSON.stringify(body)}`);
      assert.match((body.error ?? body).code, /^[a-z_]+$/);
      await server.said(/grumpy/, "the plugin's name");
      assert.equal((await call(server, "GET", "/v1/account", { token: ben.token })).id, ben.account);
      const { items } = await history(server, ben, chat.id);
      assert.deepEqual(items, []);
    });
  }

  test("a fault in its code is told at the start, with file and line", async (t) => {
    const server = new Server(configuration());
    t.after(() => server.dispose());
    const folder = path.join(server.directory, "own", "broken");
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(path.join(repository, "plugins/word-filter/plugin.yaml"), path.join(folder, "plugin.yaml"));
    const manifest = fs.readFileSync(path.join(folder, "plugin.yaml"), "utf8").replace("word-filter", "broken");
    fs.writeFileSync(path.join(folder, "plugin.yaml"), manifest);
    fs.writeFileSync(path.join(folder, "init.lua"), "local x = = 1\n");
    server.config.plugin_path.push("own");
    server.config.plugins.broken = { config: { words: ["a"] } };
    const { code, output } = await server.run();
    assert.ok(code !== 0 && code !== null, output);
    assert.match(output, /broken/);
    assert.match(output, /init\.lua:1/);
  });
});
