/**
 * Leases in true time, which no member and no client knows. Whoever believes to hold one is right: no end of it
 * takes effect while the holder, by its own clock, relies on it; and none comes before the time of the last renewal
 * that took effect, but for what clocks may differ in rate. With a lease go its keys, in the same revision.
 */
import type { LeaseChange, LeaseStatus } from '../../../mvcc/index.ts';
import { InvariantBroken } from '../invariants/index.ts';

/** A session as its own process sees it. */
export interface Holder {
  readonly isLive: boolean;
  readonly remainingMs: number;
}

interface Running {
  readonly ttlMs: number;
  /** When its last grant or renewal took effect, in true time. */
  sinceMs: number;
}

export interface LeaseJudgeOptions {
  /** True time. */
  readonly nowMs: () => number;
  readonly count: (what: string) => void;
}

/** By so much may clocks differ in rate, as sessions reckon. */
const clockDriftMax = 0.05;

export class LeaseJudge {
  readonly #options: LeaseJudgeOptions;
  readonly #running = new Map<number, Running>();
  readonly #holders = new Map<number, Holder>();
  /** The lease of each key that has one. */
  readonly #attached = new Map<string, number>();

  constructor(options: LeaseJudgeOptions) {
    this.#options = options;
  }

  /** A client believes to hold the lease. */
  holds(lease: number, holder: Holder): void {
    this.#holders.set(lease, holder);
  }

  /** What a command did to leases, as it takes effect. */
  changed(
    changes: readonly LeaseChange[],
    command: string,
    statusOf: (lease: number) => LeaseStatus | undefined,
  ): void {
    for (const { lease, change } of changes) {
      if (change === 'ended') this.#ended(lease, command);
      else if (change !== 'checkpointed') this.#begins(lease, statusOf(lease));
    }
  }

  /** A key took this lease; 0 for none. */
  attached(key: string, lease: number): void {
    if (lease === 0) {
      this.#attached.delete(key);
      return;
    }
    if (!this.#running.has(lease))
      throw new InvariantBroken(`${key} hangs on lease ${lease}, which has ended or never was`);
    this.#attached.set(key, lease);
  }

  /** A command that ended leases is through with their keys. */
  settled(): void {
    for (const [key, lease] of this.#attached) {
      if (!this.#running.has(lease))
        throw new InvariantBroken(`${key} is still there, and its lease ${lease} has ended`);
    }
  }

  #begins(lease: number, status: LeaseStatus | undefined): void {
    if (status !== undefined)
      this.#running.set(lease, { ttlMs: status.ttlMs, sinceMs: this.#options.nowMs() });
  }

  #ended(lease: number, command: string): void {
    const running = this.#running.get(lease);
    const holder = this.#holders.get(lease);
    this.#running.delete(lease);
    this.#holders.delete(lease);
    this.#options.count(command === 'lease-expire' ? 'leases expired' : 'leases given up');
    if (holder?.isLive === true)
      throw new InvariantBroken(
        `lease ${lease} ends by ${command}, and its holder relies on it for ${holder.remainingMs} ms more`,
      );
    if (command !== 'lease-expire' || running === undefined) return;
    const forMs = this.#options.nowMs() - running.sinceMs;
    if (forMs < running.ttlMs * (1 - clockDriftMax))
      throw new InvariantBroken(
        `lease ${lease} of ${running.ttlMs} ms expires ${forMs} ms after its last renewal took effect`,
      );
  }
}
