/**
 * Cuts what one group wants to persist into pieces that the log takes. They become durable one after the other,
 * so a crash between two leaves the first part of the entries: a log that is shorter than it was to be, of which
 * nobody had been told, and therefore sound.
 */
import { assert } from '../base/index.ts';
import type { Entry, HardState } from '../raft/index.ts';
import type { GroupAppend } from '../storage/index.ts';

/** More than the log needs for an entry beside its data, and for an append beside its entries. */
const entryOverheadBytes = 32;
const appendOverheadBytes = 2048;

/** At least what the append takes in the log. */
export function appendBytes({ entries }: GroupAppend): number {
  let bytes = appendOverheadBytes;
  if (entries !== undefined) for (const entry of entries) bytes += entryBytes(entry);
  return bytes;
}

/**
 * The append in pieces of about `bytesMax`; an entry above that stands alone. Term and vote go with the first
 * piece, because no entry may be durable before the term that it was made in; the commit index follows as far as
 * the entries reach.
 */
export function cutAppend(append: GroupAppend, bytesMax: number): readonly GroupAppend[] {
  const { group, entries, hardState } = append;
  if (entries === undefined || entries.length < 2 || appendBytes(append) <= bytesMax) return [append];
  const runs = cutEntries(entries, bytesMax - appendOverheadBytes);
  return runs.map((run, place) => {
    const reached = hardState === undefined ? undefined : reachedBy(hardState, run);
    if (place === 0) return { ...append, entries: run, hardState: reached };
    if (place < runs.length - 1) return { group, entries: run };
    return { group, entries: run, hardState };
  });
}

function cutEntries(entries: readonly Entry[], bytesMax: number): readonly (readonly Entry[])[] {
  const runs: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entryBytes(entry);
    if (bytes > bytesMax) {
      runs.push([]);
      bytes = entryBytes(entry);
    }
    (runs.at(-1) as Entry[]).push(entry);
  }
  return runs;
}

/** The hard state while the log ends with `run`. */
function reachedBy(hardState: HardState, run: readonly Entry[]): HardState {
  const last = run.at(-1);
  assert(last !== undefined, 'a run of entries holds one');
  return hardState.commit <= last.index ? hardState : { ...hardState, commit: last.index };
}

function entryBytes(entry: Entry): number {
  return entry.data.length + entryOverheadBytes;
}
