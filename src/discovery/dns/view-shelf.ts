/**
 * The services that were asked for lately, each with its view. Names come from strangers, so there is a bound on how
 * many are kept and on how many are opened at a time; at the bound that one goes which serves nobody, and otherwise the
 * one that was not asked for the longest.
 *
 * A view costs the registry a watch, so of names that no list has and of which no instance is known there is a bound of
 * its own, far lower: beyond it they are refused, and each is let go when it was not asked for in a while.
 */
import { linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { ServiceView } from '../instance.ts';

/** A view of a registry has more than a plain one: it may not know anything yet, and it wants to be closed. */
export interface DnsView extends ServiceView {
  /** Default: it knows. */
  readonly isKnown?: boolean;
  /** Resolves when it knows. */
  ready?(options: { readonly signal: AbortSignal }): Promise<void>;
  close?(): void;
}

export interface ViewShelfOptions {
  readonly views: (service: string) => DnsView | Promise<DnsView>;
  readonly clock: Clock;
  readonly namesMax: number;
  readonly openingsMax: number;
  /** So long a question waits for a view that knows nothing yet. */
  readonly readyMsMax: number;
  /** Views of strangers: of names that no list has, and of which no instance is known. */
  readonly strangersMax: number;
  /** Such a view goes when it was not asked for so long. */
  readonly strangerMsMax: number;
}

export class ViewShelf {
  readonly #options: ViewShelfOptions;
  /** The one that was asked for last stands last. */
  readonly #views = new Map<string, DnsView>();
  readonly #openings = new Map<string, Promise<DnsView>>();
  /** When they were asked for last. Who has instances by now is taken out when they are looked at next. */
  readonly #strangers = new Map<string, number>();
  #sweep: Timer | undefined;
  #refused = 0;
  readonly #over = new AbortController();

  constructor(options: ViewShelfOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#views.size;
  }

  /** Views of names of which no instance is known. */
  get strangers(): number {
    this.#dropServed();
    return this.#strangers.size;
  }

  /** How often there were too many of them. */
  get refused(): number {
    return this.#refused;
  }

  /** It is kept, and has instances. */
  serves(service: string): boolean {
    return (this.#views.get(service)?.snapshot.instances.length ?? 0) > 0;
  }

  /**
   * `isListed`: somebody says that there is such a service. Rejects with `queue-full` where too many are being opened or
   * there are too many strangers, with what a view fails with, and when it takes too long.
   */
  async view(service: string, isListed: boolean): Promise<DnsView> {
    if (this.#strangers.has(service)) this.#strangers.set(service, this.#options.clock.now());
    const known = this.#views.get(service);
    if (known !== undefined) {
      this.#views.delete(service);
      this.#views.set(service, known);
      if (known.isKnown !== false) return known;
    }
    return await this.#withinLimit(async (signal) => {
      const view = known ?? (await untilAborted(this.#opened(service, isListed), signal));
      if (view.isKnown === false) await view.ready?.({ signal });
      return view;
    });
  }

  close(): void {
    this.#over.abort(closedShelf());
    this.#sweep?.cancel();
    this.#strangers.clear();
    for (const view of this.#views.values()) view.close?.();
    this.#views.clear();
  }

  #opened(service: string, isListed: boolean): Promise<DnsView> {
    const opening = this.#openings.get(service);
    if (opening !== undefined) return opening;
    const { openingsMax } = this.#options;
    if (this.#openings.size >= openingsMax) return Promise.reject(tooManyOpenings(openingsMax));
    if (!isListed && !this.#admits(service))
      return Promise.reject(tooManyStrangers(this.#options.strangersMax));
    const begun = this.#open(service).finally(() => this.#openings.delete(service));
    this.#openings.set(service, begun);
    return begun;
  }

  async #open(service: string): Promise<DnsView> {
    const view = await this.#made(service);
    if (this.#over.signal.aborted) {
      view.close?.();
      throw closedShelf();
    }
    if (this.#views.size >= this.#options.namesMax) this.#makeRoom();
    this.#views.set(service, view);
    return view;
  }

  async #made(service: string): Promise<DnsView> {
    try {
      return await this.#options.views(service);
    } catch (error) {
      this.#strangers.delete(service);
      throw error;
    }
  }

  #admits(stranger: string): boolean {
    const { strangersMax, clock } = this.#options;
    if (this.#over.signal.aborted) return false;
    this.#dropServed();
    if (this.#strangers.size >= strangersMax) {
      this.#refused += 1;
      return false;
    }
    this.#strangers.set(stranger, clock.now());
    this.#planSweep();
    return true;
  }

  #dropServed(): void {
    for (const service of this.#strangers.keys()) if (this.serves(service)) this.#strangers.delete(service);
  }

  #planSweep(): void {
    const { clock, strangerMsMax } = this.#options;
    this.#sweep ??= clock.setTimer(strangerMsMax, () => this.#letGo(), { background: true });
  }

  #letGo(): void {
    const { clock, strangerMsMax } = this.#options;
    this.#sweep = undefined;
    this.#dropServed();
    for (const [service, askedMs] of this.#strangers)
      if (clock.now() - askedMs >= strangerMsMax && !this.#openings.has(service)) this.#remove(service);
    if (this.#strangers.size > 0) this.#planSweep();
  }

  #makeRoom(): void {
    const services = [...this.#views.keys()];
    const isEmpty = (service: string): boolean => this.#views.get(service)?.snapshot.instances.length === 0;
    const leaving = services.find(isEmpty) ?? services[0] ?? '';
    this.#remove(leaving);
  }

  #remove(service: string): void {
    const view = this.#views.get(service);
    this.#views.delete(service);
    this.#strangers.delete(service);
    view?.close?.();
  }

  async #withinLimit<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, readyMsMax } = this.#options;
    using wait = linkSignals(this.#over.signal);
    const timer = clock.setTimer(readyMsMax, () => wait.abort(unknownYet(readyMsMax)), { background: true });
    try {
      return await task(wait.signal);
    } finally {
      timer.cancel();
    }
  }
}

function tooManyOpenings(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${limit} services are being looked up for the first time; ask again in a moment`,
    data: { queue: 'services being looked up', limit },
  });
}

function tooManyStrangers(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${limit} names are being asked for of which no instance is known; ask again in a moment, or give dnsServer the names of all services`,
    data: { queue: 'names of which no instance is known', limit },
  });
}

function unknownYet(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `nothing is known of the service after ${milliseconds} ms; the registry may be away`,
    data: { milliseconds },
  });
}

function closedShelf(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the DNS server was closed; start another one',
    data: { what: 'DNS server' },
  });
}
