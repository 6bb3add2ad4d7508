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
  type StateMachine,
  startFromDirectory,
  writeBirthRecord,
} from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import type { MemberId, Message, RaftOptions } from '../../raft/index.ts';
import type { Program } from '../machine/index.ts';
import type { Fleet } from './fleet.ts';
import { InvariantBroken } from './invariants/index.ts';
import { describeEvent, describeMessage } from './message-story.ts';
import type { Monitor } from './monitor.ts';
import { operate } from './operator.ts';
import type { Release, Releases } from './releases.ts';
import type { MachineObserver } from './workload.ts';

export interface MemberOptions {
  /** The machine's name. */
  readonly name: string;
  readonly fleet: Fleet;
  readonly cluster: string;
  readonly voters: readonly MemberId[];
  readonly addresses: ReadonlyMap<MemberId, Address>;
  readonly releases: Releases;
  readonly stateMachine: (observer: MachineObserver, release: Release) => StateMachine;
  readonly raft: Omit<RaftOptions, 'group' | 'member' | 'seed'>;
  readonly snapshotBytes: number;
  readonly segmentBytes: number;
  readonly operatorMsMax: number;
  readonly monitor: Monitor;
  /** Hears each message that leaves. */
  readonly overheard: (message: Message) => void;
  /** Adds a line to the story; absent when none is kept. */
  readonly tell: ((text: string) => void) | undefined;
  /** The identity that the disk had before it was wiped, when somebody puts it back by mistake. */
  readonly mistaken: () => MemberId | undefined;
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
    const { fleet, name, monitor, running, mistaken } = options;
    const member = mistaken() ?? fleet.memberOf(name);
    try {
      running(undefined);
      monitor.started(member);
      const node = await startNode(machine, member, options);
      if (mistaken() !== undefined)
        throw new InvariantBroken(`${name} runs as member ${member} again, although all its data is lost`);
      running(node);
      await attend(machine, node, options);
    } catch (error) {
      giveUp(options, error);
    }
  };
}

async function startNode(machine: Machine, member: MemberId, options: MemberOptions): Promise<QuorateNode> {
  const { monitor, addresses } = options;
  const release = options.releases.of(options.name);
  const levels = options.releases.levelsOf(options.name);
  const observer = observerOf(member, levels.most, options);
  if ((await readBirthRecord(machine.disk, directory)) === undefined) await prepare(machine, member, options);
  return await startFromDirectory({
    machine,
    directory,
    listen: addresses.get(member) as Address,
    levels,
    stateMachine: () => options.stateMachine(observer, release),
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
        options.overheard(message);
      },
      recovered: (_, recovery) => monitor.recovered(member, recovery),
      persists: (_, persist) => monitor.persists(member, persist),
      stepped: (_, view) => monitor.stepped(member, view),
    },
    onFailure: (error) => giveUp(options, error),
  });
}

function observerOf(member: MemberId, most: number, options: MemberOptions): MachineObserver {
  const { monitor, releases } = options;
  return {
    reached: (index, hash) => monitor.reached(member, index, hash),
    restored: () => monitor.restored(member),
    leveled: (level) => {
      if (level > most)
        throw new InvariantBroken(
          `member ${member} goes on at level ${level}, and its release supports ${most}`,
        );
      if (releases.reached(level)) monitor.count('levels raised');
    },
  };
}

/**
 * The identity is planned, so that all members know each other; all else is as in a new data directory. One that
 * is put back by mistake comes from a copy that was made when the log had long begun.
 */
async function prepare(machine: Machine, member: MemberId, options: MemberOptions): Promise<void> {
  const { cluster, voters, addresses, mistaken, releases } = options;
  const { log } = drawIdentity(machine.random, cluster);
  await writeBirthRecord(machine.disk, directory, {
    identity: { cluster, member, log },
    started: mistaken() !== undefined,
    bootstrap: voters.includes(member) ? voters : [],
    level: releases.founding,
    addresses,
  });
}

/** While it leads, an operator acts through it now and then. */
async function attend(machine: Machine, node: QuorateNode, options: MemberOptions): Promise<void> {
  const { fleet, monitor, operatorMsMax } = options;
  const prng = new Prng(machine.random.uint32());
  while (true) {
    await pause(machine, operatorMsMax / 10 + prng.below(operatorMsMax));
    operate(node, { fleet, monitor, prng });
  }
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
