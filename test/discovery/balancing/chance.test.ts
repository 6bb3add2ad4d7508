import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../../src/base/index.ts';
import { AliasTable } from '../../../src/discovery/balancing/alias-table.ts';
import type { PickerName } from '../../../src/discovery/balancing/index.ts';
import { balancerOf, busy, counted, idsOf, picked } from './scene.ts';

/** Five standard deviations of a binomial: one run in millions strays that far, and the seeds are fixed. */
function near(count: number, picks: number, share: number): boolean {
  return Math.abs(count - picks * share) <= 5 * Math.sqrt(picks * share * (1 - share)) + 1;
}

test('an alias table draws each place by its weight', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.integer(),
      (weights, seed) => {
        const random = new Prng(seed);
        const table = new AliasTable(weights);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const counts = new Float64Array(weights.length);
        const draws = 4_000;
        for (let draw = 0; draw < draws; draw += 1) {
          const place = table.draw(random);
          counts[place] = (counts[place] as number) + 1;
        }
        for (const [place, weight] of weights.entries()) {
          const count = counts[place] as number;
          assert.ok(near(count, draws, weight / total), `place ${place}: ${count} of ${draws}`);
        }
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});

for (const picker of ['random', 'two-choices', 'peak-ewma'] as const) {
  test(`${picker} gives idle instances calls by their weight`, () => {
    const balancer = balancerOf({ picker }, [
      { id: 'a', weight: 4 },
      { id: 'b', weight: 3 },
      { id: 'c', weight: 2 },
      { id: 'd', weight: 1 },
    ]);
    const counts = counted(balancer, 20_000);
    for (const [id, share] of [
      ['a', 0.4],
      ['b', 0.3],
      ['c', 0.2],
      ['d', 0.1],
    ] as const) {
      assert.ok(near(counts.get(id) ?? 0, 20_000, share), `${id}: ${counts.get(id)}`);
    }
  });
}

test('of two instances two choices takes the one with fewer calls for its weight, whoever it is', () => {
  fc.assert(
    fc.property(
      fc.record({ calls: fc.nat(20), weight: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ calls: fc.nat(20), weight: fc.integer({ min: 1, max: 5 }) }),
      (left, right) => {
        fc.pre(left.calls / left.weight !== right.calls / right.weight);
        const balancer = balancerOf({ picker: 'two-choices' }, [
          { id: 'left', weight: left.weight },
          { id: 'right', weight: right.weight },
        ]);
        busy(balancer, 'left', left.calls);
        busy(balancer, 'right', right.calls);
        const better = left.calls / left.weight < right.calls / right.weight ? 'left' : 'right';
        assert.equal(picked(balancer).id, better);
      },
    ),
  );
});

test('two choices compares two, even where one is so heavy that nearly all draws are for it', () => {
  for (const light of ['a', 'z']) {
    const balancer = balancerOf({ picker: 'two-choices' }, [
      { id: 'heavy', weight: 1e6 },
      { id: light, weight: 1 },
    ]);
    busy(balancer, 'heavy', 1);
    assert.deepEqual([...counted(balancer, 50)], [[light, 50]]);
  }
});

test('two choices never takes the busiest of all, and takes everybody else', () => {
  const ids = idsOf(10);
  const balancer = balancerOf({ picker: 'two-choices' }, ids);
  for (const [number, id] of ids.entries()) busy(balancer, id, number);
  const counts = counted(balancer, 5_000);
  assert.equal(counts.has('i009'), false);
  // The one in place k of n wins against those behind it: (n - 1 - k) of all pairs it may be in.
  for (const [number, id] of ids.slice(0, 9).entries()) {
    assert.ok(near(counts.get(id) ?? 0, 5_000, (9 - number) / 45), `${id}: ${counts.get(id)}`);
  }
});

/** The sum of squared deviations, each by what was expected; its mean is one less than there are counts. */
function chiSquare(counts: readonly number[], expected: (place: number) => number): number {
  return counts.reduce((sum, count, place) => sum + (count - expected(place)) ** 2 / expected(place), 0);
}

test('two choices makes each pair of instances as often as the next', () => {
  const picks = 200_000;
  for (const seed of [1, 2, 3]) {
    const balancer = balancerOf({ picker: 'two-choices' }, idsOf(64), seed);
    const first = counted(balancer, picks);
    const idle = chiSquare([...first.values()], () => picks / 64);
    assert.ok(idle < 63 + 5 * Math.sqrt(126), `of idle ones: ${idle}`);
    for (const [number, id] of idsOf(64).entries()) busy(balancer, id, number);
    const better = counted(balancer, picks);
    // As the better one of its pair: in (63 - place) of all 63 × 32 pairs.
    const byRank = idsOf(63).map((id) => better.get(id) ?? 0);
    const pairs = chiSquare(byRank, (place) => (picks * (63 - place)) / (63 * 32));
    assert.ok(pairs < 62 + 5 * Math.sqrt(124), `of busy ones: ${pairs}`);
  }
});

test('balancers with one seed pick alike, and with another one otherwise', () => {
  const course = (picker: PickerName, seed: number): string => {
    const balancer = balancerOf({ picker }, idsOf(20), seed);
    const calls = Array.from({ length: 200 }, (_, call) => {
      const slot = picked(balancer, call);
      balancer.begin(slot);
      if (call % 3 > 0) balancer.end(slot, { latencyMs: 1 + (call % 7), ok: call % 11 > 0 }, call);
      return slot.id;
    });
    return calls.join();
  };
  for (const picker of ['random', 'two-choices', 'peak-ewma'] as const) {
    assert.equal(course(picker, 5), course(picker, 5));
    assert.notEqual(course(picker, 5), course(picker, 6));
  }
});

test('two choices keeps the longest line far below what chance alone makes of it', () => {
  const longest = (picker: 'random' | 'two-choices'): number => {
    const balancer = balancerOf({ picker }, idsOf(100), 3);
    for (let call = 0; call < 1_000; call += 1) balancer.begin(picked(balancer));
    return Math.max(...idsOf(100).map((id) => balancer.slotOf(id)?.inFlight ?? 0));
  };
  assert.ok(longest('two-choices') <= 13, `two choices: ${longest('two-choices')}`);
  assert.ok(longest('random') >= 17, `random: ${longest('random')}`);
});
