/**
 * Entries come out of recovery as views of large windows. Where little of a window is still alive, its
 * entries are copied out, so that a small live log never holds the memory of the large one it was read from.
 */
import type { Entry, GroupId } from '../../raft/index.ts';
import type { RecoveredGroup } from './replay.ts';

/** A window is kept when at least this part of it is alive. */
const keptLiveFractionMin = 0.5;

export function packEntries(groups: Map<GroupId, RecoveredGroup>): Map<GroupId, RecoveredGroup> {
  const liveBytes = liveBytesByWindow(groups);
  const packed = new Map<GroupId, RecoveredGroup>();
  for (const [group, recovered] of groups) {
    packed.set(group, { ...recovered, entries: packedEntries(recovered.entries, liveBytes) });
  }
  return packed;
}

function liveBytesByWindow(groups: ReadonlyMap<GroupId, RecoveredGroup>): Map<ArrayBufferLike, number> {
  const liveBytes = new Map<ArrayBufferLike, number>();
  let window: ArrayBufferLike | undefined;
  let bytes = 0;
  const flush = (): void => {
    if (window !== undefined) liveBytes.set(window, (liveBytes.get(window) ?? 0) + bytes);
    bytes = 0;
  };
  for (const { entries } of groups.values()) {
    for (const { data } of entries) {
      if (data.buffer !== window) {
        flush();
        window = data.buffer;
      }
      bytes += data.length;
    }
  }
  flush();
  return liveBytes;
}

/** The same entries; those in sparse windows share one new buffer per run of neighbours. */
function packedEntries(
  entries: readonly Entry[],
  liveBytes: ReadonlyMap<ArrayBufferLike, number>,
): readonly Entry[] {
  const sparse = (entry: Entry): boolean => {
    const { buffer } = entry.data;
    return (liveBytes.get(buffer) ?? 0) < buffer.byteLength * keptLiveFractionMin;
  };
  if (!entries.some(sparse)) return entries;
  const copiedBytes = entries.reduce((sum, entry) => sum + (sparse(entry) ? entry.data.length : 0), 0);
  const copies = new Uint8Array(copiedBytes);
  let used = 0;
  return entries.map((entry) => {
    if (!sparse(entry)) return entry;
    const data = copies.subarray(used, used + entry.data.length);
    data.set(entry.data);
    used += data.length;
    return { ...entry, data };
  });
}
