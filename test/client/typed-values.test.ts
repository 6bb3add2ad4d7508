/** JSON values of a known shape: checked by a schema when they are written and when they are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { StandardSchema } from '../../src/base/index.ts';
import { connect } from '../../src/client/index.ts';
import { failsWith } from '../ports/expectations.ts';

const limits = z.object({ most: z.number(), names: z.array(z.string()).default([]) });

test('what a schema makes of a value is written, and what it makes of what lies there is read', async () => {
  await using store = await connect('memory:');
  await store.putJson('limits', { most: 3, unknown: true }, { schema: limits });
  assert.equal((await store.get('limits'))?.text, '{"most":3,"names":[]}');
  // Somebody whose program knew no names yet.
  await store.putJson('limits', { most: 4 });
  const entry = await store.get('limits');
  const { most, names } = (await entry?.parse(limits)) ?? { most: 0, names: ['nothing'] };
  assert.deepEqual([most, names], [4, []]);
});

test('a value that does not fit is neither written nor read, and the error tells every place', async () => {
  await using store = await connect('memory:');
  await store.put('limits', '{"most":1}');
  const wrong = { most: 'many', names: ['a', 7] };
  await assert.rejects(store.putJson('limits', wrong, { schema: limits }), (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /"limits" does not fit .*most: .*; names\.1: /);
    return true;
  });
  assert.equal((await store.get('limits'))?.version, 1);
  await store.putJson('limits', wrong);
  const entry = await store.get('limits');
  assert.ok(entry !== undefined);
  await assert.rejects(entry.parse(limits), {
    code: 'value-invalid',
    outcome: 'not-applied',
    data: {
      key: 'limits',
      issues: [
        { path: 'most', message: 'Invalid input: expected number, received string' },
        { path: 'names.1', message: 'Invalid input: expected string, received number' },
      ],
    },
  });
  await store.put('limits', 'no JSON');
  await failsWith('value-invalid', (await store.get('limits'))?.parse(limits) ?? Promise.resolve());
  await failsWith('invalid-option', store.putJson('limits', undefined));
});

test('a schema of any library will do, also one that takes its time and names places by objects', async () => {
  await using store = await connect('memory:');
  const even: StandardSchema<number> = {
    '~standard': {
      version: 1,
      vendor: 'by hand',
      validate: async (value) => {
        await Promise.resolve();
        if (typeof value === 'number' && value % 2 === 0) return { value };
        return { issues: [{ message: 'odd', path: [{ key: 'itself' }] }] };
      },
    },
  };
  await store.putJson('two', 2, { schema: even });
  assert.equal(await (await store.get('two'))?.parse(even), 2);
  await assert.rejects(store.putJson('three', 3, { schema: even }), /itself: odd/);
});
