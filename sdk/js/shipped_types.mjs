// Writes src/api/index.ts: what the plugins that are named have for clients, all together.
//   node shipped_types.mjs FOLDER NAME…    FOLDER has a NAME.ts for each, written by parley-gen

import fs from "node:fs";
import path from "node:path";

const [folder, ...names] = process.argv.slice(2);
const alias = (name) => name.replace(/(^|[^A-Za-z0-9]+)([a-z0-9])/g, (_, _between, letter) => letter.toUpperCase());
const all = names.sort().map((name) => ({ name, type: alias(name) }));
const together = (what) => all.map(({ type }) => `  & ${type}.${what}`).join("\n");

fs.writeFileSync(path.join(folder, "index.ts"), `// The plugins that come with the server, all together; each is also under its own name.

${all.map(({ name, type }) => `import type * as ${type} from "./${name}.js";`).join("\n")}

export type { ${all.map(({ type }) => type).join(", ")} };

export type ShippedMethods = unknown
${together("Methods")};

export type ShippedEvents = unknown
${together("Events")};
`);
