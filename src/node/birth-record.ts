/**
 * What a node is from the day its data directory is made: its cluster, its identity, and with whom the cluster
 * began. One small file, written whole or not at all. A directory that holds a log but no birth record has lost
 * something, and is refused rather than given a new identity: under a new one it would be a stranger, under
 * the old one it would have forgotten its promises.
 */
import { QuorateError } from '../base/index.ts';
import type { Address, Disk, Random } from '../ports/index.ts';
import type { MemberId } from '../raft/index.ts';
import { readCheckedFile, writeCheckedFile } from './checked-file.ts';
import { type NodeIdentity, releaseLevels } from './options.ts';
import type { Origin } from './origin.ts';

export interface BirthRecord {
  readonly identity: NodeIdentity;
  /** True: the log was made. From then on a missing log is damage, before it an unfinished birth. */
  readonly started: boolean;
  /** The voters with which the cluster began; empty on a node that joins. */
  readonly bootstrap: readonly MemberId[];
  /** The level with which the cluster began. Default: the highest of this release. */
  readonly level?: number;
  readonly addresses: ReadonlyMap<MemberId, Address>;
  /** Nodes of the cluster that is to take this one in; absent when it has, and on a node with which one began. */
  readonly joining?: readonly Address[];
  /** Whence the state came with which the cluster began; absent from one that began with nothing, and on a node that joined. */
  readonly origin?: Origin;
}

type ReadRecord = BirthRecord & { readonly level: number };

export const birthFileName = 'birth.json';
/** Stands in a directory that is being made of a state, until its birth record does. */
export const unfinishedFileName = 'unfinished.json';
const formatVersion = 1;
/** What a file system keeps at its root, where a data directory may well be. */
const foreignNames: ReadonlySet<string> = new Set(['lost+found']);

/** A new random identity in `cluster`. */
export function drawIdentity(random: Random, cluster: string): NodeIdentity {
  const log = new Uint8Array(16);
  random.fill(log);
  // 53 random bits, and never 0, which stands for nobody.
  const member = (random.uint32() % 0x20_0000) * 0x1_0000_0000 + random.uint32() || 1;
  return { cluster, member, log };
}

/** A name for a new cluster that no other one has. */
export function drawClusterName(random: Random): string {
  const bytes = new Uint8Array(12);
  random.fill(bytes);
  return hex(bytes);
}

/** The record of a data directory, or `undefined` where none was ever written. */
export async function readBirthRecord(disk: Disk, directory: string): Promise<ReadRecord | undefined> {
  await disk.makeDirectory(directory);
  const names = await disk.list(directory);
  if (!names.includes(birthFileName)) {
    if (names.some((name) => name.startsWith(unfinishedFileName))) throw unfinished(directory);
    const leftover = names.find((name) => !name.startsWith(birthFileName) && !foreignNames.has(name));
    if (leftover !== undefined) throw missing(directory, leftover);
    return undefined;
  }
  const text = await readCheckedFile(disk, `${directory}/${birthFileName}`);
  if (text === undefined) throw damaged(directory, `the checksum of ${birthFileName} does not fit`);
  return decode(text, directory);
}

/**
 * Writes the record of a data directory; durable when it resolves, and there either whole or not at all. A first
 * one (not `started`) is refused with `already-exists` where there is one: an identity is never overwritten.
 */
export async function writeBirthRecord(disk: Disk, directory: string, record: BirthRecord): Promise<void> {
  await disk.makeDirectory(directory);
  if (!record.started && (await disk.list(directory)).includes(birthFileName)) throw exists(directory);
  await writeCheckedFile(disk, `${directory}/${birthFileName}`, encode(record));
}

function encode({
  identity,
  started,
  bootstrap,
  level = releaseLevels.most,
  addresses,
  joining,
  origin,
}: BirthRecord): string {
  return JSON.stringify({
    version: formatVersion,
    cluster: identity.cluster,
    member: identity.member,
    log: hex(identity.log),
    started,
    bootstrap,
    level,
    addresses: [...addresses].map(([member, { host, port }]) => ({ member, host, port })),
    ...(joining === undefined ? {} : { joining }),
    ...(origin === undefined ? {} : { origin }),
  });
}

function decode(text: string, directory: string): ReadRecord {
  // The checksum has shown that this is what `encode` wrote, so its shape is known.
  const {
    version,
    cluster,
    member,
    log,
    started,
    bootstrap,
    level = 1,
    addresses,
    joining,
    origin,
  } = JSON.parse(text) as RecordText;
  if (version !== formatVersion) throw unsupported(`${directory}/${birthFileName}`, version);
  return {
    identity: { cluster, member, log: fromHex(log) },
    started,
    bootstrap,
    level,
    addresses: new Map(addresses.map((entry) => [entry.member, { host: entry.host, port: entry.port }])),
    ...(joining === undefined ? {} : { joining }),
    ...(origin === undefined ? {} : { origin }),
  };
}

interface RecordText {
  readonly version: number;
  readonly cluster: string;
  readonly member: MemberId;
  readonly log: string;
  readonly started: boolean;
  readonly bootstrap: readonly MemberId[];
  /** Absent from what was written before there were levels. */
  readonly level?: number;
  readonly addresses: readonly { readonly member: MemberId; readonly host: string; readonly port: number }[];
  readonly joining?: readonly Address[];
  readonly origin?: Origin;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function damaged(directory: string, reason: string): QuorateError<'directory-damaged'> {
  return new QuorateError({
    code: 'directory-damaged',
    message: `the data directory ${directory} cannot be used: ${reason}; restore it, or empty it and join as a new member`,
    data: { directory, reason },
  });
}

function unsupported(path: string, version: number): QuorateError<'unsupported-format'> {
  return new QuorateError({
    code: 'unsupported-format',
    message: `${path} has format ${version}, and this program knows format ${formatVersion}; run the release that wrote it or a newer one`,
    data: { path, version, supported: formatVersion },
  });
}

function exists(directory: string): QuorateError<'already-exists'> {
  const path = `${directory}/${birthFileName}`;
  return new QuorateError({
    code: 'already-exists',
    message: `${path} exists: this directory belongs to a node already; start that one, or choose an empty directory`,
    data: { what: 'birth record', path },
  });
}

function unfinished(directory: string): QuorateError<'restore-unfinished'> {
  return new QuorateError({
    code: 'restore-unfinished',
    message: `the data directory ${directory} is not whole: a restore or recovery into it was broken off; run the same command again, which begins it anew`,
    data: { directory },
  });
}

function missing(directory: string, found: string): QuorateError<'identity-missing'> {
  const path = `${directory}/${birthFileName}`;
  return new QuorateError({
    code: 'identity-missing',
    message: `${path} is missing, although the directory holds ${found}; restore it, or empty the directory and join as a new member`,
    data: { path },
  });
}
