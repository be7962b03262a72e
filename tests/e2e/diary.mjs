// The plugin in diary/, as the store that the suite runs on can take it.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { configuration, repository, store } from "./server.mjs";

export function withDiary(t, changes = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "parley-diary-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const from = path.join(repository, "tests/e2e/diary"), to = path.join(folder, "diary");
  fs.cpSync(from, to, { recursive: true });
  if (store !== "storage-sqlite") { // it does not search
    const manifest = path.join(to, "plugin.yaml");
    fs.writeFileSync(manifest, fs.readFileSync(manifest, "utf8").replace(/^ *search:.*\n/m, ""));
  }
  const config = configuration({ ...changes, plugins: { diary: {}, ...changes.plugins } });
  config.plugin_path.push(folder);
  return config;
}
