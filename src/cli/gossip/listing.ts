/** `quorate gossip list`: who gossips, as somebody is told who comes. */
import { table } from '../table.ts';
import { exitCodes, type Invocation, isSet } from '../verb.ts';
import { memberDocument, memberHead, memberRow } from './member-text.ts';
import { withObserver } from './observer.ts';

export async function listMembers(invocation: Invocation): Promise<number> {
  return await withObserver(invocation, async ({ id, members }) => {
    const others = members.filter((member) => member.id !== id);
    if (isSet(invocation, 'json')) {
      for (const member of others) invocation.out(JSON.stringify(memberDocument(member)));
    } else for (const line of table(memberHead, others.map(memberRow))) invocation.out(line);
    await invocation.drained();
    return exitCodes.done;
  });
}
