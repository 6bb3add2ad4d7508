/**
 * The clock hardware of one machine: a monotonic and a wall clock as straight lines over true time, whose
 * slope and place faults may change. It outlives processes; a power cycle starts the monotonic clock at
 * another zero.
 */
import { assert, type Prng } from '../../base/index.ts';

export interface OscillatorInit {
  readonly prng: Prng;
  /** How far the rate lies from true time, in parts per million; drawn once between minus this and this. */
  readonly driftPpmMax: number;
  /** How far the wall clock is off at first, in milliseconds; drawn likewise. */
  readonly wallOffsetMsMax: number;
  /** Called after each change of the rate, since timers that are set are now due at another time. */
  readonly rateChanged: () => void;
}

/** The true wall time at which every world begins: 2025-01-01T00:00:00Z. */
export const worldEpochMs = 1_735_689_600_000;

/** Real clocks have steps as well. With a power of two of a millisecond, sums of readings and whole delays are exact. */
const stepsPerMs = 1024;

export class Oscillator {
  readonly #prng: Prng;
  readonly #basePpm: number;
  readonly #rateChanged: () => void;
  #atMs = 0;
  #monotonicMs = 0;
  #wallMs = 0;
  #extraPpm = 0;
  #freezes = 0;
  #rate = 1;

  constructor(init: OscillatorInit) {
    this.#prng = init.prng;
    this.#rateChanged = init.rateChanged;
    this.#basePpm = (2 * init.prng.float() - 1) * init.driftPpmMax;
    this.#wallMs = worldEpochMs + (2 * init.prng.float() - 1) * init.wallOffsetMsMax;
    this.#rate = this.#currentRate();
    this.powerCycle(0);
  }

  /** The monotonic clock's reading at true time `atMs`. */
  monotonic(atMs: number): number {
    return floorToStep(this.#monotonicMs + (atMs - this.#atMs) * this.#rate);
  }

  /** The wall clock's reading at true time `atMs`, in whole milliseconds. */
  wall(atMs: number): number {
    return Math.floor(this.#wallMs + (atMs - this.#atMs) * this.#rate);
  }

  /** The first true time at which the monotonic clock reads `monotonicMs` or more, if nothing changes. */
  trueTimeOf(monotonicMs: number): number {
    if (this.#rate === 0)
      return this.monotonic(this.#atMs) >= monotonicMs ? this.#atMs : Number.POSITIVE_INFINITY;
    const atMs = this.#atMs + (monotonicMs - this.#monotonicMs) / this.#rate;
    // The division rounds; half a step later the reading cannot fall short.
    return this.monotonic(atMs) < monotonicMs ? atMs + 0.5 / stepsPerMs : atMs;
  }

  /** The first reading of the monotonic clock that is at least `delayMs` after the one at `atMs`. */
  due(atMs: number, delayMs: number): number {
    return Math.ceil((this.monotonic(atMs) + Math.max(0, delayMs)) * stepsPerMs) / stepsPerMs;
  }

  jumpWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** From `nowMs` on, both clocks run faster by `ppm` parts per million than they did. */
  drift(nowMs: number, ppm: number): void {
    this.#settle(nowMs);
    this.#extraPpm += ppm;
    this.#applyRate();
    assert(this.#rate >= 0, `${ppm} ppm would make the clock run backwards`);
  }

  /** Both clocks stand still from `nowMs` until `thaw`. */
  freeze(nowMs: number): void {
    this.#settle(nowMs);
    this.#freezes += 1;
    this.#applyRate();
  }

  thaw(nowMs: number): void {
    assert(this.#freezes > 0, 'thawed a clock that runs');
    this.#settle(nowMs);
    this.#freezes -= 1;
    this.#applyRate();
  }

  /** The machine boots: its monotonic clock counts from another zero. */
  powerCycle(nowMs: number): void {
    this.#settle(nowMs);
    this.#monotonicMs = floorToStep(this.#prng.float() * 1_000_000);
  }

  #settle(nowMs: number): void {
    const passedMs = (nowMs - this.#atMs) * this.#rate;
    this.#monotonicMs += passedMs;
    this.#wallMs += passedMs;
    this.#atMs = nowMs;
  }

  #applyRate(): void {
    this.#rate = this.#currentRate();
    this.#rateChanged();
  }

  #currentRate(): number {
    return this.#freezes > 0 ? 0 : 1 + (this.#basePpm + this.#extraPpm) / 1_000_000;
  }
}

function floorToStep(ms: number): number {
  return Math.floor(ms * stepsPerMs) / stepsPerMs;
}
