// What cannot be loaded: said before anything starts where a manifest tells, at the start where only the
// library does; always with the plugin's name, and what to do.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Server, buildDirectory, configuration } from "./bad_plugins.mjs";

const hostile = (name) => path.join(buildDirectory(), "hostile", name);

// Ends with what the server said; `make` writes plugins into the folder that it is given.
async function refused(t, plugins, make, args = []) {
  const server = new Server(configuration(plugins));
  t.after(() => server.dispose());
  const own = path.join(server.directory, "own");
  fs.mkdirSync(own);
  make(own);
  server.config.plugin_path = [path.join(buildDirectory(), "plugins"), "own", path.join(buildDirectory(), "hostile")];
  const { code, output } = await server.run(args);
  assert.ok(code === 1 || code === 2, `ended with ${code}: ${output}`);
  return output;
}

const put = (own, name, files) => {
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(own, name, file)), { recursive: true });
    fs.writeFileSync(path.join(own, name, file), text);
  }
};

describe("a library", () => {
  const yaml = fs.readFileSync(path.join(hostile("unruly"), "plugin.yaml"));
  const real = fs.readFileSync(path.join(hostile("unruly"), "libunruly.so"));
  const broken = {
    "that is a text file": Buffer.from("#!/bin/sh\necho no library\n"),
    "that is empty": Buffer.alloc(0),
    "that has lost its end": real.subarray(0, real.length / 2),
    "that has lost all but its first bytes": real.subarray(0, 100),
    "that is for another machine": Buffer.concat([real.subarray(0, 18), Buffer.from([0xb7, 0]), real.subarray(20)]),
    "whose bytes were turned over": Buffer.from(real.map((byte, at) => (at > 64 && at % 7 === 0 ? byte ^ 0xff : byte))),
  };
  for (const [what, bytes] of Object.entries(broken))
    test(what, async (t) => {
      const said = await refused(t, { unruly: {} }, (own) => put(own, "unruly", { "plugin.yaml": yaml, "libunruly.so": bytes }));
      assert.match(said, /"plugin":"unruly"/);
      assert.match(said, /libunruly\.so/);
    });

  test("that exports another entry: for another host", async (t) => {
    const said = await refused(t, { future: {} }, () => {});
    assert.match(said, /"plugin":"future"/);
    assert.match(said, /parley_plugin_entry_v1/);
  });

  test("that wants more of an interface than this host has", async (t) => {
    const said = await refused(t, { demanding: {} }, () => {});
    assert.match(said, /"plugin":"demanding"/);
    assert.match(said, /its entry function gave PARLEY_E_NOT_FOUND/);
  });

  test("that provides less than its manifest declares", async (t) => {
    const more = yaml.toString().replace("hook_points:", "  unruly.more: { doc: More., params: { type: object } }\nhook_points:");
    const said = await refused(t, { unruly: {} }, (own) => put(own, "unruly", { "plugin.yaml": more, "libunruly.so": real }));
    assert.match(said, /the manifest declares the method unruly\.more, and the plugin provides no handler for it/);
  });
});

describe("plugins that do not fit together", () => {
  const lua = (name, more = "") => ({
    "plugin.yaml": `plugin: ${name}\nversion: 1.0.0\nsummary: Made by a test.\nruntime: lua\n${more}`,
    "init.lua": 'return require "parley".plugin()\n',
  });

  test("two that own one route", async (t) => {
    const route = (name) => `methods:\n  ${name}.get: { doc: Gives., http: GET /v1/things, params: { type: object } }\n`;
    const said = await refused(t, { first: {}, second: {} }, (own) => {
      for (const name of ["first", "second"]) put(own, name, lua(name, route(name)));
    });
    assert.match(said, /parley\.yaml:\d+:\d+: .*\/v1\/things/);
    assert.match(said, /first/);
    assert.match(said, /second/);
  });

  test("two that own one scope, one hook and one event", async (t) => {
    const owns = "scopes: { room: { doc: A room., roles: [guest] } }\n" +
      "hook_points: { room.opened: { doc: Opened., kind: observe, data: { type: object } } }\n" +
      "events: { room.named: { doc: Named., topic: room, data: { type: object } } }\n";
    const said = await refused(t, { first: {}, second: {} }, (own) => {
      for (const name of ["first", "second"]) put(own, name, lua(name, owns));
    });
    for (const name of [/`?room`?/, /room\.opened/, /first/, /second/]) assert.match(said, name);
  });

  test("three that need one another in a ring", async (t) => {
    const said = await refused(t, { a: {}, b: {}, c: {} }, (own) => {
      for (const [name, needs] of [["a", "b"], ["b", "c"], ["c", "a"]]) put(own, name, lua(name, `requires: { ${needs}: ^1 }\n`));
    });
    assert.match(said, /parley\.yaml:\d+:\d+: /);
    assert.match(said, /\ba\b.*\bb\b.*\bc\b/);
  });

  test("one that needs what is not there, or another version of it", async (t) => {
    const said = await refused(t, { a: {}, b: {} }, (own) => {
      put(own, "a", lua("a", "requires: { nobody: ^1, b: ^2 }\n"));
      put(own, "b", lua("b"));
    });
    assert.match(said, /nobody/);
    assert.match(said, /\^2/);
  });

  test("one in a folder of another name", async (t) => {
    const said = await refused(t, { a: {} }, (own) => put(own, "a", lua("b")));
    assert.match(said, /plugin\.yaml:1:\d+: the plugin in the folder a calls itself b; plugin: a/);
  });
});

