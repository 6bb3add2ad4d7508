/**
 * This process's copy of one directory, fed by the stream in the order of its sequence numbers, and the judge of what
 * was written there. A message counts when the one that it says it replaces is the newest of its name that counts;
 * otherwise its writer came too late, and it is as if it had never been. Every copy sees the same messages in the
 * same order, so all judge alike, and no server has to compare anything. (Servers offer to: by a header they refuse
 * what is not behind an expected sequence. But with more than one copy they look before they agree on the order: on
 * 2.9.10 we saw twelve of twelve writers accepted who all expected the same, nats-server's issue 4320, and in later
 * versions what one leader has looked at its successor does not know, issue 8469.)
 *
 * Whoever reads asks the copy, and first has it proved fresh: a message is published into the directory, and when
 * the copy has received it, it has everything that was acknowledged before, unless a consumer has left something
 * out, or reads from a server that is wrong. So the leader is asked too (`witness.ts`), and a copy that differs is made
 * anew from the beginning of the stream, by a consumer on another server; until that one has caught up the old one
 * stands, for those who were answered by it before.
 *
 * The alternative, to ask the leader of the stream for the newest message of a subject, proves nothing where there
 * is more than one copy: it answers without asking the others, and a deposed one does so until it notices.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { Call } from './call.ts';
import { Copy, type CopyReader, type Leftover } from './copy.ts';
import { Disagreement } from './disagreement.ts';
import { Feed, type FeedReader } from './feed.ts';
import { Gate } from './gate.ts';
import { copiesDiffer, directoryTooLarge, notKnown } from './mirror-errors.ts';
import type { NatsMessage } from './nats-module.ts';
import { randomId } from './random-id.ts';
import { type Delivery, type Entry, headerNames } from './stored-message.ts';
import { noValue, type Stream } from './stream.ts';
import type { Place } from './subjects.ts';
import { type Difference, Witness } from './witness.ts';

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

/** A message of ours that was acknowledged. */
interface Own {
  readonly subject: string;
  readonly previous: number;
  readonly published: number;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const doubtMs = 2_000;
/** A copy that differed may differ again, as long as it comes from the same server. */
const againMs = 200;

type Find = (witness: Witness) => Promise<Difference | undefined>;

export class Mirror implements FeedReader, CopyReader {
  readonly place: Place;
  readonly #init: MirrorInit;
  readonly #feed: Feed;
  readonly #waiters = new Set<Waiter>();
  /** Messages of ours that are under way, by their id, with their sequence when they counted. */
  readonly #expected = new Map<string, number | undefined>();
  readonly #proof: Gate;
  readonly #end = new AbortController();
  /** For those who read. */
  #copy: Copy;
  /** What receives; another one than the readers' while it takes the place of one that was wrong. */
  #coming: Copy;
  #witness: Witness;
  readonly #disagreement = new Disagreement();
  #hasCaughtUp = false;
  #hasCaughtUpOnce = false;
  #missedCount = 0;

  constructor(init: MirrorInit) {
    this.#init = init;
    this.place = init.place;
    this.#proof = new Gate(() => this.#prove());
    const { stream, place, clock, random } = init;
    this.#coming = new Copy(place, this);
    this.#copy = this.#coming;
    this.#witness = new Witness(stream, place.filter);
    this.#feed = new Feed({ stream, clock, random, filter: place.filter, reader: this });
  }

  /** The sequence up to which everything has been received. */
  get position(): number {
    return this.#copy.position;
  }

  /** From then on what comes is news. */
  get hasCaughtUpOnce(): boolean {
    return this.#hasCaughtUpOnce;
  }

  /** When the server took the newest message that was received, by its wall clock. */
  get takenMs(): number {
    return this.#copy.takenMs;
  }

  /** The newest of each name, deletions included. */
  get entries(): Iterable<Entry> {
    return this.#copy.entries.values();
  }

  newest(name: string): Entry | undefined {
    return this.#copy.entries.get(name);
  }

  /**
   * Names whose deletion lies below a floor and is still in the stream: of floors that we set, and of those that
   * somebody set and did not live to sweep up to.
   */
  get leftovers(): ReadonlyMap<string, Leftover> {
    return this.#copy.leftovers;
  }

  /** Everybody forgets the deletions up to there, at the same place in the stream; here they become leftovers. */
  async raiseFloor(floor: number, call: Call): Promise<void> {
    const { stream } = this.#init;
    const headers = { [headerNames.floor]: String(floor) };
    const message = { subject: this.place.floor, value: noValue, headers, isWrite: false };
    const copy = this.#copy;
    copy.isSweeping = true;
    try {
      await this.reach(await stream.publish(message, call), call);
    } finally {
      copy.isSweeping = false;
    }
  }

  /** What was left of a name has been taken out of the stream. */
  swept(name: string): void {
    this.#copy.leftovers.delete(name);
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
      const published = await stream.publish({ subject, value, headers: own, isWrite: true }, call);
      const sequence = await this.#verdictOn(id, { subject, previous, published }, call);
      if (sequence === undefined && this.#missedCount !== missed) throw notKnown(stream.link.address);
      call.mayHaveHappened = false;
      return sequence;
    } finally {
      this.#expected.delete(id);
    }
  }

