/**
 * How much log has gathered since the last snapshot, which decides when the next one is due. It is counted as
 * entries are applied. A state that is kept on disk has most of them applied already when the node starts; they
 * still count, because a node that forgot them at each start, and started often, would never forget any log.
 */
import type { Entry } from '../raft/index.ts';

/** What an entry costs in the log besides its data. */
const entryOverheadBytes = 64;

export function loggedBytes({ data }: Entry): number {
  return data.length + entryOverheadBytes;
}

/** Of entries that the state holds already, and the last snapshot does not cover. */
export function bytesSince(snapshotIndex: number, entries: readonly Entry[], applied: number): number {
  let bytes = 0;
  for (const entry of entries) {
    if (entry.index > snapshotIndex && entry.index <= applied) bytes += loggedBytes(entry);
  }
  return bytes;
}
