/**
 * Joins the checks of one service and keeps its registration told: the worst of them is what the service is. What is
 * critical for too long is taken out of the registry, which is decided when a check has looked once more and not by a
 * timer: a process that stood still judges nobody by the time that it has missed. Where the registration can come back,
 * the checks go on and bring it back.
 */
import { invalidOption, linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import type { Timer } from '../../ports/index.ts';
import { Listeners } from '../listeners.ts';
import type { Check } from './check.ts';
import { HealthCheck, type HealthReport } from './health-check.ts';
import type { HealthCounters } from './health-counters.ts';
import { tellHealth } from './health-events.ts';
import type { HealthPorts } from './health-ports.ts';
import { type HealthStatus, worstOf } from './health-rule.ts';
import {
  type HealthWatchOptions,
  type HealthWatchSettings,
  healthWatchSettings,
} from './health-watch-settings.ts';

/** What is kept told: a registration, or anything else that takes a status. */
export interface HealthTarget {
  setStatus(status: HealthStatus): Promise<unknown>;
  /** Takes it out of the registry. */
  close(): Promise<unknown>;
  /**
   * Takes it out of the registry until it is told a status again. Where this is there, what is critical for too long is
   * withdrawn, not closed, and the checks go on: when they see it better, it is told so.
   */
  withdraw?(): Promise<unknown>;
}

/** After a registration could not be told: first, and at most, doubling in between. */
const pauseMsFirst = 500;
const pauseMsMost = 30_000;
/** One word with the registration takes no longer. */
const reportMsMax = 5_000;

/** Starts all checks. They end with `close`, or when the service was given up for good. */
export function watchHealth(
  target: HealthTarget,
  checks: readonly Check[],
  options: HealthWatchOptions = {},
): HealthWatch {
  return new HealthWatch(target, healthWatchSettings(checks, options));
}

export class HealthWatch implements Disposable {
  readonly counters: HealthCounters;
  readonly #target: HealthTarget;
  readonly #name: string;
  readonly #ports: HealthPorts;
  readonly #deregisterAfterMs: number;
  readonly #checks: readonly HealthCheck[];
  readonly #listeners = new Listeners<HealthStatus>();
  #status: HealthStatus;
  /** May lie ahead: what was never well is critical from the end of its grace on. */
  #criticalSinceMs: number | undefined;
  #told: HealthStatus | 'close' | undefined;
  readonly #over = new AbortController();
  #isGivenUp = false;
  #isClosed = false;
  #isTelling = false;
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined;

  /** Use `watchHealth` to make one. */
  constructor(target: HealthTarget, settings: HealthWatchSettings) {
    const { name, checks, deregisterAfterMs, counters, ports } = settings;
    this.counters = counters;
    this.#target = target;
    this.#name = name;
    this.#ports = ports;
    this.#deregisterAfterMs = deregisterAfterMs;
    this.#checks = checks.map((one) => new HealthCheck(one, ports));
    this.#status = worstOf(this.#checks.map(({ status }) => status));
    if (this.#status === 'critical') this.#criticalSinceMs = firstCritical(this.#checks);
    for (const check of this.#checks) check.subscribe((report) => this.#onReport(report));
    this.#tell();
  }

  /** The worst of all checks. */
  get status(): HealthStatus {
    return this.#status;
  }

  /** True: it was critical for too long, and its registration is closed or withdrawn, or will be in a moment. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  get reports(): readonly HealthReport[] {
    return this.#checks.map(({ report }) => report);
  }

  /** Hears of each change of the status, until the function that it returns is called. */
  subscribe(listener: (status: HealthStatus) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** The service says that it lives. `check` names the check by TTL; it may be left out where there is one. */
  beat({ check, status, detail }: HealthBeat = {}): void {
    const waiting = this.#checks.filter(({ name, kind }) =>
      check === undefined ? kind === 'ttl' : name === check,
    );
    const [one, ...others] = waiting;
    if (one === undefined || others.length > 0) {
      const names = this.#checks.filter(({ kind }) => kind === 'ttl').map(({ name }) => name);
      throw invalidOption(
        'check',
        check,
        `the name of one check of kind ttl: ${names.join(', ') || 'there is none'}`,
      );
    }
    one.beat(status, detail);
  }

  /** Ends all checks and every report. The registration stays as it was told last. May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopChecks();
    this.#endPause();
    this.#over.abort(new Error('the checks are closed'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #stopChecks(): void {
    for (const check of this.#checks) check.close();
    this.#listeners.clear();
  }

  #onReport({ name: check, kind, result, detail }: HealthReport): void {
    if (result !== undefined) {
      this.counters.countLook(kind, result);
      tellHealth(() => ({ type: 'looked', of: this.#name, check, kind, result, detail }));
    }
    this.#join();
    this.#graceLeft();
    this.#giveUpLate(result);
  }

  #join(): void {
    const from = this.#status;
    const to = worstOf(this.#checks.map(({ status }) => status));
    if (to === from) return;
    this.#status = to;
    this.#criticalSinceMs = to === 'critical' ? this.#ports.clock.now() : undefined;
    // Only who can come back is looked at still.
    this.#isGivenUp = false;
    this.counters.countChange();
    tellHealth(() => ({ type: 'changed', of: this.#name, from, to }));
    this.#tell();
    this.#listeners.tell(to);
  }

  /** Others may have been critical before: where all that are so now have never been well, their grace is not over. */
  #graceLeft(): void {
    if (this.#criticalSinceMs === undefined) return;
    const sinceMs = firstCritical(this.#checks);
    if (sinceMs > this.#ports.clock.now()) this.#criticalSinceMs = sinceMs;
  }

  /** A look that was given more time says nothing yet about how long it has been so. */
  #giveUpLate(result: HealthReport['result']): void {
    const sinceMs = this.#criticalSinceMs;
    if (this.#isGivenUp || result === 'stalled' || sinceMs === undefined) return;
    const criticalMs = this.#ports.clock.now() - sinceMs;
    if (criticalMs < this.#deregisterAfterMs) return;
    this.#isGivenUp = true;
    this.counters.countGivenUp();
    tellHealth(() => ({ type: 'given-up', of: this.#name, criticalMs }));
    if (this.#target.withdraw === undefined) this.#stopChecks();
    this.#tell();
  }

  get #wanted(): HealthStatus | 'close' {
    return this.#isGivenUp ? 'close' : this.#status;
  }

  /** One report at a time, and always of the newest status: what changed back meanwhile is not told at all. */
  #tell(): void {
    // What is wanted now differs from what could not be told; it need not wait out the pause.
    this.#endPause();
    if (!this.#isTelling) this.#tellAll().catch(thrown);
  }

  async #tellAll(): Promise<void> {
    let pauseMs = pauseMsFirst;
    this.#isTelling = true;
    while (!this.#isClosed && this.#told !== this.#wanted) {
      const what = this.#wanted;
      try {
        await this.#report(what);
        this.#told = what;
        pauseMs = pauseMsFirst;
      } catch (error) {
        if (this.#isClosed) break;
        this.#told = undefined;
        this.counters.countUntold();
        tellHealth(() => ({ type: 'untold', of: this.#name, what, error }));
        if (what === this.#wanted) await this.#wait(pauseMs);
        pauseMs = Math.min(pauseMsMost, pauseMs * 2);
      }
    }
    // In the turn in which nothing was left to tell: what changes from now on begins anew.
    this.#isTelling = false;
  }

  /** A registry that is away may keep a word for as long as it likes; a newer one need not wait for it. */
  async #report(what: HealthStatus | 'close'): Promise<void> {
    using wait = linkSignals(this.#over.signal);
    const late = (): void =>
      wait.abort(
        new QuorateError({
          code: 'deadline-exceeded',
          message: `the registration has not taken ${what} within ${reportMsMax} ms; it is told again`,
          data: { milliseconds: reportMsMax },
        }),
      );
    const timer = this.#ports.clock.setTimer(reportMsMax, late, { background: true });
    try {
      await untilAborted(this.#call(what), wait.signal);
    } finally {
      timer.cancel();
    }
  }

  /** What throws at once fails like what rejects. */
  async #call(what: HealthStatus | 'close'): Promise<unknown> {
    if (what !== 'close') return await this.#target.setStatus(what);
    return await (this.#target.withdraw?.() ?? this.#target.close());
  }

  #wait(pauseMs: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#ports.clock.setTimer(pauseMs, resolve, { background: true });
    this.#pause = { timer, end: resolve };
    return promise;
  }

  #endPause(): void {
    this.#pause?.timer.cancel();
    this.#pause?.end();
    this.#pause = undefined;
  }
}

export interface HealthBeat {
  readonly check?: string;
  /** Default `passing`. */
  readonly status?: HealthStatus;
  /** For people. */
  readonly detail?: string;
}

function firstCritical(checks: readonly HealthCheck[]): number {
  return Math.min(...checks.flatMap(({ report }) => report.criticalSinceMs ?? []));
}

/** `#tellAll` fails by nothing but a mistake of ours: nobody waits for it, so it is thrown where nobody catches it. */
function thrown(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
