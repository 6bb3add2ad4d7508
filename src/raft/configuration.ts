/**
 * Who belongs to a group. While `outgoing` is not empty the configuration is joint: every decision needs a
 * majority of `voters` and a majority of `outgoing` (Raft §6; dissertation §4.3).
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
}

export const emptyConfiguration: Configuration = { voters: [], outgoing: [], learners: [], learnersNext: [] };

const formatVersion = 1;

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(formatVersion);
  for (const members of parts(configuration)) {
    writer.varint(members.length);
    for (const member of members) writer.varint(member);
  }
  return writer.copy();
}

/** Refuses what no leader can have written: an unknown version, unsorted or repeated or zero members. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const reader = new ByteReader(bytes, 'configuration');
  const version = reader.u8();
  if (version !== formatVersion) throw reader.malformed(`unknown version ${version}`, 0);
  const configuration: Configuration = {
    voters: decodeMembers(reader),
    outgoing: decodeMembers(reader),
    learners: decodeMembers(reader),
    learnersNext: decodeMembers(reader),
  };
  reader.end();
  return configuration;
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

function parts(configuration: Configuration): readonly (readonly MemberId[])[] {
  const { voters, outgoing, learners, learnersNext } = configuration;
  for (const members of [voters, outgoing, learners, learnersNext]) {
    assert(
      members.every((member, index) => index === 0 || member > (members[index - 1] as number)),
      'members are sorted without repeats',
    );
  }
  return [voters, outgoing, learners, learnersNext];
}
