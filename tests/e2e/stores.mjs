// The stores that a server can be tried on. Each gives the plugins of the configuration, and how it dies
// and comes back where it is a process of its own.

import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { repository } from "./server.mjs";

const run = promisify(execFile);

export const stores = {
  sqlite: async () => ({ plugins: { "storage-sqlite": {} } }),
  postgres: async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "parley-e2e-postgres-"));
    const cluster = (command) => run(path.join(repository, "plugins/storage-postgres/tests/cluster.sh"), [command, folder]);
    t.after(async () => {
      await cluster("stop");
      fs.rmSync(folder, { recursive: true, force: true });
    });
    await cluster("start");
    const url = fs.readFileSync(path.join(folder, "url"), "utf8").trim();
    return {
      plugins: { "storage-postgres": { config: { url } } },
      kill: () => cluster("kill"),
      again: () => cluster("again"),
    };
  },
};
