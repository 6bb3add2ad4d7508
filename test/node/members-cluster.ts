/**
 * Nodes as people run them: each with a directory of its own, a name and an address that others can reach. They
 * come by joining, move, are wiped and are removed. Waiting is by condition, asked again whenever a node does something.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QuorateError } from '../../src/base/index.ts';
import {
  decodeMemberResult,
  encodeMemberRequest,
  type MemberList,
  type MemberRequest,
  type MemberResult,
} from '../../src/net/index.ts';
import { askNode } from '../../src/node/ask-node.ts';
import {
  drawIdentity,
  prepareToJoin,
  type QuorateNode,
  readBirthRecord,
  type SelfOptions,
  startFromDirectory,
  writeBirthRecord,
} from '../../src/node/index.ts';
import { listMembers } from '../../src/node/member-cards.ts';
import type { StartOptions } from '../../src/node/start.ts';
import type { Address, Machine } from '../../src/ports/index.ts';
import { realMachine } from '../../src/ports/real/index.ts';
import type { RaftStatus } from '../../src/raft/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { RegisterMachine } from './register-machine.ts';

const patienceMs = 20_000;
const anyPort: Address = { host: '127.0.0.1', port: 0 };

export class MembersCluster implements AsyncDisposable {
  readonly directory: string;
  readonly nodes: Map<string, QuorateNode> = new Map();
  readonly removed: Set<string> = new Set();
  readonly failures: unknown[] = [];
  readonly machine: Machine = realMachine({ log: new RecordingLog() });
  readonly #options: Partial<StartOptions>;
  readonly #waiting = new Set<() => void>();

  /** What all nodes are started with. */
  static async make(options: Partial<StartOptions> = {}): Promise<MembersCluster> {
    return new MembersCluster(await mkdtemp(join(tmpdir(), 'quorate-members-')), options);
  }

  private constructor(directory: string, options: Partial<StartOptions>) {
    this.directory = directory;
    this.#options = options;
  }

  /** A cluster of one, in which it leads. */
  async bootstrap(name: string, cluster = 'test', options: Partial<StartOptions> = {}): Promise<QuorateNode> {
    const identity = drawIdentity(this.machine.random, cluster);
    await writeBirthRecord(this.machine.disk, this.home(name), {
      identity,
      started: false,
      bootstrap: [identity.member],
      addresses: new Map(),
    });
    const node = await this.start(name, {}, options);
    await this.until(() => this.names.includes(name));
    // Behind what it said of itself, so that is committed too.
    await node.propose(0, new Uint8Array(1));
    return node;
  }

  /** Starts an empty directory against what runs; resolves when it has been taken in. */
  async join(
    name: string,
    self: Partial<SelfOptions> = {},
    at: readonly Address[] = this.addresses,
    options: Partial<StartOptions> = {},
  ): Promise<QuorateNode> {
    const { machine } = this;
    const signal = AbortSignal.timeout(patienceMs);
    const shown = { ...this.#options, ...options };
    await prepareToJoin({ ...shown, machine, directory: this.home(name), nodes: at, signal });
    const node = await this.start(name, self, options);
    await node.joined;
    return node;
  }

  async start(
    name: string,
    self: Partial<SelfOptions> = {},
    options: Partial<StartOptions> = {},
  ): Promise<QuorateNode> {
    const look = (): void => this.look();
    const node = await startFromDirectory({
      machine: this.machine,
      directory: this.home(name),
      listen: anyPort,
      stateMachine: () => new RegisterMachine(),
      segmentBytes: 1 << 20,
      observer: { event: look, sent: look },
      onFailure: (error) => this.failures.push(error),
      self: {
        name,
        onRemoved: () => {
          this.removed.add(name);
          look();
        },
        ...self,
      },
      ...this.#options,
      ...options,
    });
    this.nodes.set(name, node);
    return node;
  }

  async stop(name: string): Promise<void> {
    const node = this.node(name);
    this.nodes.delete(name);
    await node.close();
  }

  async wipe(name: string): Promise<void> {
    await rm(this.home(name), { recursive: true });
  }

  home(name: string): string {
    return join(this.directory, name);
  }

  node(name: string): QuorateNode {
    const node = this.nodes.get(name);
    assert(node !== undefined, `${name} runs`);
    return node;
  }

  status(name: string): RaftStatus {
    const status = this.node(name).status().groups.get(0);
    assert(status !== undefined);
    return status;
  }

  id(name: string): number {
    return this.node(name).status().member;
  }

  get addresses(): Address[] {
    return [...this.nodes.values()].flatMap(({ address }) => (address === undefined ? [] : [address]));
  }

  /** The node that leads. */
  get leader(): string | undefined {
    return [...this.nodes.keys()].find((name) => this.status(name).role === 'leader');
  }

  /** Who the cluster consists of, as its leader sees it. */
  get names(): string[] {
    const { leader } = this;
    return leader === undefined ? [] : namesIn(this.listOf(leader));
  }

  listOf(name: string): MemberList {
    const { cluster, member, groups } = this.node(name).status();
    const status = groups.get(0);
    assert(status !== undefined);
    const { term, leader, configuration } = status;
    return { cluster, member, term, leader, members: listMembers(configuration) };
  }

  /** As a person with a command would: at whichever node leads, and again where it was only too early. */
  async change(request: MemberRequest, at?: string): Promise<MemberResult> {
    while (true) {
      await this.until(() => this.leader !== undefined);
      const address = this.node(at ?? (this.leader as string)).address as Address;
      try {
        return decodeMemberResult(await this.ask(address, 'change', encodeMemberRequest(request)));
      } catch (error) {
        const { retryable, code } = error as QuorateError;
        if (at !== undefined || (!retryable && code !== 'proposal-lost')) throw error;
      }
    }
  }

  async ask(
    address: Address,
    kind: 'members' | 'change',
    body: Uint8Array = new Uint8Array(0),
    asMember?: number,
  ): Promise<Uint8Array> {
    const { network, clock } = this.machine;
    const signal = AbortSignal.timeout(patienceMs);
    return await askNode({
      network,
      clock,
      checksum: undefined,
      address,
      cluster: '',
      ...(asMember === undefined ? {} : { asMember }),
      kind,
      body,
      timeoutMs: patienceMs,
      signal,
    });
  }

  async record(name: string): Promise<Awaited<ReturnType<typeof readBirthRecord>>> {
    return await readBirthRecord(this.machine.disk, this.home(name));
  }

  /** All that run hold the same log, and all of it. */
  async untilEqual(): Promise<void> {
    await this.until(() => {
      const states = [...this.nodes].map(([name, node]) => ({
        ...node.stateHash(0),
        last: this.status(name).last,
      }));
      return states.every(
        ({ applied, hash, last }) =>
          applied === states[0]?.last && hash === states[0].hash && last === states[0].last,
      );
    });
  }

  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = this.machine.clock.setTimer(patienceMs, () => {
        this.#waiting.delete(look);
        reject(new Error(`it never came:\n${this.#describe()}`));
      });
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

  look(): void {
    for (const look of this.#waiting) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.close()));
    await rm(this.directory, { recursive: true, force: true });
    assert.deepEqual(this.failures, []);
  }

  #describe(): string {
    const lines = [...this.nodes.keys()].map((name) => {
      const { role, term, leader, last, commit, configuration } = this.status(name);
      return `${name} ${this.id(name)} ${JSON.stringify({ role, term, leader, last, commit, ...configuration, details: [] })}`;
    });
    return lines.join('\n');
  }
}

export function namesIn({ members }: MemberList): string[] {
  return members.map(({ card }) => card?.name ?? '?').sort();
}
