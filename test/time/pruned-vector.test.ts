import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePrunedVector, encodePrunedVector, PrunedVector, VersionVector } from '../../src/time/index.ts';
import { refuses } from './refusals.ts';
import { actors, vector } from './vectors.ts';

const of = (counts: Record<string, number>) => VersionVector.of(Object.entries(counts));

test('a write that would have been lost: what depends on the dropped actor is unknown, not before', () => {
  const mine = of({ gone: 3, a: 1 });
  const other = of({ a: 2 });
  assert.equal(mine.compare(other), 'concurrent');
  assert.equal(of({ a: 1 }).compare(other), 'before', 'which is what a vector without memory would say');
  assert.equal(PrunedVector.prune(mine, ['gone']).compare(other), 'unknown');
});

test('what does not depend on the dropped actor is still known', () => {
  const pruned = PrunedVector.prune(of({ gone: 3, a: 5 }), ['gone']);
  assert.deepEqual([...pruned.entries()], [['a', { least: 5, most: 5 }]]);
  assert.equal(pruned.unlistedMost, 3);
  assert.equal(pruned.compare(of({ a: 4, b: 4 })), 'concurrent');
  assert.equal(pruned.compare(VersionVector.empty), 'after');
  assert.equal(pruned.compare(of({ a: 5, b: 1 })), 'unknown');
  assert.equal(pruned.compare(pruned), 'equal');
  assert.equal(PrunedVector.prune(of({ a: 1 }), []).compare(of({ a: 2 })), 'before');
});

/** A vector as it truly is, beside what a node that prunes has of it. */
interface Tracked {
  readonly truth: VersionVector;
  readonly kept: PrunedVector;
}

const gone = fc.subarray([...actors]);
const pruned = fc
  .tuple(vector, gone)
  .map(([truth, dropped]): Tracked => ({ truth, kept: PrunedVector.prune(truth, dropped) }));
const tracked: fc.Arbitrary<Tracked> = fc
  .tuple(pruned, pruned, fc.constantFrom(...actors), gone)
  .map(([left, right, actor, dropped]) => ({
    truth: left.truth.merge(right.truth).increment(actor),
    kept: PrunedVector.prune(left.kept.merge(right.kept).increment(actor), dropped),
  }));
const either = fc.oneof(pruned, tracked);

test('however it was pruned, merged and counted on, a comparison says the truth or unknown', () => {
  let known = 0;
  fc.assert(
    fc.property(either, either, (left, right) => {
      const truth = left.truth.compare(right.truth);
      const said = left.kept.compare(right.kept);
      if (said !== 'unknown') {
        known += 1;
        assert.equal(said, truth);
      }
      const beside = left.kept.compare(right.truth);
      if (beside !== 'unknown') assert.equal(beside, truth);
      for (const actor of actors) {
        const { least, most } = left.kept.get(actor);
        assert.ok(least <= left.truth.get(actor) && left.truth.get(actor) <= most, actor);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(known > 200, 'most answers were unknown, so the property says little');
});

const form = (kept: PrunedVector) => Buffer.from(encodePrunedVector(kept)).toString('hex');

test('merge is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(either, either, either, ({ kept: left }, { kept: middle }, { kept: right }) => {
      assert.equal(form(left.merge(middle)), form(middle.merge(left)));
      assert.equal(form(left.merge(middle).merge(right)), form(left.merge(middle.merge(right))));
      assert.equal(form(left.merge(left)), form(left));
    }),
  );
});

test('bytes come back as they went; what was exact before pruning is not after decoding', () => {
  fc.assert(
    fc.property(either, ({ kept }) => {
      const again = decodePrunedVector(encodePrunedVector(kept));
      assert.equal(form(again), form(kept));
      const isExact =
        kept.unlistedMost === 0 && [...kept.entries()].every(([, { least, most }]) => least === most);
      assert.equal(again.compare(kept), isExact ? 'equal' : 'unknown');
    }),
  );
});

test('what is no range is refused', () => {
  refuses(() => PrunedVector.of([['a', { least: 2, most: 1 }]], 0), 'invalid-option');
  refuses(() => PrunedVector.of([['a', { least: 0, most: 1 }]], 0), 'invalid-option');
  refuses(() => PrunedVector.of([], Number.NaN), 'invalid-option');
  refuses(() => decodePrunedVector(Uint8Array.of(2, 0, 1, 1, 0x61, 0, 3)), 'malformed-bytes');
  refuses(() => decodePrunedVector(Uint8Array.of(1, 0)), 'malformed-bytes');
  const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  refuses(() => decodePrunedVector(Uint8Array.of(2, 0, 1, 1, 0x61, ...most, 1)), 'malformed-bytes');
});
