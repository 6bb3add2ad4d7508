/**
 * The watches that clients have on one member's store. The hub knows who must hear of what; here are the
 * subscribers, each with a bound: one that takes no more is stopped where it is, costs nothing more while it
 * sleeps, and is read forward from the history when it wakes. What a turn of the node brings is told together, and
 * encoded once for all who hear the same.
 */
import { ByteWriter, type QuorateError } from '../base/index.ts';
import {
  credentialOf,
  decodeWatchQuery,
  encodeWatchEvents,
  encodeWatchMark,
  isEnvelope,
  type Refusal,
  refusalError,
  requestIn,
  type WatchChange,
  type WatchDelivery,
  WatchHub,
  type WatchQuery,
  type WatchSource,
} from '../mvcc/index.ts';
import type { Subscriber, Subscription } from './state-machine.ts';

/** What one turn reads for those who are behind: some milliseconds. */
const slice = { eventsMax: 2_000, bytesMax: 1 << 20 };
/** A watch is told so often how far the store has come, where it asked for that: news or not, it shows that this member lives. */
const progressMs = 5_000;
/** So much of what was applied waits for the end of a turn at most. */
const waitingBytesMax = 256 * 1024;
const keptBytes = 64 * 1024;

/** What is watched, and who may watch it. */
interface JudgedSource extends WatchSource {
  watchRefusal(credential: number | undefined, range: WatchQuery['range']): Refusal | undefined;
}

interface Watch {
  readonly id: number;
  readonly wantProgress: boolean;
  /** Whose it is; absent where nobody asked. */
  readonly credential: number | undefined;
  readonly subscriber: Subscriber;
  isStopped: boolean;
  /** The last revision that it knows to have heard of completely. */
  told: number;
}

export class StoreWatches {
  #source: JudgedSource;
  #hub: WatchHub;
  readonly #watches = new Map<number, Watch>();
  #lastId = 0;
  #writer = new ByteWriter(1024);
  #hasBehind = false;
  #waitingBytes = 0;
  #progressAt = 0;

  constructor(source: JudgedSource) {
    this.#source = source;
    this.#hub = new WatchHub(source);
  }

  get size(): number {
    return this.#watches.size;
  }

  subscribe(bytes: Uint8Array, subscriber: Subscriber): Subscription {
    this.#tellPublished();
    const credential = isEnvelope(bytes) ? credentialOf(bytes) : undefined;
    const query = decodeWatchQuery(requestIn(bytes));
    const refusal = this.#source.watchRefusal(credential, query.range);
    if (refusal !== undefined) throw refusalError(refusal);
    this.#lastId += 1;
    const id = this.#lastId;
    const { range, from, wantPrevious, wantProgress } = query;
    const { revision, compactedRevision } = this.#source;
    if (!this.#hub.add({ id, range, from, wantPrevious })) throw compacted(from, compactedRevision);
    const told = from === 0 ? revision : from - 1;
    const watch: Watch = { id, wantProgress, credential, subscriber, isStopped: false, told };
    this.#watches.set(id, watch);
    this.#hasBehind ||= from !== 0 && from <= revision;
    this.#deliver(watch, encodeWatchMark('started', told), told);
    return { resume: () => this.#resume(watch), close: () => this.#remove(watch) };
  }

  /** The last command made this revision; to be called for each, before the next command. It is told with the next `tell`. */
  published(revision: number): void {
    this.#waitingBytes += this.#hub.publish(revision);
    if (this.#waitingBytes >= waitingBytesMax) this.#tellPublished();
  }

  /** Tells what was published, and reads on for those who are behind. True: there is more to read. */
  tell(): boolean {
    this.#tellPublished();
    if (!this.#hasBehind) return false;
    const { deliveries, compacted: gone, isDone } = this.#hub.catchUp(slice);
    for (const id of gone) this.#lose(id);
    this.#hand(deliveries);
    this.#hasBehind = !isDone;
    return !isDone;
  }

  /** Tells those who want to know how far everything has been told. */
  tick(now: number): void {
    if (now < this.#progressAt) return;
    this.#tellPublished();
    this.#progressAt = now + progressMs;
    for (const watch of this.#watches.values()) {
      if (!watch.wantProgress || watch.isStopped) continue;
      const revision = Math.max(this.#hub.progress(watch.id) ?? 0, watch.told);
      this.#deliver(watch, encodeWatchMark('progress', revision), revision);
    }
  }

  /** The store was replaced by a later state of itself: all go on from its history, where that still begins early enough. */
  rebase(source: JudgedSource): void {
    this.#tellPublished();
    const before = this.#hub;
    this.#source = source;
    this.#hub = new WatchHub(source);
    for (const watch of this.#watches.values()) {
      const { id, isStopped } = watch;
      // Nothing that it has not heard comes before the revision from which this goes on.
      const request = before.request(id);
      if (request === undefined || !this.#hub.add(request)) this.#lose(id);
      else if (isStopped) this.#hub.stop(id, request.from);
    }
    this.#hasBehind = true;
  }

  /** Users or roles have changed: whoever may not watch any more hears no more. */
  judge(): void {
    this.#tellPublished();
    for (const watch of [...this.#watches.values()]) {
      const range = this.#hub.request(watch.id)?.range;
      const refusal = range === undefined ? undefined : this.#source.watchRefusal(watch.credential, range);
      if (refusal === undefined) continue;
      this.#remove(watch);
      watch.subscriber.end(refusalError(refusal));
    }
  }

  /** Before watchers change: who comes must not hear of what was published before, and who goes must have. */
  #tellPublished(): void {
    this.#waitingBytes = 0;
    this.#hand(this.#hub.take());
  }

  /** One item for all who hear the same: it may be of several revisions, and each of them whole. */
  #hand(deliveries: readonly WatchDelivery[]): void {
    for (const { changes, watchers } of deliveries) {
      const item = this.#encode(changes);
      for (const id of watchers) this.#deliverTo(id, item);
    }
  }

  #encode(changes: readonly WatchChange[]): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    encodeWatchEvents(writer, changes);
    if (writer.length <= keptBytes) return writer.copy();
    this.#writer = new ByteWriter(1024);
    return writer.bytes();
  }

  #deliverTo(id: number, item: Uint8Array): void {
    const watch = this.#watches.get(id);
    if (watch !== undefined) this.#deliver(watch, item, this.#hub.progress(id) ?? watch.told);
  }

  #deliver(watch: Watch, item: Uint8Array, told: number): void {
    watch.told = told;
    if (watch.subscriber.deliver(item) || watch.isStopped) return;
    watch.isStopped = true;
    this.#hub.stop(watch.id, told + 1);
  }

  #resume(watch: Watch): void {
    if (!watch.isStopped || !this.#watches.has(watch.id)) return;
    this.#tellPublished();
    watch.isStopped = false;
    if (this.#hub.resume(watch.id)) this.#hasBehind = true;
    else this.#lose(watch.id);
  }

  #remove({ id }: Watch): void {
    this.#tellPublished();
    this.#watches.delete(id);
    this.#hub.remove(id);
  }

  /** What it had to hear of next was compacted. */
  #lose(id: number): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#remove(watch);
    watch.subscriber.end(compacted(watch.told + 1, this.#source.compactedRevision));
  }
}

function compacted(requested: number, compactedRevision: number): QuorateError {
  return refusalError({ code: 'compacted', first: requested, second: compactedRevision });
}
