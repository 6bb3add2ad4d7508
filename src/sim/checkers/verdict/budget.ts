/**
 * A bound on work. Linearizability and sequential consistency are NP-complete to check (Gibbons and Korach
 * 1997), so a search must be able to stop; when it does, the verdict is `gave-up`. One budget is shared by all
 * the parts of one check.
 */
import { invalidOption } from '../../../base/index.ts';
import { type GaveUpVerdict, gaveUp } from './verdict.ts';

export interface BudgetOptions {
  /** Most steps of a model or joins of a clock. Default 50 million, some seconds to a minute. */
  readonly stepsMax?: number;
  /** Most bytes for the configurations that one search remembers. Default 1 GiB. */
  readonly memoryBytesMax?: number;
}

export class Budget {
  readonly stepsMax: number;
  readonly memoryBytesMax: number;
  #steps = 0;

  constructor(options: BudgetOptions = {}) {
    this.stepsMax = options.stepsMax ?? 50_000_000;
    this.memoryBytesMax = options.memoryBytesMax ?? 1 << 30;
    for (const option of ['stepsMax', 'memoryBytesMax'] as const) {
      if (!(this[option] >= 1)) throw invalidOption(option, this[option], 'at least 1');
    }
  }

  get steps(): number {
    return this.#steps;
  }

  /** Counts `steps`; false when they are more than are left. */
  spend(steps: number): boolean {
    this.#steps += steps;
    return this.#steps <= this.stepsMax;
  }

  /** Whether a search may remember `bytes`. */
  holds(bytes: number): boolean {
    return bytes <= this.memoryBytesMax;
  }

  /** The verdict when `spend` or `holds` said no. `where` names the part that was under way. */
  exhausted(reason: 'steps' | 'memory', where: string): GaveUpVerdict {
    const limit = reason === 'steps' ? `stepsMax ${this.stepsMax}` : `memoryBytesMax ${this.memoryBytesMax}`;
    return gaveUp(reason, `${where} reached ${limit}; raise it, or record fewer operations at a time`);
  }
}
