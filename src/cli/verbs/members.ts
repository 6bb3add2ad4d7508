/** `quorate members`: who belongs to the cluster, and changes of that. Each waits until the change is agreed. */
import type { ClusterClient } from '../../client/index.ts';
import {
  checkMemberAddress,
  checkMemberName,
  type ListedMember,
  type MemberCard,
  type MemberList,
  type MemberRequest,
} from '../../net/index.ts';
import { clusterHelp, clusterOptions, endpointsOf, openClient, parseAddress } from '../endpoints.ts';
import { addressOf, chooseMember, nameOf } from '../member-choice.ts';
import { replaceMember } from '../member-replacement.ts';
import { table } from '../table.ts';
import { exitCodes, type Invocation, textOption, UsageError, type Verb } from '../verb.ts';

export const members: Verb = {
  name: 'members',
  words: '[list | remove NODE | promote NODE | replace NODE BY | update NODE | add]',
  summary: 'Lists the members, and changes who belongs to the cluster',
  options: { ...clusterOptions, name: { type: 'string' }, advertise: { type: 'string' } },
  help: {
    ...clusterHelp,
    name: 'update: what the member is called from now on',
    advertise: 'update: host:port under which it is reached from now on',
  },
  examples: [
    { run: 'quorate members', what: 'who belongs to the cluster' },
    { run: 'quorate members list --json', what: 'the same, for programs' },
    { run: 'quorate members remove node3', what: 'takes one out, which then stops' },
    { run: 'quorate members promote node4', what: 'a learner gets a vote' },
    {
      run: 'quorate members replace node3 node4',
      what: 'one that has joined takes the place of one that is dead',
    },
    {
      run: 'quorate members update node2 --advertise 10.0.0.7:7701',
      what: 'where one that is down is to be reached',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', node, ...more] = invocation.words;
  if (action === 'replace') return await replaceMember(invocation, howToJoin);
  if (more.length > 0) throw new UsageError(`expected one member, but got ${more.length + 1} words`);
  if (action === 'add') throw new UsageError(howToAdd(invocation));
  if (!['list', 'remove', 'promote', 'update'].includes(action))
    throw new UsageError(
      `there is no ${JSON.stringify(action)}; write list, remove, promote, replace, update or add`,
    );
  if ((action === 'list') !== (node === undefined))
    throw new UsageError(action === 'list' ? 'list takes no member' : `name the member to ${action}`);
  await using client = openClient(invocation);
  const list = await client.members();
  if (node === undefined) show(invocation, list);
  else await change(invocation, client, action, chooseMember(list, node));
  return exitCodes.done;
}

/** An identity is drawn by the node that bears it, and never by others for it: so a node adds itself. */
function howToAdd(invocation: Invocation): string {
  return `a node adds itself, because its identity is drawn where its data lies; on the new node's machine run: ${howToJoin(invocation)}`;
}

function howToJoin(invocation: Invocation): string {
  const endpoints = endpointsOf(invocation).map(({ host, port }) => `${host}:${port}`);
  return `quorate serve --name NAME --data DIR --listen HOST:PORT --join ${endpoints.join(',')}`;
}

async function change(
  invocation: Invocation,
  client: ClusterClient,
  action: string,
  member: ListedMember,
): Promise<void> {
  const result = await client.change(requestOf(invocation, action, member.id));
  const name = nameOf(member);
  if (invocation.options['json'] === true)
    invocation.out(JSON.stringify({ action, name, id: member.id, result }));
  else invocation.out(`${name} ${done[action] ?? action}${result === 'unchanged' ? ' already' : ''}`);
}

const done: Readonly<Record<string, string>> = { remove: 'removed', promote: 'promoted', update: 'updated' };

function requestOf(invocation: Invocation, action: string, member: number): MemberRequest {
  if (action === 'remove' || action === 'promote') return { kind: action, member };
  const name = textOption(invocation, 'name');
  const advertise = textOption(invocation, 'advertise');
  if (name === undefined && advertise === undefined)
    throw new UsageError('say what changes: --name, --advertise or both');
  const card: Partial<MemberCard> = {
    ...(name === undefined ? {} : { name: checkMemberName(name) }),
    ...(advertise === undefined ? {} : { address: checkMemberAddress(parseAddress(advertise)) }),
  };
  return { kind: 'update', member, card };
}

function show(invocation: Invocation, list: MemberList): void {
  if (invocation.options['json'] === true) {
    const { cluster, term } = list;
    const described = list.members.map((member) => ({
      name: nameOf(member),
      id: member.id,
      address: addressOf(member) ?? null,
      part: member.part,
      leads: member.id === list.leader,
    }));
    invocation.out(JSON.stringify({ cluster, term, members: described }));
    return;
  }
  const rows = list.members.map((member) => [
    nameOf(member),
    String(member.id),
    addressOf(member) ?? 'not known',
    partOf(member, list.leader),
  ]);
  for (const line of table(['name', 'id', 'address', 'part'], rows)) invocation.out(line);
}

function partOf({ id, part, card }: ListedMember, leader: number): string {
  if (id === leader) return 'leader';
  return part === 'learner' && card?.part === 'voter' ? 'learner, voter when it has caught up' : part;
}
