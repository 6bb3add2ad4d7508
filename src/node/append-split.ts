/**
 * Cuts what one group wants to persist into appends that fit into the log. Each part stands by itself after a
 * crash: the term and vote go first, because no log may end in a later term than its member knows, with the
 * commit index held back to what the part contains.
 */
import type { Entry } from '../raft/index.ts';
import type { GroupAppend } from '../storage/index.ts';

/** More than any field beside the data of an entry, or of an append beside its entries, takes. */
const overheadBytes = 64;

export function appendBytes({ entries }: GroupAppend): number {
  let bytes = overheadBytes * 4;
  for (const entry of entries ?? []) bytes += entryBytes(entry);
  return bytes;
}

/** One entry is never cut: it goes alone when it is larger than `bytesMax`. */
export function splitAppend(append: GroupAppend, bytesMax: number): GroupAppend[] {
  const { entries, hardState } = append;
  if (entries === undefined || appendBytes(append) <= bytesMax) return [append];
  const runs = runsOf(entries, bytesMax);
  return runs.map((run, place) => {
    const last = run.at(-1) as Entry;
    const state =
      hardState === undefined ? undefined : { ...hardState, commit: Math.min(hardState.commit, last.index) };
    const part: GroupAppend = { group: append.group, entries: run, hardState: state };
    return place === 0 ? { ...append, ...part } : part;
  });
}

function runsOf(entries: readonly Entry[], bytesMax: number): Entry[][] {
  const runs: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entryBytes(entry);
    if (bytes > bytesMax) {
      runs.push([]);
      bytes = overheadBytes * 4 + entryBytes(entry);
    }
    runs.at(-1)?.push(entry);
  }
  return runs;
}

function entryBytes(entry: Entry): number {
  return entry.data.length + overheadBytes;
}
