/**
 * What somebody says of a member: the unit of news. It is written once, when a node begins to believe it, and goes
 * out many times as these bytes. A claim that a member is healthy comes from itself, and says where it is and what it
 * says of itself; the others are short, because everybody who has use for them knows the member.
 */
import type { ByteReader, ByteWriter } from '../base/index.ts';
import { type MemberStatus, statuses, statusRank } from './member.ts';
import { addressBytesMax, idBytesMax } from './settings.ts';

/** What only the member itself can say. */
export interface MemberContent {
  readonly address: string;
  /** As `metadata.ts` writes it: judged only by those who keep it. */
  readonly metadata: Uint8Array;
}

export type Claim =
  | {
      readonly status: 'HEALTHY';
      readonly id: string;
      readonly incarnation: number;
      readonly content: MemberContent;
    }
  | {
      readonly status: 'SUSPECT' | 'UNHEALTHY';
      readonly id: string;
      readonly incarnation: number;
      /** Who found it out by themselves. */
      readonly accusers: readonly string[];
    }
  | { readonly status: 'LEFT'; readonly id: string; readonly incarnation: number };

/** More accusers than that are not told: nobody counts so many. */
const accusersMax = 4;

function encodeClaim(writer: ByteWriter, claim: Claim): void {
  writer.u8(statusRank(claim.status));
  writer.text(claim.id);
  writer.varint(claim.incarnation);
  if (claim.status === 'LEFT') return;
  if (claim.status === 'HEALTHY') {
    writer.text(claim.content.address);
    writer.block(claim.content.metadata);
    return;
  }
  const told = claim.accusers.slice(0, accusersMax);
  writer.u8(told.length);
  for (const accuser of told) writer.text(accuser);
}

/** A copy of its bytes, by way of a writer that is used for nothing else. */
export function claimBytes(writer: ByteWriter, claim: Claim): Uint8Array {
  writer.reset();
  encodeClaim(writer, claim);
  return writer.copy();
}

/** The metadata is a view of the packet: who keeps it copies it. */
export function decodeClaim(reader: ByteReader): Claim {
  const start = reader.offset;
  const status: MemberStatus | undefined = statuses[reader.u8()];
  if (status === undefined) throw reader.malformed('a claim of no kind', start);
  const id = decodeName(reader, idBytesMax);
  const incarnation = reader.varint();
  if (status === 'LEFT') return { status, id, incarnation };
  if (status === 'HEALTHY') {
    const address = decodeName(reader, addressBytesMax);
    return { status, id, incarnation, content: { address, metadata: reader.block() } };
  }
  const count = reader.u8();
  if (count === 0 || count > accusersMax) throw reader.malformed(`${count} accusers of a member`, start);
  const accusers = Array.from({ length: count }, () => decodeName(reader, idBytesMax));
  return { status, id, incarnation, accusers };
}

/** A text that is neither empty nor longer than names are. */
export function decodeName(reader: ByteReader, bytesMax: number): string {
  const start = reader.offset;
  const name = reader.text();
  const bytes = reader.offset - start - (bytesMax > 127 && name.length > 127 ? 2 : 1);
  if (name.length === 0 || bytes > bytesMax) throw reader.malformed(`a name of ${bytes} bytes`, start);
  return name;
}
