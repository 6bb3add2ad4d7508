/**
 * A rate limit that many processes keep together. Permits come in blocks from a source, and the next block is asked
 * for before the last is used up, so most calls begin at once and a few wait for an answer. Where the source has no
 * more, calls are refused until it said that there will be some, without asking again. Where it does not answer, the
 * process goes by the rule it was given for that, and asks again in the background, once a second at most.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import { KeyedStates } from './keyed.ts';
import { Line, type LinePlace } from './line.ts';
import { wholeOf } from './option-checks.ts';
import { overdue } from './overdue.ts';
import { PermitStock } from './permit-stock.ts';
import { Policy, type PolicyOptions } from './policy.ts';
import { instantMs } from './rate-rule.ts';
import type { RateGrant, RateRequest, RateSource } from './rate-source.ts';
import {
  type CheckedSharedSettings,
  checkedSharedSettings,
  type SharedRateLimitSettings,
} from './shared-rate-settings.ts';
import { started } from './started.ts';
import { TokenBucket } from './token-bucket.ts';

export type SharedRateLimitOptions = PolicyOptions &
  SharedRateLimitSettings & {
    /** Counts for all processes, such as `engineRates` of `quorate/resilience/engine`. */
    readonly source: RateSource;
    /** True: a rate for each `key` of calls, and one for those without. Default: one for all. */
    readonly keyed?: boolean;
  };

/** So many calls in a time, of many processes together. */
export function sharedRateLimit(options: SharedRateLimitOptions): SharedRateLimit {
  return new SharedRateLimit(options);
}

interface Waiter extends LinePlace<Waiter> {
  readonly call: Call;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  onAbort(reason: unknown): void;
}

/** What is known of one key. */
interface KeyState {
  readonly key: string | undefined;
  readonly stock: PermitStock;
  readonly waiting: Line<Waiter>;
  /** What this process let through while the source was lost. */
  readonly local: TokenBucket;
  isAsking: boolean;
  /** The source has none until then. */
  emptyUntilMs: number;
}

/** The next block is asked for when less than this share of one is left. */
const shareLeft = 0.5;
const pauseMs = 1000;

export class SharedRateLimit extends Policy<'rate-limit'> {
  readonly #source: RateSource;
  readonly #common: KeyState = newState(undefined);
  readonly #keyed: KeyedStates<KeyState> | undefined;
  #settings: CheckedSharedSettings;
  #waiting = 0;
  #nowMs = 0;
  /** While the source does not answer: why, and when to ask again. */
  #loss: { readonly error: unknown; askAtMs: number } | undefined;

