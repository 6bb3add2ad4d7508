/**
 * Numbers of as many decimals as one likes: whole numbers of `bigint` that stand for themselves divided by a power of
 * ten. Enough arithmetic to compute what a `number` has to be judged by, and slow, as nobody waits for it.
 */

export class FixedPoint {
  /** What 1 is. */
  readonly one: bigint;
  readonly pi: bigint;
  readonly ln10: bigint;

  constructor(decimals: number) {
    this.one = 10n ** BigInt(decimals);
    // Machin, 1706.
    this.pi = 16n * this.#inverseArcTangent(5n) - 4n * this.#inverseArcTangent(239n);
    // 10 = 2³ · 5/4.
    this.ln10 = 3n * this.#lnOfRatio(2n, 1n) + this.#lnOfRatio(5n, 4n);
  }

  /** The number that a text such as `-12.25` stands for. */
  of(text: string): bigint {
    const [, sign, whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    if (sign === undefined) throw new Error(`${JSON.stringify(text)} is no decimal number`);
    const size = (BigInt(whole + part) * this.one) / 10n ** BigInt(part.length);
    return sign === '-' ? -size : size;
  }

  /** With so many decimals, the last one rounded. */
  text(value: bigint, decimals: number): string {
    const unit = this.one / 10n ** BigInt(decimals);
    const size = ((value < 0n ? -value : value) + unit / 2n) / unit;
    const digits = size.toString().padStart(decimals + 1, '0');
    return `${value < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  }

  times(left: bigint, right: bigint): bigint {
    return (left * right) / this.one;
  }

  over(left: bigint, right: bigint): bigint {
    return (left * this.one) / right;
  }

  /** Newton's method on whole numbers, from above, which ends at the largest whole number whose square fits. */
  root(value: bigint): bigint {
    const square = value * this.one;
    let guess = 1n << BigInt(Math.ceil(square.toString(2).length / 2) + 1);
    while (true) {
      const next = (guess + square / guess) >> 1n;
      if (next >= guess) return guess;
      guess = next;
    }
  }

  /** Halved until the series is short, and squared as often. */
  exp(value: bigint): bigint {
    let halvings = 0;
    let small = value;
    for (; small > this.one / 8n || small < -this.one / 8n; halvings += 1) small /= 2n;
    let sum = 0n;
    let term = this.one;
    for (let n = 1n; term !== 0n; n += 1n) {
      sum += term;
      term = this.times(term, small) / n;
    }
    for (; halvings > 0; halvings -= 1) sum = this.times(sum, sum);
    return sum;
  }

  /** Halley's method on `exp`, from what a `number` knows of it: each step has three times as many digits right. */
  ln(value: bigint): bigint {
    if (value <= 0n) throw new Error('only a number above 0 has a logarithm');
    let tens = 0n;
    let size = value;
    for (; size > 10n * this.one; tens += 1n) size /= 10n;
    for (; size < this.one; tens -= 1n) size *= 10n;
    let guess = this.of(Math.log(Number((size * 10n ** 15n) / this.one) / 1e15).toFixed(15));
    for (let digits = 14; digits < this.one.toString().length; digits *= 3) {
      const power = this.exp(guess);
      guess += (2n * (size - power) * this.one) / (size + power);
    }
    return guess + tens * this.ln10;
  }

  cosine(angle: bigint): bigint {
    let sum = 0n;
    let term = this.one;
    const square = this.times(angle, angle);
    for (let n = 1n; term !== 0n; n += 2n) {
      sum += term;
      term = -this.times(term, square) / (n * (n + 1n));
    }
    return sum;
  }

  #inverseArcTangent(inverse: bigint): bigint {
    let sum = 0n;
    let power = this.one / inverse;
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += n % 4n === 1n ? power / n : -power / n;
      power /= inverse * inverse;
    }
    return sum;
  }

  /** ln(a/b) = 2 artanh((a − b)/(a + b)). */
  #lnOfRatio(a: bigint, b: bigint): bigint {
    let sum = 0n;
    let power = (this.one * (a - b)) / (a + b);
    const squareOver = (a + b) ** 2n;
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += power / n;
      power = (power * (a - b) ** 2n) / squareOver;
    }
    return 2n * sum;
  }
}
