/**
 * A bulkhead: so many calls at a time, and so many that wait for their turn; whoever comes then is refused at once,
 * while there is still time to do something else. A place is held until the work has really ended: what a time limit
 * within has given up is not waited for by its caller and still loads the upstream, and a bulkhead that lets others
 * in for it protects nothing. Each place is given back exactly once, where its call ends, whatever the call did.
 */
import { assert, type Duration, invalidOption, QuorateError } from '../base/index.ts';
import type { AbortWatcher, Call, Priority, Task } from './call.ts';
import { priorities } from './execution.ts';
import { type Expiring, ExpiryLine } from './expiry-line.ts';
import type { BulkheadRefusal } from './limit-events.ts';
import { lengthMsOf } from './option-checks.ts';
import { overdue } from './overdue.ts';
import { type PlacesByPriority, placesByPriority, type Reserve } from './places.ts';
import { Policy, type PolicyOptions } from './policy.ts';
import { PriorityLine, type PriorityPlace } from './priority-line.ts';
import { started } from './started.ts';

/** What can change while calls run and wait. */
export interface BulkheadSettings {
  /** Calls that run at a time, at least 1. */
  readonly running: number;
  /** Calls that wait beyond those. Default 0: whoever finds no place is refused at once. */
  readonly queued?: number;
  /** How long a call waits at most. Default: as long as its own time allows. */
  readonly queueTimeout?: Duration;
  /** Places kept from lower priorities, as shares of `running`. Default: none. */
  readonly reserve?: Reserve;
  /**
   * So much waiting lifts a call by one priority in the queue, not into places kept for others. Default: never, so that
   * low priorities wait as long as higher ones come.
   */
  readonly ageing?: Duration;
}

export interface BulkheadOptions extends PolicyOptions, BulkheadSettings {}

/** So many calls at a time. */
export function bulkhead(options: BulkheadOptions): Bulkhead {
  return new Bulkhead(options);
}

export class Bulkhead extends Policy<'bulkhead'> {
  readonly #waiting = new PriorityLine<Waiter>();
  #running = 0;
  #places: PlacesByPriority;
  /** What every priority may fill, so that a bulkhead that is far from full need not ask which one a call has. */
  #placesOfLow: number;
  #queued: number;
  #ageMs: number | undefined;
  #patience: ExpiryLine | undefined;
  #patienceMs: number | undefined;

  constructor(options: BulkheadOptions) {
    super(['bulkhead'], options.name ?? 'bulkhead', options.clock);
    const checked = checkedSettings(options);
    this.#places = checked.places;
    this.#placesOfLow = checked.places.low;
    this.#queued = checked.queued;
    this.#ageMs = checked.ageMs;
    this.#setPatience(checked.patienceMs);
  }

  /** Places that are taken, by work that nobody waits for any more included. */
  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes all settings anew. Who fits in now begins at once; where there are fewer places, what runs ends in its own
   * time, and who waits keeps the place in the queue and the patience that it began with.
   */
  configure(settings: BulkheadSettings): void {
    const checked = checkedSettings(settings);
    this.#places = checked.places;
    this.#placesOfLow = checked.places.low;
    this.#queued = checked.queued;
    this.#ageMs = checked.ageMs;
    if (checked.patienceMs !== this.#patienceMs) this.#setPatience(checked.patienceMs);
    this.#letIn();
  }

  /** Without an `async` function, which would cost about half as much again. */
  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const fits = this.#running < this.#placesOfLow || this.#running < this.#places[call.priority];
    if (!fits) return this.#turn(call).then(() => this.#inside(task, call));
    this.#running += 1;
    return this.#inside(task, call);
  }