  /** Whether one that was received counts for sure, though something may have been left out before it. */
  async confirm({ name, previous, sequence }: Entry, call: Call): Promise<boolean> {
    const subject = this.place.subjectOf(name);
    const find: Find = (witness) => witness.findDifferenceOf(subject, previous, sequence, call);
    await this.#whole(find, { upTo: sequence, isWhole: false }, call);
    return this.newest(name)?.sequence === sequence;
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
    if (this.#hasCaughtUp && this.position >= sequence) return;
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
    this.#coming.begins();
    this.#hasCaughtUp = false;
  }

  mark(call: Call): Promise<number> {
    const barrier = { subject: this.place.barrier, value: noValue, headers: {}, isWrite: false };
    return this.#init.stream.publish(barrier, call);
  }

  receives(message: NatsMessage, delivery: Delivery): void {
    const kind = this.#witness.receives(delivery);
    if (kind === 'another') this.#startOver({ behind: delivery.sequence - 1, at: delivery.sequence });
    if (kind !== 'news') return;
    this.#coming.receives(message, delivery);
    if (this.#hasCaughtUp) this.#release();
  }

  hasCaughtUp(): void {
    this.#coming.catchesUp();
    this.#copy = this.#coming;
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

  changed(entry: Entry, before: Entry | undefined, id: string): void {
    if (this.#expected.has(id)) this.#expected.set(id, entry.sequence);
    this.#init.listener.changed(entry, before);
  }

  missed(upTo: number): void {
    this.#missedCount += 1;
    this.#init.listener.missed?.(upTo);
  }

  forgotten(upTo: number): void {
    this.#init.listener.swept?.(upTo);
  }

  tooLarge(): void {
    this.fails(directoryTooLarge(this.place.filter));
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
    const marked = await this.mark(call);
    // Whoever reads then sees what has come in the meantime as well.
    const find: Find = (witness) => witness.findDifference(Math.max(marked, this.#copy.changedAt), call);
    do await this.#whole(find, { upTo: marked, isWhole: true }, call);
    while (this.#witness.provedUpTo < this.#copy.changedAt);
  }

  /** The sequence of a message of ours, when it counts. */
  async #verdictOn(
    id: string,
    { subject, previous, published }: Own,
    call: Call,
  ): Promise<number | undefined> {
    while (true) {
      await this.reach(published, call);
      // Somebody else may have found a difference since; then nothing is known before another copy has caught up.
      if (!this.#hasCaughtUp) continue;
      const sequence = this.#expected.get(id);
      // What seems to have come before it may be nowhere else than here: only a whole proof tells.
      const find: Find = (witness) =>
        sequence === undefined
          ? witness.findDifference(published, call)
          : witness.findDifferenceOf(subject, previous, sequence, call);
      await this.#whole(find, { upTo: published, isWhole: sequence === undefined }, call);
      if (this.#expected.get(id) === sequence) return sequence;
    }
  }

  /** Resolves when everything up to there was received and the one that is asked, on another server, has the same. */
  async #whole(
    find: Find,
    { upTo, isWhole }: { readonly upTo: number; readonly isWhole: boolean },
    call: Call,
  ): Promise<void> {
    while (true) {
      await this.reach(upTo, call);
      const witness = this.#witness;
      const { generation } = this.#feed;
      const isSame = (): boolean => witness === this.#witness && generation === this.#feed.generation;
      const difference = await find(witness);
      if (!isSame()) continue;
      const isApart = difference === undefined && (await this.#feed.isApart(isWhole, call));
      if (!isSame()) continue;
      if (isApart) {
        if (isWhole) this.#disagreement.clear();
        return;
      }
      this.#startOver(difference);
      await call.pause(againMs);
    }
  }

  /** What was received is not what the leader has, or came from the leader itself: all that was judged may be wrong. */
  #startOver(difference: Difference | undefined): void {
    const { stream, listener, place } = this.#init;
    const { server } = this.#feed;
    if (difference !== undefined && this.#disagreement.finds(difference.at, server)) {
      const { servers } = this.#disagreement;
      this.fails(
        copiesDiffer({ address: stream.link.address, stream: stream.name, at: difference.at, servers }),
      );
      return;
    }
    for (const id of this.#expected.keys()) this.#expected.set(id, undefined);
    this.#hasCaughtUp = false;
    this.#witness = new Witness(stream, place.filter, difference?.behind);
    const { position } = this.#coming;
    this.#coming = new Copy(place, this);
    this.#feed.startOver();
    listener.missed?.(position);
  }

  #release(): void {
    for (const waiter of this.#waiters) {
      if (waiter.sequence > this.position) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function isLate(error: unknown): boolean {
  return isQuorateError(error) && error.code === 'deadline-exceeded';
}
