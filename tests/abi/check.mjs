// Holds the headers against what was written down of them.
//
//   node check.mjs HEADERS            stable.txt: only what was appended; draft.txt: the same, to the letter
//   node check.mjs HEADERS --write    writes both down anew; stable.txt only where nothing breaks

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare } from './compare.mjs';
import { describe } from './describe.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [folder, ...options] = process.argv.slice(2);
const write = options.includes('--write');
if (!folder) {
  console.error('usage: node check.mjs HEADERS [--write]');
  process.exit(2);
}

const stableFile = join(here, 'stable.txt');
const draftFile = join(here, 'draft.txt');
const written = (file) => readFileSync(file, 'utf8').trimEnd().split('\n');
const nameOf = (line) => /^\w+ (\w+) =/.exec(line)?.[1];

const stable = describe(folder, ['parley/parley.h']);
const drafts = readdirSync(join(folder, 'parley/draft')).filter((name) => name.endsWith('.h')).sort();
const draft = describe(folder, drafts.map((name) => `parley/draft/${name}`), new Set(stable.map(nameOf)));

const added = [];
const problems = compare(written(stableFile), stable, added);
if (problems.length > 0) {
  console.error('Plugins that were built before would not work any more:');
  for (const sentence of problems) console.error(`  ${sentence}`);
  process.exit(1);
}
for (const line of added) console.log(`appended: ${line}`);
if (write) {
  writeFileSync(stableFile, `${stable.join('\n')}\n`);
  writeFileSync(draftFile, `${draft.join('\n')}\n`);
} else if (written(draftFile).join('\n') !== draft.join('\n')) {
  const known = new Set(written(draftFile));
  console.error('The drafts have changed. That is allowed; write it down, so that it is seen:\n' +
    '  node tests/abi/check.mjs sdk/include --write');
  for (const line of draft) if (!known.has(line)) console.error(`  ${line.trim()}`);
  process.exit(1);
}
