/**
 * How a backup travels: its reader begins it at one node and asks that node for frame after frame, some ahead of
 * their use. So a reader that is slow is sent no more than it has asked for, and the node holds one frame at a time.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';

export type BackupRequest =
  | { readonly kind: 'begin' }
  /** `place`: how many frames came before; the answer is the frame. */
  | { readonly kind: 'next'; readonly backup: number; readonly place: number }
  /** It is wanted no longer; the answer is empty. */
  | { readonly kind: 'end'; readonly backup: number };

/** The answer to `begin`. */
export interface BackupBegun {
  /** Its number at this node, on this connection. */
  readonly backup: number;
  /** The first frame. */
  readonly frame: Uint8Array;
}

const kinds: readonly BackupRequest['kind'][] = ['begin', 'next', 'end'];

export function encodeBackupRequest(request: BackupRequest): Uint8Array {
  const writer = new ByteWriter(16);
  writer.u8(kinds.indexOf(request.kind));
  if (request.kind !== 'begin') writer.varint(request.backup);
  if (request.kind === 'next') writer.varint(request.place);
  return writer.copy();
}

export function decodeBackupRequest(bytes: Uint8Array): BackupRequest {
  const reader = new ByteReader(bytes, 'request for a backup');
  const kind = kinds[reader.u8()];
  if (kind === undefined) throw reader.malformed('an unknown kind', 0);
  const backup = kind === 'begin' ? 0 : reader.varint();
  const place = kind === 'next' ? reader.varint() : 0;
  reader.end();
  if (kind === 'begin') return { kind };
  return kind === 'end' ? { kind, backup } : { kind, backup, place };
}

export function encodeBackupBegun({ backup, frame }: BackupBegun): Uint8Array {
  const writer = new ByteWriter(frame.length + 8);
  writer.varint(backup);
  writer.raw(frame);
  return writer.copy();
}

/** The frame is a view of `bytes`. */
export function decodeBackupBegun(bytes: Uint8Array): BackupBegun {
  const reader = new ByteReader(bytes, 'beginning of a backup');
  return { backup: reader.varint(), frame: reader.raw(reader.remaining) };
}
