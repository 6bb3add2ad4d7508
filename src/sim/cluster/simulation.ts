/**
 * One run: a cluster of complete nodes, clients that write down what they see, faults from a plan. First
 * *safety*: whatever happens, no invariant breaks. Then *liveness*: everything is healed, and within a bounded
 * time there is a leader, fresh requests succeed, and all members hold the same state. Then the clients'
 * history is judged. One seed decides all of it.
 */
import { Prng } from '../../base/index.ts';
import type { QuorateNode } from '../../node/index.ts';
import type { Address } from '../../ports/index.ts';
import { runTurns } from '../../ports/real/index.ts';
import type { MemberId } from '../../raft/index.ts';
import { walkFlush } from '../../storage/index.ts';
import { checkHistory, explainVerdict } from '../checkers/index.ts';
import { HistoryRecorder } from '../history/index.ts';
import { type Turns, World } from '../machine/index.ts';
import { clientProgram } from './client-program.ts';
import { drawFaultPlan, type PlannedFault } from './fault-plan.ts';
import { type Coverage, InvariantBroken } from './invariants/index.ts';
import { memberProgram } from './member-program.ts';
import { Monitor } from './monitor.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** How steps and microtasks take turns. Default: `runTurns`, on Node. */
  readonly turns?: Turns;
  /** Simulated time under faults. Default 60,000. */
  readonly faultMs?: number;
  /** Simulated time in which everything must be well again. Default 30,000. */
  readonly healMs?: number;
  /** Voters at the start. Default 5. */
  readonly voters?: number;
  /** Further nodes that an operator may add. Default: none to two, as the seed decides. */
  readonly spares?: number;
  readonly clients?: number;
  /** Instead of the plan that the seed draws: for replaying a smaller one. */
  readonly plan?: readonly PlannedFault[];
  /** How many of the last lines of the story are kept. Default 0. */
  readonly storyLines?: number;
}

export interface SimulationReport {
  readonly seed: number;
  /** What was broken, as one sentence and its proof; absent when nothing was. */
  readonly violation: string | undefined;
  readonly plan: readonly PlannedFault[];
  readonly simulatedMs: number;
  readonly coverage: Coverage;
  readonly operations: number;
  /** Equal for two runs of the same seed and plan. */
  readonly traceHash: string;
  readonly story: readonly string[];
}

const restartMs = 400;
const lookMs = 200;
/** Where a member's log lies on its disk. */
const logDirectory = '/data/node/log/';

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const run = new Run(options);
  const violation = await run.live();
  return run.report(violation);
}

class Run {
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #monitor = new Monitor((error) => this.#break(error));
  readonly #recorder: HistoryRecorder;
  readonly #plan: readonly PlannedFault[];
  readonly #names: ReadonlyMap<MemberId, string>;
  readonly #running = new Map<MemberId, QuorateNode>();
  readonly #clientNames: readonly string[];
  #broken: unknown;
  #lastValue = 0;
  #stopped = false;
  #clientsLeft = 0;
  /** Members whose directory is damaged beyond repair: their nodes refuse to start, and say so. */
  readonly #beyondRepair = new Set<string>();

  constructor(options: SimulationOptions) {
    const {
      seed,
      turns = runTurns,
      storyLines = 0,
      voters = 5,
      spares = new Prng(-1 - seed).below(3),
      clients = 3,
      faultMs = 60_000,
    } = options;
    this.#options = options;
    this.#world = new World({ seed, turns, storyLines });
    this.#recorder = new HistoryRecorder({ now: () => this.#world.nowMs });
    const members = Array.from({ length: voters + spares }, (_, place) => place + 1);
    this.#names = new Map(members.map((member) => [member, `n${member}`]));
    this.#clientNames = Array.from({ length: clients }, (_, place) => `c${place + 1}`);
    const prng = new Prng(seed);
    this.#plan =
      options.plan ??
      drawFaultPlan({
        prng: prng.fork(),
        members: [...this.#names.values()],
        clients: this.#clientNames,
        untilMs: faultMs,
        meanGapMs: prng.pick([300, 1000, 3000]),
      });
    this.#populate(prng, members.slice(0, voters));
  }

  /** Why the run failed, if it did. */
  async live(): Promise<string | undefined> {
    const { faultMs = 60_000, healMs = 30_000 } = this.#options;
    for (const { atMs, fault } of this.#plan) {
      this.#world.at(atMs, () => {
        if (this.#world.apply(fault).struck) this.#monitor.count(`fault ${fault.kind}`);
      });
    }
    try {
      await this.#until(faultMs, () => false);
      this.#heal();
      await this.#until(faultMs + healMs / 2, () => false);
      this.#stopped = true;
      const settled = await this.#until(faultMs + healMs, () => this.#isSettled());
      if (!settled) return `not live ${healMs} ms after healing: ${this.#describe()}`;
    } catch (error) {
      return story(error);
    }
    return this.#judge();
  }

  report(violation: string | undefined): SimulationReport {
    return {
      seed: this.#options.seed,
      violation,
      plan: this.#plan,
      simulatedMs: this.#world.nowMs,
      coverage: this.#monitor.coverage,
      operations: this.#recorder.history().operations.length,
      traceHash: this.#world.traceHash(),
      story: this.#world.story(),
    };
  }

