/**
 * What one write to a segment says, read straight from its bytes: for watchers of a simulated disk, who want to
 * know what a node has made durable without asking the node. Nothing is verified, because whoever watches sees
 * the bytes as they were handed over and not as they came back.
 */
import type { GroupId } from '../../raft/index.ts';
import { flushHeaderBytes, hasFlushMagic } from './flush-format.ts';
import type { StateChange } from './group-append.ts';
import { decodeChange, entryRowBytes, recordHeaderBytes } from './record-format.ts';
import { readU64, sectorBytes } from './segment-format.ts';

export interface FlushVisitor {
  change(group: GroupId, change: StateChange): void;
  /** Replaces what stood from `index` on. */
  entry(group: GroupId, index: number, term: number): void;
}

const entriesCode = 1;
const stateCode = 3;

/** Visits the records of a flush in their order; of bytes that are none, such as the zeros of a new segment, nothing. */
export function walkFlush(bytes: Uint8Array, visitor: FlushVisitor): void {
  if (bytes.length < sectorBytes) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The first flush of a segment is written together with the header of the segment.
  const start = hasFlushMagic(view, 0) ? 0 : sectorBytes;
  if (start + sectorBytes > bytes.length || !hasFlushMagic(view, start)) return;
  let at = start + flushHeaderBytes;
  for (let left = view.getUint32(start + 32, true); left > 0; left -= 1) {
    const payloadBytes = view.getUint32(at + 4, true);
    const group = view.getUint32(at + 12, true);
    const code = view.getUint8(at + 16);
    const payload = at + recordHeaderBytes;
    if (code === entriesCode) walkEntries(view, at, group, visitor);
    else if (code === stateCode)
      visitor.change(
        group,
        decodeChange(bytes.subarray(payload, payload + payloadBytes), view.getUint8(at + 17)),
      );
    at = payload + payloadBytes;
  }
}

function walkEntries(view: DataView, record: number, group: GroupId, visitor: FlushVisitor): void {
  const count = view.getUint32(record + 20, true);
  const first = readU64(view, record + 24);
  let row = record + recordHeaderBytes;
  for (let place = 0; place < count; place += 1) {
    const term = view.getUint32(row + 4, true) + view.getUint16(row + 8, true) * 0x1_0000_0000;
    visitor.entry(group, first + place, term);
    row += entryRowBytes;
  }
}
