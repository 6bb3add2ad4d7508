/**
 * This process's copy of one directory, fed by the stream in the order of its sequence numbers, and the judge of what
 * was written there. A message counts when the one that it says it replaces is the newest of its name that counts;
 * otherwise its writer came too late, and it is as if it had never been. Every copy sees the same messages in the
 * same order, so all judge alike, and no server has to compare anything. (Servers offer to: by a header they refuse
 * what is not behind an expected sequence. But with more than one copy they look before they agree on the order: on
 * 2.9.10 we saw twelve of twelve writers accepted who all expected the same, nats-server's issue 4320, and in later
 * versions what one leader has looked at its successor does not know, issue 8469.)
 *
 * Whoever reads asks the copy, and first has it proved fresh: a message is published into the directory, and when the copy has received
 * it, it has everything that was acknowledged before. So no server that only believes to lead can answer with what
 * was true once.
 *
 * The alternative, to ask the leader of the stream for the newest message of a subject, proves nothing where there
 * is more than one copy: it answers without asking the others, and a deposed one does so until it notices.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { Call } from './call.ts';
import { Feed, type FeedReader } from './feed.ts';
import { Gate } from './gate.ts';
import type { NatsMessage } from './nats-module.ts';
import { randomId } from './random-id.ts';
import { type Delivery, type Entry, headerNames, readStored } from './stored-message.ts';
import { keptMax, noValue, type Stream } from './stream.ts';
import type { Place } from './subjects.ts';

export interface MirrorListener {
  /** The newest of its name. */
  changed(entry: Entry, before: Entry | undefined): void;
  /** Changes up to there may be missing from what was told; said before whatever comes next. */
  missed?(upTo: number): void;
  /** Changes up to there may be missing for whoever did not hear them when they came. */
  swept?(upTo: number): void;
  caughtUp?(): void;
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

/** A message to be written. */
export interface Change {
  readonly name: string;
  /** The sequence of the newest message of that name; 0 for none. */
  readonly previous: number;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A deletion that everybody has forgotten. */
export interface Leftover {
  readonly deletion: number;
  /** The sequences of all that is in the stream under its name, whether it counts or not. */
  readonly all: readonly number[];
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Beyond that many names a directory is refused: coordination has fewer, and this process's memory an end. */
const namesMax = 100_000;
const doubtMs = 2_000;

export class Mirror implements FeedReader {
  readonly place: Place;
  readonly #init: MirrorInit;
  readonly #feed: Feed;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Set<Waiter>();
  /** Messages of ours that are under way, by their id, with their sequence when they counted. */
  readonly #expected = new Map<string, number | undefined>();
  /** The messages of a name that lie in the stream, oldest first. */
  readonly #kept = new Map<string, number[]>();
  /** Names whose newest message replaces one that we have not seen. */
  readonly #guessed = new Set<string>();
  readonly #proof: Gate;
  readonly #end = new AbortController();
  #position = 0;
  #begunBehind = 0;
  #hasCaughtUp = false;
  #hasCaughtUpOnce = false;
  #takenMs = 0;
  #missedCount = 0;
  #isSweeping = false;
  readonly #leftovers = new Map<string, Leftover>();

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

  /** From then on what comes is news. */
  get hasCaughtUpOnce(): boolean {
    return this.#hasCaughtUpOnce;
  }

  /** When the server took the newest message that was received, by its wall clock. */
  get takenMs(): number {
    return this.#takenMs;
  }

  /** The newest of each name, deletions included. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  newest(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /**
   * Names whose deletion lies below a floor and is still in the stream: of floors that we set, and of those that
   * somebody set and did not live to sweep up to.
   */
  get leftovers(): ReadonlyMap<string, Leftover> {
    return this.#leftovers;
  }

  /** Everybody forgets the deletions up to there, at the same place in the stream; here they become leftovers. */
  async raiseFloor(floor: number, call: Call): Promise<void> {
    const { stream } = this.#init;
    const headers = { [headerNames.floor]: String(floor) };
    const message = { subject: this.place.floor, value: noValue, headers, isWrite: false };
    this.#isSweeping = true;
    try {
      await this.reach(await stream.publish(message, call), call);
    } finally {
      this.#isSweeping = false;
    }
  }

  /** What was left of a name has been taken out of the stream. */
  swept(name: string): void {
    this.#leftovers.delete(name);
  }

