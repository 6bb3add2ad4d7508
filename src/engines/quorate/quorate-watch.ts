/**
 * A watch of the store, as the port has it: without a mark it begins with everything that is there, and then brings
 * the changes behind that. How it survives nodes and connections is the store's part.
 */
import type { Keys, Store, WatchBatch as StoreBatch, StoreWatch } from '../../client/index.ts';
import type { Watch, WatchBatch, WatchEvent, WatchOptions } from '../port/index.ts';
import type { Layout } from './layout.ts';
import { itemOf, revisionOf } from './translation.ts';

const utf8 = new TextDecoder();

export interface QuorateWatchOptions extends WatchOptions {
  readonly store: Store;
  readonly layout: Layout;
  readonly keys: Keys;
  readonly onEnd: () => void;
}

export class QuorateWatch implements Watch {
  readonly #options: QuorateWatchOptions;
  readonly #inner: StoreWatch;

  constructor(options: QuorateWatchOptions) {
    this.#options = options;
    const { store, keys, from, signal } = options;
    this.#inner = store.watch(keys, {
      resync: true,
      // Without a mark it begins where history does; what is no longer told comes as what is there now.
      ...(from === undefined ? {} : { from: revisionOf('from', from) + 1 }),
      ...(signal === undefined ? {} : { signal }),
      startsPresent: from === undefined,
    });
  }

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    try {
      const step = await this.#inner.next();
      if (step.done !== true) return { done: false, value: this.#batchOf(step.value) };
      return step;
    } finally {
      if (this.#inner.isOver) this.#options.onEnd();
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#options.onEnd();
    await this.#inner.return();
    return { done: true, value: undefined };
  }

  /** Whoever waits for the next batch hears `reason`. */
  end(reason: unknown): void {
    this.#options.onEnd();
    this.#inner.end(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #batchOf({ events, resync, revision }: StoreBatch): WatchBatch {
    const { layout } = this.#options;
    const mark = String(revision);
    if (resync !== undefined) {
      const items = resync
        .map((entry) => itemOf(layout, entry))
        .sort((left, right) => left.created - right.created);
      return { kind: 'present', items, mark };
    }
    return { kind: 'changes', events: events.map((event) => this.#eventOf(event)), mark };
  }

  #eventOf(event: StoreBatch['events'][number]): WatchEvent {
    const { layout } = this.#options;
    const key = utf8.decode(event.key);
    if (event.kind !== 'put')
      return { kind: event.kind === 'expired' ? 'expired' : 'deleted', key: layout.key(key) };
    const item = itemOf(layout, { ...event, key, value: event.value.slice() });
    return { kind: 'put', key: item.key, item };
  }
}
