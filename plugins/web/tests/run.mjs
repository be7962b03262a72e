// Bundles each *.test.ts here with the esbuild that Vite brought, and gives them to Node's test runner.
//   node run.mjs FOLDER    the folder that has node_modules, such as build/dev/web-page

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = path.resolve(process.argv[2]);
const { buildSync } = createRequire(path.join(packages, "package.json"))("esbuild");
const tests = fs.readdirSync(here).filter((name) => name.endsWith(".test.ts"));
const out = fs.mkdtempSync(path.join(os.tmpdir(), "parley-page-tests-"));
try {
  buildSync({
    entryPoints: tests.map((name) => path.join(here, name)),
    outdir: out,
    bundle: true,
    platform: "node",
    nodePaths: [path.join(packages, "node_modules")], // @parley/client is not in the source tree
    format: "esm",
    outExtension: { ".js": ".mjs" },
    // What every browser has, and Node 18 only under another name.
    banner: { js: 'import { webcrypto } from "node:crypto"; globalThis.crypto ??= webcrypto;' },
  });
  const built = tests.map((name) => path.join(out, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" }).status ?? 1;
} finally {
  fs.rmSync(out, { recursive: true, force: true });
}
