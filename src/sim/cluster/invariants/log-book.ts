/**
 * All entries that any member ever held, each with a hash of itself and everything before it. Two logs that
 * hold the same index and term must be equal up to there (Raft §5.3, log matching), so one hash per position is
 * enough to prove it of all logs at once. It also knows which of the entries are committed: for ever.
 */
import { crc32 } from '../../../base/index.ts';
import {
  type Configuration,
  decodeConfiguration,
  type Entry,
  type EntryId,
  encodeConfiguration,
  type SnapshotMark,
} from '../../../raft/index.ts';
import { InvariantBroken } from './broken.ts';
import { ShadowLog } from './shadow-log.ts';

/** More elections than any run sees; lets index and term be one number. */
const termsMax = 2 ** 20;

const kindNumbers: Readonly<Record<Entry['kind'], number>> = { command: 1, empty: 2, configuration: 3 };

export class LogBook {
  readonly #hashes = new Map<number, number>([[0, 0]]);
  readonly #configurations = new Map<number, Configuration>();
  readonly #changed: (configuration: Configuration) => void;
  /** What is committed, as far as anybody has acted on it. */
  readonly committed: ShadowLog = new ShadowLog();
  /** The configurations that are committed, from the one with which the cluster began. */
  readonly #agreed: { readonly index: number; readonly configuration: Configuration }[] = [];
  /** For each term in which something was committed, the last entry up to which that was done. */
  readonly #commits: { readonly term: number; last: number }[] = [];

  /** `changed` hears of each configuration that becomes committed. */
  constructor(changed: (configuration: Configuration) => void) {
    this.#changed = changed;
  }

  /** The cluster begins with this configuration, of which there is no entry. Whoever says so later says the same. */
  begin(configuration: Configuration): void {
    if (this.#agreed.length === 0) this.#agreed.push({ index: 0, configuration });
  }

  /** Notes an entry behind `previous` in the log of `member`. */
  note(member: number, previous: EntryId, { index, term, kind, data }: Entry): void {
    const before = this.#hashes.get(key(previous));
    if (before === undefined)
      throw new InvariantBroken(
        `member ${member} holds entry ${index} behind ${previous.index} of term ${previous.term}, which nobody ever had`,
      );
    const hash = crc32(data, before ^ Math.imul(term * 4 + (kindNumbers[kind] ?? 0), 0x9e37_79b1));
    const known = this.#hashes.get(key({ index, term }));
    if (known === undefined) {
      this.#hashes.set(key({ index, term }), hash);
      if (kind === 'configuration') this.#configurations.set(key({ index, term }), decodeConfiguration(data));
    } else if (known !== hash)
      throw new InvariantBroken(
        `member ${member} holds another log up to ${index} of term ${term} than who held that first`,
      );
  }

  /** `index` and all before it are committed in the log of who says so. */
  commit(index: number, log: ShadowLog): void {
    const { committed } = this;
    for (let at = committed.last + 1; at <= index; at += 1) {
      const term = log.termAt(at);
      committed.put(at, term);
      const configuration = this.#configurations.get(key({ index: at, term }));
      if (configuration === undefined) continue;
      this.#agreed.push({ index: at, configuration });
      this.#changed(configuration);
    }
    // A leader commits by an entry of its own term, so the last one tells in which term all of them were.
    const term = committed.termAt(index);
    const latest = this.#commits.at(-1);
    if (latest !== undefined && latest.term >= term) latest.last = index;
    else this.#commits.push({ term, last: index });
  }

  /** A snapshot carries the members and the level that were agreed on where it ends: whoever goes on from it knows no others. */
  checkMark(member: number, { index, configuration }: SnapshotMark): void {
    if (index > this.committed.last)
      throw new InvariantBroken(
        `member ${member} has a snapshot of ${index}, and ${this.committed.last} is the last that is committed`,
      );
    const agreed = this.#agreed.findLast((placed) => placed.index <= index)?.configuration;
    if (agreed === undefined || isSame(agreed, configuration)) return;
    throw new InvariantBroken(
      `member ${member} has a snapshot of ${index} with ${shown(configuration)}, and agreed there were ${shown(agreed)}`,
    );
  }

  /** The last entry that was committed in a term before `term`: who leads that one has all up to there. */
  committedBefore(term: number): number {
    return this.#commits.findLast((commit) => commit.term < term)?.last ?? 0;
  }
}

function key({ index, term }: EntryId): number {
  return index * termsMax + term;
}

function isSame(one: Configuration, other: Configuration): boolean {
  if (one === other) return true;
  const [bytes, others] = [encodeConfiguration(one), encodeConfiguration(other)];
  return bytes.length === others.length && bytes.every((byte, place) => byte === others[place]);
}

function shown({ voters, outgoing, learners, level }: Configuration): string {
  const [old, more] = [outgoing.length === 0 ? '' : ` with ${outgoing}`, `${learners}` || 'none'];
  return `voters ${voters}${old}, learners ${more}, level ${level}`;
}
