/**
 * One life of one process: the gate through which everything that happens to it must pass. The gate knows
 * whether the process lives, is stopped, stalled or busy, counts the points at which it can be made to die,
 * and keeps what arrives while it cannot run. Behind a dead one it stays shut for ever, so that code which is
 * still on the stack when its process dies can no longer touch the world.
 */
import { assert, Deque, type Prng } from '../../../base/index.ts';
import { roundTime } from './event-queue.ts';
import type { Scheduler } from './scheduler.ts';
import { StallMeter } from './stall-meter.ts';
import { happening } from './trace.ts';

/** Why code runs: a timer struck, input or the result of an operation arrived, a turn ended. */
export type Cause = 'timer' | 'input' | 'turn';

/** A call into the code of a process, now or as soon as it can run. */
export interface Delivery {
  readonly cause: Cause;
  run(): void;
}

/** A turn of the event loop that finds nothing to do but to look at the clock. */
const emptyTurn: Delivery = { cause: 'turn', run: () => undefined };

export interface IncarnationInit {
  readonly scheduler: Scheduler;
  /** Shown in the trace, such as `b#2`. */
  readonly name: string;
  readonly machine: number;
  readonly prng: Prng;
  /** Decides what an uncaught error does. */
  readonly uncaught: (error: unknown) => void;
}