  #inside<T>(task: Task<T>, call: Call): Promise<T> {
    return started(task, call).then(
      (value) => {
        this.#settle(call);
        return value;
      },
      (error: unknown) => {
        this.#settle(call);
        throw error;
      },
    );
  }

  /** The place is free when nothing of the call goes on any more; more may have been left behind by then. */
  #settle(call: Call): void {
    const rest = call.whenSettled();
    if (rest === undefined) this.#release();
    else void rest.then(() => this.#settle(call));
  }

  #release(): void {
    assert(this.#running > 0, 'a place of a bulkhead is given back by who had it');
    this.#running -= 1;
    if (this.#waiting.size > 0) this.#letIn();
  }

  /** Resolves with a place. Who is given one and hears of his end in the same turn gives it back. */
  async #turn(call: Call): Promise<void> {
    call.throwIfAborted();
    this.#makeRoom(call.priority);
    // Who hears that another one had to go may give up this one.
    call.throwIfAborted();
    await new Promise<void>((resolve, reject) => this.#wait(call, resolve, reject));
    if (!call.isAborted) return;
    this.#release();
    throw call.reason;
  }

  /** In a full queue the last of a lower priority goes, or the newcomer. */
  #makeRoom(priority: Priority): void {
    if (this.#waiting.size < this.#queued) return;
    const least = this.#queued === 0 ? undefined : this.#waiting.leastBelow(priority);
    if (least === undefined) throw this.#refusal('full', priority);
    this.#leave(least);
    least.reject(this.#refusal('displaced', least.priority));
  }

  #wait(call: Call, resolve: () => void, reject: (reason: unknown) => void): void {
    const { priority } = call;
    const patience = this.#patience;
    const patienceMs = this.#patienceMs ?? 0;
    const waiter: Waiter = {
      ...{ call, priority, patience, resolve, reject, expiresAt: 0 },
      ...{ ahead: undefined, next: undefined, before: undefined, behind: undefined },
      sinceMs: this.clock.now(),
      onAbort: (reason) => {
        this.#leave(waiter);
        reject(reason);
      },
      expire: () => {
        waiter.patience = undefined;
        this.#leave(waiter);
        reject(this.#refusal('queue-timeout', priority, patienceMs));
      },
    };
    this.#waiting.add(waiter);
    call.watch(waiter);
    patience?.add(waiter, waiter.sinceMs);
    const { name, waiting } = this;
    this.tell(() => ({ type: 'bulkhead-queued', kind: 'bulkhead', policy: name, priority, waiting }));
  }

  /** Gives free places to those whose turn it is. */
  #letIn(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#leave(next);
      const { call } = next;
      if (call.deadline !== Number.POSITIVE_INFINITY && call.remainingMs === 0) {
        next.reject(overdue(this.name));
        continue;
      }
      this.#running += 1;
      next.resolve();
    }
  }

  /** A priority has no fewer places than those below it, so those that find one are the highest. */
  #next(): Waiter | undefined {
    let count = 0;
    while (count < priorities.length && this.#running < this.#places[priorities[count] as Priority])
      count += 1;
    if (count === 0 || this.#waiting.size === 0) return undefined;
    if (this.#ageMs === undefined) return this.#waiting.turn(count);
    return this.#waiting.agedTurn(count, this.#ageMs, this.clock.now());
  }

  #leave(waiter: Waiter): void {
    this.#waiting.remove(waiter);
    waiter.call.unwatch(waiter);
    waiter.patience?.remove(waiter);
  }

  #setPatience(patienceMs: number | undefined): void {
    this.#patienceMs = patienceMs;
    this.#patience = patienceMs === undefined ? undefined : new ExpiryLine(this.clock, patienceMs);
  }

  #refusal(reason: BulkheadRefusal, priority: Priority, patienceMs = 0): QuorateError<'bulkhead-full'> {
    const { name, running, waiting } = this;
    this.tell(() => ({
      ...({ type: 'bulkhead-refused', kind: 'bulkhead', policy: name } as const),
      ...{ reason, priority, running, waiting },
    }));
    const why = {
      full: `${running} calls run and ${waiting} wait`,
      displaced: `a call of a higher priority took the place of this one of priority ${priority} in the full queue`,
      'queue-timeout': `no place became free within the ${patienceMs} ms of queueTimeout`,
    }[reason];
    return new QuorateError({
      code: 'bulkhead-full',
      message: `${name}: ${why}; try again later, send less at once, or raise running or queued`,
      data: { bulkhead: name, running, queued: waiting },
    });
  }
}

interface Waiter extends AbortWatcher, Expiring, PriorityPlace<Waiter> {
  readonly call: Call;
  /** Where its patience is counted, until it is over. */
  patience: ExpiryLine | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface CheckedSettings {
  readonly places: PlacesByPriority;
  readonly queued: number;
  readonly patienceMs: number | undefined;
  readonly ageMs: number | undefined;
}

function checkedSettings(settings: BulkheadSettings): CheckedSettings {
  const { running, queued = 0, queueTimeout, reserve = {}, ageing } = settings;
  if (!Number.isSafeInteger(running) || running < 1)
    throw invalidOption('running', running, 'a whole number of at least 1');
  if (!Number.isSafeInteger(queued) || queued < 0)
    throw invalidOption('queued', queued, 'a whole number of at least 0');
  return {
    places: placesByPriority(running, reserve),
    queued,
    patienceMs: queueTimeout === undefined ? undefined : lengthMsOf('queueTimeout', queueTimeout),
    ageMs: ageing === undefined ? undefined : lengthMsOf('ageing', ageing),
  };
}
