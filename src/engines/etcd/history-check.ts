/**
 * Notices that etcd has lost what it had acknowledged: restored from an old backup, started anew on an empty disk, or
 * another cluster at the same address. A linearizable answer is never older than an answer that was there before it
 * was asked for, so a revision that falls is the proof.
 */
import { QuorateError } from '../../base/index.ts';
import type { Header } from './answers.ts';

export class HistoryCheck {
  #cluster = '';
  #revision = 0;

  /** The highest that was seen: to be read before a call is sent, and given to `linearizable` with its answer. */
  get revision(): number {
    return this.#revision;
  }

  /** Of any answer of a member, which may lag behind. Throws `engine-data-lost`. */
  member({ cluster }: Header): void {
    if (this.#cluster === '') this.#cluster = cluster;
    // Not every answer says whose it is.
    if (cluster === this.#cluster || cluster === '') return;
    throw dataLost(`it is the cluster ${cluster} now, and was ${this.#cluster}`);
  }

  /** Throws `engine-data-lost`. */
  linearizable({ revision }: Header, seenBefore: number): void {
    if (revision > this.#revision) this.#revision = revision;
    if (revision < seenBefore)
      throw dataLost(`it is at revision ${revision}, and had answered from ${seenBefore} before`);
  }
}

function dataLost(problem: string): QuorateError<'engine-data-lost'> {
  return new QuorateError({
    code: 'engine-data-lost',
    message: `etcd has lost data: ${problem}; take nothing for granted that was held there, and open it anew`,
    data: { engine: 'etcd', problem },
  });
}
