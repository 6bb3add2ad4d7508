/**
 * Follows what is known of one service: each snapshot, narrowed to the instances that are wanted, goes to whoever
 * balances. A view that cannot be opened is opened anew by the next call that needs it, and so is one that was given up
 * because nobody called.
 */
import { QuorateError, untilAborted } from '../../base/index.ts';
import type { ServiceSnapshot } from '../instance.ts';
import type { InstanceQuery } from '../instance-query.ts';
import { type CalledView, isKnown, type ViewSource } from './view-source.ts';

export class SnapshotFollower {
  readonly service: string;
  readonly #source: ViewSource;
  readonly #query: InstanceQuery | undefined;
  readonly #onSnapshot: (snapshot: ServiceSnapshot) => void;
  #opening: Promise<CalledView> | undefined;
  #view: CalledView | undefined;
  #unsubscribe: (() => void) | undefined;
  #isClosed = false;

  constructor(
    service: string,
    source: ViewSource,
    query: InstanceQuery | undefined,
    onSnapshot: (snapshot: ServiceSnapshot) => void,
  ) {
    this.service = service;
    this.#source = source;
    this.#query = query;
    this.#onSnapshot = onSnapshot;
    // Early, so that the first call has less to wait for; what fails is told to the call that needs it.
    this.#open().catch(() => undefined);
  }

  get isKnown(): boolean {
    return this.#view !== undefined && isKnown(this.#view);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get staleMs(): number {
    return this.#view?.staleMs ?? 0;
  }

  /** Resolves when something is known; rejects with the signal's reason, or with what opening the view failed with. */
  async known(signal: AbortSignal): Promise<void> {
    const view = await untilAborted(this.#open(), signal);
    if (isKnown(view)) return;
    if (view.ready !== undefined) {
      await untilAborted(view.ready({ signal }), signal);
      return;
    }
    await changed(view, signal);
  }

  close(): void {
    this.#isClosed = true;
    this.rest();
  }

  /** Nothing is followed until `known` is asked for again. */
  rest(): void {
    this.#opening = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#view?.close?.();
    this.#view = undefined;
  }

  #open(): Promise<CalledView> {
    if (this.#opening !== undefined) return this.#opening;
    const isWanted = (): boolean => this.#opening === opening;
    const opening: Promise<CalledView> = this.#opened(isWanted).catch((error: unknown) => {
      if (isWanted()) this.#opening = undefined;
      throw error;
    });
    this.#opening = opening;
    return opening;
  }

  async #opened(isWanted: () => boolean): Promise<CalledView> {
    const view = await this.#source.view(this.service);
    if (this.#isClosed || !isWanted()) {
      view.close?.();
      throw clientClosed(this.service);
    }
    this.#view = view;
    this.#unsubscribe = view.subscribe((snapshot) => this.#take(snapshot));
    this.#take(view.snapshot);
    return view;
  }

  #take(snapshot: ServiceSnapshot): void {
    const query = this.#query;
    this.#onSnapshot(query === undefined ? snapshot : { ...snapshot, instances: query.select(snapshot) });
  }
}

export function clientClosed(service: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `the client of ${service} was closed; make another one with discover()`,
    data: { what: `client of ${service}` },
  });
}

function changed(view: CalledView, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      unsubscribe();
      reject(signal.reason);
    };
    const unsubscribe = view.subscribe(() => {
      if (!isKnown(view)) return;
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