// A manifest in which everything is right; each mutation breaks one line of it.
const whole = `plugin: sample
version: 1.0.0
summary: Made by a test.
runtime: lua
config: { type: object, properties: { size: { type: integer, default: 20 } } }
types:
  note: { type: object, required: [id], properties: { id: id, text: { type: string, maxLength: 10 } } }
scopes:
  board: { doc: A board., roles: [writer] }
methods:
  sample.post:
    doc: Posts.
    http: POST /v1/boards/{board}/notes
    permission: { name: sample.post, scope: board, default: [writer] }
    idempotent: id
    order: board
    deadline_ms: 1000
    params: { type: object, required: [board, id], properties: { board: id, id: id } }
    result: { $ref: '#/types/note' }
    errors: [not_found]
events:
  note.posted:
    doc: Posted.
    topic: board
    durable: true
    data: { type: object, properties: { id: id } }
collections:
  notes:
    version: 1
    key: [board, id]
    fields: { board: id, id: id, by: account }
    personal: { subject: by, on_erase: delete }
hook_points:
  note.filter:
    doc: Before.
    kind: filter
    deadline_ms: 100
    data: { type: object, properties: { id: id } }
capabilities: { bot: { name: sample, display_name: Sample } }
`;

// [the line as it is, the line as it is broken, what is said at that line]
const mutations = [
  ["plugin: sample", "plugin: Sample Plugin"],
  ["plugin: sample", "plugin: 7"],
  ["version: 1.0.0", "version: one"],
  ["version: 1.0.0", "version: 1.0"],
  ["summary: Made by a test.", "summary: []"],
  ["runtime: lua", "runtime: perl"],
  ["runtime: lua", "runtmie: lua"],
  ["config: { type: object, properties: { size: { type: integer, default: 20 } } }", "config: { type: object, properties: { size: { type: integer, default: many } } }"],
  ["config: { type: object, properties: { size: { type: integer, default: 20 } } }", "config: { type: object, properties: { size: { type: whole } } }"],
  ["config: { type: object, properties: { size: { type: integer, default: 20 } } }", "config: 7"],
  ["  note: { type: object, required: [id], properties: { id: id, text: { type: string, maxLength: 10 } } }", "  note: { type: object, required: [id], properties: { id: id, text: { type: string, maxLength: ten } } }"],
  ["  note: { type: object, required: [id], properties: { id: id, text: { type: string, maxLength: 10 } } }", "  note: { type: object, required: [id], properties: { id: id, text: { type: string, maximumLength: 10 } } }"],
  ["  note: { type: object, required: [id], properties: { id: id, text: { type: string, maxLength: 10 } } }", "  note: { type: object, required: [id], properties: { id: id, text: { type: string, pattern: '(' } } }"],
  ["  board: { doc: A board., roles: [writer] }", "  board: { doc: A board., roles: writer }"],
  ["  sample.post:", "  SamplePost:"],
  ["    doc: Posts.", "    dok: Posts."],
  ["  sample.post:", "  sample post:"],
  ["    http: POST /v1/boards/{board}/notes", "    http: SEND /v1/boards/{board}/notes"],
  ["    http: POST /v1/boards/{board}/notes", "    http: POST /v1/boards/{bord}/notes"],
  ["    http: POST /v1/boards/{board}/notes", "    http: POST v1/boards"],
  ["    permission: { name: sample.post, scope: board, default: [writer] }", "    permission: { name: sample.post, scope: bord, default: [writer] }"],
  ["    permission: { name: sample.post, scope: board, default: [writer] }", "    permission: { name: sample.post, scope: board, default: [reader] }"],
  ["    permission: { name: sample.post, scope: board, default: [writer] }", "    permission: sample.post"],
  ["    idempotent: id", "    idempotent: key"],
  ["    order: board", "    order: bord"],
  ["    deadline_ms: 1000", "    deadline_ms: soon"],
  ["    deadline_ms: 1000", "    deadline_ms: 0"],
  ["    params: { type: object, required: [board, id], properties: { board: id, id: id } }", "    params: { type: array }"],
  ["    params: { type: object, required: [board, id], properties: { board: id, id: id } }", "    params: { type: object, required: [board, id, more], properties: { board: id, id: id } }"],
  ["    params: { type: object, required: [board, id], properties: { board: id, id: id } }", "    params: { type: object, required: [board, id], properties: { board: idd, id: id } }"],
  ["    result: { $ref: '#/types/note' }", "    result: { $ref: '#/types/nota' }"],
  ["    errors: [not_found]", "    errors: not_found"],
  ["    errors: [not_found]", "    errors: [Not Found]"],
  ["  note.posted:", "  note posted:"],
  ["    topic: board", "    topic: [board]"],
  ["    durable: true", "    durable: perhaps"],
  ["    version: 1", "    version: first"],
  ["    key: [board, id]", "    key: [board, idd]"],
  ["    key: [board, id]", "    key: []"],
  ["    fields: { board: id, id: id, by: account }", "    fields: { board: id, id: id, by: acount }"],
  ["    personal: { subject: by, on_erase: delete }", "    personal: { subject: by, on_erase: forget }"],
  ["    personal: { subject: by, on_erase: delete }", "    personal: { subject: bye, on_erase: delete }"],
  ["    kind: filter", "    kind: sieve"],
  ["    deadline_ms: 100", "    deadline_ms: -1"],
  ["capabilities: { bot: { name: sample, display_name: Sample } }", "capabilities: { robot: true }"],
  ["capabilities: { bot: { name: sample, display_name: Sample } }", "capabilities: { bot: true }"],
];

