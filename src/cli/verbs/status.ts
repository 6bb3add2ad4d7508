/** `quorate status`: who is there, who leads, and who lags. */
import type { Origin } from '../../node/index.ts';
import { clusterHelp, clusterOptions, endpointsOf, openClient } from '../endpoints.ts';
import { askMembers, type GroupState, type MemberStatus } from '../member-status.ts';
import { describeOrigin } from '../origin-text.ts';
import { table } from '../table.ts';
import { exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';

export const status: Verb = {
  name: 'status',
  words: '',
  summary: 'Shows the members, who leads, and how far each is',
  options: clusterOptions,
  help: clusterHelp,
  about: 'Each endpoint is asked by itself, so that it shows a node that is cut off as others cannot.',
  examples: [
    { run: 'quorate status', what: 'a table' },
    { run: 'quorate status --endpoints 10.0.0.1:7701,10.0.0.2:7701', what: 'of these nodes' },
    { run: 'quorate status --json', what: 'one document, for programs' },
  ],
  run,
};

/** `repairing`: it gets from its peers what its disk has lost. `vote-lost`: it may have lost a vote too; replace it. */
const healthNames: Readonly<Record<GroupState['damage'], string>> = {
  none: 'healthy',
  entries: 'repairing',
  vote: 'vote-lost',
};

function healthOf({ damage, isOverloaded }: GroupState): string {
  return damage === 'none' && isOverloaded ? 'overloaded' : healthNames[damage];
}

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const endpoints = endpointsOf(invocation);
  const members = await askMembers((addresses) => openClient(invocation, addresses), endpoints);
  if (invocation.options['json'] === true) invocation.out(JSON.stringify(summary(members)));
  else for (const line of rowsOf(members)) invocation.out(line);
  const origin = originOf(members);
  if (origin !== undefined) invocation.note(`quorate status: the cluster was ${describeOrigin(origin)}`);
  return members.some((member) => member.state !== undefined) ? exitCodes.done : exitCodes.failed;
}

function summary(members: readonly MemberStatus[]): object {
  const leader = leaderOf(members);
  return {
    cluster: leader?.cluster ?? members.find(({ state }) => state !== undefined)?.state?.cluster ?? null,
    term: Math.max(0, ...members.map(({ state }) => state?.term ?? 0)),
    revision: leader?.applied ?? null,
    ...(originOf(members) === undefined ? {} : { origin: originOf(members) }),
    members: members.map(({ name, id, address, state, problem }) => ({
      name: name ?? address,
      id: id ?? state?.member ?? null,
      address,
      pid: state?.pid ?? null,
      role: state === undefined ? null : roleOf(state),
      health: state === undefined ? 'unreachable' : healthOf(state),
      refused: state?.refused ?? null,
      lag: state === undefined || leader === undefined ? null : leader.commit - state.applied,
      ...(problem === undefined ? {} : { problem }),
    })),
  };
}

function rowsOf(members: readonly MemberStatus[]): string[] {
  const leader = leaderOf(members);
  const rows = members.map(({ name, address, state, problem }) => {
    const who = [name ?? address, address];
    if (state === undefined) return [...who, '', '', '', '', `unreachable: ${problem ?? ''}`];
    const lag = leader === undefined ? '' : String(leader.commit - state.applied);
    return [...who, roleOf(state), `${state.term}`, `${state.applied}`, lag, healthOf(state)];
  });
  return table(['name', 'address', 'role', 'term', 'applied', 'lag', 'health'], rows);
}

function originOf(members: readonly MemberStatus[]): Origin | undefined {
  return members.find(({ state }) => state?.origin !== undefined)?.state?.origin;
}

/** A learner is what the configuration says; who campaigns is a follower to people. */
function roleOf(state: GroupState): string {
  if (state.role === 'leader') return 'leader';
  return state.learners.includes(state.member) ? 'learner' : 'follower';
}

function leaderOf(members: readonly MemberStatus[]): GroupState | undefined {
  const leaders = members.flatMap(({ state }) => (state?.role === 'leader' ? [state] : []));
  return leaders.sort((a, b) => b.term - a.term)[0];
}
