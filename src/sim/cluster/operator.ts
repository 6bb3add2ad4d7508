/**
 * Whoever runs the cluster: changes members and moves leadership now and then, and replaces members whose data
 * is lost. It acts through whichever node leads, as a person with a command would.
 */
import type { Prng } from '../../base/index.ts';
import type { QuorateNode } from '../../node/index.ts';
import type { Configuration, MemberId, MembershipChange } from '../../raft/index.ts';
import type { Fleet } from './fleet.ts';
import type { Monitor } from './monitor.ts';

export interface OperatorOptions {
  readonly fleet: Fleet;
  readonly monitor: Monitor;
  readonly prng: Prng;
}

/** Members stay at three at least, so that one machine can always be down. */
const votersMin = 3;

/** What the operator does when it looks at a node, if anything. */
export function operate(node: QuorateNode, options: OperatorOptions): void {
  const status = node.status().groups.get(0);
  if (status?.role !== 'leader') return;
  const { monitor, prng } = options;
  const { configuration } = status;
  const replacement = drawReplacement(configuration, options) ?? drawArrival(configuration, options);
  if (replacement !== undefined) {
    if (node.change(0, replacement).accepted) monitor.count(replacementName(replacement));
    else monitor.count('changes of members refused');
    return;
  }
  if (monitor.calm) return;
  if (prng.chance(0.3)) {
    const isBegun = node.transfer(0, prng.pick(configuration.voters)).accepted;
    monitor.count(isBegun ? 'leadership transfers asked for' : 'leadership transfers refused');
    return;
  }
  const change = prng.chance(0.2)
    ? drawDescription(prng, configuration)
    : drawChange(prng, configuration, options.fleet.members);
  const isTaken = node.change(0, [change]).accepted;
  monitor.count(isTaken ? 'changes of members' : 'changes of members refused');
}

/**
 * The next step towards a cluster without the dead: where voters are many the dead may go first, else both change
 * places at once, through a joint configuration. An heir is never a voter beside the dead: should its disk fail
 * too, that would be two who do not vote.
 */
function drawReplacement(
  { voters, outgoing, learners }: Configuration,
  { fleet, monitor, prng }: OperatorOptions,
): readonly MembershipChange[] | undefined {
  const dead = [...voters, ...outgoing, ...learners].find((member) => fleet.isDead(member));
  if (dead === undefined) return undefined;
  const living = learners.filter((member) => !fleet.isDead(member) && !monitor.hasLostPromises(member));
  const isNeeded = voters.includes(dead) && voters.length <= votersMin;
  if (voters.includes(dead) && living.length > 0 && (isNeeded || prng.chance(0.5)))
    return [
      { kind: 'remove', member: dead },
      // Its heir or another one.
      { kind: 'promote', member: prng.pick(living) },
    ];
  const heir = fleet.heirOf(dead);
  if (isNeeded && !voters.includes(heir)) return [{ kind: 'add-learner', member: heir }];
  return [{ kind: 'remove', member: dead }];
}

/** Whoever took a dead member's machine becomes a learner, then a voter; other changes go on meanwhile. */
function drawArrival(
  { voters, learners }: Configuration,
  { fleet, monitor, prng }: OperatorOptions,
): readonly MembershipChange[] | undefined {
  const heir = fleet.awaited;
  if (heir === undefined) return undefined;
  // One whose disk has lost a vote meanwhile stays a learner.
  if (voters.includes(heir) || monitor.hasLostPromises(heir)) {
    fleet.arrived(heir);
    monitor.count('members replaced');
    return undefined;
  }
  if (!monitor.calm && prng.chance(0.3)) return undefined;
  return [{ kind: learners.includes(heir) ? 'promote' : 'add-learner', member: heir }];
}

function replacementName(changes: readonly MembershipChange[]): string {
  if (changes.length > 1) return 'dead members replaced in one step';
  switch (changes[0]?.kind) {
    case 'remove':
      return 'dead members removed';
    case 'promote':
      return 'heirs of dead members promoted';
    default:
      return 'heirs of dead members added';
  }
}

/** What nobody reads here, and all must agree on: by its first byte no card, which would say where the member listens. */
function drawDescription(prng: Prng, { voters, learners }: Configuration): MembershipChange {
  const details = Uint8Array.from({ length: prng.below(32) }, (_, place) =>
    prng.below(place === 0 ? 1 : 256),
  );
  return { kind: 'describe', member: prng.pick([...voters, ...learners]), details };
}

function drawChange(
  prng: Prng,
  { voters, learners }: Configuration,
  members: readonly MemberId[],
): MembershipChange {
  const member = prng.pick(members);
  if (learners.includes(member)) return { kind: prng.chance(0.8) ? 'promote' : 'remove', member };
  if (!voters.includes(member)) return { kind: 'add-learner', member };
  const learner = learners[0];
  if (voters.length <= votersMin && learner !== undefined) return { kind: 'promote', member: learner };
  if (voters.length <= votersMin)
    return { kind: 'add-learner', member: members.find((other) => !voters.includes(other)) ?? member };
  return { kind: prng.chance(0.5) ? 'demote' : 'remove', member };
}
