/**
 * A watch that survives whatever happens to nodes and connections. It knows the last revision that it has heard
 * of completely, and goes on behind it at any node: nothing is left out, nothing comes twice. When that is no
 * longer possible, because the history was compacted, it ends with an error that says so, and never with
 * silence.
 *
 * What its reader does not take is bounded: beyond the bound it lets go of the node, and takes the stream up
 * again when there is room.
 */
import { Deque, isQuorateError, QuorateError } from '../base/index.ts';
import { decodeWatchItem, encodeWatchQuery, type KeyRange, type WatchEvent } from '../mvcc/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { ClusterClient, NodeWatch } from './cluster-client.ts';
import type { Entry } from './entry.ts';

export interface StoreWatchOptions {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly group: number;
  readonly range: KeyRange;
  /** The first revision to hear of. Default: the next one that the node asked applies. */
  readonly from?: number;
  /** True: with each change also what the key was before. Default false. */
  readonly wantPrevious?: boolean;
  /** True: also batches without events, which only say how far everything has been told. Default false. */
  readonly wantProgress?: boolean;
  /** Events that may wait to be read. Default 4,096; all those of one item are always taken. */
  readonly eventsMax?: number;
  /** Ends the watch; whoever waits for the next batch hears its reason. */
  readonly signal?: AbortSignal;
  /** What is there now, for a watch that goes on with it where history is gone. Absent: it ends there. */
  readonly present?: (signal: AbortSignal) => Promise<Present>;
  /** True: it begins with what `present` brings. Default false. */
  readonly startsPresent?: boolean;
  /** Hears of each revision up to which everything was told. */
  readonly onTold?: (revision: number) => void;
  /** Hears that the watch is over, whatever ended it. */
  readonly onEnd?: (watch: StoreWatch) => void;
}

/** All keys of a range at one revision. */
export interface Present {
  readonly entries: readonly Entry[];
  readonly revision: number;
}

/** Whole revisions, in their order. */
export interface WatchBatch {
  readonly events: readonly WatchEvent[];
  /**
   * Present: history was compacted before it could be told, so there are no events; this is everything that is there
   * now. What is not in it, and was before, is gone.
   */
  readonly resync?: readonly Entry[];
  /** Everything up to here has been told with this batch. */
  readonly revision: number;
}

/** Nodes speak every five seconds where a watch asks them to; one that misses several turns is gone. */
const silenceMsMax = 16_000;
const pauseMsMin = 20;
const pauseMsMax = 1_000;
/** A node that is behind may not have heard of a right yet: so many others, or times, are asked before it is believed. */
const denialsMax = 6;

/** Errors after which asking again would be answered alike. */
const finalCodes: ReadonlySet<string> = new Set(['compacted', 'not-watchable', 'malformed-bytes']);

interface Reader {
  resolve(result: IteratorResult<WatchBatch, undefined>): void;
  reject(reason: unknown): void;
}

export class StoreWatch implements AsyncIterableIterator<WatchBatch, undefined> {
  readonly #options: StoreWatchOptions;
  readonly #batches = new Deque<WatchBatch>();
  readonly #readers = new Deque<Reader>();
  readonly #began = Promise.withResolvers<number>();
  readonly #closing = new AbortController();
  readonly #onAbort: () => void;
  #waitingEvents = 0;
  /** The first revision that it has not heard of; 0 while it does not know where it began. */
  #next: number;
  #at: NodeWatch | undefined;
  /** Counts the streams: what an old one still says is not heard. */
  #stream = 0;
  #isOpening = false;
  #failures = 0;
  /** Refusals in a row for want of a right. */
  #denials = 0;
  #silence: Timer | undefined;
  #heardAtMs = 0;
  /** Why it ended; `undefined` in it when it was asked to. */
  #ended: { readonly reason: unknown } | undefined;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#next = options.from ?? 0;
    this.#began.promise.catch(() => undefined);
    const { signal } = options;
    this.#onAbort = () => this.#end({ reason: signal?.reason });
    if (signal?.aborted === true) this.#onAbort();
    else {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      const { startsPresent = false, present } = options;
      void (startsPresent && present !== undefined ? this.#resync(present) : this.#open());
    }
  }

