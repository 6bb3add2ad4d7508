import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCatalogue } from '../../tools/mutants/catalogue.ts';
import { planted } from '../../tools/mutants/mutant.ts';

const root = join(import.meta.dirname, '../..');

test('every planted bug still fits the sources, each patch in exactly one place', async () => {
  const catalogue = await readCatalogue();
  assert(catalogue.length >= 45, `${catalogue.length} bugs`);
  for (const { name, patches } of catalogue) {
    const texts = new Map<string, string>();
    for (const patch of patches) {
      const text = texts.get(patch.file) ?? readFileSync(join(root, patch.file), 'utf8');
      assert.doesNotThrow(() => texts.set(patch.file, planted(text, patch)), name);
      assert.notEqual(texts.get(patch.file), text, name);
    }
  }
});

test('a patch whose place is gone, or is not the only one, is a loud failure', () => {
  const patch = { file: 'a.ts', find: 'one', replace: 'two' };
  assert.equal(planted('there is one place', patch), 'there is two place');
  assert.throws(() => planted('nothing here', patch), /fits 0 places/);
  assert.throws(() => planted('one or one', patch), /fits 2 places/);
});
