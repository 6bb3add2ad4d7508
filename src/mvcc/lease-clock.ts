/**
 * The leader's clock for leases: it decides when a lease has run out, and what a successor must know so that
 * it need not start the time of every lease anew. Pure: `now` comes in, commands to propose come out. It only
 * asks; a lease ends when the log says so, and lives on when a renewal came before that.
 *
 * Time in which the leader itself stood still counts for nobody: renewals that waited in its sockets would
 * come too late through no fault of their holders. So a step of the clock counts up to a bound, and what is
 * beyond it makes leases longer, never shorter.
 */
import { assert, Heap } from '../base/index.ts';
import type { LeaseCheckpoint, LeaseExpire } from './commands.ts';
import type { LeaseChange } from './lease-commands.ts';
import type { LeaseStatus } from './leases.ts';

/** What the clock reads; a `RevisionedStore` is one. */
export interface LeaseSource {
  lease(id: number): LeaseStatus | undefined;
  leases(): Iterable<LeaseStatus>;
}

/** Commands that the leader shall propose now, at most one of a kind. */
export interface LeaseWork {
  readonly expire: LeaseExpire | undefined;
  readonly checkpoint: LeaseCheckpoint | undefined;
}

interface Timed {
  readonly lease: number;
  readonly ttlMs: number;
  renewals: number;
  /** By the clock of leases. */
  deadline: number;
  /** When the time left is worth a note in the log. */
  checkpointAt: number;
  /** Where it stands in the heap; never after the two above, so that a renewal need not move it. */
  lookAt: number;
}

/** The longest step that counts: above the pauses of a healthy process, below any election timeout. */
const stepMsMax = 100;
/** A proposal that got lost is made again after this time. */
const retryMs = 1000;
/** Most leases in one command, so that a crowd that runs out together delays nobody for long. */
const leasesMax = 1000;
/** A lease that is renewed in time, at a third of its life, never needs a checkpoint. */
const checkpointShare = 0.5;
/** The heap may hold this many times the running leases, and so many more. */
const sweepFactor = 2;
const sweepSizeMin = 1024;

const nothing: LeaseWork = { expire: undefined, checkpoint: undefined };

export class LeaseClock {
  readonly #source: LeaseSource;
  readonly #timed = new Map<number, Timed>();
  /** The one to look at next lies first. */
  #heap = new Heap<Timed>(byLook);
  /** The clock of leases, and the host's clock when it was read last. */
  #time = 0;
  #readAt: number;

  /** The member leads from `now` on, with all commands of former leaders applied. */
  constructor(source: LeaseSource, now: number) {
    this.#source = source;
    this.#readAt = now;
    for (const lease of source.leases()) this.#start(lease);
  }

  /** How many leases run. */
  get size(): number {
    return this.#timed.size;
  }

  /** What an applied command did to leases. */
  changed(changes: readonly LeaseChange[], now: number): void {
    if (changes.length === 0) return;
    this.#advance(now);
    for (const { lease: id, change } of changes) {
      if (change === 'checkpointed') continue;
      const lease = change === 'ended' ? undefined : this.#source.lease(id);
      const timed = this.#timed.get(id);
      // What a later change of the same command ended is gone by now.
      if (lease === undefined) this.#timed.delete(id);
      else if (timed === undefined) this.#start(lease);
      else this.#renew(timed, lease);
    }
  }

  /** Time passes. */
  tick(now: number): LeaseWork {
    this.#advance(now);
    const expire: LeaseExpire['leases'][number][] = [];
    const checkpoint: LeaseCheckpoint['leases'][number][] = [];
    while (expire.length < leasesMax && checkpoint.length < leasesMax) {
      const timed = this.#takeDue();
      if (timed === undefined) break;
      const { lease, renewals } = timed;
      if (timed.deadline <= this.#time) {
        expire.push({ lease, renewals });
        timed.deadline = this.#time + retryMs;
        timed.checkpointAt = Number.POSITIVE_INFINITY;
      } else if (timed.checkpointAt <= this.#time) {
        checkpoint.push({ lease, renewals, remainingMs: Math.ceil(timed.deadline - this.#time) });
        timed.checkpointAt = this.#time + timed.ttlMs * checkpointShare;
      }
      this.#put(timed);
    }
    if (expire.length === 0 && checkpoint.length === 0) return nothing;
    return {
      expire: expire.length === 0 ? undefined : { kind: 'lease-expire', leases: expire },
      checkpoint: checkpoint.length === 0 ? undefined : { kind: 'lease-checkpoint', leases: checkpoint },
    };
  }

  #advance(now: number): void {
    assert(now >= this.#readAt, "a host's clock does not go back");
    this.#time += Math.min(now - this.#readAt, stepMsMax);
    this.#readAt = now;
  }

  #start({ lease, ttlMs, remainingMs, renewals }: LeaseStatus): void {
    const deadline = this.#time + remainingMs;
    const checkpointAt = this.#time + ttlMs * checkpointShare;
    const timed: Timed = { lease, ttlMs, renewals, deadline, checkpointAt, lookAt: 0 };
    this.#timed.set(lease, timed);
    this.#put(timed);
  }

  #renew(timed: Timed, { ttlMs, renewals }: LeaseStatus): void {
    timed.renewals = renewals;
    timed.deadline = this.#time + ttlMs;
    timed.checkpointAt = this.#time + ttlMs * checkpointShare;
  }

  /** The next one that is due, taken out of the heap. Those that were renewed go back to their new place. */
  #takeDue(): Timed | undefined {
    let first = this.#heap.peek();
    while (first !== undefined && first.lookAt <= this.#time) {
      this.#heap.pop();
      const runs = this.#timed.get(first.lease) === first;
      if (runs && Math.min(first.deadline, first.checkpointAt) <= this.#time) return first;
      if (runs) this.#put(first);
      first = this.#heap.peek();
    }
    return undefined;
  }

  #put(timed: Timed): void {
    timed.lookAt = Math.min(timed.deadline, timed.checkpointAt);
    if (this.#heap.size > sweepFactor * this.#timed.size + sweepSizeMin) this.#sweep();
    this.#heap.push(timed);
  }

  /** Leases that ended stay in the heap until their time would have come; a crowd of them is swept out sooner. */
  #sweep(): void {
    const before = this.#heap;
    this.#heap = new Heap(byLook);
    for (let timed = before.pop(); timed !== undefined; timed = before.pop())
      if (this.#timed.get(timed.lease) === timed) this.#heap.push(timed);
  }
}

function byLook(left: Timed, right: Timed): number {
  return left.lookAt - right.lookAt;
}
