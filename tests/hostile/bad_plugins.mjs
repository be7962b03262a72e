// A server of this build with the plugins of this folder, and nothing else.

import path from "node:path";
import { execFile } from "node:child_process";
import { Server, buildDirectory } from "../e2e/server.mjs";

export { Server, buildDirectory };

export function configuration(plugins, changes = {}) {
  return {
    server: { name: "Parley", data: "./data" },
    listen: [{ address: "127.0.0.1", port: 0 }],
    plugin_path: [path.join(buildDirectory(), "plugins"), path.join(buildDirectory(), "hostile"), "own"],
    plugins: { "storage-sqlite": {}, ...plugins },
    ...changes,
  };
}

// The status and the error's code, or "ok"; -1 where the server ended over it.
export async function ask(server, route) {
  try {
    const reply = await fetch(server.url + route, { method: "POST", signal: AbortSignal.timeout(60_000) });
    const body = await reply.json();
    return { status: reply.status, code: body?.error?.code ?? body?.code ?? "ok", body };
  } catch {
    return { status: -1, code: "gone" };
  }
}

export function parleyctl(...words) {
  return new Promise((resolve) => {
    execFile(path.join(buildDirectory(), "bin/parleyctl"), words, (failed, out, err) =>
      resolve({ code: failed ? failed.code : 0, output: out + err }));
  });
}