  /** Resolves to the revision behind which it began: every change after that one will be told. */
  get began(): Promise<number> {
    return this.#began.promise;
  }

  /** Nothing more will come but what was heard and not read. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const batch = this.#batches.popFront();
    if (batch !== undefined) {
      this.#waitingEvents -= weightOf(batch);
      if (this.#waitingEvents === 0) void this.#open();
      return Promise.resolve({ done: false, value: batch });
    }
    if (this.#ended === undefined)
      return new Promise((resolve, reject) => this.#readers.pushBack({ resolve, reject }));
    const { reason } = this.#ended;
    this.#ended = { reason: undefined };
    return reason === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(reason);
  }

  /** Ends the watch. What was heard and not read is dropped. May be called twice. */
  return(): Promise<IteratorResult<WatchBatch, undefined>> {
    this.#batches.clear();
    this.#end({ reason: undefined });
    this.#ended = { reason: undefined };
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends it with a reason, which whoever reads next hears behind what was heard already. */
  end(reason: unknown): void {
    this.#end({ reason });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Asks a node, and goes on asking until one tells or the watch is over. */
  async #open(): Promise<void> {
    if (this.#isOpening || this.#at !== undefined) return;
    this.#isOpening = true;
    const { client, group, range, wantPrevious = false } = this.#options;
    while (this.#ended === undefined && this.#at === undefined) {
      this.#stream += 1;
      const stream = this.#stream;
      const query = encodeWatchQuery({ range, from: this.#next, wantPrevious, wantProgress: true });
      const watcher = {
        item: (body: Uint8Array) => this.#item(stream, body),
        ended: (error: QuorateError) => this.#broke(stream, error),
      };
      try {
        const at = await client.watch(group, query, watcher, { signal: this.#closing.signal });
        if (this.#ended !== undefined || this.#stream !== stream) at.close();
        else this.#at = at;
        this.#hear();
      } catch (error) {
        if (this.#isFinal(error)) this.#end({ reason: error });
        else await this.#pause();
      }
    }
    this.#isOpening = false;
  }

  #item(stream: number, body: Uint8Array): void {
    if (stream !== this.#stream || this.#ended !== undefined) return;
    this.#hear();
    this.#failures = 0;
    this.#denials = 0;
    const item = decodeWatchItem(body);
    if (item.kind === 'started') {
      if (this.#next === 0) this.#next = item.revision + 1;
      this.#began.resolve(item.revision);
      return;
    }
    // A node that lags behind one that was asked before tells again what is known.
    const events =
      item.kind === 'events' ? item.events.filter(({ modifyRevision }) => modifyRevision >= this.#next) : [];
    const revision = item.kind === 'events' ? (events.at(-1)?.modifyRevision ?? 0) : item.revision;
    if (revision < this.#next) return;
    this.#next = revision + 1;
    this.#options.onTold?.(revision);
    if (events.length > 0 || this.#options.wantProgress === true) this.#give({ events, revision });
  }

  #give(batch: WatchBatch): void {
    const reader = this.#readers.popFront();
    if (reader !== undefined) return reader.resolve({ done: false, value: batch });
    // Of marks that nobody has read only the last one says anything.
    if (isMark(batch) && isMark(this.#batches.back())) this.#batches.popBack();
    this.#batches.pushBack(batch);
    this.#waitingEvents += weightOf(batch);
    if (this.#waitingEvents >= this.#eventsMax) this.#letGo();
  }

  get #eventsMax(): number {
    return this.#options.eventsMax ?? 4_096;
  }

  /** The reader is slow: the node need not know more than that nobody listens. */
  #letGo(): void {
    this.#stream += 1;
    this.#stopListening();
    this.#at?.close();
    this.#at = undefined;
  }

  #broke(stream: number, error: QuorateError): void {
    if (stream !== this.#stream || this.#ended !== undefined) return;
    // A node that cannot tell now is left for another one, which may.
    this.#stopListening();
    this.#at?.abandon();
    this.#at = undefined;
    this.#stream += 1;
    const { present } = this.#options;
    if (error.code === 'compacted' && present !== undefined) {
      void this.#resync(present);
      return;
    }
    if (this.#isFinal(error)) {
      this.#end({ reason: error });
      return;
    }
    void this.#pause().then(() => this.#open());
  }

  /** Takes everything that is there now for what cannot be told any more. */
  async #resync(present: (signal: AbortSignal) => Promise<Present>): Promise<void> {
    // Whoever reads meanwhile must not have the same question asked again.
    this.#isOpening = true;
    let found: Present | undefined;
    while (found === undefined && this.#ended === undefined) {
      try {
        found = await present(this.#closing.signal);
      } catch (error) {
        // Between two pages it may have been compacted once more.
        const isCompacted = isQuorateError(error) && error.code === 'compacted';
        if (this.#isFinal(error) && !isCompacted) this.#end({ reason: error });
        else await this.#pause();
      }
    }
    this.#isOpening = false;
    if (found === undefined || this.#ended !== undefined) return;
    const { entries, revision } = found;
    this.#next = revision + 1;
    this.#began.resolve(revision);
    this.#options.onTold?.(revision);
    this.#give({ events: [], resync: entries, revision });
    if (this.#waitingEvents < this.#eventsMax) await this.#open();
  }

  /** Something came, so the node lives. An item costs a look at the clock and no timer: the one that runs goes on by it. */
  #hear(): void {
    if (this.#ended !== undefined || this.#at === undefined) return;
    this.#heardAtMs = this.#options.clock.now();
    if (this.#silence === undefined) this.#listen(silenceMsMax);
  }

  #listen(forMs: number): void {
    this.#silence = this.#options.clock.setTimer(forMs, () => {
      const leftMs = this.#heardAtMs + silenceMsMax - this.#options.clock.now();
      if (leftMs > 0) this.#listen(leftMs);
      else this.#silent();
    });
  }

  /** Nobody is listened to any more. */
  #stopListening(): void {
    this.#silence?.cancel();
    this.#silence = undefined;
  }

  #silent(): void {
    this.#silence = undefined;
    this.#stream += 1;
    this.#at?.abandon();
    this.#at = undefined;
    void this.#open();
  }

  #isFinal(error: unknown): boolean {
    if (!isQuorateError(error) || finalCodes.has(error.code) || this.#closing.signal.aborted) return true;
    if (error.code === 'unauthenticated') return !error.retryable;
    if (error.code !== 'permission-denied') return false;
    this.#denials += 1;
    return this.#denials > denialsMax;
  }

  /** Longer each time, so that a cluster in trouble is not asked by all at once, for ever. */
  #pause(): Promise<void> {
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = this.#options.clock.setTimer(pauseMs, over);
      if (signal.aborted) over();
      else signal.addEventListener('abort', over, { once: true });
    });
  }

  #end(ended: { readonly reason: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#stopListening();
    this.#at?.close();
    this.#at = undefined;
    this.#closing.abort(new Error('the watch is over'));
    this.#began.reject(ended.reason ?? closedError());
    this.#options.onEnd?.(this);
    this.#tellReaders();
  }

  /** The first of those who wait hears the reason; for the others it is simply over. */
  #tellReaders(): void {
    for (let reader = this.#readers.popFront(); reader !== undefined; reader = this.#readers.popFront()) {
      const reason = this.#ended?.reason;
      this.#ended = { reason: undefined };
      if (reason === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(reason);
    }
  }
}

/** What a batch counts towards the bound on what waits. */
function weightOf({ events, resync }: WatchBatch): number {
  return events.length + (resync?.length ?? 0);
}

function isMark(batch: WatchBatch | undefined): boolean {
  return batch !== undefined && batch.events.length === 0 && batch.resync === undefined;
}

function closedError(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the watch was closed before it began',
    data: { what: 'watch' },
  });
}
