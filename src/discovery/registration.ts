/**
 * An instance that is registered, for as long as it is not closed. What it tells is what it wants to be known, and one
 * loop sees to it that the registry says so: it tells what changed, puts the instance back when its session was lost,
 * and looks now and then whether it is still there, because what keeps it there may have failed without a word.
 *
 * Where it has checks of its own they tell its status, take it off the list when it is critical for too long, and bring
 * it back.
 *
 * Where somebody else has been put in its place meanwhile, it is over: two that fight for one name are worse than one
 * that has lost it. `signal` tells.
 */

import {
  type Duration,
  durationMs,
  isQuorateError,
  linkSignals,
  QuorateError,
  untilAborted,
} from '../base/index.ts';
import { pause } from '../ports/index.ts';
import type { RecipeContext } from '../recipes/index.ts';
import { type HealthTarget, HealthWatch, type HealthWatchSettings } from './checks/index.ts';
import type { DiscoveryEvents, RegistrationEvent } from './discovery-events.ts';
import type { Instance, InstanceStatus } from './instance.ts';
import { encodeInstance } from './instance-document.ts';
import { checkedTold, type InstanceUpdate, statusOfChecks } from './instance-request.ts';
import type { Place, RegistryPlace } from './registry-place.ts';
import { frozenInstance, type ToldInstance } from './told-instance.ts';

/** `lost`: it is being put back. `withdrawn`: its checks have taken it off the list, until they see it better. */
export type RegistrationState = 'registered' | 'lost' | 'withdrawn' | 'closed';

export interface UpdateOptions {
  /** Ends the wait; what was told to the registration is told to the registry all the same. */
  readonly signal?: AbortSignal;
}

export interface DrainOptions extends UpdateOptions {
  /** For those who call to hear of it, and to begin nothing new. Default 1 s. */
  readonly settle?: Duration;
  /** Resolves when what was begun is finished, such as by a server that has no open request any more. Default: at once. */
  readonly whenIdle?: (signal: AbortSignal) => Promise<void>;
  /** No longer than this for all of it. Default 30 s. */
  readonly most?: Duration;
}

export interface RegistrationInit {
  readonly context: RecipeContext;
  readonly events: DiscoveryEvents;
  readonly place: RegistryPlace;
  readonly told: ToldInstance;
  /** Of its own checks; undefined where it has none. */
  readonly health: HealthWatchSettings | undefined;
  readonly lookMs: number;
  readonly onEnd: (registration: Registration) => void;
}

const pauseMsMin = 100;
const pauseMsMax = 10_000;

export class Registration implements AsyncDisposable {
  readonly #init: RegistrationInit;
  readonly #over = linkSignals();
  readonly #health: HealthWatch | undefined;
  readonly #running: Promise<void>;
  #told: ToldInstance;
  #isDraining = false;
  #isWithdrawn = false;
  /** Counts what is to be told, and of these the last that the registry has. */
  #wanted = 1;
  #known = 0;
  #item: Place | undefined;
  #instance: Instance | undefined;
  #wake: () => void = () => undefined;
  readonly #waiting = new Set<() => void>();
  #closing: Promise<void> | undefined;

  /** `place`: where it is registered already. */
  constructor(init: RegistrationInit, place: Place) {
    this.#init = init;
    this.#told = init.told;
    this.#item = place;
    this.#known = this.#wanted;
    this.#tell('registered');
    this.#health = init.health && new HealthWatch(this.#judged(), init.health);
    this.#running = this.#keep();
  }

  /** Its own checks: what they saw, and `beat` for one by TTL. Undefined where it was registered without. */
  get health(): HealthWatch | undefined {
    return this.#health;
  }

  /** As it is to be known; its token is that of the last time it was registered. */
  get instance(): Instance {
    const { service, id } = this.#init.place;
    this.#instance ??= frozenInstance({ service, id, token: this.#item?.token ?? 0 }, this.#wish());
    return this.#instance;
  }

