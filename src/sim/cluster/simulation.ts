/**
 * One run: a cluster of complete nodes, clients that write down what they see, faults from a plan. First
 * *safety*: whatever happens, no invariant breaks. Then *liveness*: everything is healed, and within a bounded
 * time there is a leader, fresh requests succeed, and all members hold the same state. Then the clients'
 * history is judged. One seed decides all of it.
 */
import { Prng } from '../../base/index.ts';
import { type StateMachine, StoreMachine } from '../../node/index.ts';
import { runTurns } from '../../ports/real/index.ts';
import { HistoryRecorder } from '../history/index.ts';
import { type Turns, World } from '../machine/index.ts';
import { drawFaultPlan, type PlannedFault } from './fault-plan.ts';
import { type Coverage, InvariantBroken } from './invariants/index.ts';
import { KeyMachine, type KeyMachineObserver } from './key-machine.ts';
import { KeyWorkload } from './key-workload.ts';
import { Monitor } from './monitor.ts';
import { Population } from './population.ts';
import { type Release, Releases } from './releases.ts';
import { drawScenario, type Scenario, scenarioOf } from './scenarios.ts';
import { SecondKeyMachine } from './second-key-machine.ts';
import { FirstStoreMachine, LockWorkload, StoreWorkload } from './store/index.ts';
import { Striker } from './striker.ts';
import { Upgrader } from './upgrader.ts';
import type { Workload } from './workload.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** What the run is about: a name from `scenarioList`. Default `mixed`. */
  readonly scenario?: string;
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
  /** Clients begin no more than so many operations together: for replaying a smaller run. Default: no bound. */
  readonly operationsMax?: number;
  /** True: the members hold the whole store, and clients use all of it; false: bare registers. Default: as scenario and seed decide. */
  readonly store?: boolean;
  /** In place of the registers. Must speak as they do: for tests of the simulator. */
  readonly stateMachine?: (observer: KeyMachineObserver, release: Release) => StateMachine;
  /** In place of the store. Must understand the same commands: for tests of the simulator. */
  readonly storeMachine?: () => StateMachine;
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

const lookMs = 200;

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const run = new Run(options);
  const violation = await run.live();
  return run.report(violation);
}

class Run {
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #monitor = new Monitor({
    broken: (error) => this.#break(error),
    nowMs: () => this.#world.nowMs,
  });
  readonly #recorder: HistoryRecorder;
  readonly #plan: readonly PlannedFault[];
  readonly #population: Population;
  readonly #workload: Workload;
  readonly #striker: Striker;
  /** Absent: all nodes keep the release with which they began. */
  readonly #upgrader: Upgrader | undefined;
  #broken: unknown;

  constructor(options: SimulationOptions) {
    const { seed, turns = runTurns, storyLines = 0, voters = 5, clients = 3, faultMs = 60_000 } = options;
    const { spares = new Prng(-1 - seed).below(3) } = options;
    this.#options = options;
    this.#world = new World({ seed, turns, storyLines });
    this.#recorder = new HistoryRecorder({ now: () => this.#world.nowMs });
    const scenario = scenarioOf(options.scenario ?? 'mixed');
    const prng = new Prng(seed);
    const plansPrng = prng.fork();
    const drawn = drawScenario(prng, scenario);
    const upgrades = new Prng(-0x10_0000 - seed);
    const workload = this.#workloadOf(scenario);
    const isChosen = options.stateMachine !== undefined || options.storeMachine !== undefined;
    // Locks are taken by what the second release brings.
    const mayUpgrade = !isChosen && !(workload instanceof LockWorkload);
    const releases = new Releases({
      areUpgraded: mayUpgrade && upgrades.chance(scenario.upgradeShare),
      // What clients of the store and of locks do needs the second.
      release: workload instanceof KeyWorkload ? 1 : 2,
    });
    this.#workload = workload;
    this.#population = new Population({
      world: this.#world,
      monitor: this.#monitor,
      prng,
      drawn,
      voters,
      machines: voters + spares,
      clients,
      operationsMax: options.operationsMax ?? Number.POSITIVE_INFINITY,
      releases,
      workload: this.#workload,
      isTold: storyLines > 0,
      broken: (error) => this.#break(error),
    });
    this.#plan =
      options.plan ??
      drawFaultPlan({
        prng: plansPrng,
        members: this.#population.fleet.names,
        clients: this.#population.clientNames,
        mix: scenario.faults,
        untilMs: faultMs,
        meanGapMs: drawn.meanGapMs,
      });
    const names = this.#population.fleet.names;
    const monitor = this.#monitor;
    if (releases.areUpgraded)
      this.#upgrader = new Upgrader({ world: this.#world, monitor, releases, prng: upgrades, names });
    this.#striker = new Striker({
      world: this.#world,
      monitor: this.#monitor,
      population: this.#population,
      prng: prng.fork(),
    });
  }

  /** Why the run failed, if it did. */
  async live(): Promise<string | undefined> {
    const { faultMs = 60_000, healMs = 30_000 } = this.#options;
    for (const { atMs, fault } of this.#plan) this.#world.at(atMs, () => this.#striker.strike(fault));
    this.#upgrader?.begin();
    try {
      await this.#until(faultMs, () => false);
      this.#heal();
      await this.#until(faultMs + healMs / 2, () => false);
      this.#population.stopClients();
      const settled = await this.#until(faultMs + healMs, () => this.#population.isSettled());
      if (!settled) return `not live ${healMs} ms after healing: ${this.#population.describe()}`;
    } catch (error) {
      return story(error);
    }
    return this.#workload.judge();
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

  /** Lives until `untilMs`, or until `done`, asked now and then, says that it is enough. Throws what was broken. */
  async #until(untilMs: number, done: () => boolean): Promise<boolean> {
    let isDone = false;
    let lookAtMs = this.#world.nowMs;
    await this.#world.runWhile(() => {
      if (this.#world.nowMs < lookAtMs) return this.#broken === undefined;
      lookAtMs = this.#world.nowMs + lookMs;
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

  #break(error: unknown): void {
    this.#broken ??= error;
  }

  #workloadOf({ readShare, storeShare, locks = false }: Scenario): Workload {
    const { seed, stateMachine, storeMachine = shortHistory } = this.#options;
    const { store = new Prng(-2 - seed).chance(storeShare) } = this.#options;
    const common = { recorder: this.#recorder, monitor: this.#monitor, readShare };
    if (!store || stateMachine !== undefined)
      return new KeyWorkload({ ...common, stateMachine: stateMachine ?? keyMachine });
    const onStore = {
      ...common,
      stateMachine: storeMachine,
      nowMs: () => this.#world.nowMs,
      broken: (error: unknown) => this.#break(error),
    };
    return locks ? new LockWorkload(onStore) : new StoreWorkload(onStore);
  }
}

/** A run lasts a minute, and leaders shall forget within it. */
const historyMs = 10_000;

function shortHistory(release: Release): StateMachine {
  const Machine = release === 2 ? StoreMachine : FirstStoreMachine;
  return new Machine(undefined, { historyMs });
}

function keyMachine(observer: KeyMachineObserver, release: Release): StateMachine {
  return release === 2 ? new SecondKeyMachine(observer) : new KeyMachine(observer);
}

function story(error: unknown): string {
  if (error instanceof InvariantBroken) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
