/** What the tests of restoring and recovering share: backups in files, and nodes that start on what was made of them. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, Store } from '../../src/client/index.ts';
import {
  type QuorateNode,
  type Restored,
  type RestoreOptions,
  restoreBackup,
  startFromDirectory,
  storesOnDisk,
} from '../../src/node/index.ts';
import type { Address, Disk } from '../../src/ports/index.ts';
import {
  nativeCrc32,
  realClock,
  realCryptography,
  realDisk,
  realMachine,
  realRandom,
} from '../../src/ports/real/index.ts';
import { BackupFile } from '../../src/storage/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { tools } from '../storage/backup-fixture.ts';

export class Workplace implements AsyncDisposable {
  readonly directory: string;
  readonly #nodes = new Set<AsyncDisposable>();

  static async make(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'quorate-refounding-')));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A node as `serve` runs it, on what lies in a directory. */
  async start(
    name: string,
    directory: string,
    listen: Address,
    log: RecordingLog = new RecordingLog(),
  ): Promise<QuorateNode> {
    const machine = realMachine({ log });
    const node = await startFromDirectory({
      machine,
      directory,
      listen,
      self: { name },
      checksum: nativeCrc32,
      cryptography: realCryptography(),
      segmentBytes: 1 << 20,
      stateMachine: storesOnDisk({ ...machine, checksum: nativeCrc32 }),
      onFailure: (error) => log.error('failed', { error }),
    });
    const close = async (): Promise<void> => {
      await node.close();
      machine.loopDelay.close();
    };
    this.#nodes.add({ [Symbol.asyncDispose]: close });
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true });
  }
}

export async function backUp(store: Store, path: string): Promise<{ readonly revision: number }> {
  const backup = await store.backup();
  const file = await BackupFile.create({ ...tools, disk: realDisk(), path, isForced: true });
  for await (const frame of backup) await file.add(frame);
  await file.finish();
  return backup;
}

export async function restore(
  path: string,
  directory: string,
  more: Partial<RestoreOptions> & { readonly disk?: Disk } = {},
): Promise<Restored> {
  return await restoreBackup({
    checksum: nativeCrc32,
    cryptography: realCryptography(),
    disk: realDisk(),
    clock: realClock(),
    random: realRandom(),
    path,
    directory,
    signal: new AbortController().signal,
    ...more,
  });
}

export function storeAt(...endpoints: readonly Address[]): Store {
  const { network, clock, random } = realMachine({ log: new RecordingLog() });
  const client = new ClusterClient({ network, clock, random, endpoints, timeout: '20s', follow: false });
  return new Store({ client, clock, checksum: nativeCrc32, cryptography: realCryptography() });
}

/** Addresses that were free a moment ago, all different. */
export async function freeAddresses(count: number): Promise<Address[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports.map((port) => ({ host: '127.0.0.1', port }));
}
