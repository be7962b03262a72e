// What the check says of headers that were changed: on a copy of them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const headers = join(here, '../../sdk/include');

function checked(file, from, to) {
  const place = mkdtempSync(join(tmpdir(), 'parley-abi-'));
  try {
    cpSync(headers, place, { recursive: true });
    const header = join(place, 'parley', file);
    const before = readFileSync(header, 'utf8');
    const after = before.replace(from, to);
    assert.notEqual(after, before, `${file} has nothing like ${from}`);
    writeFileSync(header, after);
    const ended = spawnSync(process.execPath, [join(here, 'check.mjs'), place], { encoding: 'utf8' });
    return { passes: ended.status === 0, said: ended.stdout + ended.stderr };
  } finally {
    rmSync(place, { recursive: true });
  }
}

function passes(what, file, from, to, said) {
  test(`${what} passes`, () => {
    const result = checked(file, from, to);
    assert.ok(result.passes, result.said);
    assert.match(result.said, said);
  });
}

function breaks(what, file, from, to, said) {
  test(`${what} breaks`, () => {
    const result = checked(file, from, to);
    assert.ok(!result.passes, result.said);
    assert.match(result.said, said);
  });
}

const write = /( {2}void \(\*write\)[^;]*;\n)/;

passes('appending a member', 'log.h', write, '$1  void (*flush)(void);\n', /appended: 16 \+8 flush/);
passes('appending a constant', 'log.h', 'PARLEY_ERROR = 4', 'PARLEY_ERROR = 4, PARLEY_FATAL = 5', /PARLEY_FATAL = 5/);
passes('a new struct', 'log.h', '#ifdef __cplusplus\n}', 'typedef struct parley_new { int32_t a; } parley_new;\n$&', /parley_new/);

breaks('inserting a member', 'log.h', write, '  void (*flush)(void);\n$1',
  /parley_log_api: `flush` stands where `write` was/);
breaks('removing a member', 'env.h', /int64_t \(\*now_ms\)[^;]*;/, '', /parley_env_api: `random` stands where `now_ms` was/);
breaks('removing the last member', 'topic.h', /parley_status \(\*publish\)[^;]*;/, '', /`publish` is gone/);
breaks('reordering members', 'call.h', /(parley_str session;[^\n]*\n)\s*(parley_str request_id;[^\n]*\n)/, '$2$1',
  /parley_call_info: `request_id` stands where `session` was/);
breaks("changing a member's type", 'call.h', 'int64_t deadline_ms', 'uint64_t deadline_ms',
  /`deadline_ms` was int64_t and is uint64_t/);
breaks("changing a function's parameter", 'log.h', 'int32_t level', 'int64_t level', /parley_log_api: `write` was/);
breaks('changing a type', 'abi.h', 'typedef int32_t parley_status', 'typedef int64_t parley_status',
  /parley_status was int32_t and is int64_t/);
breaks('changing the value of a constant', 'abi.h', 'PARLEY_E_LIMIT = -8', 'PARLEY_E_LIMIT = -80',
  /PARLEY_E_LIMIT was -8 and is -80/);
breaks('removing a constant', 'log.h', 'PARLEY_DEBUG = 1, ', '', /PARLEY_DEBUG is gone/);
breaks('another entry symbol', 'abi.h', '"parley_plugin_entry_v1"', '"parley_plugin_entry_v2"',
  /PARLEY_PLUGIN_ENTRY_SYMBOL was/);
breaks("another interface's name", 'log.h', '"parley.log/1"', '"parley.log/2"', /PARLEY_LOG_INTERFACE was/);
breaks('growing a struct that does not say its size', 'abi.h', 'size_t len;\n}', 'size_t len;\n  size_t room;\n}',
  /parley_str does not begin with its size/);

test('a member in what was padding is refused', async () => {
  const { compare } = await import('./compare.mjs');
  const before = ['struct s = 16 bytes', '  0 +4 size: uint32_t', '  8 +4 a: uint32_t'];
  assert.match(compare(before, [...before, '  12 +4 b: uint32_t'])[0], /`b` lies in what was padding/);
  const reserved = [...before, '  12 +4 reserved: uint32_t', '  16 +4 b: uint32_t'];
  assert.deepEqual(compare(before, reserved), []);
});

breaks('a draft that is not written down', 'draft/identity.h', 'parley_str device,', '', /drafts have changed.*--write/s);
