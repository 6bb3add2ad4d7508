/**
 * The services that were asked for lately, each with its view. Names come from strangers, so there is a bound on how
 * many are kept and on how many are opened at a time; at the bound that one goes which serves nobody, and otherwise the
 * one that was not asked for the longest.
 */
import { linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
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
}

export class ViewShelf {
  readonly #options: ViewShelfOptions;
  /** The one that was asked for last stands last. */
  readonly #views = new Map<string, DnsView>();
  readonly #openings = new Map<string, Promise<DnsView>>();
  readonly #over = new AbortController();

  constructor(options: ViewShelfOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#views.size;
  }

  /** It is kept, and has instances. */
  serves(service: string): boolean {
    return (this.#views.get(service)?.snapshot.instances.length ?? 0) > 0;
  }

  /** Rejects with `queue-full` where too many are being opened, with what a view fails with, and when it takes too long. */
  async view(service: string): Promise<DnsView> {
    const known = this.#views.get(service);
    if (known !== undefined) {
      this.#views.delete(service);
      this.#views.set(service, known);
      if (known.isKnown !== false) return known;
    }
    return await this.#withinLimit(async (signal) => {
      const view = known ?? (await untilAborted(this.#opened(service), signal));
      if (view.isKnown === false) await view.ready?.({ signal });
      return view;
    });
  }

  close(): void {
    this.#over.abort(closedShelf());
    for (const view of this.#views.values()) view.close?.();
    this.#views.clear();
  }

  #opened(service: string): Promise<DnsView> {
    const opening = this.#openings.get(service);
    if (opening !== undefined) return opening;
    const { openingsMax } = this.#options;
    if (this.#openings.size >= openingsMax) return Promise.reject(tooManyOpenings(openingsMax));
    const begun = this.#open(service).finally(() => this.#openings.delete(service));
    this.#openings.set(service, begun);
    return begun;
  }

  async #open(service: string): Promise<DnsView> {
    const view = await this.#options.views(service);
    if (this.#over.signal.aborted) {
      view.close?.();
      throw closedShelf();
    }
    if (this.#views.size >= this.#options.namesMax) this.#makeRoom();
    this.#views.set(service, view);
    return view;
  }

  #makeRoom(): void {
    const services = [...this.#views.keys()];
    const isEmpty = (service: string): boolean => this.#views.get(service)?.snapshot.instances.length === 0;
    const leaving = services.find(isEmpty) ?? services[0] ?? '';
    this.#views.get(leaving)?.close?.();
    this.#views.delete(leaving);
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
