/**
 * Writes the table of `docs/ERRORS.md` from the catalogue of error codes, so that the page for people and the
 * list for the compiler are one: `node tools/errors-table.ts --write`. A test fails when the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errorCatalogue, errorMeanings } from '../src/base/index.ts';

export const errorsPage: string = join(import.meta.dirname, '..', 'docs', 'ERRORS.md');

/** The page with its table replaced; what stands around the table is written by hand and stays. */
export function withErrorsTable(page: string): string {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const last = lines.findLastIndex((line) => line.startsWith('|'));
  if (first === -1) throw new Error(`${errorsPage} has no table to replace`);
  return [...lines.slice(0, first), ...tableRows(), ...lines.slice(last + 1)].join('\n');
}

function tableRows(): string[] {
  const codes = Object.keys(errorCatalogue).sort() as ErrorCode[];
  const rows = codes.map((code) => {
    const { retryable, outcome } = errorCatalogue[code];
    const meaning = errorMeanings[code];
    return `| \`${code}\` | ${retryable ? 'yes' : 'no'} | ${outcome} | ${meaning} |`;
  });
  return ['| code | retry | outcome | when, and what to do |', '|---|---|---|---|', ...rows];
}

if (import.meta.main) {
  const page = readFileSync(errorsPage, 'utf8');
  const fresh = withErrorsTable(page);
  if (process.argv.includes('--write')) writeFileSync(errorsPage, fresh);
  else if (fresh !== page) {
    console.error('docs/ERRORS.md differs from the catalogue; run: node tools/errors-table.ts --write');
    process.exitCode = 1;
  }
}
