/**
 * A cluster of one in the user's own process: the same node that a server runs, with a disk or with memory for
 * one, and without a listener that anybody else could reach. What it keeps in a directory a server can go on
 * with, and take members.
 */
import { LocalNetwork } from '../net/index.ts';
import {
  drawClusterName,
  drawIdentity,
  type QuorateNode,
  readBirthRecord,
  StoreMachine,
  startFromDirectory,
  storesOnDisk,
  writeBirthRecord,
} from '../node/index.ts';
import type { Address, Log, Machine, Network } from '../ports/index.ts';
import { nativeCrc32, realCryptography, realMachine, silentLog } from '../ports/real/index.ts';
import { MemoryDisk } from '../storage/index.ts';

export interface EmbeddedNode extends AsyncDisposable {
  /** Reaches the node, and nothing else. */
  readonly network: Network;
  readonly address: Address;
  /** Aborts when the node has stopped by itself, with the reason. */
  readonly failed: AbortSignal;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Absent: in memory, and gone when it is closed. */
  readonly directory?: string;
  /** Default: none. */
  readonly log?: Log;
}

/** What lies in memory is not prepared far ahead of its use, and not kept for long behind it. */
const sparing = { segmentBytes: 1 << 20, snapshotBytes: 4 << 20 };

const address: Address = { host: 'embedded', port: 1 };

/** Resolves when the node serves. The directory is made where there is none. */
export async function startEmbedded({
  directory,
  log = silentLog(),
}: EmbeddedOptions): Promise<EmbeddedNode> {
  const real = realMachine({ log });
  const network = new LocalNetwork(real.clock);
  const disk = directory === undefined ? new MemoryDisk() : real.disk;
  const machine: Machine = { ...real, network, disk };
  const home = directory ?? '/memory';
  const failed = new AbortController();
  let node: QuorateNode;
  try {
    await prepare(machine, home);
    node = await startFromDirectory({
      machine,
      directory: home,
      listen: address,
      checksum: nativeCrc32,
      cryptography: realCryptography(),
      ...(directory === undefined ? sparing : {}),
      stateMachine:
        directory === undefined
          ? () => new StoreMachine()
          : storesOnDisk({ ...machine, checksum: nativeCrc32 }),
      onFailure: (error) => failed.abort(error),
    });
  } catch (error) {
    real.loopDelay.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await node.close();
    real.loopDelay.close();
  };
  return { network, address, failed: failed.signal, close, [Symbol.asyncDispose]: close };
}

/** A new directory begins a cluster of one; one that has been used goes on. */
async function prepare(machine: Machine, directory: string): Promise<void> {
  if ((await readBirthRecord(machine.disk, directory)) !== undefined) return;
  const identity = drawIdentity(machine.random, drawClusterName(machine.random));
  await writeBirthRecord(machine.disk, directory, {
    identity,
    started: false,
    bootstrap: [identity.member],
    addresses: new Map([[identity.member, address]]),
  });
}
