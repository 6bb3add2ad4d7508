/**
 * One watch. It looks at everything that is there when its reader asks for the first time, and follows from the
 * revision of that look; where something was missed, or its reader is too far behind, it looks again. So a slow
 * reader costs a bounded amount of memory, and a reader that does not ask costs nothing.
 */
import { isQuorateError, type QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { Item, Watch, WatchBatch, WatchEvent } from '../port/index.ts';
import type { Commands } from './commands.ts';
import { statusOf } from './database.ts';
import type { Entry } from './event-stream.ts';
import { markAt } from './items.ts';
import type { Follower, WatchLine } from './watch-line.ts';

export interface Present {
  readonly items: readonly Item[];
  readonly revision: number;
}

export interface RedisWatchInit {
  readonly clock: Clock;
  readonly line: WatchLine;
  readonly commands: Commands;
  readonly marker: string;
  readonly directory: string;
  /** The key that is watched; absent: all of the directory. */
  readonly key: string | undefined;
  /** The revision behind which it goes on, where that is possible. */
  readonly from: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Everything that is there. */
  readonly look: (signal: AbortSignal) => Promise<Present>;
  /** It hears of changes from now on. */
  readonly onFollow: () => void;
  readonly onOver: (watch: RedisWatch) => void;
}

const eventsMax = 1_024;
const bytesMax = 8_388_608;
const pauseMs = 250;

const ended: Error = new Error('the watch was ended by its reader');

export class RedisWatch implements Watch, Follower {
  readonly #init: RedisWatchInit;
  readonly #over = new AbortController();
  #seen = 0;
  /** `new`: nothing is known yet. `behind`: it must look. `following`: batches come by themselves. */
  #state: 'new' | 'behind' | 'following' = 'new';
  #batches: WatchBatch[] = [];
  #events = 0;
  #bytes = 0;
  #wake: () => void = idle;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(init: RedisWatchInit) {
    this.#init = init;
    const { signal } = init;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get seen(): number {
    return this.#seen;
  }

  /** Calls are served one after the other. */
  next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(idle);
    return turn;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end(ended);
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  heard(entry: Entry): void {
    this.#seen = entry.revision;
    const { key, marker } = this.#init;
    const events = key === undefined ? entry.events : entry.events.filter((event) => event.key === key);
    if (events.length === 0) return;
    this.#events += events.length;
    this.#bytes += entry.bytes;
    if (this.#events > eventsMax || this.#bytes > bytesMax) {
      this.#init.line.unfollow(this.#init.directory, this);
      this.missed();
      return;
    }
    this.#batches.push(changes(events, markAt(marker, entry.revision)));
    this.#wake();
  }

  missed(): void {
    this.#state = 'behind';
    this.#clear();
    this.#wake();
  }

  failed(error: QuorateError): void {
    this.#end(error);
  }

  /** The engine ends it. */
  close(error: QuorateError): void {
    this.#end(error);
  }

  async #next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const { signal } = this.#over;
    try {
      while (true) {
        signal.throwIfAborted();
        if (this.#state === 'new') await this.#resume();
        if (this.#state === 'behind') return { done: false, value: await this.#present() };
        const batch = this.#batches.shift();
        if (batch !== undefined) {
          if (this.#batches.length === 0) this.#clear();
          return { done: false, value: batch };
        }
        await untilAborted(this.#change(), signal);
      }
    } catch (error) {
      if (signal.reason === ended) return { done: true, value: undefined };
      this.#end(error);
      throw error;
    }
  }

  /** Goes on behind the mark that was given, where nothing is missing since. */
  async #resume(): Promise<void> {
    const { commands, directory, from } = this.#init;
    this.#state = 'behind';
    if (from === undefined) return;
    const ask = (signal: AbortSignal): Promise<string> =>
      commands.run('resume', [directory, String(from)], { signal, isRead: true }, statusOf);
    const status = await this.#patiently(ask);
    if (status === 'ok') this.#follow(from);
  }

  async #present(): Promise<WatchBatch> {
    const { items, revision } = await this.#patiently(this.#init.look);
    this.#follow(revision);
    return { kind: 'present', items, mark: markAt(this.#init.marker, revision) };
  }

  #follow(revision: number): void {
    this.#over.signal.throwIfAborted();
    this.#seen = revision;
    this.#state = 'following';
    this.#init.line.follow(this.#init.directory, this);
    this.#init.onFollow();
  }

  /** As long as it takes: only what time cannot mend ends it. */
  async #patiently<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#over;
    while (true) {
      try {
        return await ask(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isQuorateError(error) || !(error.retryable || error.code === 'deadline-exceeded')) throw error;
      }
      await this.#pause(signal);
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#init.clock.setTimer(pauseMs, resolve, { background: true });
    return untilAborted(promise, signal).finally(() => timer.cancel());
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #clear(): void {
    this.#batches = [];
    this.#events = 0;
    this.#bytes = 0;
  }

  #end(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#clear();
    this.#init.signal?.removeEventListener('abort', this.#onAbort);
    this.#init.line.unfollow(this.#init.directory, this);
    this.#init.onOver(this);
  }

  readonly #onAbort = (): void => this.#end(this.#init.signal?.reason);
}

function changes(events: readonly WatchEvent[], mark: string): WatchBatch {
  return { kind: 'changes', events, mark };
}

function idle(): undefined {
  return undefined;
}