export class Incarnation {
  readonly scheduler: Scheduler;
  readonly name: string;
  readonly machine: number;
  readonly stalls: StallMeter = new StallMeter(() => this.#presentStallMs());
  readonly #prng: Prng;
  readonly #uncaught: (error: unknown) => void;
  readonly #backlog = new Deque<Delivery>();
  #alive = true;
  /** How many faults stop it now. */
  #holds = 0;
  /** Until when the process' own synchronous work lasts; its clock reads this while it runs. */
  #busyUntilMs = 0;
  /** Begin and end of a stall that the next turn will hear of first; the end is 0 while it is open. */
  #stallSinceMs: number | undefined;
  #stallUntilMs = 0;
  #wakeAtMs = -1;
  #points = 0;
  #deadlyPoint = 0;
  #dieAtPoint: () => void = () => undefined;

  constructor(init: IncarnationInit) {
    this.scheduler = init.scheduler;
    this.name = init.name;
    this.machine = init.machine;
    this.#prng = init.prng;
    this.#uncaught = init.uncaught;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The present as this process lives it: behind the world's while its own synchronous work lasts. */
  get nowMs(): number {
    return Math.max(this.scheduler.nowMs, this.#busyUntilMs);
  }

  /** How many points this life has passed: every operation it asked for and every call into it. */
  get points(): number {
    return this.#points;
  }

  /** Runs `delivery` in this event, or when the process can run again; never, when it is dead. */
  deliver(delivery: Delivery): void {
    if (!this.#alive) return;
    if (this.#isBlocked()) {
      this.#backlog.pushBack(delivery);
      this.#ensureWake();
    } else if (this.#backlog.size > 0) {
      this.#backlog.pushBack(delivery);
    } else {
      this.#run(delivery);
    }
  }

  /** The same for a plain action. */
  deliverInput(run: () => void): void {
    this.deliver({ cause: 'input', run });
  }

  /** Passes a point where the process may be made to die. True: it is dead, and what was to come must not happen. */
  point(): boolean {
    if (!this.#alive) return true;
    this.#points += 1;
    if (this.#points === this.#deadlyPoint) this.#dieAtPoint();
    return !this.#alive;
  }

  /** Calls `die` at the `count`-th point from here; 0 takes it back. */
  dieAfter(count: number, die: () => void): void {
    this.#deadlyPoint = count === 0 ? 0 : this.#points + count;
    this.#dieAtPoint = die;
  }

  /** Stops the process until the result is called. `told`: its loop delay will report the time. */
  hold(told: boolean): () => void {
    this.#holds += 1;
    if (told) this.#openStall();
    return () => {
      this.#holds -= 1;
      if (told) this.#stallUntilMs = this.scheduler.nowMs;
      this.#ensureWake();
    };
  }

  /** Spends time in a synchronous call: the loop is blocked, the caller's own clock moves. */
  busy(forMs: number): void {
    if (!this.#alive || forMs <= 0) return;
    this.#stallSinceMs ??= this.scheduler.nowMs;
    this.#busyUntilMs = roundTime(this.nowMs + forMs);
    this.#stallUntilMs = this.#busyUntilMs;
    if (this.stalls.interests(this.#presentStallMs())) this.#ensureWake();
  }

  die(): void {
    this.#alive = false;
    this.#backlog.clear();
    this.stalls.close();
  }

  #run(delivery: Delivery): void {
    if (this.point()) return;
    this.scheduler.noteCode();
    this.scheduler.trace.note(happening[delivery.cause], this.machine, this.#points);
    try {
      if (this.#stallSinceMs !== undefined) this.#endStall();
      delivery.run();
    } catch (error) {
      this.#uncaught(error);
    }
  }

  /** A stall that is over but not yet told counts as part of this one, without the time between. */
  #openStall(): void {
    const untoldMs = this.#stallSinceMs === undefined ? 0 : this.#stallUntilMs - this.#stallSinceMs;
    if (untoldMs < 0) return;
    this.#stallSinceMs = this.scheduler.nowMs - untoldMs;
    this.#stallUntilMs = 0;
  }

  #presentStallMs(): number {
    return this.#stallSinceMs === undefined ? 0 : this.nowMs - this.#stallSinceMs;
  }

  /** The first turn after a stall: who listens hears of it before anything else happens. */
  #endStall(): void {
    const stallMs = this.#stallUntilMs - (this.#stallSinceMs as number);
    this.#stallSinceMs = undefined;
    this.scheduler.trace.note(happening.stall, this.machine, stallMs);
    this.stalls.report(stallMs);
  }

  #isBlocked(): boolean {
    return this.#holds > 0 || this.#busyUntilMs > this.scheduler.nowMs;
  }

  /** A process that is held wakes when it is released, and not before its own work is done. */
  #ensureWake(): void {
    const wakeAtMs = Math.max(this.#busyUntilMs, this.scheduler.nowMs);
    if (!this.#alive || this.#holds > 0 || wakeAtMs === this.#wakeAtMs) return;
    this.#wakeAtMs = wakeAtMs;
    this.scheduler.at(wakeAtMs, () => this.#wake(wakeAtMs));
  }

  #wake(wakeAtMs: number): void {
    // A block that was lengthened or lifted since has a wake of its own.
    if (wakeAtMs !== this.#wakeAtMs || !this.#alive) return;
    this.#wakeAtMs = -1;
    if (this.#isBlocked()) return this.#ensureWake();
    this.#order();
    if (this.#backlog.size > 0) this.#replay();
    else if (this.#stallSinceMs !== undefined) this.#run(emptyTurn);
  }

  /**
   * What was kept runs in the order of arrival, or timers first, or timers last: an event loop that comes back
   * promises none of these, and a leader that runs its election timer before it reads the heartbeats which
   * wait in the socket is the classic victim.
   */
  #order(): void {
    if (this.#backlog.size < 2) return;
    const drawn = this.#prng.below(3);
    if (drawn === 0) return;
    const kept = [...this.#backlog];
    const timers = kept.filter(({ cause }) => cause === 'timer');
    const others = kept.filter(({ cause }) => cause !== 'timer');
    this.#backlog.clear();
    for (const delivery of drawn === 1 ? timers.concat(others) : others.concat(timers)) {
      this.#backlog.pushBack(delivery);
    }
  }

  /** One delivery an event, so that its microtasks run before the next. What arrives meanwhile queues behind. */
  #replay(): void {
    const delivery = this.#backlog.front();
    if (delivery === undefined) return;
    assert(this.#alive, 'a dead process keeps no backlog');
    this.#run(delivery);
    this.#backlog.popFront();
    if (this.#backlog.size > 0) this.scheduler.soon(() => this.#continue());
  }

  #continue(): void {
    if (!this.#alive) return;
    if (this.#isBlocked()) this.#ensureWake();
    else this.#replay();
  }
}
