/** Which member somebody means: by its name, its identity, or where it listens. */
import { QuorateError } from '../base/index.ts';
import type { ListedMember, MemberList } from '../net/index.ts';

/** Throws `unknown-member` where there is no such member. */
export function chooseMember({ members }: MemberList, text: string): ListedMember {
  const found = members.find((member) =>
    [nameOf(member), String(member.id), addressOf(member)].includes(text),
  );
  if (found !== undefined) return found;
  const known = members.map(nameOf).join(', ');
  throw new QuorateError({
    code: 'unknown-member',
    message: `there is no member ${JSON.stringify(text)}; name one by its name, identity or address: ${known}`,
    data: { member: text },
  });
}

/** One that says nothing of itself is called by its identity. */
export function nameOf({ id, card }: ListedMember): string {
  return card?.name ?? String(id);
}

export function addressOf({ card }: ListedMember): string | undefined {
  return card === undefined ? undefined : `${card.address.host}:${card.address.port}`;
}
