/** The table of Maglev, by the example that the paper gives and by the properties that it claims. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MaglevRow, maglevTable } from '../../src/placement/maglev-table.ts';

const weight = 1;
const b0: MaglevRow = { offset: 3, step: 4, weight };
const b1: MaglevRow = { offset: 0, step: 2, weight };
const b2: MaglevRow = { offset: 3, step: 1, weight };

test('table 1 of the paper: three backends on seven slots, before and after B1 leaves', () => {
  assert.deepEqual([...maglevTable([b0, b1, b2], 7)], [1, 0, 1, 0, 2, 2, 0]);
  assert.deepEqual(
    [...maglevTable([b0, b2], 7)].map((place) => [0, 2][place]),
    [0, 0, 0, 0, 2, 2, 2],
  );
});

const size = 101;
const rows = fc.array(
  fc.record({
    offset: fc.nat({ max: size - 1 }),
    step: fc.integer({ min: 1, max: size - 1 }),
    weight: fc.constant(1),
  }),
  { minLength: 1, maxLength: 20 },
);

function slotsOf(table: Uint16Array, count: number): number[] {
  const slots = new Array<number>(count).fill(0);
  for (const place of table) slots[place] = (slots[place] as number) + 1;
  return slots;
}

test('nodes of one weight have the same number of slots, to within one', () => {
  fc.assert(
    fc.property(rows, (drawn) => {
      const slots = slotsOf(maglevTable(drawn, size), drawn.length);
      assert.ok(Math.max(...slots) - Math.min(...slots) <= 1);
    }),
  );
});

test('slots follow weights to within two slots', () => {
  const weights = [4, 2, 1, 1];
  const drawn = weights.map((each, place) => ({ offset: place * 11, step: place + 1, weight: each }));
  for (const [place, slots] of slotsOf(maglevTable(drawn, 65_537), 4).entries()) {
    assert.ok(Math.abs(slots - (65_537 * (weights[place] as number)) / 8) <= 2);
  }
});
