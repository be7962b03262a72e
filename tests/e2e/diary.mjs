// A configuration with the plugin in diary/.

import path from "node:path";
import { configuration, repository } from "./server.mjs";

export function withDiary(changes = {}) {
  const config = configuration({ ...changes, plugins: { diary: {}, ...changes.plugins } });
  config.plugin_path.push(path.join(repository, "tests/e2e"));
  return config;
}
