/**
 * What goes wrong in a chaos run. Each fault is a row: how often it happens per step, and what it does. None
 * of them may destroy the last good copy of anything, so a disk is damaged only while the others can elect.
 */
import type { Chaos, Node } from './chaos.ts';
import type { Member } from './member.ts';

interface Fault {
  readonly name: string;
  readonly chance: number;
  /** False: it did not fit the moment. */
  readonly strike: (chaos: Chaos, node: Node) => boolean;
}

const faults: readonly Fault[] = [
  { name: 'crash', chance: 0.006, strike: crash },
  { name: 'crash of several', chance: 0.0005, strike: crashSeveral },
  { name: 'pause', chance: 0.002, strike: pause },
  { name: 'disk stall', chance: 0.002, strike: stallDisk },
  { name: 'damage', chance: 0.0004, strike: damage },
  { name: 'lost entries', chance: 0.002, strike: loseEntries },
  { name: 'partition', chance: 0.003, strike: partition },
  { name: 'isolation', chance: 0.006, strike: isolate },
  { name: 'bridge', chance: 0.001, strike: bridge },
  { name: 'one-way cut', chance: 0.003, strike: cutOneWay },
  { name: 'replay', chance: 0.03, strike: replay },
  { name: 'broken connection', chance: 0.005, strike: breakConnection },
  { name: 'told to campaign', chance: 0.003, strike: tellToCampaign },
  { name: 'false alarm', chance: 0.003, strike: alarm },
];

export function misbehave(chaos: Chaos): void {
  const { prng, nodes, cuts } = chaos;
  for (const { name, chance, strike } of faults) {
    if (!prng.chance(chance * chaos.weight(name))) continue;
    if (!strike(chaos, nodes.get(prng.pick(chaos.ids)) as Node)) continue;
    chaos.count(name);
  }
  for (const { member } of nodes.values()) if (!member.up && prng.chance(0.02)) member.restart();
  if (chaos.time >= chaos.cutsUntil) cuts.clear();
  wakeTheLeaderless(chaos);
}

function crash(_: Chaos, { member }: Node): boolean {
  if (!member.up) return false;
  member.crash();
  return true;
}

function crashSeveral(chaos: Chaos): boolean {
  for (const node of chaos.nodes.values()) if (chaos.prng.chance(0.6)) crash(chaos, node);
  return true;
}

/** The process stops and its clock goes on; afterwards the host may notice, or not. */
function pause(chaos: Chaos, node: Node): boolean {
  if (!chaos.isRunning(node)) return false;
  const steps = 5 + chaos.prng.below(100);
  node.pausedUntil = chaos.time + steps;
  if (chaos.prng.chance(0.5)) node.member.step({ kind: 'stalled', stallMs: steps * 2.5 });
  return true;
}

function stallDisk(chaos: Chaos, node: Node): boolean {
  node.diskStalledUntil = chaos.time + 20 + chaos.prng.below(200);
  return true;
}

function damage(chaos: Chaos, { member }: Node): boolean {
  if (!mayDamage(chaos, member)) return false;
  member.loseTail(1 + chaos.prng.below(20));
  return true;
}

/** It votes again when it has been repaired; until then it may happen to it once more. */
function loseEntries(chaos: Chaos, { member }: Node): boolean {
  if (!mayDamage(chaos, member)) return false;
  member.loseEntries(1 + chaos.prng.below(20));
  return true;
}

/** Takes it down when the others can do without. */
function mayDamage(chaos: Chaos, member: Member): boolean {
  const others = chaos.members.filter((other) => other.damaged && other !== member);
  const isLostForGood = member.damaged && !member.voteIntact;
  if (isLostForGood || !canSpare(chaos, [...others.map(({ id }) => id), member.id])) return false;
  if (member.up) member.crash();
  return true;
}

/** Whether every configuration that anybody believes in could elect and commit without these members. */
export function canSpare(chaos: Chaos, lost: readonly number[]): boolean {
  return chaos.members.every(({ status: { configuration } }) =>
    [configuration.voters, configuration.outgoing].every((half) => {
      const left = half.filter((id) => !lost.includes(id)).length;
      return half.length === 0 || left * 2 > half.length;
    }),
  );
}

