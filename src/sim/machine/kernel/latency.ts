/** How long things take: a uniform range with a rare tail. It draws without logarithms, whose last digit may differ between platforms. */
import { assert, type Prng } from '../../../base/index.ts';

export interface Latency {
  /** The shortest time in milliseconds. */
  readonly leastMs: number;
  /** The usual time lies up to this much above the shortest. Default 0. */
  readonly spreadMs?: number;
  /** How likely it takes much longer, 0 to 1. Default 0. */
  readonly tailChance?: number;
  /** Then up to this much is added. Default 0. */
  readonly tailMs?: number;
}

export function drawMs(latency: Latency, prng: Prng): number {
  const { leastMs, spreadMs = 0, tailChance = 0, tailMs = 0 } = latency;
  let drawn = leastMs;
  if (spreadMs > 0) drawn += prng.float() * spreadMs;
  if (tailChance > 0 && prng.chance(tailChance)) drawn += prng.float() * tailMs;
  return drawn;
}

/** The product of factors that come and go, such as several faults that slow one disk. */
export class Factors {
  readonly #factors: number[] = [];
  #product = 1;

  get product(): number {
    return this.#product;
  }

  /** Adds one; the result takes it away again. */
  add(factor: number): () => void {
    assert(
      factor >= 0 && Number.isFinite(factor),
      `a factor is a finite number of at least 0, not ${factor}`,
    );
    this.#factors.push(factor);
    this.#multiply();
    return () => {
      this.#factors.splice(this.#factors.indexOf(factor), 1);
      this.#multiply();
    };
  }

  #multiply(): void {
    this.#product = this.#factors.reduce((product, factor) => product * factor, 1);
  }
}