  get state(): RegistrationState {
    if (this.#over.signal.aborted) return 'closed';
    if (this.#item?.isLive === true) return 'registered';
    return this.#isWithdrawn ? 'withdrawn' : 'lost';
  }

  /** Aborts when it is over: with `closed`, as is what it stands on, or with `name-taken` when somebody is in its place. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Resolves when the registry has it, however long that takes: a registry that is away is told when it is back, of the
   * last only where there were several. One that is withdrawn tells it when it comes back, and nobody waits for that.
   * Rejects with `invalid-option`, with the signal's reason, and when it is over.
   */
  async update(changes: InstanceUpdate, { signal }: UpdateOptions = {}): Promise<void> {
    this.#over.signal.throwIfAborted();
    this.#checkStatus(changes.status);
    this.#told = checkedTold({ ...this.#told, ...changes });
    await this.#tellAll(signal);
  }

  /** The same for who has nothing to do with what becomes of it: it never rejects because of the registry. */
  async setStatus(status: InstanceStatus): Promise<void> {
    this.#checkStatus(status);
    await this.#become(status, false);
  }

  async #become(status: InstanceStatus, isWithdrawn: boolean): Promise<void> {
    const isSo = this.#told.status === status && this.#isWithdrawn === isWithdrawn;
    if (this.#over.signal.aborted || isSo) return;
    this.#told = checkedTold({ ...this.#told, status });
    this.#isWithdrawn = isWithdrawn;
    try {
      await this.#tellAll(undefined);
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    }
  }

  /** As its own checks have it in their hands; the end of it is the end of them, and not their business. */
  #judged(): HealthTarget {
    return {
      setStatus: (status) => this.#become(status, false),
      withdraw: () => this.#become('critical', true),
      close: () => this.close(),
    };
  }

  #checkStatus(status: InstanceStatus | undefined): void {
    if (this.#health !== undefined && status !== undefined) throw statusOfChecks(status);
  }

  /**
   * Nothing new is sent here from when callers have heard of it. Resolves when what was begun is finished, with true,
   * or with false when `most` has passed before. The status stays `draining`, whatever health checks say, and its own
   * end; close it then.
   */
  async drain(options: DrainOptions = {}): Promise<boolean> {
    const { settle = '1s', whenIdle, most = '30s', signal } = options;
    const { clock } = this.#init.context.engine;
    const settleMs = durationMs(settle, 'settle');
    const mostMs = durationMs(most, 'most');
    using wait = linkSignals(signal, this.#over.signal);
    const late = Symbol('late');
    const timer = clock.setTimer(mostMs, () => wait.abort(late));
    try {
      this.#over.signal.throwIfAborted();
      this.#isDraining = true;
      this.#health?.close();
      await this.#tellAll(wait.signal);
      await pause(clock, settleMs, wait.signal);
      if (whenIdle !== undefined) await untilAborted(whenIdle(wait.signal), wait.signal);
      return true;
    } catch (error) {
      if (wait.signal.aborted && wait.signal.reason === late) return false;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** Settles when it is gone, at the latest when its session is over. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { service, id } = this.#init.place;
    this.#end(
      new QuorateError({
        code: 'closed',
        message: `the registration of ${id} at ${service} was closed; register it again`,
        data: { what: `registration of ${id} at ${service}` },
      }),
    );
    await this.#running;
    await this.#item?.remove();
    this.#tell('closed');
  }

  #end(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#health?.close();
    this.#init.onEnd(this);
    this.#wakeAll();
    this.#wake();
  }

  #wish(): ToldInstance {
    return this.#isDraining ? { ...this.#told, status: 'draining' } : this.#told;
  }

