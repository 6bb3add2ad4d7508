/**
 * A service as others depend on it: some workers, a line of what waits for them, and a time that each request takes.
 * What its callers have given up is worked off all the same, because no service knows. In a phase it may be slow, or
 * fail after the work; more than its line holds is refused at once. The same model runs in virtual time and behind a
 * socket.
 */
import { Deque, Prng } from '../../../src/base/index.ts';
import type { Clock } from '../../../src/ports/index.ts';

export type Answer = 'ok' | 'failed' | 'refused';

export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly serviceMs: number;
  /** The share of requests that fail, after the work. */
  readonly failing: number;
}

const workers = 10;
const lineMost = 500;
export const callsPerSecond = 200;
/** How long a caller waits at all. */
export const patienceMs = 3000;

/** Five hundred requests a second at its best, asked for two hundred. */
export const phases: readonly Phase[] = [
  { name: 'healthy', seconds: 10, serviceMs: 20, failing: 0 },
  { name: 'flaky', seconds: 15, serviceMs: 20, failing: 0.2 },
  { name: 'failing', seconds: 15, serviceMs: 20, failing: 1 },
  { name: 'well again', seconds: 10, serviceMs: 20, failing: 0 },
  { name: 'slow', seconds: 15, serviceMs: 400, failing: 0 },
  { name: 'recovered', seconds: 20, serviceMs: 20, failing: 0 },
];

export class Upstream {
  readonly #clock: Clock;
  readonly #chance = new Prng(1);
  readonly #waiting = new Deque<(answer: Answer) => void>();
  #phase: Phase = phases[0] as Phase;
  #busy = 0;
  #received = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that have come, refused ones included. */
  get received(): number {
    return this.#received;
  }

  /** For what begins from now on. */
  enter(phase: Phase): void {
    this.#phase = phase;
  }

  handle(): Promise<Answer> {
    this.#received += 1;
    return new Promise((resolve) => {
      if (this.#busy < workers) this.#serve(resolve);
      else if (this.#waiting.size < lineMost) this.#waiting.pushBack(resolve);
      else resolve('refused');
    });
  }

  #serve(answer: (answer: Answer) => void): void {
    const { serviceMs, failing } = this.#phase;
    const fails = this.#chance.chance(failing);
    this.#busy += 1;
    this.#clock.setTimer(serviceMs, () => {
      this.#busy -= 1;
      answer(fails ? 'failed' : 'ok');
      const next = this.#waiting.popFront();
      if (next !== undefined) this.#serve(next);
    });
  }
}
