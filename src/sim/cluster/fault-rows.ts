/**
 * The faults of a run, one row each: how often, and how it is drawn. Rows are gathered in families, so that a
 * scenario can say what it is about.
 */
import type { Prng } from '../../base/index.ts';
import type { CrashMode, Fault } from '../machine/index.ts';

/** Old messages come again: `machine` hears copies of what was once sent to it, late, doubled and out of order. */
export interface ReplayFault {
  readonly kind: 'replay';
  readonly machine: string;
  /** How many messages at most. */
  readonly messages: number;
  /** Over how long they are spread. */
  readonly forMs: number;
}

/** What can be done to a cluster: to its machines, or with its messages. */
export type ClusterFault = Fault | ReplayFault;

export type FaultFamily =
  | 'power'
  | 'stops'
  | 'network'
  | 'clocks'
  | 'disks'
  | 'replays'
  | 'wipes'
  | 'holders';

type Draw = (prng: Prng, members: readonly string[], all: readonly string[]) => ClusterFault;

export type FaultRow = readonly [weight: number, draw: Draw];

const crashModes: readonly CrashMode[] = ['keep', 'lose', 'random'];

/** Each kind of fault with its weight, by family. */
export const faultRows: Readonly<Record<FaultFamily, readonly FaultRow[]>> = {
  power: [
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
  ],
  stops: [
    [6, (prng, members) => ({ kind: 'pause', machine: prng.pick(members), forMs: lasting(prng, 3000) })],
    [5, (prng, members) => ({ kind: 'stall', machine: prng.pick(members), forMs: lasting(prng, 1500) })],
    [2, (prng, members) => ({ kind: 'suspend', machine: prng.pick(members), forMs: lasting(prng, 2000) })],
  ],
  network: [
    [
      10,
      (prng, _, all) => ({ kind: 'partition', sides: sides(prng, all, false), forMs: lasting(prng, 4000) }),
    ],
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
  ],
  clocks: [
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
    [
      1,
      (prng, members) => ({ kind: 'clock-freeze', machine: prng.pick(members), forMs: lasting(prng, 1000) }),
    ],
  ],
  disks: [
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
  ],
  replays: [
    [
      5,
      (prng, members) => ({
        kind: 'replay',
        machine: prng.pick(members),
        messages: 1 + prng.below(60),
        forMs: lasting(prng, 3000),
      }),
    ],
  ],
  // Whether it may strike at all is decided when it is due: never the last good copy.
  wipes: [
    [
      3,
      (prng, members) => ({
        kind: 'crash',
        machine: prng.pick(members),
        unsynced: 'lose',
        wipe: true,
        forMs: lasting(prng, 3000),
      }),
    ],
  ],
  // Those who hold leases and locks: they stand still past their time, or their clocks go wrong within the margin.
  holders: [
    [
      4,
      (prng, members, all) => ({
        kind: 'pause',
        machine: prng.pick(clients(members, all)),
        forMs: lasting(prng, 6000),
      }),
    ],
    [
      3,
      (prng, members, all) => ({
        kind: 'stall',
        machine: prng.pick(clients(members, all)),
        forMs: lasting(prng, 3000),
      }),
    ],
    [
      2,
      (prng, members, all) => ({
        kind: 'clock-drift',
        machine: prng.pick(clients(members, all)),
        ppm: prng.between(0, 40_000) - 20_000,
        forMs: lasting(prng, 20_000),
      }),
    ],
    [
      1,
      (prng, members, all) => ({
        kind: 'clock-jump',
        machine: prng.pick(clients(members, all)),
        byMs: prng.between(0, 20_000) - 10_000,
      }),
    ],
  ],
};

/** All machines are the members' first, then the clients'. */
function clients(members: readonly string[], all: readonly string[]): readonly string[] {
  return all.slice(members.length);
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
