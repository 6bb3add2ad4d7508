/**
 * Writes the table of `docs/engines.md` that tells which engine has which capability, from the record that the
 * compiler holds against the engines' types: `node tools/capability-table.ts --write`. A test fails when the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capabilitiesByEngine } from '../src/engines/addresses/index.ts';
import { type Capability, capabilityMeanings, provides } from '../src/engines/port/index.ts';

export const enginesPage: string = join(import.meta.dirname, '..', 'docs', 'engines.md');

const first = '| capability |';

/** The page with its table replaced; all else is written by hand and stays. */
export function withCapabilityTable(page: string): string {
  const lines = page.split('\n');
  const at = lines.findIndex((line) => line.startsWith(first));
  if (at === -1) throw new Error(`${enginesPage} has no table that begins with ${first}`);
  const length = lines.slice(at).findIndex((line) => !line.startsWith('|'));
  return [...lines.slice(0, at), ...tableRows(), ...lines.slice(at + length)].join('\n');
}

function tableRows(): string[] {
  const engines = Object.entries(capabilitiesByEngine);
  const rows = Object.entries(capabilityMeanings).map(([capability, meaning]) => {
    const marks = engines.map(([, record]) => (provides(record, capability as Capability) ? 'yes' : '–'));
    return `| \`${capability}\` | ${meaning} | ${marks.join(' | ')} |`;
  });
  const names = engines.map(([name]) => `\`${name}\``).join(' | ');
  return [`${first} what it means | ${names} |`, `|---|---|${'---|'.repeat(engines.length)}`, ...rows];
}

if (import.meta.main) {
  const page = readFileSync(enginesPage, 'utf8');
  const fresh = withCapabilityTable(page);
  if (process.argv.includes('--write')) writeFileSync(enginesPage, fresh);
  else if (fresh !== page) {
    console.error('docs/engines.md differs from the types; run: node tools/capability-table.ts --write');
    process.exitCode = 1;
  }
}
