// A configuration with the plugin in diary/, and a master key for what it seals.

import { randomBytes } from "node:crypto";
import path from "node:path";
import { configuration, repository } from "./server.mjs";

export function withDiary(changes = {}) {
  const key = `parley-master-key:${randomBytes(32).toString("base64url")}`;
  const config = configuration({
    ...changes,
    plugins: { diary: {}, ...changes.plugins },
    storage: { master_keys: [{ key }], ...changes.storage },
  });
  config.plugin_path.push(path.join(repository, "tests/e2e"));
  return config;
}
