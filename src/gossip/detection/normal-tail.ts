/**
 * How unlikely a value is under a normal distribution, as phi: minus the decimal logarithm of the tail. The tail itself
 * is below what a number can hold from 38 standard deviations on, and one minus the distribution has no digits left
 * from eight on; so neither is ever computed. What is computed is the tail times e^(z²/2), which falls no faster than
 * 1/z, and the exponential is taken off in the logarithm, where it is just z²/2. Below the mean phi is nearly 0, and
 * `log1p` keeps the digits of how nearly.
 *
 * So phi has its digits everywhere, and is finite for every finite z: 30 at 11.5 deviations, 315 at 38, where an
 * exponential would have gone to 0 and its logarithm to infinity, and 2 · 10¹¹ at a million.
 */
import { tailCoefficients } from './tail-coefficients.ts';

/** −log10 of the probability to be `z` standard deviations above the mean, or more. */
export function phiOf(z: number): number {
  if (z < 0) return -Math.log1p(-scaledTail(-z) * Math.exp(-z * z * 0.5)) * Math.LOG10E;
  return (z * z * 0.5 - Math.log(scaledTail(z))) * Math.LOG10E;
}

/** At how many standard deviations phi reaches `phi`: by halving, as nobody asks twice. */
export function deviationsOf(phi: number): number {
  let low = -40;
  let high = 40;
  while (phiOf(high) < phi) high *= 2;
  for (let step = 0; step < 80; step += 1) {
    const between = (low + high) / 2;
    if (phiOf(between) < phi) low = between;
    else high = between;
  }
  return high;
}

/**
 * The tail times e^(z²/2) for z ≥ 0, to some 15 digits, by Clenshaw's recurrence. Each step of it waits for the one
 * before; so even and odd terms go their own ways, by the recurrence of every other term, which takes half as long.
 */
function scaledTail(z: number): number {
  const t = (z - 5) / (z + 5);
  const twice = 4 * t * t - 2;
  let even = 0;
  let evenBefore = 0;
  let odd = 0;
  let oddBefore = 0;
  for (let term = tailCoefficients.length - 1; term > 0; term -= 2) {
    const nextEven = twice * even - evenBefore + (tailCoefficients[term] as number);
    evenBefore = even;
    even = nextEven;
    const nextOdd = twice * odd - oddBefore + (tailCoefficients[term - 1] as number);
    oddBefore = odd;
    odd = nextOdd;
  }
  const sum = (twice / 2) * even - evenBefore + (tailCoefficients[0] as number) + t * (odd - oddBefore);
  return sum / (1 + z);
}
