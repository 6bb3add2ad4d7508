/**
 * One change of one key, as the history keeps it. Watches are served from it, reads as of a revision walk
 * along it, and the heads can be made again from it.
 */
import { ByteReader, type ByteWriter } from '../base/index.ts';
import {
  type Chain,
  decodeChain,
  decodePosition,
  encodeChain,
  encodePosition,
  firstOfChain,
  type Head,
  nowhere,
  type Position,
  revisionBehind,
} from './head.ts';

/** Why a key changed. `delete` was asked for; `expired` and `revoked` say what became of the key's lease. */
export type EventKind = 'put' | 'delete' | 'expired' | 'revoked';

export interface HistoryEvent extends Head {
  readonly kind: EventKind;
  readonly key: Uint8Array;
  /** Empty unless `kind` is `put`. */
  readonly value: Uint8Array;
  /** The version before this one, which may be compacted; revision 0 for none. */
  readonly previous: Position;
}

const kinds: readonly EventKind[] = ['put', 'delete', 'expired', 'revoked'];
const kindMask = 3;
const flags = { first: 4, lease: 8, previous: 16 } as const;

export function encodeEvent(writer: ByteWriter, event: HistoryEvent): void {
  const isPut = event.kind === 'put';
  const isFirst = event.createRevision === event.revision;
  const isChained = event.previous.revision !== 0;
  writer.u8(
    kinds.indexOf(event.kind) |
      (isFirst ? flags.first : 0) |
      (event.lease === 0 ? 0 : flags.lease) |
      (isChained ? flags.previous : 0),
  );
  if (isPut && !isFirst) {
    writer.varint(event.revision - event.createRevision);
    writer.varint(event.version);
  }
  if (event.lease !== 0) writer.varint(event.lease);
  if (isChained) {
    encodePosition(writer, event.revision, event.previous);
    encodeChain(writer, event.revision, event);
  }
  writer.block(event.key);
  writer.raw(event.value);
}

/** Key and value are views of `bytes`. */
export function decodeEvent(bytes: Uint8Array, revision: number, position: number): HistoryEvent {
  const reader = new ByteReader(bytes, 'history event');
  const bits = reader.u8();
  const kind = kinds[bits & kindMask] as EventKind;
  let createRevision = kind === 'put' ? revision : 0;
  let version = kind === 'put' ? 1 : 0;
  if (kind === 'put' && (bits & flags.first) === 0) {
    createRevision = revisionBehind(reader, revision);
    version = reader.varint();
  }
  const lease = (bits & flags.lease) === 0 ? 0 : reader.varint();
  let previous = nowhere;
  let chain: Chain = firstOfChain;
  if ((bits & flags.previous) !== 0) {
    previous = decodePosition(reader, revision);
    chain = decodeChain(reader, revision);
  }
  const { milestone, distance } = chain;
  const key = reader.block();
  const value = reader.raw(reader.remaining);
  return {
    kind,
    revision,
    position,
    createRevision,
    version,
    lease,
    previous,
    milestone,
    distance,
    key,
    value,
  };
}
