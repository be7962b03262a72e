// Bundles each *.test.ts here with esbuild, and gives them to Node's test runner.
//   node run.mjs FOLDER [NAME…]    the folder that has node_modules, such as build/dev/js-client

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = path.resolve(process.argv[2] ?? path.join(here, ".."));
const { buildSync } = createRequire(path.join(packages, "package.json"))("esbuild");
const wanted = process.argv.slice(3);
const tests = fs.readdirSync(here).filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.includes(name.replace(/\.test\.ts$/, "")));
const out = fs.mkdtempSync(path.join(os.tmpdir(), "parley-js-client-tests-"));
try {
  buildSync({
    entryPoints: tests.map((name) => path.join(here, name)),
    outdir: out,
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
  const built = tests.map((name) => path.join(out, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" }).status ?? 1;
} finally {
  fs.rmSync(out, { recursive: true, force: true });
}
