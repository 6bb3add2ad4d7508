/**
 * Which fault strikes when, drawn from a seed: a function of its options and nothing else, so that the command
 * which a failure prints brings the same schedule again. Processes interleave as they like, so the run is not the
 * same; the pressure is.
 */
import { Prng } from '../../src/base/index.ts';
import type { Fault, FaultKind, PlannedFault, Victim } from './fault.ts';

export interface ScheduleOptions {
  readonly seed: number;
  /** Each epoch has a schedule of its own. */
  readonly epoch: number;
  readonly epochMs: number;
  readonly nodes: number;
  readonly kinds: ReadonlySet<FaultKind>;
  /** Besides all else, the leader is killed every so often. */
  readonly killLeaderEveryMs: number | undefined;
}

/** At most so many faults are under way at once. */
const atOnceMax = 2;
const pauseMsRange = [300, 2_500] as const;
const lengthMsRange: readonly [number, number] = [400, 4_000];

/** How often each kind is drawn, in relation to the others. */
const weights: Readonly<Record<FaultKind, number>> = {
  kill: 5,
  'kill-all': 1,
  pause: 4,
  isolate: 4,
  'one-way': 3,
  cut: 2,
  bridge: 2,
  delay: 2,
  narrow: 1,
  'half-open': 2,
  reset: 2,
  'clients-cut': 1,
  'clients-half-open': 1,
  'clients-reset': 1,
  'disk-full': 2,
};

export function drawSchedule(options: ScheduleOptions): PlannedFault[] {
  const { seed, epoch, epochMs, nodes, kinds } = options;
  const prng = new Prng((seed * 1_000_003 + epoch) >>> 0);
  const plan: PlannedFault[] = [];
  for (let lane = 0; lane < atOnceMax; lane += 1) {
    let atMs = prng.between(200, 2_000);
    while (kinds.size > 0) {
      const fault = drawFault(prng, nodes, kinds);
      const forMs = prng.between(...lengthMsRange);
      // The end of an epoch belongs to healing.
      if (atMs + forMs > epochMs) break;
      plan.push({ atMs, forMs, fault });
      atMs += forMs + prng.between(...pauseMsRange);
    }
  }
  plan.push(...leaderKills(options));
  return plan.sort((left, right) => left.atMs - right.atMs);
}

function leaderKills({ epoch, epochMs, killLeaderEveryMs }: ScheduleOptions): PlannedFault[] {
  if (killLeaderEveryMs === undefined) return [];
  const plan: PlannedFault[] = [];
  const beganMs = epoch * epochMs;
  const first = Math.ceil((beganMs + 1) / killLeaderEveryMs) * killLeaderEveryMs;
  for (let whenMs = first; whenMs <= beganMs + epochMs; whenMs += killLeaderEveryMs) {
    const forMs = 1_000;
    const atMs = Math.max(0, Math.min(whenMs - beganMs, epochMs - forMs));
    plan.push({ atMs, forMs, fault: { kind: 'kill', victim: 'leader' } });
  }
  return plan;
}

function drawFault(prng: Prng, nodes: number, kinds: ReadonlySet<FaultKind>): Fault {
  const kind = drawKind(prng, kinds);
  const victim: Victim = prng.chance(0.5) ? 'leader' : prng.below(nodes);
  switch (kind) {
    case 'kill-all':
    case 'disk-full':
      return { kind };
    case 'one-way':
      return { kind, victim, deaf: prng.chance(0.5) };
    case 'cut': {
      const [one = 0, other = 1] = prng.shuffled(Array.from({ length: nodes }, (_, place) => place));
      return { kind, between: [one, other] };
    }
    case 'bridge':
      return { kind, over: prng.below(nodes) };
    case 'delay':
      return { kind, victim, ms: prng.between(10, 250) };
    case 'narrow':
      return { kind, victim, bytesPerSecond: prng.between(8, 128) * 1024 };
    default:
      return { kind, victim };
  }
}

function drawKind(prng: Prng, kinds: ReadonlySet<FaultKind>): FaultKind {
  const drawn = [...kinds];
  let left = prng.below(drawn.reduce((sum, kind) => sum + weights[kind], 0));
  for (const kind of drawn) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  return drawn[0] as FaultKind;
}
