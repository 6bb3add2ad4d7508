/**
 * Executions that are shared while they are under way, by key: the core of single-flight, and of a cache whose misses
 * come all at once. The work belongs to nobody who waits for it. It runs in a call of its own without a deadline, so
 * that one who gives up takes only himself away; the last who does so aborts it. What has answered is forgotten.
 */
import { assert } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { AbortableCall, type AbortWatcher, type Call, type CallContext, type Task } from './call.ts';

export class Flights {
  readonly #clock: Clock;
  readonly #underWay = new Map<string, Flight>();
  /** Who comes with another key while there are so many runs alone. */
  keysMax: number;

  constructor(clock: Clock, keysMax: number) {
    this.#clock = clock;
    this.keysMax = keysMax;
  }

  get isFull(): boolean {
    return this.#underWay.size >= this.keysMax;
  }

  has(key: string): boolean {
    return this.#underWay.has(key);
  }

  /** Whether `call` is the execution that whoever comes with `key` shares. */
  isCurrent(key: string, call: CallContext): boolean {
    return this.#underWay.get(key)?.call === call;
  }

  /** Who waits for the execution of `key` goes on waiting; who comes begins another one. */
  forget(key: string): void {
    this.#underWay.delete(key);
  }

  /** The outcome of the execution of `key` that is under way, or else of `task`. Not for a new key while it is full. */
  join<T>(key: string, task: Task<T>, call: Call): Promise<T> {
    if (call.isAborted) return Promise.reject(call.reason);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known.join(call) as Promise<T>;
    assert(!this.isFull, 'whoever begins a flight has looked whether there is room for it');
    const flight = new Flight(this.#clock, call, () => {
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
    });
    this.#underWay.set(key, flight);
    const answer = flight.join(call) as Promise<T>;
    flight.begin(task);
    return answer;
  }
}

class Flight {
  readonly call: AbortableCall;
  readonly #onOver: () => void;
  readonly #waiting = new Set<Waiter>();
  #work: Promise<unknown> | undefined;
  /** Who was the last to give up. */
  #abandoner: Call | undefined;

  constructor(clock: Clock, first: Call, onOver: () => void) {
    this.call = new AbortableCall(clock, first.traits, undefined, undefined, first.attempt);
    this.#onOver = onOver;
  }

  /** `call` must not be aborted. */
  join(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, call, resolve, reject);
      this.#waiting.add(waiter);
      call.watch(waiter);
    });
  }

  begin(task: Task<unknown>): void {
    const work = this.#carryOut(task);
    this.#work = work;
    this.#abandoner?.leaveBehind(this.#untilSettled(work));
    // Those who wait stand in a set and not behind the promise: who gives up must not stay there until it settles.
    work.then(
      (value) => this.#land((waiter) => waiter.resolve(value)),
      (error: unknown) => this.#land((waiter) => waiter.reject(error)),
    );
  }

  leave(waiter: Waiter, reason: unknown): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size > 0) return;
    this.#abandoner = waiter.call;
    this.#onOver();
    this.call.abort(reason);
    // A task may abort its callers before it has returned.
    if (this.#work !== undefined) waiter.call.leaveBehind(this.#untilSettled(this.#work));
  }

  /** Over before anybody hears of it, so that whoever asks again then begins anew. */
  async #carryOut(task: Task<unknown>): Promise<unknown> {
    try {
      return await task(this.call);
    } finally {
      this.#onOver();
      this.call.end();
    }
  }

  #land(tell: (waiter: Waiter) => void): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const unsettled = this.call.whenSettled();
    // It is one piece of work however many have asked for it, so one of them counts it.
    if (unsettled !== undefined) waiting[0]?.call.leaveBehind(unsettled);
    for (const waiter of waiting) {
      waiter.call.unwatch(waiter);
      tell(waiter);
    }
  }

  async #untilSettled(work: Promise<unknown>): Promise<void> {
    await Promise.allSettled([work]);
    await this.call.whenSettled();
  }
}

class Waiter implements AbortWatcher {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly #flight: Flight;

  constructor(
    flight: Flight,
    call: Call,
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#flight = flight;
    this.call = call;
    this.resolve = resolve;
    this.reject = reject;
  }

  onAbort(reason: unknown): void {
    this.#flight.leave(this, reason);
    this.reject(reason);
  }
}
