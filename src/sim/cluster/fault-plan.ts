/**
 * Draws the faults of a run: when, what, to whom. Everything may happen, with one bound: damage that a disk
 * cannot notice or undo strikes one member of a run at most, so that a good copy of everything committed
 * remains. A plan is data: it is printed, replayed, and made smaller when it found something.
 */
import type { Prng } from '../../base/index.ts';
import { type CrashMode, describeFault, type Fault } from '../machine/index.ts';
import { drawDamagePlan } from './damage-plan.ts';

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

export interface FaultPlanOptions {
  readonly prng: Prng;
  /** Names of the machines that run members. */
  readonly members: readonly string[];
  /** Names of the machines that run clients. */
  readonly clients: readonly string[];
  /** Faults begin before this time. */
  readonly untilMs: number;
  /** Mean time between two faults. */
  readonly meanGapMs: number;
}

type Draw = (prng: Prng, members: readonly string[], all: readonly string[]) => Fault;

const crashModes: readonly CrashMode[] = ['keep', 'lose', 'random'];

/** Each kind of fault with its weight. */
const draws: readonly (readonly [weight: number, draw: Draw])[] = [
  [
    12,
    (prng, members) => ({
      kind: 'crash',
      machine: prng.pick(members),
      unsynced: prng.pick(crashModes),
      forMs: lasting(prng, 3000),
    }),
  ],
  [8, (prng, members) => ({ kind: 'kill', machine: prng.pick(members), forMs: lasting(prng, 2000) })],
  [8, crashAtPoint],
  [6, (prng, members) => ({ kind: 'pause', machine: prng.pick(members), forMs: lasting(prng, 3000) })],
  [5, (prng, members) => ({ kind: 'stall', machine: prng.pick(members), forMs: lasting(prng, 1500) })],
  [2, (prng, members) => ({ kind: 'suspend', machine: prng.pick(members), forMs: lasting(prng, 2000) })],
  [10, (prng, _, all) => ({ kind: 'partition', sides: sides(prng, all, false), forMs: lasting(prng, 4000) })],
  [5, (prng, _, all) => ({ kind: 'partition', sides: sides(prng, all, true), forMs: lasting(prng, 4000) })],
  [
    6,
    (prng, members, all) => ({
      kind: 'cut',
      from: [prng.pick(members)],
      to: some(prng, all),
      forMs: lasting(prng, 3000),
    }),
  ],
  [6, (prng, members) => ({ kind: 'isolate', machine: prng.pick(members), forMs: lasting(prng, 3000) })],
  [
    5,
    (prng, members, all) => ({
      kind: 'slow-links',
      from: some(prng, members),
      to: some(prng, all),
      factor: 1 + prng.below(20),
      addedMs: prng.below(200),
      forMs: lasting(prng, 3000),
    }),
  ],
  [
    5,
    (prng, members, all) => ({
      kind: 'lossy-links',
      from: some(prng, members),
      to: some(prng, all),
      chance: prng.float() / 3,
      forMs: lasting(prng, 3000),
    }),
  ],
  [
    2,
    (prng, members, all) => ({
      kind: 'narrow-links',
      from: some(prng, members),
      to: some(prng, all),
      bytesPerMs: 1 + prng.below(50),
      forMs: lasting(prng, 2000),
    }),
  ],
  [6, (prng, members) => ({ kind: 'reset', ...pair(prng, members) })],
  [4, (prng, members) => ({ kind: 'half-open', ...pair(prng, members) })],
  [
    3,
    (prng, members) => ({
      kind: 'clock-jump',
      machine: prng.pick(members),
      byMs: prng.between(0, 20_000) - 10_000,
    }),
  ],
  [
    3,
    (prng, members) => ({
      kind: 'clock-drift',
      machine: prng.pick(members),
      ppm: prng.between(0, 40_000) - 20_000,
      forMs: lasting(prng, 10_000),
    }),
  ],
  [1, (prng, members) => ({ kind: 'clock-freeze', machine: prng.pick(members), forMs: lasting(prng, 1000) })],
  [
    4,
    (prng, members) => ({
      kind: 'disk-slow',
      machine: prng.pick(members),
      factor: 2 + prng.below(100),
      forMs: lasting(prng, 3000),
    }),
  ],
  [3, (prng, members) => ({ kind: 'disk-hang', machine: prng.pick(members), forMs: lasting(prng, 2000) })],
  [
    3,
    (prng, members) => ({
      kind: 'disk-full',
      machine: prng.pick(members),
      freeBytes: prng.below(20_000),
      forMs: lasting(prng, 3000),
    }),
  ],
  [
    4,
    (prng, members) => ({
      kind: 'disk-mishap',
      machine: prng.pick(members),
      mishap: prng.pick(['write-fails', 'write-is-short', 'sync-fails'] as const),
      times: 1,
      forMs: 5000,
    }),
  ],
];

