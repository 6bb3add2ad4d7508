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
    if (prng.chance(0.02)) read(chaos, node);
    if (prng.chance(0.02)) member.takeSnapshot();
    if (!member.isLeader) continue;
    if (prng.chance(0.2)) propose(chaos, member);
    if (prng.chance(0.2)) read(chaos, node);
    if (!chaos.calm) governLeader(chaos, node);
  }
}

function propose(chaos: Chaos, leader: Member): void {
  const { prng } = chaos;
  const length = prng.chance(0.02) ? 700 : 5 + prng.below(30);
  const commands = Array.from({ length: 1 + prng.below(4) }, () => `${prng.uint32()}`.padEnd(length));
  if (!leader.propose(...commands).accepted) chaos.count('proposal refused');
}

function read(chaos: Chaos, { member, openReads }: Node): void {
  const id = chaos.readFloor.size + 1;
  chaos.readFloor.set(`${member.id}.${id}`, chaos.history.appliedEver);
  const mode = chaos.init.options?.leaseReads && chaos.prng.chance(0.6) ? 'lease' : 'quorum';
  if (!member.read(id, mode).accepted) return;
  openReads.set(id, member.core);
  chaos.count(`read ${mode}`);
}

function governLeader(chaos: Chaos, { member }: Node): void {
  const { prng } = chaos;
  if (prng.chance(0.01)) {
    const verdict = member.step({ kind: 'transfer', to: prng.pick(chaos.ids) });
    if (verdict.accepted) chaos.count('transfer');
  }
  if (prng.chance(0.05)) changeMembers(chaos, member);
}

/** One change or two at once; the group grows and shrinks around three to five voters. */
function changeMembers(chaos: Chaos, leader: Member): void {
  const { prng } = chaos;
  if (prng.chance(0.1) && chaos.nodes.size < 8) chaos.addMember(chaos.nodes.size + 1);
  const changes: MembershipChange[] = [];
  for (let left = 1 + prng.below(2); left > 0; left -= 1) changes.push(...oneChange(chaos, leader));
  if (changes.length === 0 || !leavesQuorum(chaos, leader, changes)) return;
  if (leader.step({ kind: 'change', changes }).accepted) chaos.count('membership change');
}

function oneChange({ prng, ids }: Chaos, leader: Member): MembershipChange[] {
  const { voters, learners } = leader.status.configuration;
  const strangers = ids.filter((id) => !voters.includes(id) && !learners.includes(id));
  if (learners.length > 0 && prng.chance(0.4))
    return [{ kind: prng.chance(0.9) ? 'promote' : 'remove', member: prng.pick(learners) }];
  if (strangers.length > 0 && prng.chance(0.5))
    return [{ kind: 'add-learner', member: prng.pick(strangers) }];
  if (voters.length < 3 && prng.chance(0.95)) return [];
  return [{ kind: prng.chance(0.5) ? 'demote' : 'remove', member: prng.pick(voters) }];
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
