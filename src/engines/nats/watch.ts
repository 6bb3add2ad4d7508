/**
 * One reader of a directory's changes. What comes while it does not read waits here, up to a bound; a reader that
 * is slower, or behind whom the stream has lost changes, is told everything that is there instead.
 */

import { isQuorateError, linkSignals, untilAborted } from '../../base/index.ts';
import { type Clock, pause } from '../../ports/index.ts';
import type { Item, Mark, Watch, WatchBatch, WatchEvent } from '../port/index.ts';
import { Call } from './call.ts';
import type { Directory, DirectoryListener, GoneEvent } from './directory.ts';
import type { Change } from './history.ts';

export interface WatchInit {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** Hands out the directory, and keeps it until `release`. */
  readonly directory: Directory;
  readonly release: () => void;
  /** Present: only this key. */
  readonly key: string | undefined;
  readonly signals: readonly (AbortSignal | undefined)[];
  /** Behind which sequence it begins; undefined for `present`. */
  readonly from: number | undefined;
  readonly markOf: (sequence: number) => Mark;
}

type Done = IteratorReturnResult<undefined>;

const changesMax = 1_024;
const againMs = 200;
const done: Done = { done: true, value: undefined };

export class NatsWatch implements Watch, DirectoryListener {
  readonly #init: WatchInit;
  readonly #linked: ReturnType<typeof linkSignals>;
  readonly #unsubscribe: () => void;
  /** Keys that were said to be gone with their session, whose deletions are no news. */
  readonly #told = new Set<string>();
  #waiting: WatchEvent[] = [];
  #needs: 'changes' | 'present';
  #from: number | undefined;
  #news: PromiseWithResolvers<void> | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #hasLeft = false;

  constructor(init: WatchInit) {
    this.#init = init;
    this.#from = init.from;
    this.#needs = 'present';
    this.#linked = linkSignals(...init.signals);
    this.#unsubscribe = init.directory.subscribe(this);
    const { signal } = this.#linked;
    if (signal.aborted) this.#leave();
    else signal.addEventListener('abort', () => this.#leave(), { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Batches are handed out in the order of the calls. */
  next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const batch = this.#reading.then(
      () => this.#next(),
      () => this.#next(),
    );
    this.#reading = batch;
    return batch;
  }

  return(): Promise<Done> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#linked.abort(done);
      this.#leave();
      this.#wake();
    }
    return Promise.resolve(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  changed(change: Change): void {
    const { key, kind } = change.event;
    if (!this.#concerns(key)) return;
    const wasTold = this.#told.delete(key);
    if (kind !== 'put' && wasTold) return;
    this.#push(change.event);
  }

  ended(events: readonly GoneEvent[]): void {
    for (const event of events) {
      if (!this.#concerns(event.key) || this.#told.has(event.key)) continue;
      this.#told.add(event.key);
      this.#push(event);
    }
  }

  missed(): void {
    this.#needPresent();
  }

  failed(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  async #next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const { signal } = this.#linked;
    while (true) {
      if (this.#isOver) return done;
      if (signal.aborted) return this.#end(signal.reason);
      if (this.#failure !== undefined) return this.#end(this.#failure.error);
      if (this.#needs === 'present') {
        const batch = await this.#begin();
        if (batch !== undefined) return { done: false, value: batch };
      } else if (this.#waiting.length > 0) {
        return { done: false, value: this.#takeChanges() };
      } else {
        await this.#hear();
      }
    }
  }

  /** What is there, or what has changed since the mark; undefined when that has to be tried again. */
  async #begin(): Promise<WatchBatch | undefined> {
    const { clock, deadlineMs, directory } = this.#init;
    const { signal } = this.#linked;
    try {
      using call = new Call({ clock, what: `a watch of ${directory.path}`, deadlineMs, signals: [signal] });
      await directory.settle(call);
    } catch (error) {
      if (this.#isOver || signal.aborted || this.#failure !== undefined) return undefined;
      if (isQuorateError(error) && !error.retryable) this.failed(error);
      else await pause(clock, againMs, signal, { background: true }).catch(() => undefined);
      return undefined;
    }
    const from = this.#from;
    this.#from = undefined;
    this.#waiting = [];
    this.#told.clear();
    this.#needs = 'changes';
    if (from !== undefined && this.#resume(from)) return undefined;
    for (const { key } of directory.deadEvents()) this.#told.add(key);
    return { kind: 'present', items: this.#items(), mark: this.#mark() };
  }

  /** False when changes behind the mark may be missing. */
  #resume(from: number): boolean {
    const changes = this.#init.directory.changesBehind(from);
    if (changes === undefined) return false;
    for (const change of changes) this.changed(change);
    // Their end may have been told before the mark was given, or not: saying it twice does no harm.
    this.ended(this.#init.directory.deadEvents());
    return this.#needs === 'changes';
  }

  #items(): Item[] {
    const items = this.#init.directory.items().filter(({ key }) => this.#concerns(key));
    return items.sort((left, right) => left.created - right.created);
  }

  #takeChanges(): WatchBatch {
    const events = this.#waiting;
    this.#waiting = [];
    return { kind: 'changes', events, mark: this.#mark() };
  }

  /** Whatever concerns us up to there has been handed out, when what waits is. */
  #mark(): Mark {
    return this.#init.markOf(this.#init.directory.mirror.position);
  }

  #concerns(key: string): boolean {
    return this.#init.key === undefined || this.#init.key === key;
  }

  #push(event: WatchEvent): void {
    if (this.#needs === 'present') return;
    if (this.#waiting.length >= changesMax) {
      this.#needPresent();
      return;
    }
    this.#waiting.push(event);
    this.#wake();
  }

  #needPresent(): void {
    this.#needs = 'present';
    this.#waiting = [];
    this.#wake();
  }

  #wake(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }

  async #hear(): Promise<void> {
    this.#news ??= Promise.withResolvers();
    const heard = this.#news.promise;
    await untilAborted(heard, this.#linked.signal).catch(() => undefined);
  }

  #end(error: unknown): Promise<never> {
    this.#isOver = true;
    this.#leave();
    return Promise.reject(error);
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#unsubscribe();
    this.#linked[Symbol.dispose]();
    this.#init.release();
  }
}