  async #tellAll(signal: AbortSignal | undefined): Promise<void> {
    this.#instance = undefined;
    this.#wanted += 1;
    const wanted = this.#wanted;
    this.#wake();
    using wait = linkSignals(signal, this.#over.signal);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (wait.signal.aborted) reject(wait.signal.reason);
        else if (this.#known >= wanted) resolve();
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      wait.signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  #wakeAll(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #keep(): Promise<void> {
    const { clock } = this.#init.context.engine;
    const forget = this.#init.context.whenClosed((reason) => this.#end(reason));
    const { signal } = this.#over;
    try {
      for (let pauseMs = pauseMsMin; !signal.aborted; ) {
        try {
          await this.#step(signal);
          pauseMs = pauseMsMin;
        } catch (error) {
          if (signal.aborted) return;
          if (isQuorateError(error) && error.code === 'name-taken') this.#superseded(error);
          else this.#tell('problem', error);
          // Neither the end of the engine nor what none may throw is waited out: whoever holds this hears of it.
          if (!isQuorateError(error) || error.code === 'closed') return this.#end(error);
          await pause(clock, pauseMs, signal);
          pauseMs = Math.min(2 * pauseMs, pauseMsMax);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      forget();
    }
  }

  /** The one thing that is to be done next, or a wait for there to be one. */
  async #step(signal: AbortSignal): Promise<void> {
    const item = this.#item;
    if (this.#isWithdrawn) await this.#stayAway(item, signal);
    else if (item === undefined || !item.isLive) await this.#comeBack(signal);
    else if (this.#known < this.#wanted) await this.#bring(item, signal);
    else if (await this.#isDue(item)) await this.#look(item, signal);
  }

  /** Off the list, until its checks say otherwise. */
  async #stayAway(item: Place | undefined, signal: AbortSignal): Promise<void> {
    if (item !== undefined) {
      await untilAborted(item.remove(), signal);
      this.#item = undefined;
      this.#init.events.count('withdrawals');
      this.#tell('withdrawn');
    }
    if (!this.#isWithdrawn || signal.aborted) return;
    this.#isKnown(this.#wanted);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = () => undefined;
  }

  async #comeBack(signal: AbortSignal): Promise<void> {
    const { place, events } = this.#init;
    const wanted = this.#wanted;
    this.#giveUp();
    const encode = (by: string): Uint8Array => encodeInstance(this.#wish(), by);
    this.#item = await place.take(encode, { signal });
    this.#instance = undefined;
    events.count('comebacks');
    this.#tell('registered');
    this.#isKnown(wanted);
  }

  async #bring(item: Place, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted;
    const isThere = await item.change((by) => encodeInstance(this.#wish(), by), { signal });
    if (isThere) this.#isKnown(wanted);
    else this.#giveUp();
  }

  async #look(item: Place, signal: AbortSignal): Promise<void> {
    if (!(await item.isThere({ signal }))) this.#giveUp();
  }

  /** What the registry has no more is put there anew. */
  #giveUp(): void {
    if (this.#item === undefined) return;
    this.#item.release();
    this.#item = undefined;
    this.#tell('lost');
  }

  #isKnown(wanted: number): void {
    this.#known = Math.max(this.#known, wanted);
    this.#wakeAll();
  }

  /** True when it is time to look; false when something else is to be done. */
  async #isDue(item: Place): Promise<boolean> {
    const { context, lookMs } = this.#init;
    const { clock, random } = context.engine;
    return await new Promise<boolean>((resolve) => {
      const done = (isDue: boolean): void => {
        timer.cancel();
        unsubscribe();
        this.#wake = () => undefined;
        resolve(isDue);
      };
      // Those who began together need not look together.
      const delayMs = lookMs * (0.75 + random.uint32() / 2 ** 33);
      const timer = clock.setTimer(delayMs, () => done(true), { background: true });
      const unsubscribe = item.whenLost(() => done(false));
      this.#wake = () => done(false);
      if (!item.isLive || this.#over.signal.aborted || this.#known < this.#wanted) done(false);
    });
  }

  #superseded(error: QuorateError<'name-taken'>): void {
    this.#tell('taken', error);
    this.#end(error);
  }

  #tell(kind: RegistrationEvent['kind'], error?: unknown): void {
    const { place, events } = this.#init;
    const { service, id } = place;
    events.tellRegistration({ service, id, kind, ...(error === undefined ? {} : { error }) });
  }
}
