/**
 * What a simulated member's machine runs at every boot: a complete node, as a server would. When the node gives
 * up, because its disk failed or its directory cannot be used, the process ends and is started again, as an
 * operator's supervisor would do.
 */
import { isQuorateError, Prng } from '../../base/index.ts';
import {
  drawIdentity,
  type QuorateNode,
  readBirthRecord,
  startFromDirectory,
  writeBirthRecord,
} from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import type { Configuration, MemberId, MembershipChange, RaftOptions } from '../../raft/index.ts';
import type { Program } from '../machine/index.ts';
import { KeyMachine } from './key-machine.ts';
import { describeEvent, describeMessage } from './message-story.ts';
import type { Monitor } from './monitor.ts';

export interface MemberOptions {
  readonly member: MemberId;
  readonly cluster: string;
  readonly voters: readonly MemberId[];
  readonly addresses: ReadonlyMap<MemberId, Address>;
  readonly raft: Omit<RaftOptions, 'group' | 'member' | 'seed'>;
  readonly snapshotBytes: number;
  readonly segmentBytes: number;
  readonly monitor: Monitor;
  /** Adds a line to the story; absent when none is kept. */
  readonly tell: ((text: string) => void) | undefined;
  /** A node runs, or no longer does. */
  readonly running: (node: QuorateNode | undefined) => void;
  /** The process has ended by itself and wants to be started again. */
  readonly ended: (error: unknown) => void;
  /** Something happened that must never happen. */
  readonly broken: (error: unknown) => void;
}

const directory = '/data';

export function memberProgram(options: MemberOptions): Program {
  return async (machine) => {
    try {
      options.running(undefined);
      options.monitor.started(options.member);
      const node = await startNode(machine, options);
      options.running(node);
      await operate(machine, node, options);
    } catch (error) {
      giveUp(options, error);
    }
  };
}

async function startNode(machine: Machine, options: MemberOptions): Promise<QuorateNode> {
  const { member, monitor, addresses } = options;
  if ((await readBirthRecord(machine.disk, directory)) === undefined) await prepare(machine, options);
  return await startFromDirectory({
    machine,
    directory,
    listen: addresses.get(member) as Address,
    stateMachine: () =>
      new KeyMachine({
        reached: (index, hash) => monitor.reached(member, index, hash),
        restored: () => {
          monitor.count('snapshot restored');
          monitor.restored(member);
        },
      }),
    raft: options.raft,
    segmentBytes: options.segmentBytes,
    snapshotBytes: options.snapshotBytes,
    observer: {
      event: (_, event) => {
        options.tell?.(describeEvent(event));
        monitor.event(member, event);
      },
      sent: (message) => {
        options.tell?.(describeMessage(message));
        monitor.sent(message);
      },
      recovered: (_, recovery) => monitor.recovered(member, recovery),
      persists: (_, persist) => monitor.persists(member, persist),
    },
    onFailure: (error) => giveUp(options, error),
  });
}

/** The identity is planned, so that all members know each other; all else is as in a new data directory. */
async function prepare(
  machine: Machine,
  { member, cluster, voters, addresses }: MemberOptions,
): Promise<void> {
  const { log } = drawIdentity(machine.random, cluster);
  await writeBirthRecord(machine.disk, directory, {
    identity: { cluster, member, log },
    started: false,
    bootstrap: voters.includes(member) ? voters : [],
    addresses,
  });
}

/** While it leads, an operator now and then changes members or moves leadership. */
async function operate(machine: Machine, node: QuorateNode, options: MemberOptions): Promise<void> {
  const prng = new Prng(machine.random.uint32());
  while (true) {
    await pause(machine, 300 + prng.below(3000));
    const status = node.status().groups.get(0);
    if (status === undefined || options.monitor.calm) continue;
    if (status.role !== 'leader') continue;
    if (prng.chance(0.3)) node.transfer(0, prng.pick(status.configuration.voters));
    else if (
      node.change(0, [drawChange(prng, status.configuration, [...options.addresses.keys()])]).accepted
    ) {
      options.monitor.count('membership change');
    }
  }
}

/** Keeps at least three voters, so that one machine can always be down. */
function drawChange(
  prng: Prng,
  { voters, learners }: Configuration,
  members: readonly MemberId[],
): MembershipChange {
  const member = prng.pick(members);
  if (learners.includes(member)) return { kind: prng.chance(0.8) ? 'promote' : 'remove', member };
  if (!voters.includes(member)) return { kind: 'add-learner', member };
  const learner = learners[0];
  if (voters.length <= 3 && learner !== undefined) return { kind: 'promote', member: learner };
  if (voters.length <= 3)
    return { kind: 'add-learner', member: members.find((other) => !voters.includes(other)) ?? member };
  return { kind: prng.chance(0.5) ? 'demote' : 'remove', member };
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}

/** What the world may do to a node is an error with a code; anything else is a bug of ours. */
function giveUp(options: MemberOptions, error: unknown): void {
  options.running(undefined);
  if (isQuorateError(error)) options.ended(error);
  else options.broken(error);
}
