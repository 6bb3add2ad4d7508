/**
 * Writes the table of metrics in `docs/OPERATIONS.md` from the families that a node tells of, so that the page
 * and the program are one: `node tools/metrics-table.ts --write`. A test fails when the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricFamilies } from '../src/monitor/index.ts';

export const operationsPage: string = join(import.meta.dirname, '..', 'docs', 'OPERATIONS.md');

const begin = '<!-- metrics: node tools/metrics-table.ts --write -->';
const end = '<!-- end of metrics -->';

/** The page with its table replaced; what stands around the table is written by hand and stays. */
export function withMetricsTable(page: string): string {
  const [before, rest] = page.split(`${begin}\n`);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${operationsPage} lacks the marks of its table`);
  return `${before}${begin}\n${tableRows().join('\n')}\n${end}${after}`;
}

function tableRows(): string[] {
  const rows = metricFamilies.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  return ['| metric | type | what it tells |', '|---|---|---|', ...rows];
}

if (import.meta.main) {
  const page = readFileSync(operationsPage, 'utf8');
  const fresh = withMetricsTable(page);
  if (process.argv.includes('--write')) writeFileSync(operationsPage, fresh);
  else if (fresh !== page) {
    console.error('docs/OPERATIONS.md differs from the metrics; run: node tools/metrics-table.ts --write');
    process.exitCode = 1;
  }
}
