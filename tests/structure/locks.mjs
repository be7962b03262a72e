// Every locked npm package must run on Node 18, which is Debian 12's, and no lock file may name a
// place to download from: where packages come from is the machine's business.
//   node locks.mjs ROOT
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const debian = [18, 19, 0];

function compare(a, b) {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

// The first version of a partial one, and the first that is no longer within it: 18.x → 18.0.0, 19.0.0
function bounds(text) {
  const parts = text.replace(/^v/, '').split(/[-+]/)[0].split('.').filter((part) => !/^[xX*]?$/.test(part)).map(Number);
  const low = [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
  if (parts.length === 0) return [low, [Infinity, 0, 0]];
  const high = parts.length === 1 ? [low[0] + 1, 0, 0] : parts.length === 2 ? [low[0], low[1] + 1, 0] : [low[0], low[1], low[2] + 1];
  return [low, high];
}

function admitsOne(comparator, version) {
  const [, operator, text] = comparator.match(/^(>=|<=|>|<|=|\^|~)?\s*(.*)$/);
  const [low, high] = bounds(text);
  switch (operator) {
    case '>=': return compare(version, low) >= 0;
    case '>': return compare(version, high) >= 0;
    case '<': return compare(version, low) < 0;
    case '<=': return compare(version, high) < 0;
    case '^': return compare(version, low) >= 0 && (low[0] > 0 ? version[0] === low[0] : compare(version, high) < 0);
    case '~': return compare(version, low) >= 0 && version[0] === low[0] && (version[1] === low[1] || !/\./.test(text));
    default: return compare(version, low) >= 0 && compare(version, high) < 0;
  }
}

export function admits(range, version) {
  return range.split('||').some((part) => {
    const between = part.trim().match(/^(\S+)\s+-\s+(\S+)$/);
    const comparators = between
      ? [`>=${between[1]}`, `<=${between[2]}`]
      : part.trim().replace(/(>=|<=|>|<|=|\^|~)\s+/g, '$1').split(/\s+/);
    return comparators.every((comparator) => admitsOne(comparator, version));
  });
}

function* lockFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'build', 'data', '.git'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* lockFiles(path);
    else if (entry.name === 'package-lock.json') yield path;
  }
}

const faults = [];
let packages = 0;
for (const path of lockFiles(process.argv[2])) {
  const text = readFileSync(path, 'utf8');
  if (/https?:\/\/[^"]*\.tgz/.test(text)) {
    faults.push(`${path}: names a download address; set omit-lockfile-registry-resolved=true in .npmrc and lock again`);
  }
  for (const [name, locked] of Object.entries(JSON.parse(text).packages ?? {})) {
    packages++;
    const range = locked.engines?.node;
    if (range && !admits(range, debian)) faults.push(`${path}: ${name} wants Node ${range}; Debian 12 has ${debian.join('.')}`);
  }
}
console.log(`${packages} locked packages read`);
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
