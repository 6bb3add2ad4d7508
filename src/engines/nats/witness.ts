/**
 * Whether what a consumer delivered is what the stream holds. A consumer reads the copy of the server that it is on,
 * and that copy may be wrong for ever: a leader of 2.9.10 that is killed with messages that it had sent to nobody
 * keeps them when it is back, in place of as many of those that were acknowledged meanwhile. Consumers leave out
 * messages too, behind purges. Nobody is told of either; so the leader of the stream is asked, which of its messages
 * comes next behind one that was received. It has to be the next that was received, taken at the same moment.
 *
 * Two copies are held against each other that way, as long as the consumer is not on the leader itself, which is the
 * feed's business (`feed.ts`). Which of the two is wrong is not known; that they differ is.
 *
 * Of a leader only what it has is believed. One that was deposed and does not know it lacks the end of the stream;
 * so an answer counts when it names a message at or behind the one whose acknowledgement is at hand, and nothing
 * is no answer. It cannot be asked together with the publication of that message, because it would answer first.
 *
 * The alternatives: that each message names the last one that its writer had seen says nothing of those in between,
 * and there lies what somebody else wrote at the same moment; a sum over all that was seen can be compared only when
 * others write later, and the one who was wrong has acted by then. The numbers of messages by subject, which a
 * server tells with the stream, are as long as the directory and are not of one moment; and a wrong one would be a
 * difference for ever, while here the message is named.
 *
 * What it does not see: what lies further back than the last messages that it remembers, in what was received since
 * the last proof; and what two of three copies have lost alike.
 */
import type { StoredPlace } from './answers.ts';
import type { Call } from './call.ts';
import type { Stream } from './stream.ts';

/**
 * So many messages are asked about at most: a whole directory that is read for the first time may be long. Of those
 * that only prove something (`mirror.ts`) a stream keeps half as many.
 */
const rememberedMax = 2_048;
/** So many questions are under way at once. */
const questionsMax = 32;

/** Between questions to a leader that has nothing. */
const againMs = 100;

/** Where the leader and what was received differ. */
export interface Difference {
  /** Up to there they are the same. */
  readonly behind: number;
  /** The message that only one of them has, or that is another one. */
  readonly at: number;
}

export class Witness {
  readonly #stream: Stream;
  readonly #filter: string;
  /** There was a difference behind it; what follows is remembered until that is proved to be mended. */
  readonly #doubtedFrom: number;
  /** The newest that were received, oldest first, and when they were taken. */
  readonly #received = new Map<number, number>();
  #newest = 0;
  #forgottenUpTo = 0;
  #provedUpTo = 0;

  constructor(stream: Stream, filter: string, doubtedFrom: number = Number.POSITIVE_INFINITY) {
    this.#stream = stream;
    this.#filter = filter;
    this.#doubtedFrom = doubtedFrom;
  }

  get provedUpTo(): number {
    return this.#provedUpTo;
  }

  /**
   * A consumer on a server that lags behind delivers `again` what was received before; or what another server did not
   * have there, when one of them is wrong.
   */
  receives(place: StoredPlace): 'news' | 'again' | 'another' {
    const { sequence, moment } = place;
    if (sequence <= this.#newest) return this.#isReceived(place) ? 'again' : 'another';
    this.#newest = sequence;
    this.#received.set(sequence, moment);
    for (const oldest of this.#received.keys()) {
      const isDoubted = oldest > this.#doubtedFrom && this.#provedUpTo <= this.#doubtedFrom;
      if (isDoubted || this.#received.size <= rememberedMax) break;
      this.#received.delete(oldest);
      this.#forgottenUpTo = oldest;
    }
    return 'news';
  }

  /**
   * The first difference in the directory up to `upTo`, which was received or acknowledged, and up to which everything
   * was received; undefined for none.
   */
  async findDifference(upTo: number, call: Call): Promise<Difference | undefined> {
    let behind = Math.max(this.#provedUpTo, this.#forgottenUpTo);
    const steps: { readonly from: number; readonly to: number }[] = [];
    for (const sequence of this.#received.keys()) {
      if (sequence <= behind || sequence >= upTo) continue;
      steps.push({ from: behind, to: sequence });
      behind = sequence;
    }
    if (behind < upTo) steps.push({ from: behind, to: upTo });
    for (let at = 0; at < steps.length; at += questionsMax) {
      const asked = steps.slice(at, at + questionsMax);
      const found = await Promise.all(
        asked.map(async ({ from, to }) => {
          const next = await this.#next(this.#filter, { from: from + 1, to }, call);
          return await this.#compare({ next, from, to }, call);
        }),
      );
      const difference = found.find((one) => one !== undefined);
      if (difference !== undefined) return difference;
    }
    this.#provedUpTo = Math.max(this.#provedUpTo, upTo);
    return undefined;
  }

  /** The same for one subject of it, where `previous` was the newest, 0 for none, and `upTo` is to replace it. */
  async findDifferenceOf(
    subject: string,
    previous: number,
    upTo: number,
    call: Call,
  ): Promise<Difference | undefined> {
    if (previous > Math.max(this.#provedUpTo, this.#forgottenUpTo)) {
      const next = await this.#next(subject, { from: previous, to: previous }, call);
      const difference = await this.#compare({ next, from: previous - 1, to: previous }, call);
      if (difference !== undefined) return difference;
    }
    let behind = previous;
    while (true) {
      const next = await this.#next(subject, { from: behind + 1, to: upTo }, call);
      if (next === 'another' || next.sequence >= upTo)
        return await this.#compare({ next, from: behind, to: upTo }, call);
      const isForgotten = next.sequence <= this.#forgottenUpTo;
      if (!isForgotten && !this.#isReceived(next)) return { behind, at: next.sequence };
      behind = next.sequence;
    }
  }

  /**
   * What the leader has next; `another` when it has none, but something else in place of what was received. Who has
   * neither is no leader any more, or not yet, and it is asked again until the call ends.
   */
  async #next(
    filter: string,
    { from, to }: { readonly from: number; readonly to: number },
    call: Call,
  ): Promise<StoredPlace | 'another'> {
    let isThere = false;
    while (true) {
      const next = await this.#stream.next(filter, from, call);
      if (next !== undefined) return next;
      // Another may lead between two questions, so what it says is to be said twice.
      if (isThere) return 'another';
      isThere = await this.#stream.has({ sequence: to }, call);
      if (!isThere) await call.pause(againMs);
    }
  }

  /** `next` is what the leader has behind `from`, where `to` was received next. */
  async #compare(
    {
      next,
      from,
      to,
    }: { readonly next: StoredPlace | 'another'; readonly from: number; readonly to: number },
    call: Call,
  ): Promise<Difference | undefined> {
    if (next === 'another') return { behind: from, at: to };
    if (next.sequence < to) return { behind: from, at: next.sequence };
    if (next.sequence === to) return this.#isReceived(next) ? undefined : { behind: from, at: to };
    // It was swept in the meantime; or the leader never had it, and has another one in its place.
    return (await this.#stream.has({ sequence: to }, call)) ? { behind: from, at: to } : undefined;
  }

  #isReceived({ sequence, moment }: StoredPlace): boolean {
    return sequence <= this.#forgottenUpTo || this.#received.get(sequence) === moment;
  }
}
