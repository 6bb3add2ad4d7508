/**
 * A service as one reader sees it: always ready, never waiting, and the same object on each read until something is
 * different. All views of a service in a process read the same memory. It goes on without the registry: `staleMs` says
 * for how long, and `origin` whence the snapshot is.
 */
import { linkSignals, QuorateError } from '../base/index.ts';
import type { Instance, ServiceSnapshot, ServiceView } from './instance.ts';
import { Listeners } from './listeners.ts';
import type { ServiceFeed, SnapshotOrigin } from './service-feed.ts';

export class RegistryView implements ServiceView, Disposable {
  readonly service: string;
  readonly #feed: ServiceFeed;
  readonly #onClose: () => void;
  readonly #leaveFeed: () => void;
  readonly #listeners = new Listeners<ServiceSnapshot>();
  /** Of readers that wait. */
  readonly #waiting = new Set<() => void>();
  /** What listeners know. */
  #told: ServiceSnapshot;
  #isClosed = false;

  constructor(feed: ServiceFeed, onClose: () => void) {
    this.service = feed.snapshot.service;
    this.#feed = feed;
    this.#onClose = onClose;
    this.#told = feed.snapshot;
    this.#leaveFeed = feed.subscribe(() => this.#hear());
  }

  /** Of a closed view: what was known last. */
  get snapshot(): ServiceSnapshot {
    return this.#feed.snapshot;
  }

  get staleMs(): number {
    return this.#feed.staleMs;
  }

  /** Of the snapshot, by its id: no list is made for it, which `snapshot.instances` is, once for each change that is read. */
  instance(id: string): Instance | undefined {
    return this.#feed.instance(id);
  }

  /** `nothing` before the first answer where there is no copy, and beyond `staleAfterMax` unless that is to be kept. */
  get origin(): SnapshotOrigin {
    return this.#feed.origin;
  }

  /** Whether the snapshot says anything: an empty one may mean that nobody serves, or that nothing is known. */
  get isKnown(): boolean {
    return this.#feed.origin !== 'nothing';
  }

  /** How many instances are in the snapshot although they vanished: see `lossGuard`. */
  get heldCount(): number {
    return this.#feed.heldCount;
  }

  /**
   * Resolves when something is known. Rejects with the signal's reason, and with `closed` when the view is closed, or
   * what it stands on.
   */
  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#until(() => this.isKnown, signal);
    if (!this.isKnown) throw this.#feed.end ?? viewClosed(this.service);
  }

  /** Hears of each new snapshot, until the function that it returns is called or the view is closed. */
  subscribe(listener: (snapshot: ServiceSnapshot) => void): () => void {
    return this.#isClosed ? () => undefined : this.#listeners.add(listener);
  }

  /**
   * The snapshot of now, as soon as something is known, and then the newest one after each change: who reads slowly
   * is told of several changes at once, and nothing waits for him. Ends when the view is closed, or what it stands on;
   * rejects with the signal's reason.
   */
  async *changes({
    signal,
  }: {
    readonly signal?: AbortSignal;
  } = {}): AsyncGenerator<ServiceSnapshot, undefined> {
    let told: ServiceSnapshot | undefined;
    while (true) {
      await this.#until(() => this.snapshot !== told && (told !== undefined || this.isKnown), signal);
      if (this.#isOver || this.snapshot === told) return;
      told = this.snapshot;
      yield told;
    }
  }

  /** The last view of a service ends the watch. May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leaveFeed();
    this.#listeners.clear();
    this.#wake();
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#feed.isClosed;
  }

  #hear(): void {
    this.#wake();
    const { snapshot } = this.#feed;
    if (snapshot === this.#told) return;
    this.#told = snapshot;
    this.#listeners.tell(snapshot);
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves also when it is over. */
  async #until(holds: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    using wait = linkSignals(signal);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (wait.signal.aborted) reject(wait.signal.reason);
        else if (holds() || this.#isOver) resolve();
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      wait.signal.addEventListener('abort', look, { once: true });
      look();
    });
  }
}

function viewClosed(service: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `the view of ${service} was closed before anything was known; open another one`,
    data: { what: `view of ${service}` },
  });
}
