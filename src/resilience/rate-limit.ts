/**
 * A rate limit: so many calls in a time, for all of them or for each key. Who comes too early is refused with the time
 * at which he may come again, or waits for it in order; a wait that would end beyond the call's own time is refused at
 * once. Time is counted by a clock that never falls, so no step of the wall clock gives or takes anything, and no key
 * has a timer.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import { KeyedStates } from './keyed.ts';
import { Policy, type PolicyOptions } from './policy.ts';
import { RateQueue } from './rate-queue.ts';
import { instantMs, type RateRule, type RateState } from './rate-rule.ts';
import { checkedRateSettings, type RateAlgorithm, type RateLimitSettings } from './rate-settings.ts';
import { SlidingWindow } from './sliding-window.ts';
import { started } from './started.ts';
import { TokenBucket } from './token-bucket.ts';

export type RateLimitOptions = PolicyOptions &
  RateLimitSettings & {
    /** Default `token-bucket`. */
    readonly algorithm?: RateAlgorithm;
    /** What becomes of who comes too early. Default `refuse`. */
    readonly mode?: 'refuse' | 'wait';
    /** True: a rate for each `key` of calls, and one for those without. Default: one for all. */
    readonly keyed?: boolean;
  };

/** So many calls in a time. */
export function rateLimit(options: RateLimitOptions): RateLimit {
  return new RateLimit(options);
}

export class RateLimit extends Policy<'rate-limit'> {
  readonly #algorithm: RateAlgorithm;
  readonly #queue: RateQueue | undefined;
  /** Of all calls, or of those without a key. */
  readonly #common: RateState;
  readonly #keyed: KeyedStates<RateState> | undefined;
  #rule: RateRule;
  #queued: number;
  #nowMs = 0;

  constructor(options: RateLimitOptions) {
    super(['rate-limit'], options.name ?? 'rate-limit', options.clock);
    const { algorithm = 'token-bucket', mode = 'refuse', keyed = false } = options;
    if (algorithm !== 'token-bucket' && algorithm !== 'sliding-window')
      throw invalidOption('algorithm', algorithm, "'token-bucket' or 'sliding-window'");
    if (mode !== 'refuse' && mode !== 'wait') throw invalidOption('mode', mode, "'refuse' or 'wait'");
    const { rule, queued, keysMax } = checkedRateSettings(options, algorithm);
    this.#algorithm = algorithm;
    this.#rule = rule;
    this.#queued = queued;
    this.#queue = mode === 'wait' ? new RateQueue(this.clock, this.name, rule) : undefined;
    const make = algorithm === 'token-bucket' ? () => new TokenBucket() : () => new SlidingWindow();
    this.#common = make();
    if (!keyed) return;
    const isIdle = (state: RateState): boolean => state.isFresh(this.#nowMs, this.#rule);
    this.#keyed = new KeyedStates<RateState>({ keysMax, make, isIdle });
  }

  /** Calls that wait, over all keys. */
  get waiting(): number {
    return this.#queue?.size ?? 0;
  }

  /** Keys that are remembered. */
  get keys(): number {
    return this.#keyed?.size ?? 0;
  }

  /** Takes all settings anew. What was counted goes on to count, and who may begin by the new rate begins at once. */
  configure(settings: RateLimitSettings): void {
    const { rule, queued, keysMax } = checkedRateSettings(settings, this.#algorithm);
    this.#nowMs = this.clock.now();
    this.#keyed?.resize(keysMax);
    this.#rule = rule;
    this.#queued = queued;
    this.#queue?.change(rule);
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const nowMs = this.clock.now();
    this.#nowMs = nowMs;
    const key = this.#keyed === undefined ? undefined : call.key;
    const line = this.#queue?.lineOf(key);
    const state = line?.state ?? this.#stateOf(key);
    if (line === undefined && state.take(nowMs, this.#rule) === 0) return started(task, call);
    const waitMs = state.waitMs((line?.waiting ?? 0) + 1, nowMs, this.#rule);
    const queue = this.#queue;
    if (queue === undefined || queue.size >= this.#queued || nowMs + waitMs > call.deadline)
      return Promise.reject(this.#refusal(key, waitMs));
    return this.#runLater(queue, task, call, state);
  }

  #stateOf(key: string | undefined): RateState {
    return key === undefined || this.#keyed === undefined ? this.#common : this.#keyed.of(key);
  }

  async #runLater<T>(queue: RateQueue, task: Task<T>, call: Call, state: RateState): Promise<T> {
    call.throwIfAborted();
    const key = this.#keyed === undefined ? undefined : call.key;
    const turn = queue.wait(call, key, state, this.#nowMs);
    this.tell(() => ({
      ...({ type: 'rate-queued', kind: 'rate-limit', policy: this.name } as const),
      ...{ key, waiting: queue.size },
    }));
    await turn;
    call.throwIfAborted();
    return await task(call);
  }

  #refusal(key: string | undefined, waitMs: number): QuorateError<'rate-limited'> {
    const { name } = this;
    const retryAfterMs = Math.ceil(waitMs - instantMs);
    this.tell(() => ({ type: 'rate-limited', kind: 'rate-limit', policy: name, key, retryAfterMs }));
    const { calls, perMs } = this.#rule;
    const whose = key === undefined ? '' : ` for the key ${JSON.stringify(key.slice(0, 80))}`;
    return new QuorateError({
      code: 'rate-limited',
      message: `${name}: more than ${calls} calls in ${perMs} ms${whose}; try again in ${retryAfterMs} ms, or send less`,
      data: { limiter: name, key: key ?? '', retryAfterMs },
    });
  }
}
