/**
 * One watch: a listing where it is told no place to begin, then changes, in whole revisions. When what it wants to
 * hear of next was compacted, or its reader was slower than memory allows, it lists again and says so.
 */
import { type QuorateError, untilAborted } from '../../base/index.ts';
import type { Watch, WatchBatch, WatchEvent } from '../port/index.ts';
import type { ChangeEvent, RangeAnswer, WatchAnswer } from './answers.ts';
import type { Layout } from './layout.ts';
import type { WatchLine } from './watch-line.ts';

export interface EtcdWatchOptions {
  readonly line: Pick<WatchLine, 'add'>;
  readonly layout: Layout;
  readonly key: Uint8Array;
  readonly end: Uint8Array | undefined;
  /** The revision behind which it begins; absent: with a listing. */
  readonly from: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Everything that is there, however long the answer takes. */
  readonly list: (signal: AbortSignal) => Promise<RangeAnswer>;
  readonly ended: (watch: EtcdWatch) => void;
}

type Result = IteratorResult<WatchBatch, undefined>;

/** Of changes that wait for the reader. */
const waitingEventsMax = 4_096;
const waitingBytesMax = 16 << 20;
const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class EtcdWatch implements Watch {
  readonly #options: EtcdWatchOptions;
  /** Aborts when it has ended, with the reason that its reader is told, once; undefined behind `return`. */
  readonly #over = new AbortController();
  readonly #unfollow: () => void;
  #batches: WatchBatch[] = [];
  /** Of a revision of which more is to come. */
  #fragments: ChangeEvent[] = [];
  #waitingEvents = 0;
  #waitingBytes = 0;
  /** The next revision to hear of; undefined: it has to list. */
  #next: number | undefined;
  #leave: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #isTold = false;
  /** Calls of `next` are answered one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: EtcdWatchOptions) {
    this.#options = options;
    const { from, signal } = options;
    this.#next = from === undefined ? undefined : from + 1;
    const onAbort = (): void => this.fail(signal?.reason);
    this.#unfollow = () => signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted) this.fail(signal.reason);
    else signal?.addEventListener('abort', onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const result = this.#turn.then(() => this.#take());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isTold = true;
    this.fail(undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** It ends; who waits for the next batch hears the reason. */
  fail(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#unfollow();
    this.#stop();
    this.#options.ended(this);
    this.#wake?.();
  }

  async #take(): Promise<Result> {
    while (true) {
      if (this.#over.signal.aborted) return this.#told();
      if (this.#next === undefined) {
        const batch = await this.#present();
        if (batch !== undefined) return { done: false, value: batch };
        continue;
      }
      this.#join();
      const batch = this.#batches.shift();
      if (batch !== undefined) {
        this.#given(batch);
        return { done: false, value: batch };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #given(batch: WatchBatch): void {
    if (batch.kind === 'present') return;
    this.#waitingEvents -= batch.events.length;
    for (const event of batch.events)
      this.#waitingBytes -= event.kind === 'put' ? event.item.value.length : 0;
  }

  #told(): Result {
    if (this.#isTold) return done;
    this.#isTold = true;
    throw this.#over.signal.reason;
  }

  /** Undefined: it has ended meanwhile. */
  async #present(): Promise<WatchBatch | undefined> {
    const { list, layout } = this.#options;
    const { signal } = this.#over;
    try {
      const { header, items } = await untilAborted(list(signal), signal);
      this.#next = header.revision + 1;
      this.#join();
      return {
        kind: 'present',
        items: items.map((item) => layout.item(item)),
        mark: String(header.revision),
      };
    } catch (error) {
      if (!signal.aborted) this.fail(error);
      return undefined;
    }
  }

  /** Takes its place on the line, if it has none. */
  #join(): void {
    if (this.#leave !== undefined || this.#over.signal.aborted) return;
    const { key, end, line } = this.#options;
    const watch = this;
    this.#leave = line.add({
      key,
      end,
      get next() {
        return watch.#next ?? 0;
      },
      begun: () => {
        this.#fragments = [];
      },
      answered: (answer) => this.#answered(answer),
      compacted: () => this.#again(),
      failed: (error: QuorateError) => this.fail(error),
    });
  }

  #stop(): void {
    this.#leave?.();
    this.#leave = undefined;
    this.#batches = [];
    this.#fragments = [];
    this.#waitingEvents = 0;
    this.#waitingBytes = 0;
  }

  /** What may have been missed is made up for by a listing. */
  #again(): void {
    this.#stop();
    this.#next = undefined;
    this.#wake?.();
  }

  #answered({ header, isCreated, isFragment, events }: WatchAnswer): void {
    const next = this.#next ?? 0;
    if (events.length === 0) {
      // Said only when everything up to there was sent, so that a later start is not compacted away.
      if (!isCreated && !isFragment) this.#next = Math.max(next, header.revision + 1);
      return;
    }
    for (const event of events) {
      if (event.item.modified < next) continue;
      this.#fragments.push(event);
      this.#waitingEvents += 1;
      this.#waitingBytes += event.item.value.length;
    }
    if (this.#waitingEvents > waitingEventsMax || this.#waitingBytes > waitingBytesMax) this.#again();
    else if (!isFragment) this.#complete();
  }

  #complete(): void {
    const last = this.#fragments.at(-1);
    if (last === undefined) return;
    const revision = last.item.modified;
    const events = this.#fragments.map((event) => this.#shown(event));
    this.#fragments = [];
    this.#next = revision + 1;
    this.#batches.push({ kind: 'changes', events, mark: String(revision) });
    this.#wake?.();
  }

  #shown({ kind, item }: ChangeEvent): WatchEvent {
    const shown = this.#options.layout.item(item);
    return kind === 'put' ? { kind, key: shown.key, item: shown } : { kind, key: shown.key };
  }
}
