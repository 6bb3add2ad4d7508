/**
 * The tail of the normal distribution to some sixty digits and more, by two series that have nothing to do with the way
 * in which the detector computes it. Near the middle the probability between 0 and z is a sum of positive terms, and
 * what is lost when it is taken from one half has digits to spare; far out the asymptotic series, cut off at its
 * smallest term, is off by less than that term. Where both are good they agree, which a test looks at.
 */
import { FixedPoint } from './fixed-point.ts';

/** From here on the asymptotic series has its 70 digits, and up to a little further the other one. */
export const farFrom = 18;

export class ExactTail {
  /** The sum of the middle is as large as what is left of it is small, so both sizes are paid for in digits. */
  readonly number: FixedPoint = new FixedPoint(240);
  readonly #rootOfTwoPi: bigint = this.number.root(2n * this.number.pi);

  /** How unlikely it is to be z standard deviations above the mean or more, as −log10. */
  phi(z: bigint): bigint {
    const { number } = this;
    if (z < 0n) {
      const ahead = number.times(this.scaled(-z), number.exp(-number.times(z, z) / 2n));
      return number.over(-number.ln(number.one - ahead), number.ln10);
    }
    return number.over(number.times(z, z) / 2n - number.ln(this.scaled(z)), number.ln10);
  }

  /** The tail from z ≥ 0 on, times e^(z²/2), which keeps it from vanishing. */
  scaled(z: bigint): bigint {
    return z >= BigInt(farFrom) * this.number.one ? this.scaledFar(z) : this.scaledNear(z);
  }

  /** ½ e^(z²/2) − (z + z³/3 + z⁵/15 + …)/√2π. */
  scaledNear(z: bigint): bigint {
    const { number } = this;
    const square = number.times(z, z);
    let sum = 0n;
    let term = z;
    for (let n = 3n; term !== 0n; n += 2n) {
      sum += term;
      term = number.times(term, square) / n;
    }
    return number.exp(square / 2n) / 2n - number.over(sum, this.#rootOfTwoPi);
  }

  /** (1 − 1/z² + 3/z⁴ − 15/z⁶ + …)/(z √2π), up to its smallest term. */
  scaledFar(z: bigint): bigint {
    const { number } = this;
    const square = number.times(z, z);
    let sum = 0n;
    let term = number.one;
    let size = number.one + 1n;
    for (let n = 1n; term !== 0n; n += 2n) {
      const nextSize = term < 0n ? -term : term;
      if (nextSize >= size) break;
      size = nextSize;
      sum += term;
      term = -number.over(term * n, square);
    }
    return number.over(number.over(sum, z), this.#rootOfTwoPi);
  }
}
