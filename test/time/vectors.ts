/** Vectors for properties: few actors and small counts, so that all four answers are common. */
import fc from 'fast-check';
import { VersionVector } from '../../src/time/index.ts';

export const actors = ['a', 'b', 'c', 'ü'] as const;

export const vector: fc.Arbitrary<VersionVector> = fc
  .array(fc.tuple(fc.constantFrom(...actors), fc.nat(3)), { maxLength: 5 })
  .map((entries) => VersionVector.of(entries));

export function listed(counted: VersionVector): Record<string, number> {
  return Object.fromEntries(counted.entries());
}
