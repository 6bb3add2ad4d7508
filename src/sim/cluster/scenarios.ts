/**
 * What a run is about, by name: which faults come, how often, and which settings favour what. Each is a row;
 * `mixed` is the one that finds what nobody thought of, the others dig where something is suspected.
 */
import { invalidOption, type Prng } from '../../base/index.ts';
import type { FaultMix } from './fault-plan.ts';

export interface Scenario {
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  readonly faults: FaultMix;
  /** From each list one value is drawn for a run. */
  readonly meanGapMs: readonly number[];
  /** Bytes of log behind which members take a snapshot, and that they keep behind one. */
  readonly snapshotBytes: readonly number[];
  readonly tailBytesMax: readonly number[];
  /** The operator changes members or moves leadership after up to so many milliseconds. */
  readonly operatorMsMax: readonly number[];
  /** Clients pause up to so many milliseconds between operations. */
  readonly pauseMsMax: readonly number[];
  /** How many of their operations are reads. */
  readonly readShare: number;
  /** How many of the runs begin with an old release and are upgraded meanwhile. */
  readonly upgradeShare: number;
  /** In how many runs the members hold the whole store, and not registers alone. */
  readonly storeShare: number;
  /** Clients take locks by the recipe, and do nothing else with the store. Default false. */
  readonly locks?: boolean;
}

const mixed: Scenario = {
  name: 'mixed',
  summary: 'everything at once',
  faults: { power: 1, stops: 1, network: 1, clocks: 1, disks: 1, damage: 1, replays: 1, wipes: 1 },
  meanGapMs: [300, 1000, 3000],
  snapshotBytes: [500, 3000, 1 << 20],
  tailBytesMax: [500, 5000, 1 << 20],
  operatorMsMax: [3000],
  // Busy clusters and quiet ones: only in these do groups fall silent.
  pauseMsMax: [100, 300, 1000, 3000],
  readShare: 0.4,
  upgradeShare: 0.25,
  storeShare: 0.05,
};

const scenarios: readonly Scenario[] = [
  mixed,
  {
    ...mixed,
    name: 'network',
    summary: 'partitions, cuts, bridges, slow and lossy links, old messages',
    faults: { network: 1, replays: 1, stops: 0.2 },
  },
  {
    ...mixed,
    name: 'disk',
    summary: 'disks that are slow, hang, are full, fail, rot or lie, and power that goes',
    faults: { disks: 4, damage: 2, power: 0.5 },
  },
  {
    ...mixed,
    name: 'clocks',
    summary: 'clocks that jump, drift and stand still, and processes that do not notice',
    faults: { clocks: 6, stops: 1, network: 0.2 },
    readShare: 0.7,
  },
  {
    ...mixed,
    name: 'membership',
    summary: 'members come and go all the time, under everything else',
    faults: { ...mixed.faults, wipes: 3 },
    operatorMsMax: [300, 1000],
  },
  {
    ...mixed,
    name: 'restarts',
    summary: 'power that goes and processes that die, at any point',
    faults: { power: 1, stops: 0.2 },
    meanGapMs: [200, 500],
  },
  {
    ...mixed,
    name: 'snapshots',
    summary: 'short logs, so that members fall behind them and are sent snapshots',
    faults: { power: 1, network: 1, disks: 0.5, wipes: 1 },
    snapshotBytes: [300, 1000],
    tailBytesMax: [0, 500],
    pauseMsMax: [20, 50],
  },
  {
    ...mixed,
    name: 'replay',
    summary: 'old messages come again: late, doubled, out of order',
    faults: { replays: 6, network: 0.5, power: 0.3 },
  },
  {
    ...mixed,
    name: 'replacement',
    summary: 'data directories are lost, and an operator replaces the members',
    faults: { wipes: 6, power: 0.5, network: 0.5, replays: 1 },
    operatorMsMax: [300, 1000],
  },
  {
    ...mixed,
    name: 'reads',
    summary: 'mostly reads, on leaders and followers, while leaders are stopped and cut off',
    faults: { stops: 2, network: 1, clocks: 1 },
    pauseMsMax: [20, 100],
    readShare: 0.8,
  },
  {
    ...mixed,
    name: 'upgrade',
    summary: 'nodes get a new release one by one, go back to the old one, and come back with it too late',
    snapshotBytes: [500, 3000],
    pauseMsMax: [100, 300],
    upgradeShare: 1,
    storeShare: 0.3,
  },
  {
    ...mixed,
    name: 'store',
    summary: 'the whole store: sessions, leases, locks with fences, watches that move from node to node',
    faults: { ...mixed.faults, holders: 2 },
    pauseMsMax: [50, 200, 1000],
    readShare: 0.2,
    upgradeShare: 0.1,
    storeShare: 1,
  },
  {
    ...mixed,
    name: 'locks',
    summary: 'locks by the recipe: handed from process to process, under everything else',
    faults: { ...mixed.faults, holders: 2 },
    pauseMsMax: [50, 200],
    upgradeShare: 0,
    storeShare: 1,
    locks: true,
  },
];

/** Name and summary of each, the default first. */
export const scenarioList: readonly { readonly name: string; readonly summary: string }[] = scenarios;

/** `invalid-option` for a name that is not in the list. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw invalidOption('scenario', name, `one of ${scenarios.map((scenario) => scenario.name).join(', ')}`);
}

/** The settings of one run. */
export interface DrawnScenario {
  readonly meanGapMs: number;
  readonly snapshotBytes: number;
  readonly tailBytesMax: number;
  readonly operatorMsMax: number;
  readonly pauseMsMax: number;
}

export function drawScenario(prng: Prng, scenario: Scenario): DrawnScenario {
  return {
    meanGapMs: prng.pick(scenario.meanGapMs),
    snapshotBytes: prng.pick(scenario.snapshotBytes),
    tailBytesMax: prng.pick(scenario.tailBytesMax),
    operatorMsMax: prng.pick(scenario.operatorMsMax),
    pauseMsMax: prng.pick(scenario.pauseMsMax),
  };
}
