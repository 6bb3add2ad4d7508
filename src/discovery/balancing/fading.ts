/**
 * What time leaves of something that fades: `e^-constants`, after so many time constants. A power of two out of a table,
 * a part of one out of another, and a polynomial for the little that is left between two entries: a pick looks at two
 * of these, and the function of the language costs twice as much. Off by less than two parts in 10¹² of it.
 */

const steps = 64;
const stepsPerConstant = steps / Math.LN2;
const constantsPerStep = Math.LN2 / steps;
/** `2^-(i / 64)` and `2^-i`. */
const parts = Float64Array.from({ length: steps }, (_, step) => 2 ** (-step / steps));
const halvings = Float64Array.from({ length: 64 }, (_, halving) => 2 ** -halving);
/** 2^-64 of anything is nothing. */
const constantsMax = 64 * Math.LN2;

/** For `constants` of at least 0. */
export function leftAfter(constants: number): number {
  if (constants >= constantsMax) return 0;
  const step = (constants * stepsPerConstant) | 0;
  const rest = step * constantsPerStep - constants;
  const polynomial = 1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24))));
  return (parts[step & (steps - 1)] as number) * (halvings[step >> 6] as number) * polynomial;
}
