/**
 * `quorate members replace`: a member that has joined takes the place of one that is dead, as soon as it has caught
 * up. All of it is one change that the cluster agrees on, so there is nothing that an interruption could leave half
 * done; the same command goes on waiting, or says that it is done.
 */
import { isQuorateError, QuorateError } from '../base/index.ts';
import type { ClusterClient } from '../client/index.ts';
import type { ListedMember, MemberResult } from '../net/index.ts';
import { realClock } from '../ports/real/index.ts';
import { endpointsOf, openClient } from './endpoints.ts';
import { chooseMember, nameOf } from './member-choice.ts';
import { askMembers } from './member-status.ts';
import { durationOption, exitCodes, type Invocation, isSet, UsageError } from './verb.ts';

const patienceMsDefault = 600_000;
const lookMs = 500;

export async function replaceMember(
  invocation: Invocation,
  howToJoin: (invocation: Invocation) => string,
): Promise<number> {
  const [, old, newcomer, ...more] = invocation.words;
  if (old === undefined || newcomer === undefined || more.length > 0)
    throw new UsageError('name the member that is dead, and the one that takes its place');
  await using client = openClient(invocation);
  const list = await client.members();
  const by = list.members.find((member) => isMeant(member, newcomer));
  if (by === undefined)
    throw new UsageError(
      `${JSON.stringify(newcomer)} is no member yet; on its machine run: ${howToJoin(invocation)} --learner; then replace again`,
    );
  const gone = list.members.find((member) => isMeant(member, old));
  // Gone already, where this is asked again: then its place is taken, if the other one has a vote.
  if (gone === undefined && by.part !== 'voter') chooseMember(list, old);
  if (gone?.id === by.id) throw new UsageError('a member cannot take its own place');
  const result = gone === undefined ? 'unchanged' : await untilCaughtUp(invocation, client, gone, by);
  const name = gone === undefined ? old : nameOf(gone);
  if (isSet(invocation, 'json'))
    invocation.out(JSON.stringify({ action: 'replace', name, id: gone?.id ?? null, by: by.id, result }));
  else if (result === 'done') invocation.out(`${name} replaced by ${nameOf(by)}`);
  else invocation.out(`${name} is no member, and ${nameOf(by)} has a vote: there is nothing to do`);
  return exitCodes.done;
}

function isMeant(member: ListedMember, text: string): boolean {
  const { id, card } = member;
  const address = card === undefined ? '' : `${card.address.host}:${card.address.port}`;
  return [nameOf(member), String(id), address].includes(text);
}

async function untilCaughtUp(
  invocation: Invocation,
  client: ClusterClient,
  gone: ListedMember,
  by: ListedMember,
): Promise<MemberResult> {
  using shown = invocation.progress();
  const clock = realClock();
  const patienceMs = durationOption(invocation, 'timeout') ?? patienceMsDefault;
  const lateAt = clock.now() + patienceMs;
  while (true) {
    try {
      const { signal } = invocation;
      return await client.change({ kind: 'replace', member: gone.id, by: by.id }, { signal });
    } catch (error) {
      if (!isQuorateError(error) || error.code !== 'not-caught-up') throw error;
      if (clock.now() > lateAt) throw late(patienceMs, by, error);
    }
    const statuses = await askMembers(
      (addresses) => openClient(invocation, addresses),
      endpointsOf(invocation),
    );
    const leader = statuses.find(({ state }) => state?.role === 'leader')?.state;
    const own = statuses.find(({ id }) => id === by.id)?.state;
    const [applied, commit] = [own?.applied ?? 0, leader?.commit ?? 1];
    shown.show(applied / Math.max(1, commit), `${nameOf(by)} catches up`);
    await new Promise<void>((resolve) => clock.setTimer(lookMs, resolve));
    invocation.signal.throwIfAborted();
  }
}

function late(milliseconds: number, by: ListedMember, cause: unknown): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `${nameOf(by)} has not caught up within ${milliseconds} ms; see that it runs and reaches the leader, and replace again: nothing was changed`,
    data: { milliseconds },
    outcome: 'not-applied',
    cause,
  });
}
