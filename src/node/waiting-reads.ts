/**
 * Reads on their way through a group: asked, let go by the core, and answered in the order in which it lets them go.
 * One whose deadline passes is refused, and what the core says of it later concerns nobody. Deadlines are looked at
 * when time passes, and then only if one of them can have passed: a timer for each would cost more than the read.
 */
import { assert, Deque, type QuorateError } from '../base/index.ts';
import { overdue } from './group-refusals.ts';
import type { Waiter } from './waiter.ts';

export interface WaitingRead {
  /** Absent: nothing is asked, but whether somebody else leads. */
  readonly query: Uint8Array | undefined;
  readonly waiter: Waiter;
  readonly askedAtMs: number;
}

export class WaitingReads {
  readonly #reads = new Map<number, WaitingRead>();
  /** Those that the core has let go, to be answered as soon as the state machine is whole. */
  readonly #ready = new Deque<number>();
  /** Those that were refused while the core still has them; no more than it holds. */
  readonly #refused = new Set<number>();
  #lastId = 0;
  /** No deadline is earlier than this. */
  #dueMs = Number.POSITIVE_INFINITY;

  get readyCount(): number {
    return this.#ready.size;
  }

  /** Returns the number under which the core is to know it. */
  add(read: WaitingRead): number {
    this.#lastId += 1;
    this.#reads.set(this.#lastId, read);
    this.#dueMs = Math.min(this.#dueMs, read.waiter.dueMs ?? Number.POSITIVE_INFINITY);
    return this.#lastId;
  }

  /** The core has not taken it. False: it has been told already. */
  withdraw(id: number): boolean {
    return this.#reads.delete(id);
  }

  /** The core has let it go. */
  release(id: number): void {
    this.#ready.pushBack(id);
  }

  fail(id: number, error: QuorateError): void {
    if (this.#refused.delete(id)) return;
    this.#reads.get(id)?.waiter.reject(error);
    this.#reads.delete(id);
  }

  /** The next one to answer. */
  next(): WaitingRead | undefined {
    for (let id = this.#ready.popFront(); id !== undefined; id = this.#ready.popFront()) {
      if (this.#refused.delete(id)) continue;
      const read = this.#reads.get(id);
      assert(read !== undefined, 'a read is answered once');
      this.#reads.delete(id);
      return read;
    }
    return undefined;
  }

  /** Refuses those whose deadlines have passed. */
  expire(now: number): void {
    if (now < this.#dueMs) return;
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const [id, { waiter }] of this.#reads) {
      const { dueMs = Number.POSITIVE_INFINITY } = waiter;
      if (now < dueMs) this.#dueMs = Math.min(this.#dueMs, dueMs);
      else {
        this.#reads.delete(id);
        this.#refused.add(id);
        waiter.reject(overdue(now - dueMs));
      }
    }
  }

  /** Nobody waits any more. */
  close(error: () => QuorateError): void {
    for (const { waiter } of this.#reads.values()) waiter.reject(error());
    this.#reads.clear();
    this.#ready.clear();
    this.#refused.clear();
  }
}
