/**
 * One group host with everything around it in the test's hands: a disk that answers when it is told to, a clock
 * that stands still, snapshots as plain lists of chunks.
 */

import { GroupHost } from '../../src/node/group-host.ts';
import type { Entry, Message, Persist, RaftOptions, SnapshotMark } from '../../src/raft/index.ts';
import { emptyConfiguration, RaftGroup } from '../../src/raft/index.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { RegisterMachine } from './register-machine.ts';

/** What a host asked for, in order. */
type Asked =
  | { readonly kind: 'persist'; readonly persist: Persist }
  | { readonly kind: 'compact'; readonly index: number }
  | { readonly kind: 'send'; readonly message: Message };

export interface HostStory {
  readonly host: GroupHost;
  readonly machine: RegisterMachine;
  readonly clock: ManualClock;
  readonly asked: Asked[];
  readonly failures: unknown[];
  /** Snapshots that the disk holds, by index. */
  readonly snapshots: Map<number, () => AsyncIterable<Uint8Array>>;
  /** True: another look was asked for since the last turn. */
  isAwake: boolean;
  /** One turn: drains the host and answers everything that it persists, until it is quiet. */
  settle(): void;
}

const group = 0;

export function host(
  members: readonly number[],
  machine: RegisterMachine = new RegisterMachine(),
  options: Partial<RaftOptions> = {},
): HostStory {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const failures: unknown[] = [];
  const snapshots = new Map<number, () => AsyncIterable<Uint8Array>>();
  const unanswered: Persist[] = [];
  const core = new RaftGroup(
    { group, member: 1, seed: 5, ...options },
    { configuration: { ...emptyConfiguration, voters: members } },
  );
  const groupHost = new GroupHost({
    group,
    core,
    machine,
    clock,
    effects: {
      persist: (_, persist) => {
        asked.push({ kind: 'persist', persist });
        unanswered.push(persist);
      },
      send: (message) => asked.push({ kind: 'send', message }),
      compact: (_, index) => asked.push({ kind: 'compact', index }),
      streamSnapshot: () => undefined,
      loadSnapshot: (_, mark) => (snapshots.get(mark.index) ?? missing)(),
      repaired: () => undefined,
      wake: () => {
        story.isAwake = true;
      },
      observe: () => undefined,
      fail: (error) => failures.push(error),
    },
  });
  const story: HostStory = {
    host: groupHost,
    machine,
    clock,
    asked,
    failures,
    snapshots,
    isAwake: false,
    settle: () => {
      do {
        story.isAwake = false;
        for (const { sequence } of unanswered.splice(0)) groupHost.step({ kind: 'persisted', sequence });
        groupHost.drain();
      } while (unanswered.length > 0);
    },
  };
  return story;
}

/** A sole voter makes itself leader. */
export function lead(story: HostStory): void {
  for (let ticks = 0; ticks < 100 && story.host.status.role !== 'leader'; ticks += 1) {
    story.clock.advance(10);
    story.host.tick(story.clock.now());
    story.settle();
  }
}

/** Member 2 leads term 1 and sends entries behind `previous`, with data of their own. */
export function append(previous: number, texts: readonly string[], commit: number): Message {
  const entries = texts.map(
    (text, place): Entry => ({
      index: previous + place + 1,
      term: 1,
      kind: 'command',
      data: Buffer.from(text),
    }),
  );
  const before = { index: previous, term: previous === 0 ? 0 : 1 };
  return { kind: 'append', group, from: 2, to: 1, term: 1, previous: before, entries, commit, lease: false };
}

export function install(index: number): Message {
  const mark: SnapshotMark = { index, term: 1, configuration: { ...emptyConfiguration, voters: [1, 2] } };
  return { kind: 'install-snapshot', group, from: 2, to: 1, term: 1, mark };
}

/** The chunks of a register machine's snapshot, one a turn of the event loop. */
export function stateOf(value: string): () => AsyncIterable<Uint8Array> {
  const machine = new RegisterMachine();
  machine.apply(1, Buffer.from(value));
  const chunks = [...machine.snapshot()];
  return async function* read() {
    for (const chunk of chunks) {
      await new Promise(setImmediate);
      yield chunk;
    }
  };
}

function missing(): AsyncIterable<Uint8Array> {
  throw new Error('no such snapshot');
}
