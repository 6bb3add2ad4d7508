import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CausalOrder,
  decodeVersionVector,
  encodeVersionVector,
  VersionVector,
} from '../../src/time/index.ts';
import { refuses } from './refusals.ts';
import { actors, listed, vector } from './vectors.ts';

const of = (counts: Record<string, number>) => VersionVector.of(Object.entries(counts));

const comparisons: readonly (readonly [
  string,
  Record<string, number>,
  Record<string, number>,
  CausalOrder,
])[] = [
  ['nothing and nothing', {}, {}, 'equal'],
  ['nothing and something', {}, { a: 1 }, 'before'],
  ['the same', { a: 2, b: 1 }, { b: 1, a: 2 }, 'equal'],
  ['one more of one actor', { a: 2, b: 1 }, { a: 1, b: 1 }, 'after'],
  ['one more actor', { a: 1 }, { a: 1, b: 1 }, 'before'],
  ['each has what the other has not', { a: 2, b: 1 }, { a: 1, b: 2 }, 'concurrent'],
  ['no actor in common', { a: 1 }, { b: 1 }, 'concurrent'],
  ['fewer actors, but more of one', { a: 3 }, { a: 2, b: 2, c: 1 }, 'concurrent'],
];

for (const [name, left, right, order] of comparisons) {
  test(`${name}: ${order}`, () => {
    assert.equal(of(left).compare(of(right)), order);
  });
}

test('the partition of the paper: two sides change one file, and the conflict shows when they meet', () => {
  // A and B on one side, C on the other; D comes to C later. The file was made at A, where all had it.
  const all = of({ A: 2 });
  const left = all.increment('A').increment('B');
  const right = all.increment('C');
  assert.equal(left.compare(all), 'after');
  assert.equal(right.compare(all), 'after');
  assert.equal(left.compare(right), 'concurrent');
  assert.deepEqual(listed(left.merge(right).increment('D')), { A: 3, B: 1, C: 1, D: 1 });
});

const opposite = { equal: 'equal', before: 'after', after: 'before', concurrent: 'concurrent' } as const;

test('compare is a partial order', () => {
  fc.assert(
    fc.property(vector, vector, vector, (left, middle, right) => {
      assert.equal(left.compare(left), 'equal');
      assert.equal(left.compare(middle), opposite[middle.compare(left)]);
      if (left.compare(middle) === 'equal') assert.deepEqual(listed(left), listed(middle));
      if (left.compare(middle) === 'before' && middle.compare(right) === 'before') {
        assert.equal(left.compare(right), 'before');
      }
    }),
  );
});

test('merge is commutative, associative and idempotent, and the least that contains both', () => {
  fc.assert(
    fc.property(vector, vector, vector, (left, middle, right) => {
      const both = left.merge(middle);
      assert.deepEqual(listed(both), listed(middle.merge(left)));
      assert.deepEqual(listed(both.merge(right)), listed(left.merge(middle.merge(right))));
      assert.deepEqual(listed(left.merge(left)), listed(left));
      for (const actor of actors) {
        assert.equal(both.get(actor), Math.max(left.get(actor), middle.get(actor)));
      }
    }),
  );
});

test('an increment is after what it came from, which stays as it was', () => {
  fc.assert(
    fc.property(vector, fc.constantFrom(...actors), (before, actor) => {
      const counts = listed(before);
      assert.equal(before.increment(actor).compare(before), 'after');
      assert.equal(before.increment(actor).get(actor), before.get(actor) + 1);
      assert.deepEqual(listed(before), counts);
    }),
  );
});

test('bytes come back as they went, and are equal if and only if the vectors are', () => {
  fc.assert(
    fc.property(vector, vector, (left, right) => {
      const bytes = encodeVersionVector(left);
      assert.deepEqual(listed(decodeVersionVector(bytes)), listed(left));
      const isSame = Buffer.compare(bytes, encodeVersionVector(right)) === 0;
      assert.equal(isSame, left.compare(right) === 'equal');
    }),
  );
});

test('the bytes are these', () => {
  const bytes = encodeVersionVector(of({ b: 300, a: 1 }));
  assert.deepEqual([...bytes], [1, 2, 1, 0x61, 1, 1, 0x62, 0xac, 0x02]);
  assert.deepEqual([...encodeVersionVector(VersionVector.empty)], [1, 0]);
});

const damaged: Readonly<Record<string, readonly number[]>> = {
  'another kind': [2, 0],
  'actors out of order': [1, 2, 1, 0x62, 1, 1, 0x61, 1],
  'an actor twice': [1, 2, 1, 0x61, 1, 1, 0x61, 2],
  'no events': [1, 1, 1, 0x61, 0],
  'a number in a longer form': [1, 1, 1, 0x61, 0x81, 0x00],
  'an actor without a name': [1, 1, 0, 1, 1],
  'an actor with a name that is too long': [1, 1, 0x80, 1, 1],
  'a name that is not UTF-8': [1, 1, 1, 0xff, 1],
  'a count that the bytes cannot hold': [1, 0xff, 0xff, 0x03, 1, 0x61, 1],
  'bytes behind the end': [1, 0, 0],
};

for (const [name, bytes] of Object.entries(damaged)) {
  test(`bytes with ${name} are refused`, () => {
    refuses(() => decodeVersionVector(Uint8Array.from(bytes)), 'malformed-bytes');
  });
}

test('what is no count and no actor is refused', () => {
  for (const events of [Number.NaN, -1, 0.5, 2 ** 53]) {
    refuses(() => VersionVector.of([['a', events]]), 'invalid-option');
  }
  refuses(() => VersionVector.of([['', 1]]), 'invalid-option');
  refuses(() => VersionVector.empty.increment('\udc00'), 'invalid-option');
});
