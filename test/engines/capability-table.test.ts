/** The table of capabilities in the documents says what the types say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { capabilityMeanings } from '../../src/engines/port/index.ts';

test('each capability stands in the table with its meaning, and no other does', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/engines.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [
    name,
    meaning,
  ]);
  assert.deepEqual(rows, Object.entries(capabilityMeanings));
});