/** A plan for one run, in order of time. */
export function drawFaultPlan(options: FaultPlanOptions): PlannedFault[] {
  const { prng, members, clients, untilMs, meanGapMs } = options;
  const all = [...members, ...clients];
  const total = draws.reduce((sum, [weight]) => sum + weight, 0);
  const plan: PlannedFault[] = [];
  for (let atMs = gap(prng, meanGapMs); atMs < untilMs; atMs += gap(prng, meanGapMs)) {
    let left = prng.below(total);
    const drawn = draws.find(([weight]) => {
      left -= weight;
      return left < 0;
    }) as readonly [number, Draw];
    plan.push({ atMs, fault: drawn[1](prng, members, all) });
  }
  return [...plan, ...drawDamage(options)].sort((left, right) => left.atMs - right.atMs);
}

/** In half of all runs one disk is bad. */
function drawDamage({ prng, members, untilMs, meanGapMs }: FaultPlanOptions): PlannedFault[] {
  const own = prng.fork();
  if (own.chance(0.5)) return [];
  return drawDamagePlan({ prng: own, victim: own.pick(members), untilMs, meanGapMs: 5 * meanGapMs });
}

/** The middle of some operation or turn of the process, wherever that happens to be. */
function crashAtPoint(prng: Prng, members: readonly string[]): Fault {
  const machine = prng.pick(members);
  const forMs = lasting(prng, 2000);
  const crash = { kind: 'crash', machine, unsynced: prng.pick(crashModes), forMs } as const;
  return {
    kind: 'at-point',
    machine,
    points: 1 + prng.below(400),
    fault: prng.chance(0.7) ? crash : { kind: 'kill', machine, forMs },
  };
}

function gap(prng: Prng, meanMs: number): number {
  return Math.ceil(-Math.log(1 - prng.float()) * meanMs);
}

/** Mostly short, sometimes long: both sides of every timeout are met. */
function lasting(prng: Prng, mostMs: number): number {
  return Math.ceil(20 + prng.float() * prng.float() * mostMs);
}

function some(prng: Prng, names: readonly string[]): string[] {
  const chosen = names.filter(() => prng.chance(0.5));
  return chosen.length === 0 ? [prng.pick(names)] : chosen;
}

/** Two sides; with a bridge, one machine is on neither and reaches both. */
function sides(prng: Prng, names: readonly string[], withBridge: boolean): string[][] {
  const shuffled = prng.shuffled(names);
  const rest = withBridge ? shuffled.slice(1) : shuffled;
  const cut = 1 + prng.below(rest.length - 1);
  return [rest.slice(0, cut), rest.slice(cut)];
}

function pair(prng: Prng, names: readonly string[]): { machine: string; peer: string } {
  const [machine, peer] = prng.shuffled(names) as [string, string];
  return { machine, peer };
}

/** One line a fault. */
export function describePlan(plan: readonly PlannedFault[]): string[] {
  return plan.map(({ atMs, fault }) => `${String(atMs).padStart(8)} ms  ${describeFault(fault)}`);
}
