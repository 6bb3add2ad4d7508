/** The interval tree against a list that is searched from end to end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IntervalTree } from '../../src/mvcc/interval-tree.ts';

const bound = fc.uint8Array({ maxLength: 2, max: 6 });
const step = fc.record({ insert: fc.boolean(), start: bound, end: bound });

test('a question finds every range that contains the key, each once, while ranges come and go', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.array(bound), (steps, keys) => {
      const tree = new IntervalTree<string>();
      const list = new Map<string, { readonly start: Uint8Array; readonly end: Uint8Array }>();
      for (const { insert, start, end } of steps) {
        const name = `${start.join('.')}-${end.join('.')}`;
        assert.equal(tree.get(start, end), list.has(name) ? name : undefined);
        if (insert && !list.has(name)) {
          tree.insert(start, end, name);
          list.set(name, { start, end });
        } else if (!insert) {
          tree.remove(start, end);
          list.delete(name);
        }
      }
      for (const key of keys) {
        const found: string[] = [];
        tree.visit(key, (name) => found.push(name));
        const expected = [...list].filter(
          ([, { start, end }]) =>
            Buffer.compare(start, key) <= 0 && (end.length === 0 || Buffer.compare(key, end) < 0),
        );
        assert.deepEqual(found.sort(), expected.map(([name]) => name).sort());
      }
    }),
    { numRuns: 300 },
  );
});

test('a tree of many ranges stays shallow: a question passes over what ends too early', () => {
  const tree = new IntervalTree<number>();
  for (let number = 0; number < 100_000; number += 1) {
    const start = Uint8Array.of(number >>> 16, number >>> 8, number);
    tree.insert(start, Uint8Array.of(number >>> 16, number >>> 8, number, 1), number);
  }
  for (let number = 0; number < 100_000; number += 997) {
    const found: number[] = [];
    tree.visit(Uint8Array.of(number >>> 16, number >>> 8, number), (element) => found.push(element));
    assert.deepEqual(found, [number]);
  }
});
