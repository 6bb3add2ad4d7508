/**
 * What it costs to know who serves, and to choose among them. The cases are those of all files in `cases/`, each of
 * which exports `cases`.
 *
 *   npm run bench -- discovery [--json] [--list] [--rounds N] [--case NAME,…]
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchCase, Line } from './bench-case.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    case: { type: 'string', default: '' },
  },
});

const folder = join(import.meta.dirname, 'cases');
const cases: BenchCase[] = [];
for (const file of readdirSync(folder).toSorted()) {
  const module = (await import(join(folder, file))) as { readonly cases: readonly BenchCase[] };
  cases.push(...module.cases);
}
const wanted = options.case === '' ? cases.map(({ name }) => name) : options.case.split(',');
const unknown = wanted.filter((name) => !cases.some((one) => one.name === name));

function tell(line: Line): void {
  if (options.json) {
    console.log(JSON.stringify({ bench: 'discovery', ...line, rounds: Number(options.rounds) }));
    return;
  }
  const { case: name, ours, unit, ...figures } = line;
  const rest = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  console.log(`${name.padEnd(32)} ${String(ours).padStart(10)} ${unit.padEnd(6)} ${rest.join('  ')}`);
}

if (unknown.length > 0) {
  console.error(`no case is called ${unknown.join(' or ')}; --list shows them`);
  process.exitCode = 2;
} else if (options.list) {
  for (const { name, what } of cases) console.log(`${name.padEnd(16)} ${what}`);
} else {
  for (const { run } of cases.filter(({ name }) => wanted.includes(name)))
    for (const line of await run({ rounds: Number(options.rounds) })) tell(line);
}
