/**
 * A limit of calls at a time that finds itself: it grows while calls are quick, and gives way when they slow down or
 * are refused, so that a queue forms nowhere. Under load what matters least is refused first: each priority may fill a
 * share of the limit, and where it is this process that runs late, low ones begin nothing at all. Nobody waits here:
 * who is refused hears when to come again.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import {
  type AdaptiveLimitSettings,
  type CheckedAdaptiveSettings,
  checkedAdaptiveSettings,
} from './adaptive-settings.ts';
import type { Call, Priority, Task } from './call.ts';
import type { ShedReason } from './limit-events.ts';
import { LimitState } from './limit-state.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface AdaptiveLimitOptions extends PolicyOptions, AdaptiveLimitSettings {
  /** The limit at first. Default 20, or what of the bounds is nearest to that. */
  readonly initial?: number;
}

/** So many calls at a time as the upstream can take. */
export function adaptiveLimit(options: AdaptiveLimitOptions = {}): AdaptiveLimit {
  return new AdaptiveLimit(options);
}

const initialDefault = 20;
/** Where nothing is known yet of how long calls take. */
const retryMsDefault = 100;
const retryMsMax = 1000;

export class AdaptiveLimit extends Policy<'adaptive-limit'> {
  readonly #state: LimitState;
  #settings: CheckedAdaptiveSettings;

  constructor(options: AdaptiveLimitOptions) {
    super(['adaptive-limit'], options.name ?? 'adaptive-limit', options.clock);
    this.#settings = checkedAdaptiveSettings(options);
    const { bounds, makeStrategy } = this.#settings;
    const { minimum, maximum } = bounds;
    const { initial = Math.min(maximum, Math.max(minimum, initialDefault)) } = options;
    if (!(Number.isFinite(initial) && initial >= minimum && initial <= maximum))
      throw invalidOption('initial', initial, `a number from ${minimum} to ${maximum}`);
    this.#state = new LimitState(makeStrategy(), initial, bounds);
  }

  /** How many may run now. */
  get limit(): number {
    return Math.ceil(this.#state.limit);
  }

  /** Those that run, with work that nobody waits for any more. */
  get running(): number {
    return this.#state.running;
  }

  /** Takes all settings anew. What was learned stays, unless the strategy is another one; the limit moves into its bounds. */
  configure(settings: AdaptiveLimitSettings): void {
    const checked = checkedAdaptiveSettings(settings);
    const isSame = checked.strategyId === this.#settings.strategyId;
    this.#state.change(isSame ? undefined : checked.makeStrategy(), checked.bounds);
    this.#settings = checked;
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    this.#enter(call.priority);
    const begunMs = this.clock.now();
    try {
      const value = await task(call);
      this.#answered(begunMs);
      return value;
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      this.#settle(call);
    }
  }

  #enter(priority: Priority): void {
    const { loop, loopDelaysMs, shares } = this.#settings;
    if (loop !== undefined) {
      const delayMs = loop.delayMs();
      if (delayMs > loopDelaysMs[priority]) throw this.#shed('loop-delay', priority, delayMs);
    }
    if (!this.#state.enter(shares[priority]))
      throw this.#shed('limit', priority, this.#state.meanMs || retryMsDefault);
  }

  #answered(begunMs: number): void {
    const nowMs = this.clock.now();
    const before = this.#state.limit;
    this.#state.answered(nowMs - begunMs, nowMs);
    if (this.#state.limit !== before) this.#tellMoved(before);
  }

  /** How long a failure took says nothing, and a refusal that came at once would look like a quick server. */
  #failed(error: unknown): void {
    if (!isDrop(error, this.#settings.dropCodes)) return;
    const before = this.#state.limit;
    this.#state.dropped(this.clock.now());
    if (this.#state.limit !== before) this.#tellMoved(before);
  }

  #settle(call: Call): void {
    const rest = call.whenSettled();
    if (rest === undefined) this.#state.leave();
    else void rest.then(() => this.#settle(call));
  }

  #tellMoved(before: number): void {
    const { limit } = this.#state;
    this.tell(() => ({ type: 'limit-changed', kind: 'adaptive-limit', policy: this.name, before, limit }));
  }

  /** `waitMs` is as long as what runs now takes on average, or as this process is late. */
  #shed(reason: ShedReason, priority: Priority, waitMs: number): QuorateError<'load-shed'> {
    const { name, running, limit } = this;
    const retryAfterMs = Math.min(retryMsMax, Math.max(1, Math.ceil(waitMs)));
    this.tell(() => ({
      ...({ type: 'load-shed', kind: 'adaptive-limit', policy: name } as const),
      ...{ reason, priority, running, limit },
    }));
    const why =
      reason === 'limit'
        ? `${running} calls run, and a call of priority ${priority} may begin while fewer than ${this.#settings.shares[priority] * 100} % of ${limit} do`
        : `this process runs ${Math.round(waitMs)} ms late, too late for a call of priority ${priority}`;
    return new QuorateError({
      code: 'load-shed',
      message: `${name}: ${why}; try again in ${retryAfterMs} ms, and send less at once`,
      data: { limiter: name, limit, priority, retryAfterMs },
    });
  }
}

/** By form, so that errors of other packages count: a code, or the name of what `AbortSignal.timeout` throws. */
function isDrop(error: unknown, codes: ReadonlySet<string>): boolean {
  if (typeof error !== 'object' || error === null) return false;
  try {
    const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
    return (typeof code === 'string' && codes.has(code)) || (typeof name === 'string' && codes.has(name));
  } catch {
    // A getter of somebody else's error that fails says nothing about load.
    return false;
  }
}