/** One cut at a time, long enough for the others to elect, and for the one that was cut off to go on without them. */
function mayCut(chaos: Chaos): boolean {
  if (chaos.cuts.size > 0) return false;
  chaos.cutsUntil = chaos.time + 20 + chaos.prng.below(200);
  return true;
}

function partition(chaos: Chaos): boolean {
  if (!mayCut(chaos)) return false;
  const half = new Set(chaos.ids.filter(() => chaos.prng.chance(0.5)));
  const isOneWay = chaos.prng.chance(0.3);
  for (const a of chaos.ids) {
    for (const b of chaos.ids) {
      if (!half.has(a) || half.has(b)) continue;
      chaos.cuts.add(`${a}>${b}`);
      if (!isOneWay) chaos.cuts.add(`${b}>${a}`);
    }
  }
  return true;
}

/** Most often the leader, since there it hurts. */
function isolate(chaos: Chaos, node: Node): boolean {
  const leader = chaos.members.find((member) => member.isLeader);
  return isolateNode(chaos, leader !== undefined && chaos.prng.chance(0.7) ? leader.id : node.member.id);
}

function isolateNode(chaos: Chaos, id: number): boolean {
  if (!mayCut(chaos)) return false;
  for (const other of chaos.ids) {
    if (other === id) continue;
    chaos.cuts.add(`${id}>${other}`);
    chaos.cuts.add(`${other}>${id}`);
  }
  return true;
}

/** Two groups that hear only the one between them. */
function bridge(chaos: Chaos, { member }: Node): boolean {
  if (!mayCut(chaos)) return false;
  const sides = new Map(chaos.ids.map((id) => [id, chaos.prng.chance(0.5)]));
  for (const a of chaos.ids) {
    for (const b of chaos.ids) {
      if (a === member.id || b === member.id || sides.get(a) === sides.get(b)) continue;
      chaos.cuts.add(`${a}>${b}`);
    }
  }
  return true;
}

function cutOneWay(chaos: Chaos, { member }: Node): boolean {
  if (!mayCut(chaos)) return false;
  const other = chaos.prng.pick(chaos.ids);
  chaos.cuts.add(`${member.id}>${other}`);
  return true;
}

function replay(chaos: Chaos): boolean {
  const message = chaos.past[chaos.prng.below(100)];
  if (message !== undefined) chaos.post(message, 5);
  return message !== undefined;
}

function breakConnection(chaos: Chaos, node: Node): boolean {
  if (!chaos.isRunning(node)) return false;
  const { leader } = node.member.status;
  const other = leader !== 0 && chaos.prng.chance(0.7) ? leader : chaos.prng.pick(chaos.ids);
  node.member.step({ kind: 'unreachable', member: other });
  return true;
}

function tellToCampaign(chaos: Chaos, node: Node): boolean {
  if (!chaos.isRunning(node)) return false;
  node.member.step({ kind: 'campaign' });
  return true;
}

/** The leader is cut off, and the others hear of it at once: if anything can break a lease, it is this. */
function alarm(chaos: Chaos): boolean {
  const leader = chaos.members.find((member) => member.isLeader);
  const cut = leader === undefined ? undefined : chaos.nodes.get(leader.id);
  if (cut === undefined || !isolateNode(chaos, cut.member.id)) return false;
  for (const node of chaos.nodes.values()) {
    if (node === cut || !chaos.isRunning(node)) continue;
    if (chaos.prng.chance(0.1)) {
      node.member.crash();
      node.member.restart();
    }
    node.member.step({ kind: 'unreachable', member: cut.member.id });
    if (chaos.prng.chance(0.5)) node.member.step({ kind: 'campaign' });
  }
  return true;
}

/** The sign of life between nodes, which stands for all silent groups, tells a silent member that its leader is gone. */
function wakeTheLeaderless(chaos: Chaos): void {
  for (const node of chaos.nodes.values()) {
    const { member } = node;
    if (!chaos.isRunning(node) || !member.status.quiescent) continue;
    chaos.count('silent step');
    const { leader } = member.status;
    const isGone = !chaos.nodes.get(leader)?.member.up || chaos.cuts.has(`${leader}>${member.id}`);
    if (leader !== member.id && isGone && chaos.prng.chance(0.02))
      member.step({ kind: 'unreachable', member: leader });
  }
}
