/** `quorate gossip watch`: who is there, and then each change, one line each. */
import type { Member } from '../../membership/index.ts';
import { exitCodes, Interrupted, type Invocation, isSet, numberOption } from '../verb.ts';
import { memberDocument, memberRow } from './member-text.ts';
import { withObserver } from './observer.ts';

export async function watchMembers(invocation: Invocation): Promise<number> {
  const most = Number.MAX_SAFE_INTEGER;
  const limit = numberOption(invocation, 'limit', { least: 1, most, otherwise: most });
  try {
    return await withObserver(invocation, async (membership) => {
      const changes = membership.changes({ signal: invocation.signal });
      let told = 0;
      const tell = (change: string, member: Member): boolean => {
        if (member.id !== membership.id && told < limit) {
          told += 1;
          invocation.out(lineOf(invocation, change, member));
        }
        return told >= limit;
      };
      for (const member of membership.members) tell('there', member);
      if (told >= limit) return exitCodes.done;
      for await (const event of changes) {
        if (event.kind === 'missed') {
          invocation.note(
            `quorate gossip: ${event.events} changes were missed; those that are there now follow`,
          );
          for (const member of membership.members) tell('there', member);
        } else if ('member' in event && tell(event.kind, event.member)) break;
        await invocation.drained();
      }
      return exitCodes.done;
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return exitCodes.done;
  }
}

function lineOf(invocation: Invocation, change: string, member: Member): string {
  if (isSet(invocation, 'json')) return JSON.stringify({ change, ...memberDocument(member) });
  return [change, ...memberRow(member)].join('\t');
}
