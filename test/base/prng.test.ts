/**
 * The seeded generator. A replay from one number is worth nothing if the numbers ever change, so the first
 * draws of some seeds are written down here; they were computed by a second implementation in another
 * language. The statistics run on fixed seeds: they cannot fail by chance, only by a change.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../src/base/index.ts';

const seeds = fc.maxSafeInteger();

function draws(random: Prng, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

const known: readonly (readonly [seed: number, first: readonly number[]])[] = [
  [0, [0x67f2_a144, 0x0c5e_7e09, 0xdd81_56bb, 0x0b85_27c9]],
  [1, [0x7444_2f2c, 0x151a_22dd, 0x2769_6991, 0xa708_dad3]],
  [42, [0x08a5_b274, 0xc17a_30df, 0xf6d6_163a, 0x80e2_2ad6]],
  [-1, [0x90d7_6b6d, 0xaf36_7b12, 0xbc7c_fc30, 0x67ae_c380]],
  [Number.MAX_SAFE_INTEGER, [0x077b_fc98, 0x76d8_b9d4, 0x7028_f8aa, 0x07cf_a0e4]],
  [Number.MIN_SAFE_INTEGER, [0xefad_0640, 0x5673_1e9d, 0x3cdb_ab88, 0xf9a4_bd39]],
];

for (const [seed, first] of known) {
  test(`seed ${seed} begins as it always has`, () => {
    assert.deepEqual(draws(new Prng(seed), first.length), first);
  });
}

test('one seed gives one sequence, and another seed another', () => {
  fc.assert(
    fc.property(seeds, seeds, (left, right) => {
      const same = draws(new Prng(left), 4).join() === draws(new Prng(right), 4).join();
      assert.equal(same, left === right);
    }),
  );
});

test('a seed that is not a safe whole number is a mistake', () => {
  for (const seed of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => new Prng(seed), { name: 'AssertionFailure' });
  }
});

test('each of 256 values of the top and of the bottom byte comes as often as the others', () => {
  const random = new Prng(2024);
  const [top, bottom] = [new Uint32Array(256), new Uint32Array(256)];
  const count = 256 * 1_000;
  for (let draw = 0; draw < count; draw += 1) {
    const value = random.uint32();
    top[value >>> 24] = (top[value >>> 24] as number) + 1;
    bottom[value & 0xff] = (bottom[value & 0xff] as number) + 1;
  }
  // 255 degrees of freedom: below 340 with a probability of 0.9997.
  for (const counts of [top, bottom]) assert.ok(chiSquared(counts, count / 256) < 340);
});

function chiSquared(counts: Iterable<number>, expected: number): number {
  let sum = 0;
  for (const count of counts) sum += (count - expected) ** 2 / expected;
  return sum;
}

test('a bound of three quarters of the range has no favourites, as a plain remainder would', () => {
  const random = new Prng(7);
  const thirds = [0, 0, 0];
  const count = 30_000;
  for (let draw = 0; draw < count; draw += 1) {
    const third = Math.floor(random.below(3 * 2 ** 30) / 2 ** 30);
    thirds[third] = (thirds[third] as number) + 1;
  }
  // A remainder would give the first third one half of all draws: 7,500 in the sum below.
  assert.ok(chiSquared(thirds, count / 3) < 20, thirds.join(' '));
});

test('below stays below its bound, and reaches every value of a small one', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
      const value = new Prng(seed).below(bound);
      assert.ok(Number.isInteger(value) && value >= 0 && value < bound);
    }),
  );
  const random = new Prng(1);
  assert.deepEqual(new Set(Array.from({ length: 200 }, () => random.below(5))), new Set([0, 1, 2, 3, 4]));
});

test('an impossible bound, range or choice is a mistake', () => {
  const random = new Prng(1);
  for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
    assert.throws(() => random.below(bound), { name: 'AssertionFailure' });
  }
  assert.throws(() => random.between(2, 1), { name: 'AssertionFailure' });
  assert.throws(() => random.between(0.5, 2.5), { name: 'AssertionFailure' });
  assert.throws(() => random.pick([]), { name: 'AssertionFailure' });
});

test('between includes both ends and goes no further', () => {
  const random = new Prng(3);
  const seen = new Set(Array.from({ length: 100 }, () => random.between(-1, 1)));
  assert.deepEqual([...seen].sort(), [-1, 0, 1].sort());
  assert.equal(random.between(5, 5), 5);
});

test('float lies in [0, 1) with its mean in the middle', () => {
  const random = new Prng(4);
  const floats = Array.from({ length: 10_000 }, () => random.float());
  assert.ok(floats.every((value) => value >= 0 && value < 1));
  const mean = floats.reduce((sum, value) => sum + value) / floats.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`);
});

test('chance 0 never comes, chance 1 always, chance 0.3 three times in ten', () => {
  const random = new Prng(5);
  const hits = (probability: number): number =>
    Array.from({ length: 10_000 }, () => random.chance(probability)).filter(Boolean).length;
  assert.equal(hits(0), 0);
  assert.equal(hits(1), 10_000);
  assert.ok(Math.abs(hits(0.3) - 3_000) < 150);
});

test('pick takes each choice about as often as the others', () => {
  const random = new Prng(6);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 9_000; draw += 1) {
    const choice = random.pick(['a', 'b', 'c']);
    counts.set(choice, (counts.get(choice) ?? 0) + 1);
  }
  assert.equal(counts.size, 3);
  assert.ok(chiSquared(counts.values(), 3_000) < 14);
});

test('shuffled has the same elements and leaves its input alone', () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.integer()), (seed, elements) => {
      const before = elements.slice();
      const result = new Prng(seed).shuffled(elements);
      assert.deepEqual(elements, before);
      assert.deepEqual(result.toSorted(), before.toSorted());
    }),
  );
});

test('each order of three comes about as often as the other five', () => {
  const random = new Prng(8);
  const orders = new Map<string, number>();
  for (let draw = 0; draw < 12_000; draw += 1) {
    const order = random.shuffled(['a', 'b', 'c']).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  assert.ok(chiSquared(orders.values(), 2_000) < 21);
});

test('what a fork draws changes nothing for its parent, nor for the forks after it', () => {
  fc.assert(
    fc.property(seeds, fc.nat({ max: 20 }), (seed, extra) => {
      const [quiet, busy] = [new Prng(seed), new Prng(seed)];
      quiet.fork();
      draws(busy.fork(), extra);
      assert.deepEqual(draws(quiet.fork(), 3), draws(busy.fork(), 3));
      assert.deepEqual(draws(quiet, 3), draws(busy, 3));
    }),
  );
});

test('a fork does not repeat its parent', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const parent = new Prng(seed);
      const fork = parent.fork();
      assert.notDeepEqual(draws(fork, 4), draws(parent, 4));
    }),
  );
});
