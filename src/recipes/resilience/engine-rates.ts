/**
 * A rate that many processes keep, counted on an engine: for `sharedRateLimit({ source })`. Each key has one item, a
 * number, which is the moment at which all that was taken would have come at the rate: permits are taken by adding to
 * it, within bounds that the engine checks in the same command. A block costs one request while the rate is in use,
 * and a read and a write where it has been idle; a thousand idle keys cost a thousand small items and nothing else.
 *
 * The alternative, a counter for each window, lets twice the rate through around each seam, and leaves items behind that
 * somebody must sweep. But one moment for all needs one time for all, and engines have none to give. So each process
 * counts on from where its wall clock stood when it began, by its monotonic clock, and whoever meets a moment further
 * on than his own time allows takes it for his: all follow the one that is furthest, which goes on as fast as time. No
 * clock that is set, and none that is wrong, can stop the others. In a span of w no more than burst + w · rate are given
 * where clocks agree; clocks that do not cost one burst more in a span, and another for each process that joins in it
 * with a clock ahead of all others.
 */
import { invalidOption } from '../../base/index.ts';
import {
  type CallOptions,
  checkDirectory,
  checkName,
  type Engine,
  type Item,
} from '../../engines/port/index.ts';
import type { RateGrant, RateRequest, RateSource } from '../../resilience/index.ts';
import { Budget } from '../budget.ts';

export interface EngineRatesOptions {
  /** Before everything that is kept, as for `coordinate`. Default none. */
  readonly prefix?: string;
}

/** Counts under `name` on `engine`, for all processes that do. */
export function engineRates(engine: Engine, name: string, options: EngineRatesOptions = {}): EngineRates {
  return new EngineRates(engine, name, options);
}

interface Bounds {
  readonly nowUs: number;
  readonly tokenUs: number;
  readonly burstUs: number;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();
/** For calls without a key. */
const noKey = '=';
/** Before a key, which may be empty, or two dots. */
const keyMark = ':';

export class EngineRates implements RateSource {
  readonly #engine: Engine;
  readonly #directory: string;
  /** What this process adds to its monotonic clock, in microseconds: in step with the wall at first, never less later. */
  #aheadUs: number | undefined;

  constructor(engine: Engine, name: string, { prefix = '' }: EngineRatesOptions) {
    this.#engine = engine;
    const before = prefix === '' ? '' : `${checkDirectory(prefix)}/`;
    this.#directory = `${before}rates/${checkName('name', name)}`;
  }

  async take({ key, rule, calls, withinMs }: RateRequest): Promise<RateGrant> {
    const tokenUs = Math.ceil((rule.perMs * 1000) / rule.calls);
    const burstUs = rule.burst * tokenUs;
    if (!Number.isSafeInteger(this.#nowUs() + burstUs))
      throw invalidOption('burst', rule.burst, 'a burst that comes back within a hundred years');
    const path = this.#pathOf(key);
    const budget = new Budget(this.#engine.clock, { deadline: withinMs }, `taking permits of ${path}`);
    let wanted = Math.min(calls, rule.burst);
    while (true) {
      const bounds = { nowUs: this.#nowUs(), tokenUs, burstUs };
      const added = await this.#add(path, wanted, bounds, budget.next());
      if (added !== undefined) return grantOf(wanted, added, bounds);
      const item = await this.#engine.get(path, budget.next());
      const found = await this.#takeFrom(path, item, wanted, bounds, budget);
      if (typeof found === 'object') return found;
      wanted = found;
    }
  }

  /** Forgets what was counted: whoever comes then finds a whole burst. True: there was something. */
  async remove(key?: string, options: CallOptions = {}): Promise<boolean> {
    const operations = [{ kind: 'delete', key: this.#pathOf(key) }] as const;
    const answer = await this.#engine.transact({ operations, ...options });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'delete' && result.existed;
  }

  /** The moment behind it; undefined where the item is too far behind or has too little left. */
  async #add(path: string, wanted: number, bounds: Bounds, call: CallOptions): Promise<number | undefined> {
    const { nowUs, tokenUs, burstUs } = bounds;
    const amount = wanted * tokenUs;
    const add = {
      ...({ kind: 'add', key: path, amount } as const),
      ...{ least: nowUs + amount, most: nowUs + burstUs },
    };
    const answer = await this.#engine.transact({ operations: [add], ...call });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'add' ? result.after : undefined;
  }

  /** A grant, or how many to try again with. */
  async #takeFrom(
    path: string,
    item: Item | undefined,
    wanted: number,
    bounds: Bounds,
    budget: Budget,
  ): Promise<RateGrant | number> {
    const { nowUs, tokenUs, burstUs } = bounds;
    const foundUs = item === undefined ? 0 : Number(text.decode(item.value));
    if (foundUs < nowUs) {
      const nextUs = nowUs + wanted * tokenUs;
      const put = { kind: 'put', key: path, value: utf8.encode(String(nextUs)) } as const;
      const when = [
        item === undefined
          ? ({ key: path, is: 'absent' } as const)
          : ({ key: path, is: 'unchanged', modified: item.modified } as const),
      ];
      const answer = await this.#engine.transact({ when, operations: [put], ...budget.next() });
      return answer.succeeded ? grantOf(wanted, nextUs, bounds) : wanted;
    }
    // Somebody's time is ahead of ours: from now on it is ours as well.
    if (foundUs > nowUs + burstUs) this.#aheadUs = (this.#aheadUs ?? 0) + foundUs - burstUs - nowUs;
    const left = Math.floor((nowUs + burstUs - foundUs) / tokenUs);
    return left > 0 ? Math.min(left, wanted) : grantOf(0, Math.min(foundUs, nowUs + burstUs), bounds);
  }

  #nowUs(): number {
    const { clock } = this.#engine;
    const nowMs = clock.now();
    this.#aheadUs ??= Math.floor((clock.wall() - nowMs) * 1000);
    return Math.floor(nowMs * 1000) + this.#aheadUs;
  }

  #pathOf(key: string | undefined): string {
    return `${this.#directory}/${key === undefined ? noKey : keyMark + encodeURIComponent(key.toWellFormed())}`;
  }
}

function grantOf(granted: number, untilUs: number, { nowUs, tokenUs, burstUs }: Bounds): RateGrant {
  return { granted, retryAfterMs: Math.max(0, untilUs + tokenUs - burstUs - nowUs) / 1000 };
}
