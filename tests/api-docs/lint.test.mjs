// Both documents, written without a server, are what linters want.

import { Parser } from "@asyncapi/parser";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, "../..");
const build = path.resolve(process.env.PARLEY_BUILD ?? path.join(repository, "build/dev"));

// Of every kind of declaration that the shipped plugins do not use.
const odd = {
  plugin: "odd", version: "1.0.0", runtime: "lua",
  types: { either: { oneOf: [{ type: "string" }, { type: "integer" }] }, alias: { $ref: "#/types/either" } },
  scopes: { room: { roles: ["owner"] } },
  methods: {
    "odd.silent": {},
    "odd.patterned": {
      http: "POST /v1/odd/{name}/patterned",
      params: {
        type: "object", required: ["name"], examples: [{ name: "yes", map: { a: 1 } }],
        properties: {
          name: { type: "string", pattern: "(?i)^yes$" },
          either: { $ref: "#/types/alias", description: "One or the other." },
          map: { type: "object", additionalProperties: { type: "integer" } },
        },
      },
      result: { type: ["string", "null"] },
      errors: ["odd_one_out", "not_found"],
    },
    "odd.other_name": { http: "DELETE /v1/odd/{called}/patterned", params: { type: "object", required: ["called"], properties: { called: "id" } } },
    "odd.admin": { visibility: "admin", http: "GET /v1/odd/admin", params: { type: "object" } },
  },
  routes: { hook: { http: "POST /v1/odd-hooks/{name}", doc: "Takes what comes." }, look: { http: "GET /v1/odd-look" } },
  events: { "odd.happened": { topic: "room", data: { type: "object", properties: { odd: { $ref: "#/types/either" } } } } },
};

let folder, openapi, asyncapi;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "parley-api-docs-"));
  fs.mkdirSync(path.join(folder, "odd"));
  fs.writeFileSync(path.join(folder, "odd/plugin.yaml"), JSON.stringify(odd));
  fs.writeFileSync(path.join(folder, "odd/init.lua"), 'return require "parley".plugin()\n');
  const config = fs.readFileSync(path.join(repository, "config/single.yaml"), "utf8")
    .replace(/^plugin_path:.*$/m, `plugin_path: [${build}/plugins, ${repository}/plugins, ${repository}/examples, ${folder}]`)
    .replace(/^plugins:$/m, "plugins:\n  karma: {}\n  odd: {}");
  assert.match(config, /karma/);
  fs.writeFileSync(path.join(folder, "parley.yaml"), config);
  execFileSync(path.join(build, "bin/parleyctl"), ["docs", path.join(folder, "parley.yaml"), "--output", folder]);
  openapi = JSON.parse(fs.readFileSync(path.join(folder, "openapi.json"), "utf8"));
  asyncapi = JSON.parse(fs.readFileSync(path.join(folder, "asyncapi.json"), "utf8"));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function redocly(document) {
  const file = path.join(folder, "under-test.json");
  fs.writeFileSync(file, JSON.stringify(document));
  const { stdout, stderr } = spawnSync(process.execPath,
    [path.join(here, "node_modules/@redocly/cli/bin/cli.js"), "lint", "--config", path.join(here, "redocly.yaml"), "--format", "json", file],
    { encoding: "utf8", env: { ...process.env, REDOCLY_TELEMETRY: "off", CI: "1" } }); // it asks nobody for a newer one
  assert.match(stdout, /"problems"/, stderr);
  return JSON.parse(stdout.slice(stdout.indexOf("{"))).problems.map((one) =>
    `${one.ruleId}: ${one.message} at ${one.location.map((where) => where.pointer).join(", ")}`);
}

async function asyncapiParser(document) {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics.filter((one) => one.code !== "asyncapi-latest-version")
    .map((one) => `${one.code}: ${one.message} at ${one.path.join("/")}`);
}

test("OpenAPI", () => {
  assert.ok(openapi.paths["/v1/odd-hooks/{name}"] && openapi.paths["/v1/karma/{thing}"]);
  assert.equal(openapi.paths["/v1/odd/admin"], undefined);
  assert.deepEqual(redocly(openapi), []);
});

test("AsyncAPI", async () => {
  assert.ok(asyncapi.operations["event.odd.happened"] && asyncapi.operations["call.odd.silent"]);
  assert.deepEqual(await asyncapiParser(asyncapi), []);
});

test("the linters find what is wrong", async () => {
  const broken = structuredClone(openapi);
  broken.paths["/v1/account"].get.responses = {};
  broken.components.schemas.problem.$ref = "#/components/schemas/nothing";
  assert.match(redocly(broken).join("\n"), /no-unresolved-refs/);
  const unheard = structuredClone(asyncapi);
  unheard.operations["call.karma.get"].action = "shout";
  assert.notDeepEqual(await asyncapiParser(unheard), []);
});
