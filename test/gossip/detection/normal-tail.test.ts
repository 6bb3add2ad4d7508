/** Phi against true values with sixty decimals, which a program of this house computes in another way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deviationsOf, phiOf } from '../../../src/gossip/detection/normal-tail.ts';
import { tailCoefficients } from '../../../src/gossip/detection/tail-coefficients.ts';
import { ExactTail, farFrom } from '../../../tools/phi/exact-tail.ts';
import { exactCoefficients, exactPhi, tableDeviations } from '../../../tools/phi-table.ts';
import { phiTable } from './phi-table.ts';

test('phi is the true value to 12 digits, from far below the mean to a million deviations above it', () => {
  let worst = 0;
  for (const [deviations, phi] of phiTable) {
    const found = phiOf(Number(deviations));
    const off = Math.abs(found - Number(phi));
    assert.ok(off <= 1e-12 * Number(phi), `phi of ${deviations} is ${phi} and not ${found}`);
    if (Number(phi) <= 30) worst = Math.max(worst, off);
  }
  assert.ok(worst < 1e-13, `up to 30 it is off by ${worst}`);
});

test('the table reaches from below the mean past 30, past 300 and far beyond, with more than 60 digits', () => {
  assert.deepEqual(
    phiTable.map(([deviations]) => deviations),
    tableDeviations,
  );
  const phis = phiTable.map(([, phi]) => phi);
  for (const bound of [1e-12, 1, 8, 30, 300, 1e11]) {
    assert.ok(phis.some((phi) => Number(phi) < bound) && phis.some((phi) => Number(phi) > bound), `${bound}`);
  }
  assert.ok(phis.every((phi) => /^\d+\.\d{60}$/.test(phi)));
});

test('what is written down is what the program computes', () => {
  for (const row of [0, 20, 28, 40, 60, 85, 102, 103, 110]) {
    const [deviations, phi] = phiTable[row] as readonly [string, string];
    assert.equal(phi, exactPhi(deviations), deviations);
  }
  assert.deepEqual(exactCoefficients().map(Number), tailCoefficients);
});

test('the two series that the true values come from agree where both are good', () => {
  const exact = new ExactTail();
  const { number } = exact;
  for (const z of [farFrom, farFrom + 1, farFrom + 2]) {
    const fixed = number.of(String(z));
    const [near, far] = [exact.scaledNear(fixed), exact.scaledFar(fixed)];
    assert.equal(number.text(near, 70), number.text(far, 70), String(z));
  }
  // From the tables of Abramowitz and Stegun, 26.2: the tail at 5, and −log10 of it at 10.
  assert.equal(
    number.text(number.times(exact.scaled(number.of('5')), number.exp(number.of('-12.5'))), 20),
    '0.00000028665157187919',
  );
  assert.equal(exactPhi('10').slice(0, 8), '23.11805');
});

test('phi grows with the deviations, is finite for every finite number of them, and never below 0', () => {
  const deviations = fc.double({ min: -1e100, max: 1e100, noNaN: true });
  fc.assert(
    fc.property(deviations, deviations, (one, other) => {
      const [low, high] = [phiOf(Math.min(one, other)), phiOf(Math.max(one, other))];
      assert.ok(low <= high && low >= 0 && Number.isFinite(high));
    }),
  );
  fc.assert(fc.property(fc.double({ min: -7, max: 60, noNaN: true }), (z) => phiOf(z + 1e-3) > phiOf(z)));
});

test('where ways that are nearer at hand end, phi goes on', () => {
  // One minus the distribution, of which the distribution is 1 from 8.3 deviations on; and the exponential of what is here a logarithm.
  assert.equal(-Math.log10(1 - (1 - 1e-17)), Number.POSITIVE_INFINITY);
  assert.equal(-Math.log10(Math.exp((-39 * 39) / 2)), Number.POSITIVE_INFINITY);
  assert.ok(phiOf(8.3) > 16 && phiOf(8.3) < 17);
  assert.ok(phiOf(39) > 332 && phiOf(39) < 333);
});

test('the logistic curve that stands in for the distribution elsewhere is off where a detector decides', () => {
  const logistic = (z: number): number => Math.log10(1 + Math.exp(z * (1.5976 + 0.070566 * z * z)));
  const told = [5, 9].map((phi) => logistic(deviationsOf(phi)).toFixed(1));
  assert.deepEqual(told, ['5.3', '10.8']);
});

test('the deviations of a phi are those whose phi it is', () => {
  for (const phi of [1e-9, 0.1, 1, 5, 8, 30, 300, 5_000]) {
    assert.ok(Math.abs(phiOf(deviationsOf(phi)) - phi) <= 1e-9 * phi, String(phi));
  }
});
