/**
 * The first frame on every connection: who speaks, what it wants, and which protocol it knows. A node answers
 * only what belongs to its cluster and was meant for it, so that a wrong address in a configuration file
 * shows at once, and never as a vote.
 */
import { ByteReader, ByteWriter, QuorateError } from '../base/index.ts';

/** `peer`: members' messages. `snapshot`: one snapshot from a member. `client`: requests and replies. */
type Purpose = 'peer' | 'client' | 'snapshot';

export interface Hello {
  readonly purpose: Purpose;
  /** Random bytes as text, drawn when the cluster was made; empty from a client that takes any. */
  readonly cluster: string;
  /** The sending member; 0 from a client. */
  readonly from: number;
  /** The member that is meant; 0 for whoever answers. */
  readonly to: number;
}

/** Raised when an older node could not understand a newer one. */
const protocolVersion = 1;

const magic = 0x7175_6f72;
const purposes: readonly Purpose[] = ['peer', 'client', 'snapshot'];

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u32(magic);
  writer.u16(protocolVersion);
  writer.u8(purposes.indexOf(hello.purpose));
  writer.text(hello.cluster);
  writer.varint(hello.from);
  writer.varint(hello.to);
  return writer.copy();
}

export function decodeHello(bytes: Uint8Array): Hello {
  const reader = new ByteReader(bytes, 'hello');
  if (reader.u32() !== magic) throw reader.malformed('not the protocol of Quorate', 0);
  const version = reader.u16();
  if (version !== protocolVersion)
    throw helloRefused(`it speaks protocol ${version}, and this node ${protocolVersion}`);
  const purpose = purposes[reader.u8()];
  if (purpose === undefined) throw reader.malformed('an unknown purpose', reader.offset - 1);
  const hello: Hello = { purpose, cluster: reader.text(), from: reader.varint(), to: reader.varint() };
  reader.end();
  return hello;
}

export function helloRefused(reason: string): QuorateError<'hello-refused'> {
  return new QuorateError({
    code: 'hello-refused',
    message: `a connection was refused: ${reason}; check the address and the version at the other end`,
    data: { reason },
  });
}
