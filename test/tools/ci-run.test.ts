/** What CI leaves out of the files that need real servers is one file, by name: a new one is never forgotten. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

test('CI runs every file of real servers but the locks on NATS whose servers are killed', () => {
  const script = readFileSync(join(root, '.ci', 'run'), 'utf8');
  const words = /^engine_words=\((.+)\)$/m.exec(script)?.[1]?.split(' ') ?? [];
  const files = globSync('test/engines/*.engine.ts', { cwd: root });
  assert.deepEqual(
    files.filter((file) => !words.some((word) => file.includes(word))),
    ['test/engines/nats-locks.engine.ts'],
  );
  for (const word of words)
    assert.ok(
      files.some((file) => file.includes(word)),
      `${word} names a file`,
    );
});
