/**
 * One watch: begins with everything or behind a mark, and goes on with what its directory's feed hears. Where it
 * cannot tell whether it missed something, it looks at everything again and says so.
 */
import { type LinkedSignal, linkSignals } from '../../base/index.ts';
import type { Mark, Watch, WatchBatch, WatchOptions } from '../port/index.ts';
import type { Change } from './answers.ts';
import { changesAfter, presentOf } from './changes.ts';
import type { Hub } from './hub.ts';
import { markOf, placeIn } from './marks.ts';
import { mayMend, type Server } from './server.ts';
import type { Subscription } from './subscription.ts';

export interface WatchPlace {
  readonly server: Server;
  readonly hub: Hub;
  readonly directory: string;
  /** Undefined: all of the directory. */
  readonly name: string | undefined;
}

const retryMs = 200;

export class PostgresWatch implements Watch {
  readonly #place: WatchPlace;
  readonly #linked: LinkedSignal;
  readonly #batches: AsyncGenerator<WatchBatch, undefined>;
  readonly #returned = Symbol('returned');

  constructor(place: WatchPlace, { from, signal }: WatchOptions) {
    this.#place = place;
    this.#linked = linkSignals(signal, place.server.closed);
    this.#batches = this.#run(from);
  }

  next(): Promise<IteratorResult<WatchBatch, undefined>> {
    return this.#batches.next();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#linked.abort(this.#returned);
    await this.#batches.return(undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#run(from: Mark | undefined): AsyncGenerator<WatchBatch, undefined> {
    const { hub, directory, name } = this.#place;
    const { signal } = this.#linked;
    using _linked = this.#linked;
    const subscription = hub.subscribe(directory, name);
    try {
      let position = await this.#beginning(subscription, from);
      while (true) {
        signal.throwIfAborted();
        const step = await this.#step(subscription, position);
        position = step.position;
        if (step.batch !== undefined) yield step.batch;
      }
    } catch (error) {
      if (signal.reason !== this.#returned) throw error;
      return undefined;
    } finally {
      hub.unsubscribe(directory, subscription);
    }
  }

  async #beginning(subscription: Subscription, from: Mark | undefined): Promise<number | undefined> {
    await this.#begun(subscription);
    const { server, directory } = this.#place;
    const position = from === undefined ? undefined : placeIn(from, server.store, directory);
    // A mark from the future is one of a store that has lost what was behind it.
    return position !== undefined && position > (subscription.since ?? 0) ? undefined : position;
  }

  async #begun(subscription: Subscription): Promise<void> {
    while (subscription.since === undefined) {
      await subscription.wait(this.#linked.signal);
      subscription.check();
    }
  }

  /** One step on from `position`; undefined is before everything. */
  async #step(subscription: Subscription, position: number | undefined): Promise<Step> {
    const { server, directory, name } = this.#place;
    await this.#begun(subscription);
    if (position === undefined) {
      subscription.forget();
      const { items, last } = await this.#patiently((options) => presentOf(server, directory, name, options));
      return { position: last, batch: { kind: 'present', items, mark: this.#mark(last) } };
    }
    if (position < (subscription.since ?? 0)) {
      const page = await this.#patiently(() => changesAfter(server, directory, position));
      // Where nothing comes nearer to where the feed has begun, there is no way there.
      if (page.kind === 'gap' || page.last <= position) return { position: undefined };
      return this.#told(
        page.changes.filter((change) => subscription.concerns(change)),
        page.last,
      );
    }
    const changes = subscription.take(position);
    if (changes === undefined) return { position: undefined };
    if (changes.length === 0) await subscription.wait(this.#linked.signal);
    return this.#told(changes, changes.at(-1)?.through ?? position);
  }

  #told(changes: readonly Change[], position: number): Step {
    if (changes.length === 0) return { position };
    const events = changes.map(({ event }) => event);
    return { position, batch: { kind: 'changes', events, mark: this.#mark(position) } };
  }

  #mark(last: number): Mark {
    const { server, directory } = this.#place;
    return markOf(server.store, { [directory]: last });
  }

  /** Asks until there is an answer, or an error that asking again would not mend. */
  async #patiently<T>(ask: (options: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> {
    const { signal } = this.#linked;
    while (true) {
      try {
        return await ask({ signal });
      } catch (error) {
        if (signal.aborted || !mayMend(error)) throw error;
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    const { signal } = this.#linked;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      const timer = this.#place.server.settings.clock.setTimer(
        retryMs,
        () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
        { background: true },
      );
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

interface Step {
  readonly position: number | undefined;
  readonly batch?: WatchBatch;
}
