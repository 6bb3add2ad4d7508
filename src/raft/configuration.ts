/**
 * Who belongs to a group, what its host says of each, and how new their common language is. While `outgoing` is not empty the configuration
 * is joint: every decision needs a majority of `voters` and a majority of `outgoing` (Raft §6; dissertation §4.3).
 */
import { assert, ByteReader, ByteWriter } from '../base/index.ts';
import type { MemberId } from './entry.ts';

export interface Configuration {
  /** Sorted, without repeats. The incoming half while joint. */
  readonly voters: readonly MemberId[];
  /** The voters that are being replaced; empty unless joint. */
  readonly outgoing: readonly MemberId[];
  /** They receive the log and never count. Disjoint from both halves of voters. */
  readonly learners: readonly MemberId[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  /**
   * The group's level, from 1: what may stand in its log behind this configuration. It rises by one when every
   * member can follow, and never falls.
   */
  readonly level: number;
  /** What the host keeps of members, such as where they listen; sorted by member, each at most once. */
  readonly details: readonly MemberDetails[];
}

/** Opaque to the group, and agreed, rolled back and carried in snapshots as the members themselves are. */
export interface MemberDetails {
  readonly member: MemberId;
  readonly bytes: Uint8Array;
}

/** A configuration travels whole with each of its changes, so what it says of a member stays small. */
export const detailsBytesMax = 512;

export const emptyConfiguration: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  level: 1,
  details: [],
};

/**
 * The layout is frozen, so that an old release reads the level of a configuration that it does not support, and
 * can say so: the number of the layout, the level, the four lists, then fields, each a tag and a block.
 */
const layout = 2;

/** The tags of the fields; a tag is never given a second meaning. */
const detailsTag = 1;

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(layout);
  assert(configuration.level >= 1, 'levels begin at 1');
  writer.varint(configuration.level);
  for (const members of parts(configuration)) {
    writer.varint(members.length);
    for (const member of members) writer.varint(member);
  }
  if (configuration.details.length > 0) {
    writer.varint(detailsTag);
    writer.block(encodeDetails(configuration));
  }
  return writer.copy();
}

function encodeDetails({ details, ...configuration }: Omit<Configuration, 'level'>): Uint8Array {
  const writer = new ByteWriter(64);
  const members = new Set(parts(configuration).flat());
  let before = 0;
  for (const { member, bytes } of details) {
    assert(member > before && members.has(member), 'details are those of members, sorted, once each');
    assert(bytes.length <= detailsBytesMax, 'details are small');
    writer.varint(member);
    writer.block(bytes);
    before = member;
  }
  return writer.copy();
}

/**
 * Refuses what no leader can have written: another layout, no level, unsorted or repeated or zero members. Unknown
 * fields belong to a level that this release does not support, and whoever does not support it goes no further.
 */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const reader = new ByteReader(bytes, 'configuration');
  const found = reader.u8();
  if (found !== layout) throw reader.malformed(`unknown layout ${found}`, 0);
  const level = reader.varint();
  if (level === 0) throw reader.malformed('level 0, and levels begin at 1', 1);
  const lists = {
    voters: decodeMembers(reader),
    outgoing: decodeMembers(reader),
    learners: decodeMembers(reader),
    learnersNext: decodeMembers(reader),
  };
  let details: readonly MemberDetails[] = [];
  while (reader.remaining > 0) {
    const tag = reader.varint();
    const block = reader.block();
    if (tag === detailsTag) details = decodeDetails(block, new Set(parts(lists).flat()));
  }
  return { ...lists, level, details };
}

function decodeDetails(block: Uint8Array, members: ReadonlySet<MemberId>): MemberDetails[] {
  const reader = new ByteReader(block, 'details of members');
  const details: MemberDetails[] = [];
  let before = 0;
  while (reader.remaining > 0) {
    const member = reader.varint();
    if (member <= before || !members.has(member))
      throw reader.malformed(`details of ${member} behind those of ${before}`, reader.offset);
    // A copy: a configuration outlives the message that brought it.
    const bytes = reader.block().slice();
    if (bytes.length > detailsBytesMax)
      throw reader.malformed(`${bytes.length} bytes of details`, reader.offset);
    details.push({ member, bytes });
    before = member;
  }
  return details;
}

function decodeMembers(reader: ByteReader): MemberId[] {
  const count = reader.varint();
  if (count > reader.remaining)
    throw reader.malformed(`${count} members in ${reader.remaining} bytes`, reader.offset);
  const members: MemberId[] = [];
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const member = reader.varint();
    if (member <= before) throw reader.malformed(`member ${member} behind ${before}`, reader.offset);
    members.push(member);
    before = member;
  }
  return members;
}

function parts(configuration: Omit<Configuration, 'level' | 'details'>): readonly (readonly MemberId[])[] {
  const { voters, outgoing, learners, learnersNext } = configuration;
  for (const members of [voters, outgoing, learners, learnersNext]) {
    assert(
      members.every((member, index) => index === 0 || member > (members[index - 1] as number)),
      'members are sorted without repeats',
    );
  }
  return [voters, outgoing, learners, learnersNext];
}
