import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leftAfter } from '../../../src/discovery/balancing/fading.ts';

test('what is left after some time is what the exponential function says', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 44, noNaN: true }), (constants) => {
      const expected = Math.exp(-constants);
      assert.ok(Math.abs(leftAfter(constants) - expected) <= 2e-12 * expected, `after ${constants}`);
    }),
    { numRuns: 5_000 },
  );
});

const rows: readonly (readonly [name: string, constants: number, left: number])[] = [
  ['at once all is left', 0, 1],
  ['at half of it, exactly half', Math.LN2, 0.5],
  ['after 64 halvings nothing', 64 * Math.LN2, 0],
  ['after so long that no whole number counts the steps', 1e12, 0],
  ['after all time', Number.POSITIVE_INFINITY, 0],
];

for (const [name, constants, left] of rows) {
  test(`${name}`, () => assert.equal(leftAfter(constants), left));
}
