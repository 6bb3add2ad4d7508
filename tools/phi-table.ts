/**
 * Writes what the phi of the failure detector is made of and judged by, both computed with some seventy digits: the
 * coefficients of the series that it sums, and a table of true values that a test holds it against.
 * `node tools/phi-table.ts --write`; without the word it tells whether the files are what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExactTail } from './phi/exact-tail.ts';

const exact = new ExactTail();
const { number } = exact;

/** Where the series has its middle. At 5 its terms fall fastest behind the twentieth. */
const middle = number.of('5');
/** The next one is 9 · 10⁻¹⁷ of what they make up together. An odd number, as even and odd terms are summed in pairs. */
const terms = 23;
/** Enough that what they leave out is far below the last digit. */
const nodes = 64n;

/** From below the mean to where a detector decides in quarters, then in whole steps past 300, then far beyond. */
export const tableDeviations: readonly string[] = [
  ...Array.from({ length: 77 }, (_, quarter) => ((quarter - 28) / 4).toFixed(2)),
  ...Array.from({ length: 26 }, (_, step) => (13 + step).toFixed(2)),
  ...['0.01', '-0.01', '11.465', '50.00', '100.00', '1000.00', '10000.00', '1000000.00'],
];

/** The phi of one row, with 60 decimals. */
export function exactPhi(deviations: string): string {
  return number.text(exact.phi(number.of(deviations)), 60);
}

/** Chebyshev's coefficients of (1 + z) · tail(z) · e^(z²/2) in t = (z − 5)/(z + 5), which takes all z ≥ 0 to −1 … 1. */
export function exactCoefficients(): string[] {
  const angles = Array.from({ length: Number(nodes) }, (_, node) => 2n * BigInt(node) + 1n);
  const values = angles.map((odd) => {
    const t = number.cosine((number.pi * odd) / (2n * nodes));
    const z = number.over(number.times(middle, number.one + t), number.one - t);
    return number.times(exact.scaled(z), number.one + z);
  });
  return Array.from({ length: terms }, (_, term) => {
    let sum = 0n;
    for (const [node, odd] of angles.entries()) {
      const turn = number.cosine((number.pi * ((BigInt(term) * odd) % (4n * nodes))) / (2n * nodes));
      sum += number.times(values[node] as bigint, turn);
    }
    // The first counts half in the sum, so it is halved here.
    return number.text((sum * (term === 0 ? 1n : 2n)) / nodes, 24);
  });
}

const files: readonly { readonly path: string; readonly text: () => string }[] = [
  {
    path: join(import.meta.dirname, '../src/gossip/detection/tail-coefficients.ts'),
    text: () =>
      [
        '/**',
        ' * The coefficients of the series in `normal-tail.ts`, made by `node tools/phi-table.ts --write` with some seventy',
        ' * digits and written down with those that a number can hold.',
        ' */',
        'export const tailCoefficients: readonly number[] = [',
        ...exactCoefficients().map((text) => `  ${Number(text)},`),
        '];',
        '',
      ].join('\n'),
  },
  {
    path: join(import.meta.dirname, '../test/gossip/detection/phi-table.ts'),
    text: () =>
      [
        '/**',
        ' * How many standard deviations above the mean, and the phi of it with 60 decimals: made by',
        ' * `node tools/phi-table.ts --write`.',
        ' */',
        'export const phiTable: readonly (readonly [deviations: string, phi: string])[] = [',
        ...tableDeviations.map((deviations) => `  ['${deviations}', '${exactPhi(deviations)}'],`),
        '];',
        '',
      ].join('\n'),
  },
];

if (import.meta.main) {
  for (const { path, text } of files) {
    const fresh = text();
    if (process.argv.includes('--write')) writeFileSync(path, fresh);
    else if (readFileSync(path, 'utf8') !== fresh) {
      console.error(`${path} is not what it was computed to be; run: node tools/phi-table.ts --write`);
      process.exitCode = 1;
    }
  }
}
