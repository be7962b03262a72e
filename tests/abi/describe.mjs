// What the C headers say, as lines of text: every constant, type and struct, with sizes and offsets.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const reader = process.env.PARLEY_CLANG ?? 'clang-16';
const compilers = process.env.PARLEY_COMPILERS?.split(';') ?? [reader, 'gcc'];

const run = (command, ...rest) => execFileSync(command, rest, { encoding: 'utf8', maxBuffer: 1 << 26 });

// The members of a struct, those of a union inside it as `as.text`.
function members(record) {
  const out = [];
  let unnamed = [];
  for (const each of record.inner ?? []) {
    if (each.kind === 'RecordDecl' && !each.name) unnamed = members(each);
    if (each.kind !== 'FieldDecl') continue;
    const inside = /\((unnamed|anonymous) /.test(each.type.qualType);
    out.push({ name: each.name, type: inside ? 'union' : each.type.qualType });
    if (inside) out.push(...unnamed.map((one) => ({ ...one, name: `${each.name}.${one.name}` })));
  }
  return out;
}

function declarations(folder, source) {
  const tree = JSON.parse(
    run(reader, '-std=c99', '-I', folder, '-fsyntax-only', '-Xclang', '-ast-dump=json', source));
  const out = { structs: [], enums: [], types: [], macros: [] };
  for (const each of tree.inner) {
    const ours = each.name?.startsWith('parley_');
    if (each.kind === 'RecordDecl' && ours && each.completeDefinition)
      out.structs.push({ name: each.name, members: members(each) });
    if (each.kind === 'TypedefDecl' && ours && !each.type.qualType.startsWith('struct '))
      out.types.push({ name: each.name, type: each.type.qualType });
    for (const one of each.kind === 'EnumDecl' ? each.inner : [])
      if (one.name?.startsWith('PARLEY_')) out.enums.push(one.name);
  }
  const defined = run(reader, '-std=c99', '-I', folder, '-dM', '-E', source);
  for (const [, name, value] of defined.matchAll(/^#define (PARLEY_\w+) (["\d].*)$/gm))
    out.macros.push({ name, value });
  out.macros.sort((a, b) => (a.name < b.name ? -1 : 1));
  return out;
}

// A program that prints every number, in the order of `declared`.
function program(includes, declared) {
  const prints = [];
  for (const name of declared.enums) prints.push(`(long long)${name}`);
  for (const each of declared.structs) {
    prints.push(`(long long)sizeof(struct ${each.name})`);
    for (const one of each.members)
      prints.push(`(long long)offsetof(struct ${each.name}, ${one.name})`,
        `(long long)sizeof(((struct ${each.name}*)0)->${one.name})`);
  }
  return `#include <stdio.h>\n${includes}int main(void) {\n` +
    prints.map((what) => `  printf("%lld\\n", ${what});\n`).join('') + '  return 0;\n}\n';
}

function numbers(folder, place, text) {
  const all = compilers.map((compiler) => {
    writeFileSync(join(place, 'numbers.c'), text);
    run(compiler, '-std=c99', '-w', '-I', folder, '-o', join(place, 'numbers'), join(place, 'numbers.c'));
    return run(join(place, 'numbers'));
  });
  for (const other of all)
    if (other !== all[0]) throw new Error(`${compilers.join(' and ')} do not agree on the layout`);
  return all[0].split('\n').map(Number);
}

// The lines of what `headers` (within `folder`) declare; names in `without` are left out.
export function describe(folder, headers, without = new Set()) {
  const place = mkdtempSync(join(tmpdir(), 'parley-abi-'));
  try {
    const includes = ['stddef.h', ...headers].map((header) => `#include <${header}>\n`).join('');
    const source = join(place, 'all.c');
    writeFileSync(source, includes);
    const declared = declarations(folder, source);
    const kept = (all) => all.filter((each) => !without.has(each.name ?? each));
    for (const kind of Object.keys(declared)) declared[kind] = kept(declared[kind]);
    const next = numbers(folder, place, program(includes, declared)).values();
    const number = () => next.next().value;
    return [
      ...declared.macros.map((each) => `macro ${each.name} = ${each.value}`),
      ...declared.types.map((each) => `type ${each.name} = ${each.type}`),
      ...declared.enums.map((name) => `enum ${name} = ${number()}`),
      ...declared.structs.flatMap((each) => [
        `struct ${each.name} = ${number()} bytes`,
        ...each.members.map((one) => `  ${number()} +${number()} ${one.name}: ${one.type}`),
      ]),
    ];
  } finally {
    rmSync(place, { recursive: true });
  }
}
