/**
 * A backup becomes a new cluster: of one node, which others then join; or of several, each made from the same file by
 * a command of its own. Several have to agree on who they are without having met. So their ids follow from what
 * they have in common: an id drawn for this one restore, the digest of the backup, the members and their addresses,
 * and how far the revisions are moved. Nodes of which any of that differs are strangers to each other, and a second
 * restore of the same file, which draws another id, is another cluster than the first.
 */
import { crc32, invalidOption } from '../base/index.ts';
import { checkMemberAddress, checkMemberName } from '../net/index.ts';
import type { Address, Clock, Cryptography, Disk, Random } from '../ports/index.ts';
import {
  type BackupHeader,
  type BackupSummary,
  backupDamaged,
  type Checksum,
  readBackup,
} from '../storage/index.ts';
import { drawClusterName, drawIdentity } from './birth-record.ts';
import type { NodeIdentity } from './options.ts';
import { type FoundingMember, type Refounded, refound } from './refounding.ts';

export interface RestoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly cryptography: Cryptography;
  /** Default: CRC-32 in JavaScript. */
  readonly checksum?: Checksum;
  /** The backup. */
  readonly path: string;
  /** Becomes the data directory of a node; must be empty, or not exist. */
  readonly directory: string;
  /** The members of the new cluster, and which of them this node is. Absent: this node alone. */
  readonly together?: Together;
  /** So many revisions are left out behind that of the backup. Default a thousand millions. */
  readonly revisionBump?: number;
  readonly signal?: AbortSignal;
  /** Hears how many bytes of how many are done. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Together {
  readonly members: readonly { readonly name: string; readonly address: Address }[];
  /** Which of them this node is. */
  readonly name: string;
  /** Of this restore; the same for all its nodes, and for no other restore. Drawn by `drawRestoreId`. */
  readonly id: string;
}

export interface Restored extends Refounded {
  readonly identity: NodeIdentity;
  readonly header: BackupHeader;
  readonly summary: BackupSummary;
}

/** Far more than a cluster writes between a backup and its loss. */
export const revisionBumpDefault = 1_000_000_000;
/** Numbers end at 2⁵³ − 1; so far one may move them many times. */
const revisionBumpMax = 2 ** 46;
const membersMax = 32;
const idPattern = /^[0-9a-f]{24}$/;
/** A node that is made anew later than this would be a member that has forgotten what it promised. */
const idMsMax = 86_400_000;

/** An id for one restore. It says when it was drawn, because it is good for a day. */
export function drawRestoreId(clock: Pick<Clock, 'wall'>, random: Random): string {
  const bytes = new Uint8Array(12);
  random.fill(bytes);
  new DataView(bytes.buffer).setUint32(0, Math.trunc(clock.wall() / 1000));
  return hexOf(bytes);
}

/** Rejects with `backup-damaged`, and has touched nothing, where the backup is not whole. */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { revisionBump = revisionBumpDefault, directory, path, together } = options;
  checkBump(revisionBump);
  if (together !== undefined) checkTogether(together, options.clock.wall());
  // All of it is proved before anything is made of it, and again when it is read for that.
  const { header, summary } = await prove(options);
  const { identity, members } = identify(options, summary, revisionBump);
  const { disk, clock, checksum = crc32, signal, onProgress } = options;
  let bytes = summary.bytes;
  const built = await refound(
    {
      chunks: chunksOf(options),
      entries: [],
      level: header.level,
      check: ({ index, revision }) => {
        if (index !== header.index || revision !== header.revision)
          throw backupDamaged(path, 'its header does not belong to its state');
      },
    },
    {
      disk,
      clock,
      directory,
      checksum,
      identity,
      members,
      revisionBump,
      origin: { kind: 'restored', cluster: header.cluster, digest: summary.digest },
      signal,
      onBytes: (more) => {
        bytes += more;
        onProgress?.(bytes, 2 * summary.bytes);
      },
    },
  );
  return { ...built, identity, header, summary };
}

async function prove(
  options: RestoreOptions,
): Promise<{ readonly header: BackupHeader; readonly summary: BackupSummary }> {
  const { path, signal, onProgress } = options;
  let header: BackupHeader | undefined;
  let bytes = 0;
  for await (const part of readBackup({ checksum: crc32, ...options })) {
    signal?.throwIfAborted();
    if (part.kind === 'header') header = part.header;
    else if (part.kind === 'end' && header !== undefined) return { header, summary: part.summary };
    else if (part.kind === 'chunk') {
      bytes += part.chunk.length;
      onProgress?.(bytes, 2 * Math.max(bytes, header?.bytesAbout ?? 0));
    }
  }
  throw backupDamaged(path, 'it has no end');
}

async function* chunksOf(options: RestoreOptions): AsyncGenerator<Uint8Array> {
  for await (const part of readBackup({ checksum: crc32, ...options }))
    if (part.kind === 'chunk') yield part.chunk;
}

function identify(
  { together, random, cryptography }: RestoreOptions,
  { digest }: BackupSummary,
  revisionBump: number,
): { readonly identity: NodeIdentity; readonly members: readonly FoundingMember[] } {
  const drawn = drawIdentity(random, drawClusterName(random));
  if (together === undefined) return { identity: drawn, members: [{ id: drawn.member }] };
  const named = [...together.members].sort((one, other) => (one.name < other.name ? -1 : 1));
  const hash = (key: string, text: string): Uint8Array =>
    cryptography.hmac(new TextEncoder().encode(key), new TextEncoder().encode(text));
  const places = named.map(({ name, address }) => [name, address.host, address.port]);
  const common = hash(together.id, JSON.stringify([digest, revisionBump, places]));
  const cluster = hexOf(common.subarray(0, 12));
  const members = named.map(({ name, address }) => ({ id: memberOf(hash(cluster, name)), name, address }));
  const own = members.find(({ name }) => name === together.name);
  return { identity: { ...drawn, cluster, member: own?.id ?? 0 }, members };
}

/** 53 bits, and never 0, which stands for nobody. */
function memberOf(hash: Uint8Array): number {
  const view = new DataView(hash.buffer, hash.byteOffset);
  return (view.getUint32(0) % 0x20_0000) * 0x1_0000_0000 + view.getUint32(4) || 1;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function checkBump(revisionBump: number): void {
  const isRight = Number.isSafeInteger(revisionBump) && revisionBump >= 1 && revisionBump <= revisionBumpMax;
  if (!isRight)
    throw invalidOption('revisionBump', revisionBump, `a whole number from 1 to ${revisionBumpMax}`);
}

function checkTogether({ members, name, id }: Together, nowMs: number): void {
  const names = members.map((member) => checkMemberName(member.name));
  const places = members.map(({ address }) => {
    const { host, port } = checkMemberAddress(address);
    return `${host}:${port}`;
  });
  if (members.length > membersMax || members.length === 0)
    throw invalidOption('members', members.length, `1 to ${membersMax} members`);
  if (new Set(names).size < names.length || new Set(places).size < places.length)
    throw invalidOption('members', names.join(), 'names and addresses that are all different');
  if (!names.includes(name)) throw invalidOption('name', name, `one of the members: ${names.join(', ')}`);
  if (!idPattern.test(id))
    throw invalidOption('id', id, '24 hexadecimal digits, as the first command drew them');
  if (nowMs - Number.parseInt(id.slice(0, 8), 16) * 1000 > idMsMax)
    throw invalidOption(
      'id',
      id,
      'one that was drawn within a day: a node that was lost since the restore is replaced by one that joins, since under its old identity it would have forgotten what it promised',
    );
}
