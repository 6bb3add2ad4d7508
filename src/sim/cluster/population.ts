/** Who lives in a run: machines with members, machines with clients, and the ghost that repeats what members said. */
import type { Prng } from '../../base/index.ts';
import type { QuorateNode } from '../../node/index.ts';
import type { Address } from '../../ports/index.ts';
import type { MemberId } from '../../raft/index.ts';
import { walkFlush } from '../../storage/index.ts';
import type { Program, World } from '../machine/index.ts';
import { Fleet } from './fleet.ts';
import { Ghost, type Haunting } from './ghost.ts';
import { type MemberOptions, memberProgram } from './member-program.ts';
import type { Monitor } from './monitor.ts';
import type { Releases } from './releases.ts';
import type { DrawnScenario } from './scenarios.ts';
import type { Workload } from './workload.ts';

export interface PopulationOptions {
  readonly world: World;
  readonly monitor: Monitor;
  readonly prng: Prng;
  readonly drawn: DrawnScenario;
  /** How many members vote at first, and how many machines there are for members. */
  readonly voters: number;
  readonly machines: number;
  readonly clients: number;
  readonly operationsMax: number;
  readonly releases: Releases;
  readonly workload: Workload;
  readonly isTold: boolean;
  readonly broken: (error: unknown) => void;
}

interface Running {
  readonly member: MemberId;
  readonly node: QuorateNode;
}

/** What all members of a run have in common. */
type Common = Omit<MemberOptions, 'name' | 'tell' | 'mistaken' | 'running' | 'ended'>;

const cluster = 'simulated';
const port = 7700;
const restartMs = 400;
/** Where a member's log lies on its disk. */
const logDirectory = '/data/node/log/';

export class Population {
  readonly fleet: Fleet;
  readonly clientNames: readonly string[];
  /** Leaders answer reads by their lease. */
  readonly hasLeases: boolean;
  readonly #options: PopulationOptions;
  readonly #addresses: ReadonlyMap<MemberId, Address>;
  readonly #ghost: Ghost;
  readonly #running = new Map<string, Running>();
  /** Machines whose wiped disk gets back its old identity, by mistake. */
  readonly #mistakes = new Map<string, MemberId>();
  /** Members whose directory is damaged beyond repair: their nodes refuse to start, and say so. */
  readonly #beyondRepair = new Set<MemberId>();
  #lastValue = 0;
  #operationsLeft: number;
  #clientsLeft: number;

