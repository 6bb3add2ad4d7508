/** What a member brings back from its disk, checked before it takes part again. */
import { QuorateError } from '../base/index.ts';
import { type Configuration, decodeConfiguration, emptyConfiguration } from './configuration.ts';
import { type Entry, type EntryId, type HardState, initialHardState, noEntry } from './entry.ts';
import type { SnapshotMark } from './snapshot-mark.ts';

export interface Recovery {
  readonly hardState?: HardState;
  /** The end of what was compacted or replaced by a snapshot: entries begin behind it. Default: the log begins at 1. */
  readonly base?: EntryId;
  /** The configuration in force at the base. */
  readonly configuration?: Configuration;
  /** The latest snapshot that can be streamed to others. */
  readonly snapshot?: SnapshotMark;
  readonly entries?: readonly Entry[];
  /** The last index that the state machine holds. Default: the base. */
  readonly applied?: number;
  /**
   * True when the disk lost what was once acknowledged. Such a member receives the log and serves what it holds,
   * and does not vote or campaign: while entries may be missing, and for ever under this identity when it
   * may have forgotten a term or a vote.
   */
  readonly damaged?: boolean;
  /** With `damaged`: term and vote are the last that were given; once repaired it votes again. Default: false. */
  readonly voteIntact?: boolean;
}

export interface Recovered {
  readonly hardState: HardState;
  readonly base: EntryId;
  readonly configuration: Configuration;
  readonly snapshot: SnapshotMark | undefined;
  readonly entries: readonly Entry[];
  readonly applied: number;
  readonly damaged: boolean;
  readonly voteIntact: boolean;
}

/** Fills the defaults; refuses what no member can have written. */
export function checkRecovery(recovery: Recovery): Recovered {
  const base = recovery.base ?? noEntry;
  const recovered: Recovered = {
    hardState: recovery.hardState ?? initialHardState,
    base,
    configuration: recovery.configuration ?? emptyConfiguration,
    snapshot: recovery.snapshot,
    entries: recovery.entries ?? [],
    applied: recovery.applied ?? base.index,
    damaged: recovery.damaged ?? false,
    voteIntact: recovery.voteIntact ?? false,
  };
  checkNumbers(recovered);
  checkEntries(recovered);
  checkIndexes(recovered);
  checkSnapshot(recovered);
  return recovered;
}

function checkNumbers({ hardState, base, applied }: Recovered): void {
  const { term, vote, commit } = hardState;
  for (const [name, value] of Object.entries({
    term,
    vote,
    commit,
    applied,
    'base index': base.index,
    'base term': base.term,
  })) {
    if (!Number.isSafeInteger(value) || value < 0) throw broken(`its ${name} is ${value}`);
  }
  if (vote !== 0 && term === 0) throw broken(`it voted for member ${vote} before any election`);
}

function checkEntries({ base, entries, hardState }: Recovered): void {
  let before = base;
  for (const entry of entries) {
    if (entry.index !== before.index + 1) throw broken(`entry ${entry.index} follows ${before.index}`);
    if (entry.term < before.term)
      throw broken(`term falls from ${before.term} to ${entry.term} at ${entry.index}`);
    if (entry.kind === 'configuration') decodeConfiguration(entry.data);
    before = entry;
  }
  if (before.term > hardState.term)
    throw broken(`the log ends in term ${before.term}, above ${hardState.term}`);
}

function checkIndexes({ base, entries, hardState, applied, damaged }: Recovered): void {
  const last = base.index + entries.length;
  if (applied < base.index)
    throw broken(`the state machine holds ${applied}, but the log begins behind ${base.index}`);
  if (applied > last) throw broken(`the state machine holds ${applied}, but the log ends at ${last}`);
  if (hardState.commit > last && !damaged)
    throw broken(`${hardState.commit} is committed, but the log ends at ${last}`);
}

/** What is sent to others as the state up to an entry must stand for that entry and no other. */
function checkSnapshot({ base, entries, snapshot }: Recovered): void {
  if (snapshot === undefined || snapshot.index < base.index) return;
  const { index, term } = snapshot;
  const last = base.index + entries.length;
  if (index > last) throw broken(`a snapshot at ${index} lies behind the log, which ends at ${last}`);
  const held = index === base.index ? base : entries[index - base.index - 1];
  if (held?.term !== term) throw broken(`a snapshot of ${index} has term ${term}, and the log ${held?.term}`);
}

function broken(problem: string): QuorateError<'recovery-refused'> {
  return new QuorateError({
    code: 'recovery-refused',
    message: `what was recovered cannot be a member's state: ${problem}; repair the log from its peers or replace the member`,
    data: { problem },
  });
}
