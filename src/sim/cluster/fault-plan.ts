/**
 * Draws the faults of a run: when, what, to whom. Everything may happen, with one bound: damage that a disk
 * cannot notice or undo strikes one member at a time at most, so that a good copy of everything committed
 * remains. A plan is data: it is printed, replayed, and made smaller when it found something.
 */
import { assert, type Prng } from '../../base/index.ts';
import { describeFault, type Fault } from '../machine/index.ts';
import { drawDamagePlan } from './damage-plan.ts';
import { type ClusterFault, type FaultFamily, type FaultRow, faultRows } from './fault-rows.ts';

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: ClusterFault;
}

/** How often faults of a family come, as a multiple of their usual weight. Absent: never. `damage`: of one bad disk. */
export type FaultMix = Readonly<Partial<Record<FaultFamily | 'damage', number>>>;

export interface FaultPlanOptions {
  readonly prng: Prng;
  /** Names of the machines that run members. */
  readonly members: readonly string[];
  /** Names of the machines that run clients. */
  readonly clients: readonly string[];
  readonly mix: FaultMix;
  /** Faults begin before this time. */
  readonly untilMs: number;
  /** Mean time between two faults. */
  readonly meanGapMs: number;
}

/** A plan for one run, in order of time. */
export function drawFaultPlan(options: FaultPlanOptions): PlannedFault[] {
  const { prng, members, clients, untilMs, meanGapMs } = options;
  const all = [...members, ...clients];
  const rows = mixed(options.mix);
  const total = rows.reduce((sum, [weight]) => sum + weight, 0);
  assert(total > 0, 'a scenario has some fault');
  const plan: PlannedFault[] = [];
  for (let atMs = gap(prng, meanGapMs); atMs < untilMs; atMs += gap(prng, meanGapMs)) {
    let left = prng.float() * total;
    const drawn = rows.find(([weight]) => {
      left -= weight;
      return left < 0;
    });
    const [, draw] = drawn ?? (rows.at(-1) as FaultRow);
    plan.push({ atMs, fault: draw(prng, members, all) });
  }
  const damage = drawDamage(options);
  return [...sparing(plan, damage.victim), ...damage.plan].sort((left, right) => left.atMs - right.atMs);
}

interface Damage {
  readonly victim: string | undefined;
  readonly plan: readonly PlannedFault[];
}

/** In half of all runs one disk is bad, unless the scenario wants it otherwise. */
function drawDamage({ prng, members, mix, untilMs, meanGapMs }: FaultPlanOptions): Damage {
  const own = prng.fork();
  if (!own.chance((mix.damage ?? 0) / 2)) return { victim: undefined, plan: [] };
  const victim = own.pick(members);
  return { victim, plan: drawDamagePlan({ prng: own, victim, untilMs, meanGapMs: 5 * meanGapMs }) };
}

/** Where one disk is bad no other one is wiped: together they could be the last good copies. */
function sparing(plan: readonly PlannedFault[], victim: string | undefined): PlannedFault[] {
  return plan.map(({ atMs, fault }) => {
    const isWipe = fault.kind === 'crash' && fault.wipe === true;
    return isWipe && victim !== undefined ? { atMs, fault: { ...fault, machine: victim } } : { atMs, fault };
  });
}

function mixed(mix: FaultMix): FaultRow[] {
  return Object.entries(faultRows).flatMap(([family, rows]) => {
    const times = mix[family as FaultFamily] ?? 0;
    return rows.map(([weight, draw]): FaultRow => [weight * times, draw]);
  });
}

function gap(prng: Prng, meanMs: number): number {
  return Math.ceil(-Math.log(1 - prng.float()) * meanMs);
}

/** One line a fault. */
export function describePlan(plan: readonly PlannedFault[]): string[] {
  return plan.map(({ atMs, fault }) => `${String(atMs).padStart(8)} ms  ${describeFault(fault as Fault)}`);
}
