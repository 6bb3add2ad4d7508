import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Agreement, agreementOf, type SourceInterval } from '../../src/time/index.ts';

const sources = (...ends: readonly (readonly [low: number, high: number])[]): SourceInterval[] =>
  ends.map(([low, high], index) => ({ name: `s${index + 1}`, low, high }));

type Agreed = Omit<Extract<Agreement, { agreed: true }>, 'agreed'>;

/** The first three are the usual examples of the algorithm; error is from the middle to the end of what a majority covers. */
const rows: readonly (readonly [name: string, SourceInterval[], Agreed])[] = [
  [
    '8 to 12, 11 to 13 and 10 to 12 agree on 11 to 12',
    sources([8, 12], [11, 13], [10, 12]),
    { low: 11, high: 12, sources: 3, middle: 11.5, error: 1.5, falsetickers: [] },
  ],
  [
    '8 to 12, 11 to 13 and 14 to 15 agree on 11 to 12, and the third is wrong',
    sources([8, 12], [11, 13], [14, 15]),
    { low: 11, high: 12, sources: 2, middle: 11.5, error: 0.5, falsetickers: ['s3'] },
  ],
  [
    '8 to 9, 8 to 12 and 10 to 12 agree on two places, and either may be right',
    sources([8, 9], [8, 12], [10, 12]),
    { low: 8, high: 12, sources: 2, middle: 10, error: 2, falsetickers: [] },
  ],
  [
    'intervals that touch overlap in a point',
    sources([0, 1], [1, 2]),
    { low: 1, high: 1, sources: 2, middle: 1, error: 0, falsetickers: [] },
  ],
  [
    'one alone is its own majority',
    sources([3, 5]),
    { low: 3, high: 5, sources: 1, middle: 4, error: 1, falsetickers: [] },
  ],
  [
    'two of five that lie alike do not win',
    sources([0, 2], [1, 3], [0, 3], [50, 51], [50, 51]),
    { low: 1, high: 2, sources: 3, middle: 1.5, error: 0.5, falsetickers: ['s4', 's5'] },
  ],
];

for (const [name, intervals, expected] of rows) {
  test(name, () => {
    assert.deepEqual(agreementOf(intervals), { agreed: true, ...expected });
  });
}

test('half of the sources is no majority', () => {
  assert.deepEqual(agreementOf(sources([0, 1], [5, 6])), { agreed: false, sources: 1 });
  assert.deepEqual(agreementOf(sources([0, 1], [0, 1], [5, 6], [5, 6])), { agreed: false, sources: 2 });
  assert.deepEqual(agreementOf([]), { agreed: false, sources: 0 });
});

test('whenever a majority holds the truth, it is within the error of the middle', () => {
  const truthful = fc
    .tuple(fc.nat(20), fc.nat(20))
    .map(([below, above]) => [100 - below, 100 + above] as const);
  const wild = fc.tuple(fc.nat(200), fc.nat(40)).map(([low, length]) => [low, low + length] as const);
  fc.assert(
    fc.property(
      fc.array(truthful, { minLength: 1, maxLength: 6 }),
      fc.array(wild, { maxLength: 5 }),
      (right, wrong) => {
        const liars = wrong.slice(0, right.length - 1);
        const agreement = agreementOf(sources(...liars, ...right));
        assert.ok(agreement.agreed);
        assert.ok(Math.abs(agreement.middle - 100) <= agreement.error);
        assert.ok(agreement.sources >= right.length);
      },
    ),
    { numRuns: 1_000 },
  );
});