  constructor(options: PopulationOptions) {
    const { prng, machines, clients } = options;
    this.#options = options;
    this.#operationsLeft = options.operationsMax;
    this.#clientsLeft = clients;
    this.fleet = new Fleet(Array.from({ length: machines }, (_, place) => `n${place + 1}`));
    this.clientNames = Array.from({ length: clients }, (_, place) => `c${place + 1}`);
    this.#addresses = new Map(this.fleet.identities.map(([member, host]) => [member, { host, port }]));
    this.#ghost = new Ghost({
      cluster,
      prng: prng.fork(),
      addresses: this.#addresses,
      said: () => options.monitor.count('old messages said again'),
    });
    this.hasLeases = prng.chance(0.5);
    this.#addMembers();
    this.#addClients();
    options.world.addMachine({ name: 'ghost' });
  }

  /** The clients end with the operations under way. */
  stopClients(): void {
    this.#operationsLeft = 0;
  }

  /** A process that says old messages to the member on a machine; absent when there are none. */
  haunting(name: string, haunting: Omit<Haunting, 'target'>): Program | undefined {
    return this.#ghost.haunt({ target: this.fleet.memberOf(name), ...haunting });
  }

  /** A machine's disk was wiped. `mistake`: somebody puts the old identity back, and nothing else. */
  wiped(name: string, how: { readonly wasMember: boolean; readonly mistake: boolean }): void {
    const member = this.fleet.memberOf(name);
    this.fleet.wiped(name, how.wasMember);
    if (how.mistake) this.#mistakes.set(name, member);
  }

  /** One leader, everything committed applied everywhere, the dead replaced, and every client done: its last requests have succeeded or were told. */
  isSettled(): boolean {
    if (this.#clientsLeft > 0 || !this.#options.workload.isSettled()) return false;
    const nodes = [...this.#running.values()];
    const leaders = nodes.filter(({ node }) => node.status().groups.get(0)?.role === 'leader');
    const leader = leaders[0]?.node;
    const status = leader?.status().groups.get(0);
    if (leaders.length !== 1 || leader === undefined || status === undefined) return false;
    const { configuration, commit, last } = status;
    if (commit !== last || configuration.outgoing.length > 0) return false;
    if (this.#options.releases.areUpgraded && this.#beyondRepair.size === 0 && status.level < 2) return false;
    const state = leader.stateHash(0);
    return [...configuration.voters, ...configuration.learners].every((member) => {
      const node = nodes.find((other) => other.member === member)?.node;
      if (node === undefined) return this.#beyondRepair.has(member);
      const { applied, hash } = node.stateHash(0);
      return applied === state.applied && hash === state.hash && applied === commit;
    });
  }

  /** Every member in a line. */
  describe(): string {
    const lines = this.fleet.names.map((name) => {
      const status = this.#running.get(name)?.node.status().groups.get(0);
      if (status === undefined) return `${name} is down`;
      const { role, term, leader, base, last, durable, commit, applied, configuration, level } = status;
      const { voters, outgoing, learners } = configuration;
      return `${name} ${role} term ${term} leader ${leader} log ${base}..${last} durable ${durable} commit ${commit} applied ${applied} voters ${voters} outgoing ${outgoing} learners ${learners} level ${level} release ${this.#options.releases.of(name)}`;
    });
    const { workload } = this.#options;
    return [`${this.#clientsLeft} clients busy`, ...workload.describe(), ...lines].join('\n');
  }

  #addMembers(): void {
    const { world, monitor, prng, drawn, voters, releases, workload, isTold, broken } = this.#options;
    const { snapshotBytes, operatorMsMax, tailBytesMax } = drawn;
    const common: Common = {
      releases,
      fleet: this.fleet,
      cluster,
      voters: this.fleet.members.slice(0, voters),
      addresses: this.#addresses,
      stateMachine: (observer, release) => workload.stateMachine(observer, release),
      raft: { leaseReads: this.hasLeases, tailBytesMax, quiesceTicks: prng.pick([0, 0, 40]) },
      snapshotBytes,
      segmentBytes: 64 * 1024,
      operatorMsMax,
      monitor,
      overheard: (message) => this.#ghost.saw(message),
      broken,
    };
    for (const name of this.fleet.names) {
      const program = memberProgram({
        ...common,
        name,
        tell: isTold ? (text) => world.tell(name, text) : undefined,
        mistaken: () => this.#mistakes.get(name),
        running: (node) => this.#isRunning(name, node),
        ended: (error) => this.#ended(name, error),
      });
      world.addMachine({ name, program, durableWrite: this.#watchDisk(name) });
    }
  }

  #addClients(): void {
    const { world, prng, drawn, workload } = this.#options;
    const endpoints = this.fleet.names.map((host) => ({ host, port }));
    const keys = prng.pick([1, 3, 10]);
    for (const name of this.clientNames) {
      const program = workload.client({
        name,
        endpoints,
        keys,
        pauseMsMax: drawn.pauseMsMax,
        writesInSecondForm: this.#options.releases.areUpgraded,
        nextValue: () => {
          this.#lastValue += 1;
          return this.#lastValue;
        },
        mayBegin: () => {
          this.#operationsLeft -= 1;
          return this.#operationsLeft >= 0;
        },
        readName: (endpoint) => this.#readName(this.fleet.names[endpoint] as string),
      });
      world.addMachine({
        name,
        program: async (machine) => {
          await program(machine);
          this.#clientsLeft -= 1;
        },
      });
    }
  }

  /** How a node that answers a read does it, for the table of what was covered. */
  #readName(name: string): string {
    const role = this.#running.get(name)?.node.status().groups.get(0)?.role;
    if (role !== 'leader') return 'reads on a follower';
    return this.hasLeases ? 'reads on a leader with leases' : 'reads on a leader by a round of heartbeats';
  }

  #isRunning(name: string, node: QuorateNode | undefined): void {
    if (node === undefined) this.#running.delete(name);
    else this.#running.set(name, { member: this.fleet.memberOf(name), node });
  }

  #ended(name: string, error: unknown): void {
    const { world, monitor, releases } = this.#options;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const isMistake = this.#mistakes.has(name);
    monitor.count(isMistake ? `old identity without its data refused: ${code}` : `nodes ended: ${code}`);
    if (code === 'level-unsupported') {
      // What the error says to do.
      monitor.count('old releases refused');
      releases.install(name, 2);
    }
    if (!isMistake && (code === 'directory-damaged' || code === 'log-damaged'))
      this.#beyondRepair.add(this.fleet.memberOf(name));
    world.tell(name, `ends: ${String(error)}`);
    const machine = world.machine(name);
    world.at(world.nowMs, () => {
      machine.kill();
      if (!isMistake || machine.processes.length > 0) return;
      // The operator has understood, and begins anew with an empty directory.
      machine.wipeDisk();
      this.#mistakes.delete(name);
    });
    world.at(world.nowMs + restartMs, () => {
      if (machine.up) machine.boot();
    });
  }

  /** Shows the monitor what becomes durable. A disk has no ear for what is wrong; the run hears it from the monitor. */
  #watchDisk(name: string): (path: string, bytes: Uint8Array) => void {
    const { monitor, broken } = this.#options;
    let member: MemberId = 0;
    let watcher = monitor.disk(member);
    return (path, bytes) => {
      if (!path.startsWith(logDirectory)) return;
      const present = this.fleet.memberOf(name);
      if (present !== member) {
        member = present;
        watcher = monitor.disk(member);
      }
      try {
        walkFlush(bytes, watcher);
      } catch (error) {
        broken(error);
      }
    };
  }
}
