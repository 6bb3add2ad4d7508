/**
 * A snapshot on its way from member 2 to member 1: files on one disk, a keeper with its host on another, and a
 * network between them that breaks where a test wants it to.
 */

import { crc32 } from 'node:zlib';
import type { Hello } from '../../src/net/index.ts';
import { ClientService } from '../../src/node/client-service.ts';
import { Incoming } from '../../src/node/incoming.ts';
import { NodeCounters } from '../../src/node/node-counters.ts';
import type { NodeStorage } from '../../src/node/node-storage.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import { SnapshotKeeper } from '../../src/node/snapshot-keeper.ts';
import { type SendSnapshotOptions, sendSnapshot } from '../../src/node/snapshot-sender.ts';
import type { GroupId, Message, RaftOptions } from '../../src/raft/index.ts';
import type { GroupAppend, SnapshotFiles } from '../../src/storage/index.ts';
import { ManualClock, until } from '../net/manual-clock.ts';
import { PairNetwork } from '../net/pair-network.ts';
import { RecordingLog } from '../net/recording-log.ts';
import type { FaultDisk } from '../storage/fault-disk.ts';
import { disk, mark, openFiles } from '../storage/snapshot-fixture.ts';
import { type HostStory, host, install } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

const checksum = (bytes: Uint8Array, seed = 0): number => crc32(bytes, seed);

export interface KeeperStory {
  readonly story: HostStory;
  readonly keeper: SnapshotKeeper;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  readonly disk: FaultDisk;
  readonly files: SnapshotFiles;
  readonly network: PairNetwork;
  readonly failures: unknown[];
  /** What the log was asked to persist, with who is to hear that it is durable. */
  readonly persists: { readonly append: GroupAppend; readonly onDurable: () => void }[];
  /** Everything that was delivered to the core. */
  readonly delivered: Message[];
}

/** Member 1 with its snapshots on `on`, hosting group 0 with the given members; it reaches member 2 through `peers`. */
export async function keeperStory(
  on: FaultDisk,
  members: readonly number[],
  raft: Partial<RaftOptions> = {},
  peers?: PairNetwork,
): Promise<KeeperStory> {
  const story = host(members, new RegisterMachine(), raft);
  const clock = new ManualClock();
  const log = new RecordingLog();
  const files = await openFiles(on);
  const [failures, persists, delivered]: [unknown[], KeeperStory['persists'], Message[]] = [[], [], []];
  const machine = { clock, log, disk: on, network: peers } as unknown as NodeOptions['machine'];
  const keeper: SnapshotKeeper = new SnapshotKeeper({
    counters: new NodeCounters(),
    node: {
      machine,
      identity: { cluster: 'c', member: 1, log: new Uint8Array(16) },
      addresses: new Map(),
      bootstrap: [],
      checksum,
      snapshotBytes: 1_000,
    } as unknown as NodeOptions,
    address: (member) => (peers !== undefined && member === 2 ? { host: 'pair', port: 1 } : undefined),
    storage: { snapshots: files, groups: [] } as unknown as NodeStorage,
    host: (group: GroupId) => (group === 0 ? story.host : undefined),
    persist: (append, onDurable) => persists.push({ append, onDurable }),
    deliver: (message) => {
      delivered.push(message);
      story.host.step({ kind: 'receive', message });
    },
    onFailure: (error) => failures.push(error),
  });
  const nobody = (): never => {
    throw new Error('no');
  };
  const clients = new ClientService({ clock, log, checksum, serve: nobody, watch: nobody, explain: nobody });
  const incoming = new Set<Incoming>();
  const network = new PairNetwork((connection) => {
    const one = new Incoming(connection, {
      clock,
      log,
      checksum,
      admit: () => undefined,
      onMessage: () => undefined,
      onRefused: () => undefined,
      onPeerLost: () => undefined,
      clients,
      intake: (peer, from) => keeper.intake(peer, from),
      onClosed: () => incoming.delete(one),
    });
    incoming.add(one);
  });
  return { story, keeper, clock, log, disk: on, files, network, failures, persists, delivered };
}

export interface SenderStory {
  readonly clock: ManualClock;
  readonly disk: FaultDisk;
  readonly abort: AbortController;
  /** Sends the snapshot at `index` to member 1; resolves to how that ended. */
  send(index?: number, options?: Partial<SendSnapshotOptions>): Promise<'delivered' | 'damaged' | Error>;
}

/** Member 2 with snapshots of `bytes` bytes. */
export async function senderStory(
  to: KeeperStory,
  bytes: number,
  indexes: readonly number[] = [100],
): Promise<SenderStory> {
  const on = disk({ seed: 9 });
  const files = await openFiles(on);
  for (const index of indexes) await files.write(0, snapshotMark(index), chunks(bytes, index));
  const clock = new ManualClock();
  const abort = new AbortController();
  const hello: Hello = { purpose: 'snapshot', cluster: 'c', from: 2, to: 1 };
  return {
    clock,
    disk: on,
    abort,
    send: async (index = 100, options = {}) => {
      await using source = await files.source(0, snapshotMark(index));
      const message = install(index);
      if (message.kind !== 'install-snapshot') throw new Error('no snapshot');
      try {
        return await sendSnapshot({
          network: to.network,
          clock,
          address: { host: 'pair', port: 1 },
          hello,
          checksum,
          source,
          message,
          signal: abort.signal,
          idleMsMax: 10_000,
          ...options,
        });
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
  };
}

/** The mark that `install` speaks of. */
export function snapshotMark(index: number): ReturnType<typeof mark> {
  return mark(index, 1, [1, 2]);
}

/** What a register machine restores, made long by its value. */
function chunks(bytes: number, index: number): Uint8Array[] {
  const machine = new RegisterMachine();
  machine.apply(index, new Uint8Array(Math.floor((bytes * 3) / 4)).fill(index));
  const all = Buffer.concat([...machine.snapshot()]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += 100_000) pieces.push(all.subarray(at, at + 100_000));
  return pieces;
}

/** Files that are open or touched on a disk no longer change: so many turns pass without an operation. */
export async function quiet(on: FaultDisk): Promise<void> {
  let seen = -1;
  let turns = 0;
  await until(() => {
    turns = on.operations === seen ? turns + 1 : 0;
    seen = on.operations;
    return turns > 20;
  }, 'a quiet disk');
}
