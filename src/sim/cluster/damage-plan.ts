/**
 * Draws damage that a disk does not notice or cannot undo: bits that flip, sectors that cannot be read, writes
 * that never land or land elsewhere. All of it strikes one member of a run, so that the others keep a good copy
 * of whatever is committed. It is met when the member starts again, so its process or its power often dies soon
 * after.
 */
import type { Prng } from '../../base/index.ts';
import type { Fault } from '../machine/index.ts';

interface PlannedDamage {
  readonly atMs: number;
  readonly fault: Fault;
}

interface DamagePlanOptions {
  readonly prng: Prng;
  /** The machine whose disk is bad. */
  readonly victim: string;
  readonly untilMs: number;
  readonly meanGapMs: number;
}

/**
 * What is struck: mostly the log, since everything is in it. The last is any file of the node but the record of who
 * it is: without that it refuses to start, and there is nothing to repair.
 */
const places = ['.wal', '.wal', '.wal', '.snapshot', '.snapshot', '/node/'] as const;

export function drawDamagePlan(options: DamagePlanOptions): PlannedDamage[] {
  const { prng, victim, untilMs, meanGapMs } = options;
  const plan: PlannedDamage[] = [];
  const gap = (): number => Math.ceil(-Math.log(1 - prng.float()) * meanGapMs);
  for (let atMs = gap(); atMs < untilMs; atMs += gap()) {
    plan.push({ atMs, fault: drawDamage(prng, victim) });
    if (!prng.chance(0.7)) continue;
    const fault: Fault = prng.chance(0.5)
      ? { kind: 'kill', machine: victim, forMs: 100 + prng.below(1000) }
      : { kind: 'crash', machine: victim, unsynced: 'random', forMs: 100 + prng.below(1000) };
    plan.push({ atMs: atMs + prng.below(1500), fault });
  }
  return plan;
}

/** True for what may cost the machine's disk something that was acknowledged. */
export function isDamage(fault: Fault): boolean {
  if (fault.kind === 'disk-mishap') return ['write-is-lost', 'write-goes-astray'].includes(fault.mishap);
  return ['disk-decay', 'disk-rot', 'disk-unreadable'].includes(fault.kind);
}

function drawDamage(prng: Prng, machine: string): Fault {
  if (prng.chance(0.6)) {
    const path = prng.pick(places);
    // Of a file that cannot be read nobody knows whether it will be readable again, so a node only waits for it.
    const how = path === '/node/' || prng.chance(0.7) ? 'rot' : 'unreadable';
    return { kind: 'disk-decay', machine, how, path, pick: prng.uint32() };
  }
  const mishap = prng.chance(0.5) ? 'write-is-lost' : 'write-goes-astray';
  return {
    kind: 'disk-mishap',
    machine,
    mishap,
    times: 1,
    path: prng.pick(places),
    provable: true,
    forMs: 5000,
  };
}
