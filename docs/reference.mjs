// Writes the tables of keys in operators.md and plugins/manifest.md from the JSON Schemas that the server itself
// checks with, between the lines <!-- generated from PATH --> and <!-- end -->.
//   node docs/reference.mjs [--check]     --check: only says whether they are current
import { readFileSync, writeFileSync } from 'node:fs';
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

let stale = 0;
for (const name of ['operators.md', 'plugins/manifest.md']) {
  const file = join(docs, name);
  const before = readFileSync(file, 'utf8');
  let found = 0;
  const after = before.replace(/(<!-- generated from (\S+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, open, schemaFile, close) => {
    found++;
    return `${open}${table(schemaFile)}\n${close}`;
  });
  if (found === 0) throw new Error(`${name} has no place for a table`);
  if (after === before) continue;
  stale++;
  if (process.argv.includes('--check')) console.error(`docs/${name} is not current: run node docs/reference.mjs`);
  else writeFileSync(file, after);
}
process.exit(process.argv.includes('--check') && stale > 0 ? 1 : 0);
