/** Members' cards as the opaque details that a configuration carries, and what a configuration says of its members. */
import { ByteReader, ByteWriter, isQuorateError } from '../base/index.ts';
import { checkMemberAddress, checkMemberName, type ListedMember, type MemberCard } from '../net/index.ts';
import type { Configuration } from '../raft/index.ts';

/** What follows the fields of this format belongs to a later one, and is skipped. */
const format = 1;

export function encodeCard({ name, address, part }: MemberCard): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(format);
  writer.text(name);
  writer.text(address.host);
  writer.varint(address.port);
  writer.u8(part === 'voter' ? 1 : 0);
  return writer.copy();
}

/**
 * `undefined` for details that are no card: whoever changes members in process may say what it likes. Bytes that
 * only look like one must not lead anybody to an address that nobody can dial, away from one that was good.
 */
function decodeCard(bytes: Uint8Array): MemberCard | undefined {
  try {
    const reader = new ByteReader(bytes, 'card of a member');
    if (reader.u8() < format) return undefined;
    const name = checkMemberName(reader.text());
    const address = checkMemberAddress({ host: reader.text(), port: reader.varint() });
    return { name, address, part: reader.u8() === 1 ? 'voter' : 'learner' };
  } catch (error) {
    if (isQuorateError(error)) return undefined;
    throw error;
  }
}

/** Everyone who belongs to the cluster. Who leaves it through a joint configuration does until that is left. */
export function listMembers({
  voters,
  outgoing,
  learners,
  learnersNext,
  details,
}: Configuration): ListedMember[] {
  const voting = new Set([...voters, ...outgoing]);
  const cards = new Map(details.map(({ member, bytes }) => [member, decodeCard(bytes)]));
  return [...new Set([...voting, ...learners, ...learnersNext])]
    .sort((a, b) => a - b)
    .map((id) => {
      const card = cards.get(id);
      const part = voting.has(id) ? 'voter' : 'learner';
      return card === undefined ? { id, part } : { id, part, card };
    });
}

export function isSameCard(one: MemberCard | undefined, other: MemberCard): boolean {
  return (
    one?.name === other.name &&
    one.part === other.part &&
    one.address.host === other.address.host &&
    one.address.port === other.address.port
  );
}
