// The table of ./dev bench boundary, from what Google Benchmark and callgrind found.
//   node table.mjs BENCHMARK.json COUNTS.tsv CALLGRIND_OUT
// COUNTS.tsv is what `parley-bench-boundary --count` said, CALLGRIND_OUT.1, .2, … one file for each of its lines.
import { readFileSync } from 'node:fs';

const [timed, counts, dumps] = process.argv.slice(2);

const bases = [
  [/^filter in/, 'filter without participants'],
  [/^join in/, 'join without participants'],
  [/^observe in/, 'observe without participants'],
];

const nanoseconds = new Map();
for (const run of JSON.parse(readFileSync(timed)).benchmarks) {
  if (run.run_type === 'iteration' || run.aggregate_name === 'median') nanoseconds.set(run.run_name ?? run.name, run.cpu_time);
}

const rows = [];
readFileSync(counts, 'utf8').trim().split('\n').forEach((line, at) => {
  const [times, name] = line.split('\t');
  const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(`${dumps}.${at + 1}`, 'utf8'));
  if (!total) throw new Error(`${dumps}.${at + 1} has no total`);
  rows.push({ name, ns: nanoseconds.get(name), instructions: Number(total[1]) / Number(times) });
});

const whole = (number) => Math.round(number).toLocaleString('en-US');
console.log('| operation | ns | instructions | added ns | added instructions |\n|---|--:|--:|--:|--:|');
for (const row of rows) {
  const base = rows.find((one) => one.name === bases.find(([of]) => of.test(row.name))?.[1]);
  const added = base ? [whole(row.ns - base.ns), whole(row.instructions - base.instructions)] : ['', ''];
  console.log(`| ${[row.name, whole(row.ns), whole(row.instructions), ...added].join(' | ')} |`);
}
