/** The node itself as a part of what `serve` runs: started from its directory, with its store on the disk. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import type { Duration } from '../../base/index.ts';
import type { Component, ComponentContext } from '../../membership/index.ts';
import {
  type NodeTls,
  type QuorateNode,
  type SelfOptions,
  type StoreMachine,
  startFromDirectory,
  storesOnDisk,
} from '../../node/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import { realCryptography } from '../../ports/real/index.ts';

export interface NodeComponentOptions {
  readonly machine: Machine;
  readonly directory: string;
  readonly listen: Address;
  readonly self: Omit<SelfOptions, 'join' | 'onJoined'>;
  readonly historyMs: number;
  readonly tls: NodeTls | undefined;
  readonly secrets: readonly string[] | undefined;
}

/** What metrics are made of, beside the node’s own. */
export type ServedStore = Pick<StoreMachine, 'status' | 'refusals'>;

/** How often members ask each other what time it is. */
const clockExchangeMs = 15_000;

export class NodeComponent implements Component {
  readonly name: string = 'node';
  /** How long the log takes that has to be carried out, or a state that has to be made anew, only the disk knows. */
  readonly startWithin: Duration = '24h';
  readonly stopWithin: Duration = '30s';
  readonly #options: NodeComponentOptions;
  readonly #stores = new Map<number, ServedStore>();
  #node: QuorateNode | undefined;
  #isStopping = false;

  constructor(options: NodeComponentOptions) {
    this.#options = options;
  }

  /** Absent before it has started, and from when it is told to stop. */
  get node(): QuorateNode | undefined {
    return this.#isStopping ? undefined : this.#node;
  }

  get store(): ServedStore | undefined {
    return this.#stores.get(0);
  }

  async start({ fail }: ComponentContext): Promise<void> {
    const { machine, directory, listen, self, historyMs, tls, secrets } = this.#options;
    const open = storesOnDisk({ ...machine, checksum: nativeCrc32, historyMs });
    this.#node = await startFromDirectory({
      machine,
      directory,
      listen,
      self,
      ...(tls === undefined ? {} : { tls }),
      clockExchange: clockExchangeMs,
      processId: process.pid,
      checksum: nativeCrc32,
      cryptography: realCryptography(),
      ...(secrets === undefined ? {} : { secrets }),
      stateMachine: async (group, home) => {
        const store = await open(group, home);
        this.#stores.set(group, store);
        return store;
      },
      onFailure: fail,
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#node?.close();
  }
}
