/**
 * The natural logarithm out of additions, multiplications and divisions alone. The language leaves the last bits of
 * `Math.log` to each engine; where two scores lie that close, two programs would place one key differently.
 */

const logarithmOf2 = Math.LN2;

/** For `value` in (0, 1]. The series of the inverse hyperbolic tangent, after halving the range. */
export function naturalLogarithm(value: number): number {
  let mantissa = value;
  let halvings = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    halvings += 1;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  // The first term that is left out is below 2^-53 of the sum, because the ratio is below 0.172.
  for (let power = 21; power >= 1; power -= 2) sum = sum * square + 1 / power;
  return 2 * ratio * sum - halvings * logarithmOf2;
}