describe("a manifest", () => {
  const sample = (text) => (own) => put(own, "sample", { "plugin.yaml": text, "init.lua": 'return require "parley".plugin()\n' });
  const problems = (said) => said.split("\n").filter((line) => /plugin\.yaml:\d+:\d+: ./.test(line));
  const check = (t, text) => refused(t, { sample: { grants: ["bot"] } }, sample(text), ["--check"]);

  test("in which all is right is taken", async (t) => {
    const server = new Server(configuration({ sample: { grants: ["bot"] } }));
    t.after(() => server.dispose());
    sample(whole)(path.join(server.directory, "own"));
    const { code, output } = await server.run(["--check"]);
    assert.equal(code, 0, output);
  });

  for (const [right, wrong] of mutations)
    test(`with \`${wrong.trim().slice(0, 100)}\`: the line is named, and what to write`, async (t) => {
      assert.ok(whole.includes(right + "\n"), right);
      const at = whole.split("\n").indexOf(right) + 1;
      const said = await check(t, whole.replace(right + "\n", wrong + "\n"));
      const here = problems(said).filter((line) => new RegExp(`plugin\\.yaml:${at}:\\d+: `).test(line));
      assert.ok(here.length > 0, `line ${at} is not named:\n${said}`);
      for (const line of here) assert.match(line, /: .+; .+|: (the default .+: )?expected .+, found .+/, "what is wrong; what to write");
    });

  test("with many faults: each is listed", async (t) => {
    let text = whole;
    const lines = [];
    for (const [right, wrong] of mutations.filter(([, text]) => /: one$|perl|: soon|perhaps|idd\]|bye/.test(text))) {
      lines.push(whole.split("\n").indexOf(right) + 1);
      text = text.replace(right + "\n", wrong + "\n");
    }
    const said = await check(t, text);
    assert.equal(lines.length, 6);
    for (const line of lines) assert.match(said, new RegExp(`plugin\\.yaml:${line}:`), `line ${line} in:\n${said}`);
  });

  for (const [what, text] of [
    ["that is empty", ""], ["that is a list", "- plugin\n"], ["that is no YAML", "plugin: [\n"], ["of binary", "\u0000\u0001\u0002"],
    ["with a tab", "plugin:\n\tname: x\n"], ["that is one text", "hello"],
    ["with a key twice", whole.replace("version: 1.0.0\n", "version: 1.0.0\nversion: 2.0.0\n")],
    ["that refers to itself", "plugin: &a [*a]\n"],
    ["that grows when it is read", `a: &a [x, x, x, x, x, x, x, x]\n${[..."bcdefghi"].map((c, i) => `${c}: &${c} [${Array(8).fill("*" + "abcdefghi"[i])}]`).join("\n")}\n`],
    ["nested deep", `plugin: ${"[".repeat(2000)}${"]".repeat(2000)}\n`],
  ])
    test(what, async (t) => {
      const said = await check(t, text);
      assert.match(said, /plugin\.yaml/);
    });
});
