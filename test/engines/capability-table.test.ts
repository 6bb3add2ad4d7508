/** The table of capabilities in the documents says what the types say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { enginesPage, withCapabilityTable } from '../../tools/capability-table.ts';

test('the table of capabilities is that of the types', () => {
  const page = readFileSync(enginesPage, 'utf8');
  assert.equal(page, withCapabilityTable(page), 'run: node tools/capability-table.ts --write');
});

test('a page without a table is told from one that has it', () => {
  assert.throws(() => withCapabilityTable('# Engines\n'), /no table/);
  const fresh = withCapabilityTable(
    '# Engines\n\n| capability | old |\n|---|---|\n| x | y |\n\nBehind it.\n',
  );
  assert.match(fresh, /^# Engines\n\n\| capability \| what it means \| `quorate` .*\n\nBehind it\.\n$/s);
  assert.doesNotMatch(fresh, /\| x \| y \|/);
});
