/**
 * This process's copy of one directory, fed by the stream in the order of its sequence numbers. Whoever reads asks
 * the copy, and first has it proved fresh: a message is published into the directory, and when the copy has received
 * it, it has everything that was acknowledged before. So no server that only believes to lead can answer with what
 * was true once.
 *
 * The alternative, to ask the leader of the stream for the newest message of a subject, proves nothing where there
 * is more than one copy: it answers without asking the others, and a deposed one does so until it notices.
 */
import { QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { Call } from './call.ts';
import { Feed, type FeedReader } from './feed.ts';
import { Gate } from './gate.ts';
import type { NatsMessage } from './nats-module.ts';
import { type Delivery, type Entry, readStored } from './stored-message.ts';
import { noValue, type Stream } from './stream.ts';
import type { Place } from './subjects.ts';

export interface MirrorListener {
  /** The newest of its name. */
  changed(entry: Entry, before: Entry | undefined): void;
  /** Changes up to there may be missing from what was told; said before whatever comes next. */
  missed(upTo: number): void;
  /** Changes up to there may be missing for whoever did not hear them when they came. */
  swept(upTo: number): void;
  caughtUp(): void;
  failed(error: unknown): void;
}

export interface MirrorInit {
  readonly stream: Stream;
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a proof may take. */
  readonly deadlineMs: number;
  readonly listener: MirrorListener;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Beyond that many names a directory is refused: coordination has fewer, and this process's memory an end. */
const namesMax = 100_000;

export class Mirror implements FeedReader {
  readonly place: Place;
  readonly #init: MirrorInit;
  readonly #feed: Feed;
  readonly #entries = new Map<string, Entry>();
  /** What we were told of our own writes, until the feed has brought it. */
  readonly #ahead = new Map<string, Entry>();
  readonly #waiters = new Set<Waiter>();
  /** Publications of ours that are under way, by their id. */
  readonly #expected = new Map<string, number | undefined>();
  readonly #proof: Gate;
  readonly #end = new AbortController();
  #position = 0;
  #begunBehind = 0;
  #hasCaughtUp = false;
  #hasCaughtUpOnce = false;
  #takenMs = 0;
  #missedCount = 0;
  #floor = 0;

  constructor(init: MirrorInit) {
    this.#init = init;
    this.place = init.place;
    this.#proof = new Gate(() => this.#prove());
    const { stream, place, clock, random } = init;
    this.#feed = new Feed({ stream, clock, random, filter: place.filter, reader: this });
  }

  /** The sequence up to which everything has been received. */
  get position(): number {
    return this.#position;
  }

  /** How often changes may have been missed: an equal number later means that none were in between. */
  get missedCount(): number {
    return this.#missedCount;
  }

  /** From then on what comes is news. */
  get hasCaughtUpOnce(): boolean {
    return this.#hasCaughtUpOnce;
  }

  /** Deletions up to there may have been swept away. */
  get floor(): number {
    return this.#floor;
  }

  /** When the server took the newest message that was received, by its wall clock. */
  get takenMs(): number {
    return this.#takenMs;
  }

  /** As received, deletions included. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  received(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** The newest that is known, be it by our own writes: to decide by, where a condition guards the decision. */
  newest(name: string): Entry | undefined {
    return this.#ahead.get(name) ?? this.#entries.get(name);
  }

  /** A write of ours was acknowledged. */
  noteOwn(entry: Entry): void {
    const known = this.#entries.get(entry.name);
    if (known === undefined || known.sequence < entry.sequence) this.#ahead.set(entry.name, entry);
  }

  /** A deletion whose message is no longer in the stream. */
  forget(entry: Entry): void {
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
    if (this.#ahead.get(entry.name) === entry) this.#ahead.delete(entry.name);
  }

  /** Resolves when the copy holds everything that was acknowledged before this call. */
  settle(call: Call): Promise<void> {
    return call.wait(this.#proof.pass());
  }

  /** Resolves when everything up to there was received. */
  async reach(sequence: number, call: Call): Promise<void> {
    this.#end.signal.throwIfAborted();
    if (this.#hasCaughtUp && this.#position >= sequence) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { sequence, resolve, reject };
    this.#waiters.add(waiter);
    try {
      await call.wait(promise);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  /** From now until `forgetOwn` it is noticed when that publication of ours comes by. */
  expectOwn(id: string): void {
    this.#expected.set(id, undefined);
  }

  /** Its sequence, when it has come by. */
  ownSequence(id: string): number | undefined {
    return this.#expected.get(id);
  }

  forgetOwn(id: string): void {
    this.#expected.delete(id);
  }

  begins(): void {
    this.#begunBehind = this.#position;
    this.#hasCaughtUp = false;
  }

  receives(message: NatsMessage, delivery: Delivery): void {
    const { sequence, takenMs } = delivery;
    const stored = readStored(message, this.place, delivery);
    this.#takenMs = Math.max(this.#takenMs, takenMs);
    if (stored.kind === 'entry') this.#receiveEntry(stored.entry, stored.id);
    if (stored.kind === 'floor') this.#receiveFloor(stored.floor);
    this.#position = sequence;
    if (this.#hasCaughtUp) this.#release();
  }

  hasCaughtUp(): void {
    this.#hasCaughtUp = true;
    this.#hasCaughtUpOnce = true;
    this.#init.listener.caughtUp();
    this.#release();
  }

  fails(error: unknown): void {
    this.#end.abort(error);
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
    this.#init.listener.failed(error);
  }

  async close(reason: unknown): Promise<void> {
    if (!this.#end.signal.aborted) this.fails(reason);
    await this.#feed.close();
  }

  #receiveEntry(entry: Entry, id: string): void {
    const { name, sequence, previous } = entry;
    const before = this.#entries.get(name);
    if (before !== undefined && before.sequence >= sequence) return;
    // Each write names the one that it replaced: where that is not the one we know, the server dropped some between.
    if (previous > (before?.sequence ?? 0)) this.#miss(previous);
    if (before === undefined && this.#entries.size >= namesMax) {
      this.fails(directoryTooLarge(this.place.filter));
      return;
    }
    this.#entries.set(name, entry);
    const ahead = this.#ahead.get(name);
    if (ahead !== undefined && ahead.sequence <= sequence) this.#ahead.delete(name);
    if (this.#expected.has(id)) this.#expected.set(id, sequence);
    this.#init.listener.changed(entry, before);
  }

  #receiveFloor(floor: number): void {
    if (!this.#hasCaughtUp && floor > this.#begunBehind) this.#miss(floor);
    this.#floor = Math.max(this.#floor, floor);
    this.#init.listener.swept(floor);
    // While it catches up it meets what a sweep has left behind, and sweeps it itself.
    if (!this.#hasCaughtUp) return;
    for (const entry of this.#entries.values())
      if (entry.gone !== undefined && entry.sequence <= floor) this.#entries.delete(entry.name);
  }

  #miss(upTo: number): void {
    this.#missedCount += 1;
    this.#init.listener.missed(upTo);
  }

  async #prove(): Promise<void> {
    const { stream, clock, deadlineMs } = this.#init;
    const signals = [this.#end.signal];
    using call = new Call({ clock, what: 'a proof that a read is fresh', deadlineMs, signals });
    const barrier = { subject: this.place.barrier, value: noValue, headers: {} };
    const published = await stream.publish(barrier, call, false);
    if (published.kind === 'taken') await this.reach(published.sequence, call);
  }

  #release(): void {
    for (const waiter of this.#waiters) {
      if (waiter.sequence > this.#position) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function directoryTooLarge(filter: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: `there are more than ${namesMax} names under ${filter}; this engine keeps a directory in memory: use several`,
    data: { engine: 'nats', reason: `more than ${namesMax} names in a directory` },
    outcome: 'not-applied',
  });
}
