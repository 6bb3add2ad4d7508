/**
 * Writes the tables of metrics, of a node in `docs/OPERATIONS.md` and of a member in `docs/membership.md`, from the
 * families that the programs tell of, so that page and program are one: `node tools/metrics-table.ts --write`. A
 * test fails when the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lifecycleFamilies, membershipFamilies, metricFamilies } from '../src/monitor/index.ts';

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** Each page that has a table, and what is in it. */
export const metricsPages: readonly { readonly path: string; readonly families: readonly Family[] }[] = [
  { path: pathOf('OPERATIONS.md'), families: [...lifecycleFamilies, ...metricFamilies] },
  { path: pathOf('membership.md'), families: membershipFamilies },
];

const begin = '<!-- metrics: node tools/metrics-table.ts --write -->';
const end = '<!-- end of metrics -->';

/** The page with its table replaced; what stands around the table is written by hand and stays. */
export function withMetricsTable(page: string, families: readonly Family[]): string {
  const [before, rest] = page.split(`${begin}\n`);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error('a page lacks the marks of its table');
  return `${before}${begin}\n${tableRows(families).join('\n')}\n${end}${after}`;
}

function pathOf(page: string): string {
  return join(import.meta.dirname, '..', 'docs', page);
}

function tableRows(families: readonly Family[]): string[] {
  const rows = families.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  return ['| metric | type | what it tells |', '|---|---|---|', ...rows];
}

if (import.meta.main) {
  for (const { path, families } of metricsPages) {
    const page = readFileSync(path, 'utf8');
    const fresh = withMetricsTable(page, families);
    if (process.argv.includes('--write')) writeFileSync(path, fresh);
    else if (fresh !== page) {
      console.error(`${path} differs from the metrics; run: node tools/metrics-table.ts --write`);
      process.exitCode = 1;
    }
  }
}
