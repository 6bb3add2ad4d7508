/** What a chaos run asks of its group: commands, reads, snapshots, transfers and changes of members, in busy and idle spells. */
import type { MembershipChange } from '../../src/raft/index.ts';
import type { Chaos, Node } from './chaos.ts';
import { canSpare } from './chaos-faults.ts';
import type { Member } from './member.ts';

const spellSteps = 250;

export function work(chaos: Chaos): void {
  const { prng } = chaos;
  const mayQuiesce = (chaos.init.options?.quiesceTicks ?? 0) > 0;
  if (mayQuiesce && Math.floor(chaos.time / spellSteps) % 2 === 1) return;
  for (const node of chaos.nodes.values()) {
    if (!chaos.isRunning(node)) continue;
    const { member } = node;
    if (prng.chance(0.02)) read(chaos, member);
    if (prng.chance(0.01)) member.takeSnapshot();
    if (!member.isLeader) continue;
    if (prng.chance(0.2)) propose(chaos, member);
    if (prng.chance(0.1)) read(chaos, member);
    if (!chaos.calm) governLeader(chaos, node);
  }
}

function propose(chaos: Chaos, leader: Member): void {
  const { prng } = chaos;
  const length = prng.chance(0.02) ? 700 : 5 + prng.below(30);
  const commands = Array.from({ length: 1 + prng.below(4) }, () => `${prng.uint32()}`.padEnd(length));
  if (!leader.propose(...commands).accepted) chaos.count('proposal refused');
}

function read(chaos: Chaos, member: Member): void {
  const id = chaos.readFloor.size + 1;
  chaos.readFloor.set(`${member.id}.${id}`, chaos.history.appliedEver);
  const mode = chaos.init.options?.leaseReads && chaos.prng.chance(0.6) ? 'lease' : 'quorum';
  if (member.read(id, mode).accepted) chaos.count(`read ${mode}`);
}

function governLeader(chaos: Chaos, { member }: Node): void {
  const { prng } = chaos;
  if (prng.chance(0.01)) {
    const verdict = member.step({ kind: 'transfer', to: prng.pick(chaos.ids) });
    if (verdict.accepted) chaos.count('transfer');
  }
  if (prng.chance(0.03)) changeMembers(chaos, member);
}

function changeMembers(chaos: Chaos, leader: Member): void {
  const { prng } = chaos;
  const { configuration } = leader.status;
  if (prng.chance(0.1) && chaos.nodes.size < 8) chaos.addMember(chaos.nodes.size + 1);
  const changes = Array.from({ length: 1 + prng.below(2) }, (): MembershipChange => {
    const member = prng.pick(chaos.ids);
    if (configuration.learners.includes(member))
      return { kind: prng.chance(0.8) ? 'promote' : 'remove', member };
    if (configuration.voters.includes(member))
      return { kind: prng.chance(0.5) ? 'demote' : 'remove', member };
    return { kind: 'add-learner', member };
  });
  if (!leavesQuorum(chaos, leader, changes)) return;
  if (leader.step({ kind: 'change', changes }).accepted) chaos.count('membership change');
}

/** A change that leaves only damaged members to decide would end the group, as it would in life. */
function leavesQuorum(chaos: Chaos, leader: Member, changes: readonly MembershipChange[]): boolean {
  const voters = new Set(leader.status.configuration.voters);
  for (const { kind, member } of changes) {
    if (kind === 'promote') voters.add(member);
    else voters.delete(member);
  }
  const sound = [...voters].filter((id) => !chaos.nodes.get(id)?.member.damaged);
  const damaged = chaos.members.filter((member) => member.damaged).map(({ id }) => id);
  return voters.size >= 1 && sound.length * 2 > voters.size && canSpare(chaos, damaged);
}