  /** Writes a message that replaces `previous`; its sequence, or undefined when somebody else was first. */
  async commit({ name, previous, value, headers }: Change, call: Call): Promise<number | undefined> {
    const { stream, random } = this.#init;
    const id = randomId(random);
    const own = { ...headers, [headerNames.previous]: String(previous), [headerNames.id]: id };
    const missed = this.#missedCount;
    this.#expected.set(id, undefined);
    try {
      const subject = this.place.subjectOf(name);
      await this.reach(await stream.publish({ subject, value, headers: own, isWrite: true }, call), call);
      const sequence = this.#expected.get(id);
      if (sequence === undefined && this.#missedCount !== missed) throw notKnown(stream.link.address);
      call.mayHaveHappened = false;
      return sequence;
    } finally {
      this.#expected.delete(id);
    }
  }

  /** Resolves when the copy holds everything that was acknowledged before this call. */
  async settle(call: Call): Promise<void> {
    while (true) {
      try {
        await call.wait(this.#proof.pass());
        return;
      } catch (error) {
        // The proof has a deadline of its own, which is nothing to a call that has more time.
        if (call.signal.aborted || !isLate(error)) throw error;
      }
    }
  }

  /** Resolves when everything up to there was received. */
  async reach(sequence: number, call: Call): Promise<void> {
    this.#end.signal.throwIfAborted();
    if (this.#hasCaughtUp && this.#position >= sequence) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { sequence, resolve, reject };
    this.#waiters.add(waiter);
    const stopDoubting = this.#doubt();
    try {
      await call.wait(promise);
    } finally {
      stopDoubting();
      this.#waiters.delete(waiter);
    }
  }

  begins(): void {
    this.#begunBehind = this.#position;
    this.#hasCaughtUp = false;
  }

  mark(call: Call): Promise<number> {
    const barrier = { subject: this.place.barrier, value: noValue, headers: {}, isWrite: false };
    return this.#init.stream.publish(barrier, call);
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
    this.#init.listener.caughtUp?.();
    this.#release();
  }

  fails(error: unknown): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(error);
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
    this.#init.listener.failed(error);
  }

  async close(reason: unknown): Promise<void> {
    this.fails(reason);
    await this.#feed.close();
  }

  #receiveEntry(entry: Entry, id: string): void {
    const { name, sequence } = entry;
    const before = this.#entries.get(name);
    this.#keep(name, sequence);
    if (!this.#counts(entry, before)) return;
    if (before === undefined && this.#entries.size >= namesMax) {
      this.fails(directoryTooLarge(this.place.filter));
      return;
    }
    this.#entries.set(name, entry);
    if (this.#expected.has(id)) this.#expected.set(id, sequence);
    this.#init.listener.changed(entry, before);
  }

  #counts({ name, previous }: Entry, before: Entry | undefined): boolean {
    if (previous === (before?.sequence ?? 0)) {
      this.#guessed.delete(name);
      return true;
    }
    // It replaces one that was gone from the stream when we came to it. So did, it seemed, the one that we have: but
    // one that counts replaces nothing older than what others that count replace, so ours came too late.
    const known = before === undefined ? 0 : this.#guessed.has(name) ? before.previous : before.sequence;
    if (previous <= known) return false;
    this.#guessed.add(name);
    this.#miss(previous);
    return true;
  }

  #receiveFloor(floor: number): void {
    if (!this.#hasCaughtUp && floor > this.#begunBehind) this.#miss(floor);
    this.#init.listener.swept?.(floor);
    // From this place in the stream on they are forgotten by everybody, whether they are still in it or not.
    for (const { name, gone, sequence } of this.#entries.values()) {
      if (gone === undefined || sequence > floor) continue;
      this.#entries.delete(name);
      this.#guessed.delete(name);
      if (this.#isSweeping || !this.#hasCaughtUp)
        this.#leftovers.set(name, { deletion: sequence, all: this.#kept.get(name) ?? [sequence] });
      this.#kept.delete(name);
    }
  }

  #keep(name: string, sequence: number): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) this.#kept.set(name, [sequence]);
    else if (kept.push(sequence) > keptMax) kept.shift();
  }

  #miss(upTo: number): void {
    this.#missedCount += 1;
    this.#init.listener.missed?.(upTo);
  }

  /** What is known to be there should come soon: a consumer dies with its server, without a word. */
  #doubt(): () => void {
    const { clock } = this.#init;
    let waitedMs = 0;
    const again = (): void => {
      waitedMs += doubtMs;
      this.#feed.doubt(waitedMs);
      timer = clock.setTimer(doubtMs, again, { background: true });
    };
    let timer = clock.setTimer(doubtMs, again, { background: true });
    return () => timer.cancel();
  }

  async #prove(): Promise<void> {
    const { clock, deadlineMs } = this.#init;
    const signals = [this.#end.signal];
    using call = new Call({ clock, what: 'a proof that a read is fresh', deadlineMs, signals });
    await this.reach(await this.mark(call), call);
  }

  #release(): void {
    for (const waiter of this.#waiters) {
      if (waiter.sequence > this.#position) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function isLate(error: unknown): boolean {
  return isQuorateError(error) && error.code === 'deadline-exceeded';
}

function directoryTooLarge(filter: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: `there are more than ${namesMax} names under ${filter}; this engine keeps a directory in memory: use several`,
    data: { engine: 'nats', reason: `more than ${namesMax} names in a directory` },
    outcome: 'not-applied',
  });
}

function notKnown(address: string): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message:
      `the connection to NATS at ${address} was lost behind a write, and what followed it is no longer in the stream, ` +
      'so nobody can say whether it was carried out; look before you do it again',
    data: { engine: 'nats', address },
    outcome: 'unknown',
  });
}
