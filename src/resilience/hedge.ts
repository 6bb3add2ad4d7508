/**
 * Sends a second try of a call that takes longer than most do, and takes the answer that comes first: what it buys is
 * the slow tail, one machine in a pause, one lost packet; what it costs is a few calls more, bounded by the percentile
 * and by a budget. Only for calls that may be carried out twice.
 *
 * How long a first try took is remembered even where a hedge was faster, as the time until then. It took at least that,
 * so the share of calls above the present delay stays true; without it each hedge that wins would make the delay
 * shorter, which makes more hedges, until everything is sent twice.
 */
import { invalidOption } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import { ExpiryLine } from './expiry-line.ts';
import { type HedgeOptions, type HedgeSettings, hedgeSettings, windowCalls } from './hedge-options.ts';
import { Race, type RaceHost, type RaceTerms } from './hedge-race.ts';
import { LatencyWindow } from './latency-window.ts';
import { Policy } from './policy.ts';
import { started } from './started.ts';

/** The delay follows the percentile after so many calls: looking it up costs as much as a dozen of them. */
const callsPerLook = 16;

export function hedge(options: HedgeOptions): HedgePolicy {
  return new HedgePolicy(options);
}

export class HedgePolicy extends Policy<'hedge'> {
  #settings: HedgeSettings;
  #latency: LatencyWindow | undefined;
  #callsUntilLook = 0;
  #delayMs: number;
  #terms: RaceTerms;
  readonly #host: RaceHost = {
    allows: (attempt, startedAtMs) => this.#allows(attempt, startedAtMs),
    sawFirst: (startedAtMs) => this.#sawFirst(startedAtMs),
    succeeded: (attempt) => this.#succeeded(attempt),
  };

  constructor(options: HedgeOptions) {
    if (typeof options !== 'object' || options === null) {
      throw invalidOption(
        'options',
        options,
        'what says after how long, and that calls may be carried out twice',
      );
    }
    super(['hedge'], options.name ?? 'hedge', options.clock);
    this.#settings = hedgeSettings(options);
    this.#delayMs = this.#settings.afterMs;
    this.#terms = this.#adopt();
  }

  /** How long a call may take now before another try is sent. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** For calls that begin from now on. What was learned about their duration stays; so do name and clock. */
  configure(options: HedgeOptions): void {
    this.#settings = hedgeSettings(options);
    this.#terms = this.#adopt();
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    if (call.isAborted || !(this.#settings.isForAll || call.idempotent)) return started(task, call);
    return new Promise((resolve, reject) => {
      new Race(this.#terms, call, { task, resolve, reject }).begin();
    });
  }

  #adopt(): RaceTerms {
    const { share, samplesMin, budget } = this.#settings;
    budget?.join('hedge');
    if (share === undefined) this.#latency = undefined;
    else this.#latency ??= new LatencyWindow(windowCalls);
    this.#callsUntilLook = Math.max(1, samplesMin - (this.#latency?.count ?? 0));
    this.#delayMs = this.#delay();
    return this.#termsNow();
  }

  /** Calls that wait in the line of an older delay end there. */
  #termsNow(): RaceTerms {
    return {
      host: this.#host,
      line: new ExpiryLine(this.clock, this.#delayMs),
      maxHedges: this.#settings.maxHedges,
    };
  }

  #delay(): number {
    const { share, samplesMin, afterMs } = this.#settings;
    const latency = this.#latency;
    if (share === undefined || latency === undefined || latency.count < samplesMin) return afterMs;
    return latency.quantileMs(share);
  }

  #sawFirst(startedAtMs: number): void {
    const latency = this.#latency;
    if (latency === undefined) return;
    latency.record(this.clock.now() - startedAtMs);
    this.#callsUntilLook -= 1;
    if (this.#callsUntilLook > 0) return;
    this.#callsUntilLook = callsPerLook;
    const delayMs = this.#delay();
    if (delayMs === this.#delayMs) return;
    this.#delayMs = delayMs;
    this.#terms = this.#termsNow();
  }

  #succeeded(attempt: number): void {
    this.#settings.budget?.earn('hedge');
    if (attempt > 1) this.tell(() => ({ type: 'hedge-won', kind: 'hedge', policy: this.name, attempt }));
  }

  #allows(attempt: number, startedAtMs: number): boolean {
    const { budget } = this.#settings;
    const isAllowed = budget === undefined || budget.trySpend();
    const type = isAllowed ? 'hedged' : 'hedge-refused';
    this.tell(() => ({
      type,
      kind: 'hedge',
      policy: this.name,
      attempt,
      afterMs: this.clock.now() - startedAtMs,
    }));
    return isAllowed;
  }
}
