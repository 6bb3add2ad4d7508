/**
 * When a service counts as well, and when as ill, by what its checks saw one after the other. One sight decides nothing
 * where a threshold is above 1: the status falls to a level when the last so many sights were all as bad as that or
 * worse, and rises to a level when the last so many were all as good as that or better. In between it stays, so that a
 * service at the edge does not flap.
 */
import { assert } from '../../base/index.ts';

/** From best to worst. */
export const healthStatuses = ['passing', 'warning', 'critical'] as const;

/** What a check can say; `draining` is not its business. */
export type HealthStatus = (typeof healthStatuses)[number];

export interface HealthRuleSettings {
  /** So many bad sights in a row bring the status down. */
  readonly failing: number;
  /** So many good ones bring it up. */
  readonly passing: number;
  /** What it is before anything was seen. */
  readonly initial: HealthStatus;
  /** So long from the start on, and until the first good sight, bad ones do not count: it may be starting. */
  readonly graceMs: number;
}

const warningLevel = 1;
const criticalLevel = 2;

export class HealthRule {
  readonly #settings: HealthRuleSettings;
  readonly #graceUntilMs: number;
  #status: HealthStatus;
  #criticalSinceMs: number | undefined;
  #hasPassed = false;
  /** Per level: sights in a row that were so bad or worse, and so good or better. */
  readonly #worse: [number, number, number] = [0, 0, 0];
  readonly #better: [number, number, number] = [0, 0, 0];

  constructor(settings: HealthRuleSettings, nowMs: number) {
    assert(settings.failing >= 1 && settings.passing >= 1, 'a threshold is at least 1');
    this.#settings = settings;
    this.#graceUntilMs = nowMs + settings.graceMs;
    this.#status = settings.initial;
    // What has never been well is ill from the end of its grace on.
    if (settings.initial === 'critical') this.#criticalSinceMs = this.#graceUntilMs;
  }

  get status(): HealthStatus {
    return this.#status;
  }

  /** When it became critical; undefined while it is not. May lie ahead, at the end of the grace. */
  get criticalSinceMs(): number | undefined {
    return this.#criticalSinceMs;
  }

  /** Takes one sight in, and tells what the status is now. */
  observe(seen: HealthStatus, nowMs: number): HealthStatus {
    const level = healthStatuses.indexOf(seen);
    this.#hasPassed ||= seen === 'passing';
    const isExcused = !this.#hasPassed && nowMs < this.#graceUntilMs;
    if (isExcused) return this.#status;
    for (const [at] of healthStatuses.entries()) {
      this.#worse[at] = level >= at ? (this.#worse[at] ?? 0) + 1 : 0;
      this.#better[at] = level <= at ? (this.#better[at] ?? 0) + 1 : 0;
    }
    this.#become(this.#judged(), nowMs);
    return this.#status;
  }

  #judged(): HealthStatus {
    const { failing, passing } = this.#settings;
    const current = healthStatuses.indexOf(this.#status);
    for (const level of [criticalLevel, warningLevel] as const)
      if (level > current && this.#worse[level] >= failing) return healthStatuses[level];
    for (const level of [0, warningLevel] as const)
      if (level < current && this.#better[level] >= passing) return healthStatuses[level];
    return this.#status;
  }

  #become(status: HealthStatus, nowMs: number): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#criticalSinceMs = status === 'critical' ? nowMs : undefined;
  }
}

/** The worst of several: a service is as well as the illest part of it. */
export function worstOf(statuses: readonly HealthStatus[]): HealthStatus {
  return statuses.reduce<HealthStatus>(
    (worst, status) => (isWorse(status, worst) ? status : worst),
    'passing',
  );
}

function isWorse(left: HealthStatus, right: HealthStatus): boolean {
  return healthStatuses.indexOf(left) > healthStatuses.indexOf(right);
}
