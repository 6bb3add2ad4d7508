/**
 * A bound for additional tries, shared by any number of retries and hedges: while an upstream is well a few more calls
 * do no harm, and when it fails for everybody they are what keeps it down. Successes earn tokens, so whoever answers
 * nobody is asked no more than once per call, but for a trickle. Earning by calls instead, as others do, would let the
 * load grow by the same share during the very outage.
 */
import { invalidOption } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { sharedClock } from './shared-clock.ts';
import { type ReserveLimits, TokenReserve } from './token-reserve.ts';

export interface RetryBudgetOptions {
  /** What events call it. Default `budget`. */
  readonly name?: string;
  /** Additional tries that one successful call pays for, from 0 to 1. Default 0.1: one in ten. */
  readonly ratio?: number;
  /** Additional tries that each second pays for, whatever succeeds. Default 1. */
  readonly minPerSecond?: number;
  /** More is not saved up, at least 1; also what there is at first. Default 20. */
  readonly max?: number;
  /** Default: that of the runtime. */
  readonly clock?: Clock;
}

/** Who spends: a stack's success counts once, so where a retry shares the budget, hedges leave earning to it. */
type Spender = 'retry' | 'hedge';

export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  return new RetryBudget(options);
}

export class RetryBudget {
  readonly name: string;
  readonly #clock: Clock;
  readonly #reserve: TokenReserve;
  #isEarnedByRetries = false;

  constructor(options: RetryBudgetOptions) {
    this.name = options.name ?? 'budget';
    this.#clock = options.clock ?? sharedClock();
    this.#reserve = new TokenReserve(limitsOf(options), this.#clock.now());
  }

  /** Additional tries that it would pay for now, parts of one included. */
  get available(): number {
    return this.#reserve.available(this.#clock.now());
  }

  /** What is there stays, as far as the new bound allows. Name and clock stay as they are. */
  configure(options: RetryBudgetOptions): void {
    this.#reserve.limit(limitsOf(options), this.#clock.now());
  }

  /** Each policy says once that it will spend. */
  join(spender: Spender): void {
    if (spender === 'retry') this.#isEarnedByRetries = true;
  }

  /** A call has succeeded. */
  earn(spender: Spender): void {
    if (spender === 'retry' || !this.#isEarnedByRetries) this.#reserve.deposit();
  }

  /** Pays for one more try, or refuses. */
  trySpend(): boolean {
    return this.#reserve.tryTake(this.#clock.now());
  }
}

/** Refuses what is no budget of `option`. */
export function checkedBudget(budget: RetryBudget | undefined, option: string): RetryBudget | undefined {
  if (budget === undefined || budget instanceof RetryBudget) return budget;
  throw invalidOption(option, budget, 'what retryBudget(…) has made, so that policies can share it');
}

function limitsOf(options: RetryBudgetOptions): ReserveLimits {
  const { ratio = 0.1, minPerSecond = 1, max = 20 } = options;
  if (!isBetween(ratio, 0, 1)) throw invalidOption('ratio', ratio, 'a number from 0 to 1');
  if (!isBetween(minPerSecond, 0, Number.MAX_VALUE)) {
    throw invalidOption('minPerSecond', minPerSecond, 'a finite number from 0 up');
  }
  if (!isBetween(max, 1, Number.MAX_VALUE)) {
    throw invalidOption('max', max, 'a finite number from 1 up, or no try is ever paid for');
  }
  if (ratio === 0 && minPerSecond === 0) {
    throw invalidOption(
      'minPerSecond',
      minPerSecond,
      'more than 0 where ratio is 0, or nothing is ever earned',
    );
  }
  return { ratio, perSecond: minPerSecond, max };
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
