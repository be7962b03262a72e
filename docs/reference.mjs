// Writes the tables of keys in operators.md and plugins/manifest.md from the JSON Schemas that the server itself
// checks with, between the lines <!-- generated from PATH --> and <!-- end -->.
// With parley-gen it also writes plugins/hooks.md and a page plugins/reference/NAME.md for each shipped plugin.
// `./dev docs` builds parley-gen and does both.
//   node docs/reference.mjs [--check] [PARLEY-GEN]     --check: only says whether they are current
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = dirname(fileURLToPath(import.meta.url));

function resolve(schema, root) {
  if (!schema.$ref) return schema;
  const target = schema.$ref.slice(2).split('/').reduce((at, part) => at[part], root);
  return { ...resolve(target, root), ...schema, $ref: undefined, named: schema.$ref.split('/').pop() };
}

function code(value) {
  return '`' + (typeof value === 'string' ? value : JSON.stringify(value)) + '`';
}

function kind(schema, root) {
  if (schema.named === 'schema') return 'schema';
  if (schema.named === 'personal') return 'one, or a list';
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.oneOf) return schema.oneOf.map((one) => kind(resolve(one, root), root)).join(' or ');
  if (schema.type === 'array') return `list of ${kind(resolve(schema.items ?? {}, root), root)}`;
  if ([schema.type].flat().includes('object')) return schema.properties ? 'object' : 'names to values';
  const least = schema.minimum ?? schema.minLength;
  const most = schema.maximum ?? schema.maxLength;
  if (schema.type === 'integer' || schema.type === 'number') {
    if (least !== undefined && most !== undefined) return `${least} to ${most}`;
    if (least !== undefined) return `${schema.type}, at least ${least}`;
  }
  return schema.type === 'string' && most !== undefined ? `text, at most ${most}` : { string: 'text', boolean: '`true`, `false`' }[schema.type] ?? schema.type ?? 'anything';
}

function* rows(schema, path, root) {
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    const at = path ? `${path}.${name}` : name;
    const property = resolve(value, root);
    const plain = ['object', undefined].includes(property.type) && !property.description && property.properties;
    const needed = schema.required?.includes(name) ? 'required' : property.default !== undefined && property.type !== 'object' ? code(property.default) : '';
    const text = property.description ?? property.doc ?? '';
    if (!plain) yield `| \`${at}\` | ${kind(property, root).replaceAll('|', '\\|')} | ${needed} | ${text.replaceAll('|', '\\|')} |`;
    yield* below(property, at, root);
  }
}

// Objects within objects, within lists, and behind names that the writer chooses.
function* below(property, at, root) {
  if (property.named === 'schema' || property.named === 'personal') return;
  yield* rows(property, at, root);
  if (property.items) yield* rows(resolve(property.items, root), `${at}[]`, root);
  if (typeof property.additionalProperties === 'object') {
    yield* rows(resolve(property.additionalProperties, root), `${at}.NAME`, root);
  }
}

function table(schemaFile) {
  const root = JSON.parse(readFileSync(join(docs, '..', schemaFile), 'utf8'));
  return ['', '| key | value | default | what it is |', '|---|---|---|---|', ...rows(root, '', root), ''].join('\n');
}

const checking = process.argv.includes('--check');
const generator = process.argv.slice(2).find((argument) => argument !== '--check');

let stale = 0;
function keep(name, text) {
  const file = join(docs, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  stale++;
  if (checking) console.error(`docs/${name} is not current: run ./dev docs`);
  else writeFileSync(file, text);
}

for (const name of ['operators.md', 'plugins/manifest.md']) {
  const before = readFileSync(join(docs, name), 'utf8');
  let found = 0;
  const after = before.replace(/(<!-- generated from (\S+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, open, schemaFile, close) => {
    found++;
    return `${open}${table(schemaFile)}\n${close}`;
  });
  if (found === 0) throw new Error(`${name} has no place for a table`);
  keep(name, after);
}

// What parley-gen writes, as text.
function generated(folder, manifest, option, others = []) {
  const file = join(folder, 'page.md');
  const given = others.flatMap((other) => ['--requires', other]);
  const { status, stderr } = spawnSync(generator, [manifest, option, file, ...given], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`parley-gen ${manifest} ${option}: ${stderr}`);
  return readFileSync(file, 'utf8');
}

function pages() {
  const plugins = join(docs, '../plugins');
  const manifests = readdirSync(plugins)
    .map((name) => join(plugins, name, 'plugin.yaml'))
    .filter((manifest) => existsSync(manifest));
  manifests.push(join(docs, '../kernel/identity/plugin.yaml'));
  const folder = mkdtempSync(join(tmpdir(), 'parley-reference-'));
  try {
    mkdirSync(join(docs, 'plugins/reference'), { recursive: true });
    const wanted = manifests.map((manifest) => {
      const text = generated(folder, manifest, '--reference');
      const name = `${manifest.split('/').at(-2)}.md`;
      keep(`plugins/reference/${name}`, text);
      return name;
    });
    keep('plugins/hooks.md', generated(folder, manifests[0], '--hooks', manifests.slice(1)));
    for (const name of readdirSync(join(docs, 'plugins/reference'))) {
      if (wanted.includes(name)) continue;
      stale++;
      if (checking) console.error(`docs/plugins/reference/${name} is of no plugin: run ./dev docs`);
      else rmSync(join(docs, 'plugins/reference', name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (generator) pages();
process.exit(checking && stale > 0 ? 1 : 0);
