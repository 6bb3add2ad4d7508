/** The store of idempotency keys of one process: what it remembers is gone with it. */
import { type Duration, QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { AnswerStates, type ClaimMark } from './answer-states.ts';
import type { AnswerClaim, AnswerStore, ClaimAnswer, ClaimRequest } from './answer-store.ts';
import type { CallContext } from './call.ts';
import { lengthMsOf, wholeOf } from './option-checks.ts';
import { sharedClock } from './shared-clock.ts';

export interface MemoryAnswersOptions {
  /**
   * How long an answer is given again, and a doubt stays one. Longer than anybody tries again. Default 24 hours.
   */
  readonly ttl?: Duration;
  /**
   * Most keys. Beyond it the oldest answers are forgotten before their time; keys under way or in doubt stay, and
   * where there is no room but theirs a call is refused with `queue-full`. Default 100,000.
   */
  readonly keysMax?: number;
  /** Default: that of the runtime. */
  readonly clock?: Clock;
}

export class MemoryAnswers implements AnswerStore {
  readonly #clock: Clock;
  readonly #keysMax: number;
  readonly #states: AnswerStates;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor({ ttl = '24h', keysMax = 100_000, clock = sharedClock() }: MemoryAnswersOptions = {}) {
    this.#clock = clock;
    this.#keysMax = wholeOf('keysMax', keysMax, 1);
    this.#states = new AnswerStates(this.#keysMax, lengthMsOf('ttl', ttl));
  }

  /** Keys that are under way or remembered. */
  get size(): number {
    return this.#states.size;
  }

  claim(request: ClaimRequest): ClaimAnswer {
    const found = this.#states.claim(request, this.#clock.now());
    switch (found.state) {
      case 'claimed':
        return { state: 'claimed', claim: this.#claimOf(found.mark) };
      case 'full':
        throw this.#full();
      default:
        return found;
    }
  }

  untilSettled(key: string, { signal }: CallContext): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (!this.#states.isPending(key)) {
        resolve();
        return;
      }
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const onSettled = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        waiting.delete(onSettled);
        if (waiting.size === 0) this.#waiting.delete(key);
        reject(signal.reason);
      };
      waiting.add(onSettled);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  forget(key: string): void {
    this.#states.forget(key);
  }

  #claimOf(mark: ClaimMark): AnswerClaim {
    const settle = (how: () => void): void => {
      how();
      const waiting = this.#waiting.get(mark.key) ?? [];
      this.#waiting.delete(mark.key);
      for (const onSettled of waiting) onSettled();
    };
    const states = this.#states;
    return {
      answer: (value) => settle(() => states.answer(mark, value, this.#clock.now())),
      doubt: () => settle(() => states.doubt(mark, this.#clock.now())),
      free: () => settle(() => states.free(mark)),
    };
  }

  #full(): QuorateError<'queue-full'> {
    const limit = this.#keysMax;
    return new QuorateError({
      code: 'queue-full',
      message: `${limit} idempotency keys are under way or in doubt; find out what became of those, or raise keysMax`,
      data: { queue: 'idempotency keys', limit },
    });
  }
}