  constructor(options: SharedRateLimitOptions) {
    super(['rate-limit'], options.name ?? 'shared-rate-limit', options.clock);
    const { source, keyed = false } = options;
    if (typeof source?.take !== 'function')
      throw invalidOption('source', source, 'an object with the function take, such as engineRates');
    this.#source = source;
    this.#settings = checkedSharedSettings(options);
    if (!keyed) return;
    this.#keyed = new KeyedStates<KeyState>({
      keysMax: this.#settings.keysMax,
      make: newState,
      isIdle: (state) => this.#isIdle(state),
    });
  }

  /** Calls that wait for an answer of the source. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether the source answers, as far as is known. */
  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** Takes all settings anew; permits that were taken before may be used for as long as they might have been. */
  configure(settings: SharedRateLimitSettings): void {
    const checked = checkedSharedSettings(settings);
    this.#nowMs = this.clock.now();
    this.#keyed?.resize(checked.keysMax);
    this.#settings = checked;
    for (const state of this.#states()) state.emptyUntilMs = 0;
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const nowMs = this.clock.now();
    this.#nowMs = nowMs;
    const state = this.#stateOf(call.key);
    if (state.waiting.size === 0 && state.stock.take(nowMs)) {
      if (state.stock.left(nowMs) < this.#settings.block * shareLeft) this.#askAhead(state, nowMs);
      return started(task, call);
    }
    if (this.#loss !== undefined) return this.#runLost(this.#loss, task, call, state);
    const waitMs = state.emptyUntilMs - nowMs;
    if (waitMs > 0) return Promise.reject(this.#refusal(state.key, waitMs));
    if (this.#waiting >= this.#settings.queued)
      return Promise.reject(this.#refusal(state.key, this.#settings.patienceMs));
    return this.#runLater(task, call, state);
  }

  *#states(): Generator<KeyState, undefined> {
    yield this.#common;
    for (const [, state] of this.#keyed?.entries() ?? []) yield state;
  }

  #stateOf(key: string | undefined): KeyState {
    return key === undefined || this.#keyed === undefined ? this.#common : this.#keyed.of(key);
  }

  #isIdle({ isAsking, stock, emptyUntilMs, local }: KeyState): boolean {
    if (isAsking || stock.left(this.#nowMs) > 0 || emptyUntilMs > this.#nowMs) return false;
    const { localRule } = this.#settings;
    return localRule === undefined || local.isFresh(this.#nowMs, localRule);
  }

  #runLost<T>(loss: { askAtMs: number }, task: Task<T>, call: Call, state: KeyState): Promise<T> {
    const nowMs = this.#nowMs;
    if (nowMs >= loss.askAtMs && !state.isAsking) {
      loss.askAtMs = nowMs + pauseMs;
      this.#ask(state);
    }
    const waitMs = this.#waitByItself(state, nowMs);
    return waitMs === 0 ? started(task, call) : Promise.reject(this.#refusal(state.key, waitMs, this.#loss));
  }

  /** 0: by the rule for a lost source this call may begin, and was counted. */
  #waitByItself({ local }: KeyState, nowMs: number): number {
    const { localRule } = this.#settings;
    return localRule === undefined ? pauseMs : local.take(nowMs, localRule);
  }

  async #runLater<T>(task: Task<T>, call: Call, state: KeyState): Promise<T> {
    call.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        ...{ call, resolve, reject, ahead: undefined, next: undefined },
        onAbort: (reason) => {
          this.#leave(waiter, state);
          reject(reason);
        },
      };
      state.waiting.add(waiter);
      this.#waiting += 1;
      call.watch(waiter);
      const { key } = state;
      this.tell(() => ({
        ...({ type: 'rate-queued', kind: 'rate-limit', policy: this.name, key } as const),
        waiting: this.#waiting,
      }));
      if (!state.isAsking) this.#ask(state);
    });
    call.throwIfAborted();
    return await task(call);
  }

  #leave(waiter: Waiter, state: KeyState): void {
    state.waiting.remove(waiter);
    this.#waiting -= 1;
    waiter.call.unwatch(waiter);
  }

  #askAhead(state: KeyState, nowMs: number): void {
    if (state.isAsking || this.#loss !== undefined || state.emptyUntilMs > nowMs) return;
    this.#ask(state);
  }

  /** One request at a time for each key. */
  #ask(state: KeyState): void {
    state.isAsking = true;
    const { rule, block, patienceMs } = this.#settings;
    const calls = Math.min(rule.burst, Math.max(block, state.waiting.size));
    const askedMs = this.clock.now();
    const isBackground = state.waiting.size === 0;
    this.#request({ key: state.key, rule, calls, withinMs: patienceMs }, isBackground).then(
      (grant) => this.#granted(state, grant, calls, askedMs),
      (error: unknown) => this.#lost(state, error),
    );
  }

  /** A source that throws has rejected, and so has one that does not answer in time, or with what is no grant. */
  #request(request: RateRequest, isBackground: boolean): Promise<RateGrant> {
    const { calls, withinMs } = request;
    const ask = async (): Promise<RateGrant> => checkedGrant(await this.#source.take(request), calls);
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimer(withinMs, () => reject(this.#noAnswer(withinMs)), {
        background: isBackground,
      });
      ask()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  #noAnswer(milliseconds: number): QuorateError<'deadline-exceeded'> {
    return new QuorateError({
      code: 'deadline-exceeded',
      message: `${this.name}: the source has not answered within the ${milliseconds} ms of patience; find out what is slow, or allow more`,
      data: { milliseconds },
    });
  }

  #granted(state: KeyState, grant: RateGrant, wanted: number, askedMs: number): void {
    state.isAsking = false;
    if (this.#loss !== undefined) {
      this.#loss = undefined;
      this.tell(() => ({ type: 'rate-source-found', kind: 'rate-limit', policy: this.name }));
    }
    const nowMs = this.clock.now();
    if (grant.granted < wanted) state.emptyUntilMs = nowMs + Math.max(instantMs, grant.retryAfterMs);
    // Who waits for them has them, however long they were on their way; only what is left can be too old.
    let left = grant.granted;
    this.#serve(state, nowMs, () => {
      left -= 1;
      return left >= 0;
    });
    state.stock.add(left, askedMs + this.#settings.keepMs);
    if (state.waiting.size === 0) return;
    if (state.emptyUntilMs <= nowMs) this.#ask(state);
    else this.#refuseAll(state, state.emptyUntilMs - nowMs);
  }

  #lost(state: KeyState, error: unknown): void {
    state.isAsking = false;
    const nowMs = this.clock.now();
    if (this.#loss === undefined)
      this.tell(() => ({ type: 'rate-source-lost', kind: 'rate-limit', policy: this.name, error }));
    this.#loss = { error, askAtMs: nowMs + pauseMs };
    let waitMs = 0;
    this.#serve(state, nowMs, () => {
      waitMs = this.#waitByItself(state, nowMs);
      return waitMs === 0;
    });
    if (state.waiting.size > 0) this.#refuseAll(state, waitMs, this.#loss);
  }

  /** In the order of coming, as long as `take` gives; whose time is over takes none. */
  #serve(state: KeyState, nowMs: number, take: () => boolean): void {
    for (let first = state.waiting.first; first !== undefined; first = state.waiting.first) {
      const isOver = first.call.deadline <= nowMs;
      if (!isOver && !take()) return;
      this.#leave(first, state);
      if (isOver) first.reject(overdue(this.name));
      else first.resolve();
    }
  }

  #refuseAll(state: KeyState, waitMs: number, loss?: { readonly error: unknown }): void {
    for (let first = state.waiting.first; first !== undefined; first = state.waiting.first) {
      this.#leave(first, state);
      first.reject(this.#refusal(state.key, waitMs, loss));
    }
  }

  #refusal(
    key: string | undefined,
    waitMs: number,
    loss?: { readonly error: unknown },
  ): QuorateError<'rate-limited'> {
    const { name } = this;
    const retryAfterMs = Math.ceil(waitMs - instantMs);
    this.tell(() => ({ type: 'rate-limited', kind: 'rate-limit', policy: name, key, retryAfterMs }));
    const { calls, perMs } = this.#settings.rule;
    const whose = key === undefined ? '' : ` for the key ${JSON.stringify(key.slice(0, 80))}`;
    const why =
      loss === undefined
        ? `all processes together make more than ${calls} calls in ${perMs} ms${whose}`
        : 'what counts for all processes does not answer, and this one has used what it may by itself';
    return new QuorateError({
      code: 'rate-limited',
      message: `${name}: ${why}; try again in ${retryAfterMs} ms, or send less`,
      data: { limiter: name, key: key ?? '', retryAfterMs },
      cause: loss?.error,
    });
  }
}

/** Whatever the types say, it comes from outside; permits that are no number would be asked for without end. */
function checkedGrant(grant: RateGrant, wanted: number): RateGrant {
  const { granted, retryAfterMs } = (grant as RateGrant | undefined) ?? {};
  wholeOf('granted', granted as number, 0, wanted);
  if (!(typeof retryAfterMs === 'number' && retryAfterMs >= 0 && retryAfterMs < Number.POSITIVE_INFINITY))
    throw invalidOption('retryAfterMs', retryAfterMs, 'a number of milliseconds of at least 0');
  return grant;
}

function newState(key: string | undefined): KeyState {
  return {
    ...{ key, stock: new PermitStock(), waiting: new Line<Waiter>(), local: new TokenBucket() },
    ...{ isAsking: false, emptyUntilMs: 0 },
  };
}
