// What is published, and that a project which has nothing else can use it.
//   PARLEY_JS_CLIENT=build/dev/js-client node --test package.test.mjs

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const built = process.env.PARLEY_JS_CLIENT;
const project = fs.mkdtempSync(path.join(os.tmpdir(), "parley-fresh-"));
after(() => fs.rmSync(project, { recursive: true, force: true }));

const run = (program, args, cwd) => {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (problem) {
    throw new Error(`${program} ${args.join(" ")}: ${problem.stdout}${problem.stderr}`);
  }
};
const pack = (...options) => JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", ...options], built))[0];

before(() => {
  const { filename } = pack("--pack-destination", project);
  const folder = path.join(project, "node_modules/@parley/client");
  fs.mkdirSync(folder, { recursive: true });
  run("tar", ["-xzf", filename, "-C", folder, "--strip-components=1"], project);
  fs.writeFileSync(path.join(project, "package.json"), '{"type": "module"}');
});

test("the package has the built modules with their types, and nothing else", () => {
  const files = pack("--dry-run").files.map((file) => file.path);
  for (const file of ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/chat/index.js",
    "dist/chat/index.d.ts", "dist/api/index.d.ts", "dist/api/messaging.d.ts"]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  const others = files.filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/[\w/-]+(\.d\.ts|\.js))$/.test(file));
  assert.deepEqual(others, []);
  const about = JSON.parse(fs.readFileSync(path.join(built, "package.json"), "utf8"));
  assert.deepEqual([about.dependencies, about.peerDependencies, about.scripts], [undefined, undefined, undefined]);
});

test("a fresh project imports it", () => {
  const said = run(process.execPath, ["--input-type=module", "--eval", `
    import { Client, ParleyError, Session, uuid7 } from "@parley/client";
    import { Chats, eventsWithoutGaps } from "@parley/client/chat";
    import "@parley/client/api";
    Object.defineProperty(globalThis, "crypto", { value: undefined }); // as in Node 18
    console.log([Client, ParleyError, Session, uuid7, Chats, eventsWithoutGaps].map((one) => typeof one).join(), uuid7() < uuid7());
  `], project);
  assert.equal(said.trim(), "function,function,function,function,function,function true");
});

const program = `
import { Client, type AnyEvent, type Credentials } from "@parley/client";
import { Chats } from "@parley/client/chat";
import type { ShippedEvents, ShippedMethods } from "@parley/client/api";
import type { Events, Methods } from "./garden.js";

const who: Credentials = { url: "http://127.0.0.1:8080", token: async () => "token" };
const client = new Client<ShippedMethods & Methods, ShippedEvents & Events>(who);
const chats = new Chats(client);
const text: string | undefined = chats.messages("c").snapshot().messages[0]?.text;

export async function use(): Promise<string[]> {
  const said = text === undefined ? [] : [text];
  const sent = await client.call("messaging.send", { conversation: "c", id: "i", text: "t" }, { repeat: true });
  said.push(sent.text);
  // @ts-expect-error there is no such parameter
  await client.call("messaging.send", { conversation: "c", id: "i", words: "t" });
  // @ts-expect-error there is no such method
  await client.call("messaging.shout", {});
  for await (const event of client.events("message.created", "gap")) {
    if (event.event === "gap") said.push(String(event.data.after));
    else said.push(event.data.sender);
  }
  for await (const event of client.events()) if (event.event === "message.deleted") said.push(event.data.by);
  const other = (event: AnyEvent<Events>): string => event.topic;
  return said.concat(String(other));
}
`;

test("TypeScript finds its types, and those of other plugins' manifests beside them", () => {
  fs.writeFileSync(path.join(project, "use.ts"), program);
  const garden = fileURLToPath(new URL("../../tests/garden/expected/garden.ts", import.meta.url));
  fs.copyFileSync(garden, path.join(project, "garden.ts"));
  const tsc = path.join(built, "node_modules/typescript/bin/tsc");
  for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    run(process.execPath, [tsc, "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom",
      "--module", module, "--moduleResolution", resolution, "use.ts"], project);
  }
});
