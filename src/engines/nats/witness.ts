/**
 * Whether a consumer has left something out. It counts what it delivers, not what it should have delivered, and the
 * sequences of a directory have gaps by nature: what a consumer passes over nobody misses (2.9.10 does so behind
 * purges). So the leader of the stream is asked too, which of its messages comes next behind one that was received:
 * it has to be the next that was received, or one that came later, where some were swept in the meantime.
 *
 * Of a leader only what it has is believed. One that was deposed and does not know it lacks the end of the stream;
 * so an answer counts when it names a message at or behind the one whose acknowledgement is at hand, and "none"
 * is no answer. It cannot be asked together with the publication of that message, because it would answer first.
 *
 * The alternatives: that each message names the last one that its writer had seen says nothing of those in between,
 * and there lies what somebody else wrote at the same moment; a sum over all that was seen can be compared only when
 * others write later, and they hear of the stream by consumers too. The numbers of messages by subject, which a
 * server tells with the stream, are as long as the directory and are not of one moment; and a wrong one would be a
 * hole for ever, while here a message that is missing is named.
 *
 * What it does not see: a hole further back than the last messages that it remembers, in what was received since the
 * last proof, and what the leader's own index has lost.
 */
import type { Call } from './call.ts';
import type { Stream } from './stream.ts';

/** So many messages are asked about at most: a whole directory that is read for the first time may be long. */
const rememberedMax = 256;
/** So many questions are under way at once. */
const questionsMax = 32;

export class Witness {
  readonly #stream: Stream;
  readonly #filter: string;
  /** There was a hole behind it; what follows is remembered until that is proved to be filled. */
  readonly #doubtedFrom: number;
  /** The newest that were received, oldest first. */
  readonly #received = new Set<number>();
  #newest = 0;
  #forgottenUpTo = 0;
  #provedUpTo = 0;

  constructor(stream: Stream, filter: string, doubtedFrom: number = Number.POSITIVE_INFINITY) {
    this.#stream = stream;
    this.#filter = filter;
    this.#doubtedFrom = doubtedFrom;
  }

  /** A consumer on a server that lags behind may deliver again what was received before. */
  receives(sequence: number): void {
    if (sequence <= this.#newest) return;
    this.#newest = sequence;
    this.#received.add(sequence);
    for (const oldest of this.#received) {
      const isDoubted = oldest > this.#doubtedFrom && this.#provedUpTo <= this.#doubtedFrom;
      if (isDoubted || this.#received.size <= rememberedMax) return;
      this.#received.delete(oldest);
      this.#forgottenUpTo = oldest;
    }
  }

  /**
   * Behind which message one of the directory was left out, of those up to `upTo`, which has been acknowledged and
   * up to which everything was received; undefined for none.
   */
  async findHole(upTo: number, call: Call): Promise<number | undefined> {
    let behind = Math.max(this.#provedUpTo, this.#forgottenUpTo);
    const steps: { readonly from: number; readonly to: number }[] = [];
    for (const sequence of this.#received) {
      if (sequence <= behind || sequence >= upTo) continue;
      steps.push({ from: behind, to: sequence });
      behind = sequence;
    }
    if (behind < upTo) steps.push({ from: behind, to: upTo });
    for (let at = 0; at < steps.length; at += questionsMax) {
      const asked = steps.slice(at, at + questionsMax);
      const next = await Promise.all(
        asked.map(({ from }) => this.#stream.next(this.#filter, from + 1, call)),
      );
      const hole = asked.find(({ to }, place) => (next[place] as number) < to);
      if (hole !== undefined) return hole.from;
    }
    this.#provedUpTo = Math.max(this.#provedUpTo, upTo);
    return undefined;
  }

  /** The same for one subject of it, where `previous` was the newest and `upTo` is to replace it. */
  async findHoleOf(subject: string, previous: number, upTo: number, call: Call): Promise<number | undefined> {
    let behind = previous;
    while (true) {
      const next = await this.#stream.next(subject, behind + 1, call);
      if (next >= upTo) return undefined;
      if (next > this.#forgottenUpTo && !this.#received.has(next)) return behind;
      behind = next;
    }
  }
}
