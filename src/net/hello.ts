/**
 * The first frame on every connection: who speaks, what it wants, which protocols it knows, and what its release
 * can take part in. A node answers only what belongs to its cluster and was meant for it, so that a wrong address in
 * a configuration file shows at once, and never as a vote.
 *
 * Releases of different age must understand each other here before anything else, so this layout is frozen; what
 * is to be said beyond it comes as a field with a tag, and whoever does not know a tag skips its field.
 */
import { ByteReader, ByteWriter, QuorateError } from '../base/index.ts';
import type { Address } from '../ports/index.ts';

/**
 * `peer`: members' messages. `snapshot`: one snapshot from a member. `client`: requests and replies. `messages`:
 * programs that use each other's services, which have nothing to do with a node's groups.
 */
type Purpose = 'peer' | 'client' | 'snapshot' | 'messages';

export interface Hello {
  readonly purpose: Purpose;
  /** Random bytes as text, drawn when the cluster was made; empty from a client that takes any. */
  readonly cluster: string;
  /** The sending member; 0 from a client. */
  readonly from: number;
  /** The member that is meant; 0 for whoever answers. */
  readonly to: number;
  /** What a member's release can take part in. Absent from clients, and from a release that knows the first level only. */
  readonly levels?: HelloLevels;
  /** Where the sending member listens. Absent from clients, and from a member that does not say. */
  readonly address?: Address;
  /**
   * A client that is a node, and speaks for its own place in the cluster: it shows what members show, a proof or a
   * certificate, and needs to be no user. `from` is its identity, or 0 before it has one.
   */
  readonly asMember?: true;
  /** A client that wants to hear what the node understands; one of an older release says nothing. */
  readonly asksFeatures?: true;
  /** What a program that sends messages takes; belongs to them. */
  readonly terms?: Uint8Array;
}

export interface HelloLevels {
  readonly least: number;
  readonly most: number;
  /** The level with which the sender's cluster began, if the sender was there; 0 if not. */
  readonly founded: number;
}

/**
 * The protocols that this release speaks. Both ends speak the highest that they have in common; one raises `most`
 * to add one, and `least` a release later. Whoever dials begins in its least one: the other end either knows that
 * or refuses the hello.
 */
const protocols = { least: 1, most: 1 } as const;

const magic = 0x7175_6f72;
const purposes: readonly Purpose[] = ['peer', 'client', 'snapshot', 'messages'];
/** A tag is never given a second meaning. */
const levelsTag = 1;
const addressTag = 2;
const asMemberTag = 3;
const asksFeaturesTag = 4;
const termsTag = 5;

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u32(magic);
  writer.u16(protocols.least);
  writer.u16(protocols.most);
  writer.u8(purposes.indexOf(hello.purpose));
  writer.text(hello.cluster);
  writer.varint(hello.from);
  writer.varint(hello.to);
  if (hello.levels !== undefined) {
    writer.varint(levelsTag);
    writer.block(encodeLevels(hello.levels));
  }
  if (hello.address !== undefined) {
    writer.varint(addressTag);
    writer.block(encodeAddress(hello.address));
  }
  if (hello.asMember === true) {
    writer.varint(asMemberTag);
    writer.block(new Uint8Array(0));
  }
  if (hello.asksFeatures === true) {
    writer.varint(asksFeaturesTag);
    writer.block(new Uint8Array(0));
  }
  if (hello.terms !== undefined) {
    writer.varint(termsTag);
    writer.block(hello.terms);
  }
  return writer.copy();
}

export function decodeHello(bytes: Uint8Array): Hello {
  const reader = new ByteReader(bytes, 'hello');
  if (reader.u32() !== magic) throw reader.malformed('not the protocol of Quorate', 0);
  checkProtocols(reader.u16(), reader.u16());
  const purpose = purposes[reader.u8()];
  if (purpose === undefined) throw reader.malformed('an unknown purpose', reader.offset - 1);
  const hello: Hello = { purpose, cluster: reader.text(), from: reader.varint(), to: reader.varint() };
  let levels: HelloLevels | undefined;
  let address: Address | undefined;
  let asMember = false;
  let asksFeatures = false;
  let terms: Uint8Array | undefined;
  while (reader.remaining > 0) {
    const tag = reader.varint();
    const field = reader.block();
    if (tag === levelsTag) levels = decodeLevels(field);
    else if (tag === addressTag) address = decodeAddress(field);
    else if (tag === asMemberTag) asMember = true;
    else if (tag === asksFeaturesTag) asksFeatures = true;
    else if (tag === termsTag) terms = field;
  }
  return {
    ...hello,
    ...(levels === undefined ? {} : { levels }),
    ...(address === undefined ? {} : { address }),
    ...(asMember ? { asMember: true as const } : {}),
    ...(asksFeatures ? { asksFeatures: true as const } : {}),
    ...(terms === undefined ? {} : { terms }),
  };
}

/** Whether whoever says this hello must show that it is a member, or is to be one. */
export function speaksAsMember({ purpose, asMember }: Hello): boolean {
  return purpose === 'peer' || purpose === 'snapshot' || asMember === true;
}

function checkProtocols(least: number, most: number): void {
  if (least <= protocols.most && protocols.least <= most) return;
  const older = most < protocols.least ? 'it has' : 'this node has';
  throw helloRefused(
    `it speaks protocols ${least} to ${most}, and this node ${protocols.least} to ${protocols.most}: ${older} the older release, which must be upgraded first`,
  );
}

function encodeLevels({ least, most, founded }: HelloLevels): Uint8Array {
  const writer = new ByteWriter(16);
  writer.varint(least);
  writer.varint(most);
  writer.varint(founded);
  return writer.copy();
}

function decodeLevels(field: Uint8Array): HelloLevels {
  const reader = new ByteReader(field, 'levels in a hello');
  return { least: reader.varint(), most: reader.varint(), founded: reader.varint() };
}

function encodeAddress({ host, port }: Address): Uint8Array {
  const writer = new ByteWriter(64);
  writer.text(host);
  writer.varint(port);
  return writer.copy();
}

function decodeAddress(field: Uint8Array): Address {
  const reader = new ByteReader(field, 'address in a hello');
  return { host: reader.text(), port: reader.varint() };
}

export function helloRefused(reason: string): QuorateError<'hello-refused'> {
  return new QuorateError({
    code: 'hello-refused',
    message: `a connection was refused: ${reason}; check the address and the version at the other end`,
    data: { reason },
  });
}
