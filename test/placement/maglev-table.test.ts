/** The table of Maglev, by the example that the paper gives and by the properties that it claims. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClaimOrder } from '../../src/placement/claim-order.ts';
import { MaglevBuild, MaglevPlacement } from '../../src/placement/index.ts';
import { MaglevFilling, type MaglevRow, maglevTable } from '../../src/placement/maglev-table.ts';
import { group, keysOf } from './groups.ts';

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

test('a table that is filled bit by bit is the one that is filled at once', () => {
  const weights = fc.array(fc.constantFrom(0.01, 0.3, 1, 1, 5), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(rows, weights, fc.array(fc.integer({ min: 1, max: 90 })), (drawn, given, slices) => {
      const weighted = drawn.map((row, place) => ({ ...row, weight: given[place] as number }));
      const filling = new MaglevFilling(weighted, size);
      let table: Uint16Array | undefined;
      for (const looks of slices) table ??= filling.advance(looks);
      table ??= filling.advance(Number.POSITIVE_INFINITY);
      assert.deepEqual(table, maglevTable(weighted, size));
    }),
  );
});

test('a placement that is made bit by bit is the same, and takes about as many looks as it is told', () => {
  const build = new MaglevBuild(group(9), { tableSize: 1_009 });
  let slices = 1;
  let made = build.advance(500);
  for (; made === undefined; slices += 1) made = build.advance(500);
  // Some seven looks for each slot of a table of that size.
  assert.ok(slices > 5 && slices < 25, `${slices} slices`);
  const whole = new MaglevPlacement(group(9), { tableSize: 1_009 });
  for (const key of keysOf(2_000)) assert.deepEqual(made.owners(key, 3), whole.owners(key, 3));
});

test('one heavy node among many light ones takes no more looks than many of one weight', () => {
  const nodes = group(300).map((node, place) => ({ ...node, weight: place === 0 ? 1_000_000 : 1 }));
  const build = new MaglevBuild(nodes, { tableSize: 1_009 });
  let slices = 1;
  while (build.advance(500) === undefined) slices += 1;
  assert.ok(slices < 25, `${slices} slices`);
});

test('claims come in the order of turns that all nodes take, though nobody takes those for nothing', () => {
  const drawn = fc.array(fc.constantFrom(1e-9, 0.1, 0.25, 0.3, 1), { minLength: 1, maxLength: 20 });
  fc.assert(
    // With many light ones hardly any turn is a claim.
    fc.property(drawn, fc.constantFrom(0, 300), (some, light) => {
      const gains = Float64Array.of(...some, 1, ...new Float64Array(light).fill(0.03));
      const claims = gains.map(() => 0);
      const order = new ClaimOrder(gains);
      for (let round = 1; round <= 80; round += 1) {
        for (const [place, gain] of gains.entries()) {
          if (((claims[place] as number) + 1) / gain > round) continue;
          claims[place] = (claims[place] as number) + 1;
          assert.equal(order.next(), place);
        }
      }
    }),
  );
});
