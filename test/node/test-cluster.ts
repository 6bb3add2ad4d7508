/**
 * Real nodes on loopback and in a temporary directory. Waiting is by condition: whatever the nodes do asks the
 * waiting conditions again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, type ClusterClientOptions } from '../../src/client/index.ts';
import { type NodeOptions, QuorateNode } from '../../src/node/index.ts';
import type { Address, Machine } from '../../src/ports/index.ts';
import { realDisk, realMachine } from '../../src/ports/real/index.ts';
import type { RaftStatus } from '../../src/raft/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { RegisterMachine } from './register-machine.ts';
import { WatchedDisk } from './watched-disk.ts';

/** Far more than anything here takes. */
const patienceMs = 20_000;

export class TestCluster implements AsyncDisposable {
  readonly directory: string;
  readonly members: readonly number[];
  readonly nodes: Map<number, QuorateNode> = new Map();
  readonly disks: Map<number, WatchedDisk> = new Map();
  readonly logs: Map<number, RecordingLog> = new Map();
  readonly addresses: Map<number, Address> = new Map();
  /** Why nodes stopped by themselves. */
  readonly failures: unknown[] = [];
  readonly #options: Partial<NodeOptions>;
  readonly #waiting = new Set<() => void>();

  static async make(members: readonly number[], options: Partial<NodeOptions> = {}): Promise<TestCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-node-'));
    const cluster = new TestCluster(directory, members, options);
    // Known before the first node starts: on a busy machine it looks for the others before they are there.
    const ports = await freePorts(members.length);
    for (const [place, member] of members.entries())
      cluster.addresses.set(member, { host: '127.0.0.1', port: ports[place] as number });
    return cluster;
  }

  private constructor(directory: string, members: readonly number[], options: Partial<NodeOptions>) {
    this.directory = directory;
    this.members = members;
    this.#options = options;
  }

  /** Starts all members for the first time. */
  async begin(): Promise<void> {
    for (const member of this.members) await this.start(member, { create: true });
  }

  async start(member: number, options: Partial<NodeOptions> = {}): Promise<QuorateNode> {
    const node = await QuorateNode.start(this.options(member, options));
    if (node.address !== undefined) this.addresses.set(member, node.address);
    this.nodes.set(member, node);
    return node;
  }

  options(member: number, options: Partial<NodeOptions> = {}): NodeOptions {
    return {
      machine: this.machine(member),
      directory: join(this.directory, String(member)),
      identity: { cluster: 'test', member, log: new Uint8Array(16).fill(member) },
      create: false,
      bootstrap: this.members,
      addresses: this.addresses,
      listen: this.addresses.get(member) ?? { host: '127.0.0.1', port: 0 },
      stateMachine: () => new RegisterMachine(),
      segmentBytes: 1 << 20,
      observer: { event: () => this.look(), sent: () => this.look() },
      onFailure: (error) => {
        this.failures.push(error);
        this.look();
      },
      ...this.#options,
      ...options,
    };
  }

  machine(member: number): Machine {
    const disk = this.disks.get(member) ?? new WatchedDisk(realDisk(), () => this.look());
    const log = this.logs.get(member) ?? new RecordingLog();
    this.disks.set(member, disk);
    this.logs.set(member, log);
    return { ...realMachine({ log }), disk };
  }

  async stop(member: number): Promise<void> {
    await this.nodes.get(member)?.close();
    this.nodes.delete(member);
  }

  client(options: Partial<ClusterClientOptions> = {}): ClusterClient {
    const { network, clock, random } = realMachine({ log: new RecordingLog() });
    const endpoints = [...this.addresses.values()];
    return new ClusterClient({ network, clock, random, endpoints, timeout: '20s', ...options });
  }

  status(member: number): RaftStatus {
    const status = this.nodes.get(member)?.status().groups.get(0);
    assert(status !== undefined, `member ${member} runs`);
    return status;
  }

  /** The member that leads, when one does and its followers know. */
  get leader(): number | undefined {
    return [...this.nodes.keys()].find((member) => this.status(member).role === 'leader');
  }

  /** What never comes is told with the state of all nodes, rather than by a run that hangs. */
  async until(holds: () => boolean): Promise<void> {
    const { clock } = realMachine({ log: new RecordingLog() });
    await new Promise<void>((resolve, reject) => {
      const late = (): void => {
        this.#waiting.delete(look);
        reject(new Error(`it never came:\n${this.#describe()}`));
      };
      const timer = clock.setTimer(patienceMs, late);
      const look = (): void => {
        if (!holds()) return;
        timer.cancel();
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** All members that run hold the same, and all of it. */
  async untilEqual(): Promise<void> {
    await this.until(() => {
      const states = [...this.nodes].map(([member, node]) => ({
        ...node.stateHash(0),
        last: this.status(member).last,
      }));
      const [first] = states;
      return states.every(
        ({ applied, hash, last }) => applied === first?.last && hash === first.hash && last === first.last,
      );
    });
  }

  /** Everything that was opened is given back. */
  expectClosed(): void {
    for (const [member, { openFiles, locks }] of this.disks)
      assert.deepEqual({ openFiles, locks }, { openFiles: 0, locks: 0 }, `member ${member}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes.values()) await node.close();
    this.expectClosed();
    await rm(this.directory, { recursive: true, force: true });
  }

  #describe(): string {
    const lines = [...this.nodes.keys()].map((member) => {
      const { matches, ...status } = this.status(member);
      const told = this.logs.get(member)?.told.slice(-6) ?? [];
      const log = told.map(({ event, fields }) => `    ${event} ${JSON.stringify(fields)}`);
      return [`${member} ${JSON.stringify({ ...status, matches: [...matches] })}`, ...log].join('\n');
    });
    return [...lines, ...this.failures.map(String)].join('\n');
  }

  /** Asks all waiting conditions again: something has happened. */
  look(): void {
    for (const look of this.#waiting) look();
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

export function bytes(content: string): Uint8Array {
  return Buffer.from(content);
}

export function text(data: Uint8Array): string {
  return Buffer.from(data).toString();
}
