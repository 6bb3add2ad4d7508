/**
 * A key's head: the numbers of its latest version and where that lies in the history. The versions of a key
 * form a chain from the newest back. So that a read as of an old revision does not walk through every version
 * of a busy key, each 64th is a *milestone*, and each version knows the nearest milestone behind it.
 */
import { ByteReader, type ByteWriter } from '../base/index.ts';

/** A place in the history: the n-th change of a revision. Revision 0 is no place. */
export interface Position {
  readonly revision: number;
  readonly position: number;
}

/** How a version hangs in its key's chain. */
export interface Chain {
  /** The nearest milestone behind this version; revision 0 for none. */
  readonly milestone: Position;
  /** Versions from that milestone to this one; 0 for a milestone and for the first of a chain. */
  readonly distance: number;
}

export interface Head extends Position, Chain {
  /** 0 for a tombstone, and so are `version` and `lease`. */
  readonly createRevision: number;
  readonly version: number;
  readonly lease: number;
}

export const nowhere: Position = { revision: 0, position: 0 };
export const firstOfChain: Chain = { milestone: nowhere, distance: 0 };

const milestoneStride = 64;
const flags = { position: 1, first: 2, lease: 4, chain: 8, tombstone: 16 } as const;

/** The chain of the version that comes behind `before`. */
export function chainBehind(before: Head): Chain {
  const distance = before.distance + 1 === milestoneStride ? 0 : before.distance + 1;
  const milestone =
    before.distance === 0 ? { revision: before.revision, position: before.position } : before.milestone;
  return { milestone, distance };
}

export function encodeHead(writer: ByteWriter, head: Head): void {
  const isTombstone = head.createRevision === 0;
  const isFirst = head.createRevision === head.revision;
  const isChained = head.milestone.revision !== 0;
  writer.u8(
    (head.position === 0 ? 0 : flags.position) |
      (isFirst ? flags.first : 0) |
      (head.lease === 0 ? 0 : flags.lease) |
      (isChained ? flags.chain : 0) |
      (isTombstone ? flags.tombstone : 0),
  );
  writer.varint(head.revision);
  if (head.position !== 0) writer.varint(head.position);
  if (!isFirst && !isTombstone) {
    writer.varint(head.revision - head.createRevision);
    writer.varint(head.version);
  }
  if (head.lease !== 0) writer.varint(head.lease);
  if (isChained) encodeChain(writer, head.revision, head);
}

export function decodeHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes, 'head');
  const bits = reader.u8();
  const revision = reader.varint();
  const position = (bits & flags.position) === 0 ? 0 : reader.varint();
  let createRevision = (bits & flags.tombstone) === 0 ? revision : 0;
  let version = (bits & flags.tombstone) === 0 ? 1 : 0;
  if ((bits & (flags.first | flags.tombstone)) === 0) {
    createRevision = revisionBehind(reader, revision);
    version = reader.varint();
  }
  const lease = (bits & flags.lease) === 0 ? 0 : reader.varint();
  const { milestone, distance } = (bits & flags.chain) === 0 ? firstOfChain : decodeChain(reader, revision);
  return { revision, position, milestone, distance, createRevision, version, lease };
}

/** Revisions behind a version are written as their distance from it, which is short. */
export function encodeChain(writer: ByteWriter, revision: number, chain: Chain): void {
  writer.u8(chain.distance);
  encodePosition(writer, revision, chain.milestone);
}

export function decodeChain(reader: ByteReader, revision: number): Chain {
  const distance = reader.u8();
  return { distance, milestone: decodePosition(reader, revision) };
}

export function encodePosition(writer: ByteWriter, revision: number, position: Position): void {
  writer.varint(revision - position.revision);
  writer.varint(position.position);
}

export function decodePosition(reader: ByteReader, revision: number): Position {
  return { revision: revisionBehind(reader, revision), position: reader.varint() };
}

/** A revision written as its distance from `revision`, which it cannot be ahead of. */
export function revisionBehind(reader: ByteReader, revision: number): number {
  const distance = reader.varint();
  if (distance > revision) throw reader.malformed('a revision below 0', reader.offset);
  return revision - distance;
}
