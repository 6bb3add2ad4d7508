/**
 * The store's own numbers: everything that decides about commands and is no key, lease or answer. All of it
 * is replicated, and all of it is in a snapshot.
 */
import { ByteReader, type ByteWriter, crc32 } from '../base/index.ts';
import type { Position } from './head.ts';
import { decodeLimits, encodeLimits, initialLimits, type Limits } from './limits.ts';
import { StateHash, summarize } from './state-hash.ts';

export class StoreState {
  /** The last command that was applied. */
  appliedIndex = 0;
  /** The last write transaction; 0 for none yet. */
  revision = 0;
  /** Reads below are refused. */
  compactedRevision = 0;
  /** How far the collector has come on its way to `compactedRevision`: the first event that it has not seen. */
  collected: Position = { revision: 1, position: 0 };
  /** Bytes of history and guards, with an allowance for what each costs beside. */
  usedBytes = 0;
  keyCount = 0;
  tombstoneCount = 0;
  limits: Limits = initialLimits;
  /** Over history and guards; kept with the store. */
  readonly hash: StateHash;
  /** Over leases, sessions and answers; summed up anew whenever they are loaded. */
  readonly leaseHash: StateHash = new StateHash();

  constructor(hash: StateHash = new StateHash()) {
    this.hash = hash;
  }

  /** Equal for equal states; the applied index is no part of it, because some indexes carry no command. */
  summary(): number {
    return summarize(this.hash, [
      this.leaseHash.low,
      this.leaseHash.high,
      this.revision,
      this.compactedRevision,
      this.collected.revision,
      this.collected.position,
      this.usedBytes,
      this.keyCount,
      this.tombstoneCount,
      ...Object.values(this.limits),
    ]);
  }
}

const metaVersion = 1;

export function encodeState(writer: ByteWriter, state: StoreState): void {
  const start = writer.length;
  writer.u8(metaVersion);
  writer.varint(state.appliedIndex);
  writer.varint(state.revision);
  writer.varint(state.compactedRevision);
  writer.varint(state.collected.revision);
  writer.varint(state.collected.position);
  writer.varint(state.usedBytes);
  writer.varint(state.keyCount);
  writer.varint(state.tombstoneCount);
  writer.u32(state.hash.low);
  writer.u32(state.hash.high);
  writer.u32(state.leaseHash.low);
  writer.u32(state.leaseHash.high);
  encodeLimits(writer, state.limits);
  writer.u32(crc32(writer.bytes(start)));
}

/** A state and what the hash over its leases must be, once they are loaded. */
export interface DecodedState {
  readonly state: StoreState;
  readonly leaseHash: StateHash;
}

export function decodeState(bytes: Uint8Array): DecodedState {
  const reader = new ByteReader(bytes, 'store state');
  const version = reader.u8();
  if (version !== metaVersion) throw reader.malformed(`unknown version ${version}`, 0);
  const appliedIndex = reader.varint();
  const revision = reader.varint();
  const compactedRevision = reader.varint();
  const collected = { revision: reader.varint(), position: reader.varint() };
  const usedBytes = reader.varint();
  const keyCount = reader.varint();
  const tombstoneCount = reader.varint();
  const low = reader.u32();
  const state = new StoreState(new StateHash(low, reader.u32()));
  const leaseLow = reader.u32();
  const leaseHash = new StateHash(leaseLow, reader.u32());
  const limits = decodeLimits(reader);
  const crcAt = reader.offset;
  if (reader.u32() !== crc32(bytes.subarray(0, crcAt))) throw reader.malformed('a wrong checksum', crcAt);
  reader.end();
  const numbers = {
    appliedIndex,
    revision,
    compactedRevision,
    collected,
    usedBytes,
    keyCount,
    tombstoneCount,
  };
  return { state: Object.assign(state, { ...numbers, limits }), leaseHash };
}