  #populate(prng: Prng, voters: readonly MemberId[]): void {
    const addresses = new Map<MemberId, Address>(
      [...this.#names].map(([member, host]) => [member, { host, port: 7700 }]),
    );
    const raft = {
      leaseReads: prng.chance(0.5),
      tailBytesMax: prng.pick([500, 5000, 1 << 20]),
      quiesceTicks: prng.pick([0, 0, 40]),
    };
    const snapshotBytes = prng.pick([500, 3000, 1 << 20]);
    for (const [member, name] of this.#names) {
      this.#world.addMachine({
        name,
        durableWrite: this.#watchDisk(member),
        program: memberProgram({
          member,
          cluster: 'simulated',
          voters,
          addresses,
          raft,
          snapshotBytes,
          segmentBytes: 64 * 1024,
          monitor: this.#monitor,
          tell: this.#options.storyLines === undefined ? undefined : (text) => this.#world.tell(name, text),
          running: (node) => this.#isRunning(member, node),
          ended: (error) => this.#ended(name, error),
          broken: (error) => this.#break(error),
        }),
      });
    }
    const endpoints = [...addresses.values()];
    const keys = prng.pick([1, 3, 10]);
    // Busy clusters and quiet ones: only in these do groups fall silent.
    const pauseMsMax = prng.pick([100, 300, 1000, 3000]);
    for (const name of this.#clientNames) {
      this.#clientsLeft += 1;
      const program = clientProgram({
        endpoints,
        recorder: this.#recorder,
        monitor: this.#monitor,
        keys,
        pauseMsMax,
        nextValue: () => {
          this.#lastValue += 1;
          return this.#lastValue;
        },
        stopped: () => this.#stopped,
      });
      this.#world.addMachine({
        name,
        program: async (machine) => {
          await program(machine);
          this.#clientsLeft -= 1;
        },
      });
    }
  }

  /** Shows the monitor what becomes durable. A disk has no ear for what is wrong; the run hears it from the monitor. */
  #watchDisk(member: MemberId): (path: string, bytes: Uint8Array) => void {
    const watcher = this.#monitor.disk(member);
    return (path, bytes) => {
      if (!path.startsWith(logDirectory)) return;
      try {
        walkFlush(bytes, watcher);
      } catch (error) {
        this.#break(error);
      }
    };
  }

  #look(): void {
    for (const [member, node] of this.#running) {
      const status = node.status().groups.get(0);
      if (status !== undefined) this.#monitor.looked(member, status);
    }
  }

  /** Lives until `untilMs`, or until `done`, asked now and then, says that it is enough. Throws what was broken. */
  async #until(untilMs: number, done: () => boolean): Promise<boolean> {
    let isDone = false;
    let lookAtMs = this.#world.nowMs;
    await this.#world.runWhile(() => {
      if (this.#world.nowMs < lookAtMs) return this.#broken === undefined;
      lookAtMs = this.#world.nowMs + lookMs;
      this.#look();
      isDone = done();
      return !isDone && this.#broken === undefined;
    }, untilMs);
    if (this.#broken !== undefined) throw this.#broken;
    return isDone;
  }

  #heal(): void {
    this.#monitor.calm = true;
    this.#world.heal();
    for (const machine of this.#world.machines) machine.boot();
  }

  /** One leader, everything committed applied everywhere, and every client done: its last requests have succeeded or were told. */
  #isSettled(): boolean {
    if (this.#clientsLeft > 0) return false;
    const leaders = [...this.#running].filter(([, node]) => node.status().groups.get(0)?.role === 'leader');
    if (leaders.length !== 1) return false;
    const leader = (leaders[0] as [MemberId, QuorateNode])[1];
    const status = leader.status().groups.get(0);
    if (status === undefined || status.commit !== status.last || status.configuration.outgoing.length > 0)
      return false;
    const state = leader.stateHash(0);
    return [...status.configuration.voters, ...status.configuration.learners].every((member) => {
      const node = this.#running.get(member);
      if (node === undefined) return this.#beyondRepair.has(this.#names.get(member) ?? '');
      const { applied, hash } = node.stateHash(0);
      return applied === state.applied && hash === state.hash && applied === status.commit;
    });
  }

  #isRunning(member: MemberId, node: QuorateNode | undefined): void {
    if (node === undefined) this.#running.delete(member);
    else this.#running.set(member, node);
  }

  #ended(name: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.#monitor.count(`node ended: ${code}`);
    if (code === 'directory-damaged' || code === 'log-damaged') this.#beyondRepair.add(name);
    this.#world.tell(name, `ends: ${String(error)}`);
    const machine = this.#world.machine(name);
    this.#world.at(this.#world.nowMs, () => machine.kill());
    this.#world.at(this.#world.nowMs + restartMs, () => {
      if (machine.up) machine.boot();
    });
  }

  #break(error: unknown): void {
    this.#broken ??= error;
  }

  #judge(): string | undefined {
    const verdict = checkHistory(this.#recorder.history(), { model: 'register', level: 'linearizable' });
    return verdict.verdict === 'valid' ? undefined : explainVerdict(verdict);
  }

  #describe(): string {
    const lines = [...this.#names].map(([member, name]) => {
      const status = this.#running.get(member)?.status().groups.get(0);
      if (status === undefined) return `${name} is down`;
      const { role, term, leader, base, last, durable, commit, applied, configuration } = status;
      const { voters, outgoing, learners } = configuration;
      return `${name} ${role} term ${term} leader ${leader} log ${base}..${last} durable ${durable} commit ${commit} applied ${applied} voters ${voters} outgoing ${outgoing} learners ${learners}`;
    });
    return [`${this.#clientsLeft} clients busy`, ...lines].join('\n');
  }
}

function story(error: unknown): string {
  if (error instanceof InvariantBroken) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
