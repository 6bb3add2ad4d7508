/**
 * What each kind of fault does to a world, and how it is taken back. A fault that finds nothing to strike, such
 * as rot in a file that is gone, misses: plans are made before the run, and a minimised run differs from the
 * one they were made for.
 */
import { Prng } from '../../base/index.ts';
import type { Fault, FaultKind } from './fault.ts';
import type { Link, SimNetwork } from './network/index.ts';
import type { SimMachine } from './sim-machine.ts';

/** What faults strike. */
export interface FaultTarget {
  readonly nowMs: number;
  readonly network: SimNetwork;
  machine(name: string): SimMachine;
  apply(fault: Fault): unknown;
}

export interface FaultEffect {
  /** False: there was nothing to strike. */
  readonly struck: boolean;
  readonly revert: () => void;
}

type Effect<Kind extends FaultKind> = (
  target: FaultTarget,
  fault: Extract<Fault, { readonly kind: Kind }>,
) => FaultEffect;

const nothing = (): void => undefined;
const missed: FaultEffect = { struck: false, revert: nothing };
const done: FaultEffect = { struck: true, revert: nothing };

function lasting(revert: () => void): FaultEffect {
  return { struck: true, revert };
}

const effects: { readonly [Kind in FaultKind]: Effect<Kind> } = {
  crash: (target, { machine: name, unsynced, wipe }) => {
    const machine = target.machine(name);
    if (!machine.up) return missed;
    machine.crash(unsynced);
    if (wipe) machine.wipeDisk();
    return lasting(() => machine.boot());
  },
  kill: (target, { machine: name }) => {
    const machine = target.machine(name);
    if (machine.processes.length === 0) return missed;
    machine.kill();
    return lasting(() => {
      if (machine.up) machine.boot();
    });
  },
  'at-point': (target, { machine: name, points, fault }) => {
    const machine = target.machine(name);
    if (machine.processes.length === 0) return missed;
    return lasting(machine.dieAfter(points, () => target.apply(fault)));
  },
  pause: (target, { machine }) => stopped(target.machine(machine), false),
  stall: (target, { machine }) => stopped(target.machine(machine), true),
  suspend: (target, { machine: name }) => {
    const { struck, revert } = stopped(target.machine(name), false);
    // What struck nothing is never taken back, so it must not have stopped the clock of a machine without power.
    if (!struck) return { struck, revert };
    const thaw = frozen(target, target.machine(name));
    return {
      struck,
      revert: () => {
        thaw();
        revert();
      },
    };
  },

  cut: ({ network }, { from, to }) => onLinks(network, network.linksBetween(from, to), (link) => link.cut()),
  'slow-links': ({ network }, { from, to, factor, addedMs }) =>
    onLinks(network, network.linksBetween(from, to), (link) => {
      const reverts = [link.slowness.add(factor), link.delay(addedMs)];
      return () => revertAll(reverts);
    }),
  'lossy-links': ({ network }, { from, to, chance }) =>
    onLinks(network, network.linksBetween(from, to), (link) => link.lose(chance)),
  'narrow-links': ({ network }, { from, to, bytesPerMs }) =>
    onLinks(network, network.linksBetween(from, to), (link) => link.narrow(bytesPerMs)),
  partition: ({ network }, { sides }) => {
    const between = sides.flatMap((side) =>
      sides.filter((other) => other !== side).flatMap((other) => network.linksBetween(side, other)),
    );
    return onLinks(network, between, (link) => link.cut());
  },
  isolate: ({ network }, { machine }) => {
    const others = network.names();
    const links = [...network.linksBetween([machine], others), ...network.linksBetween(others, [machine])];
    return onLinks(network, links, (link) => link.cut());
  },
  reset: ({ network }, { machine, peer }) => {
    network.reset(network.host(machine), network.host(peer));
    return done;
  },
  'half-open': ({ network }, { machine, peer }) => {
    network.forget(network.host(machine), network.host(peer));
    return done;
  },

  'clock-jump': (target, { machine, byMs }) => {
    target.machine(machine).oscillator.jumpWall(byMs);
    return done;
  },
  'clock-drift': (target, { machine, ppm }) => {
    const { oscillator } = target.machine(machine);
    oscillator.drift(target.nowMs, ppm);
    return lasting(() => oscillator.drift(target.nowMs, -ppm));
  },
  'clock-freeze': (target, { machine }) => lasting(frozen(target, target.machine(machine))),

  'disk-mishap': (target, { machine, mishap, times, path, provable }) =>
    lasting(target.machine(machine).disk.faults.arm({ mishap, times, path, provable })),
  'disk-slow': (target, { machine, factor }) =>
    lasting(target.machine(machine).disk.faults.slowness.add(factor)),
  'disk-hang': (target, { machine }) => lasting(target.machine(machine).disk.hang()),
  'disk-full': (target, { machine, freeBytes }) => {
    const { disk } = target.machine(machine);
    return lasting(disk.faults.limitCapacity(disk.usedBytes + freeBytes));
  },
  'disk-rot': (target, { machine, path, position, bit }) => {
    const file = target.machine(machine).disk.names.file(path);
    if (file === undefined || position >= file.size) return missed;
    file.flipBit(position, bit);
    return done;
  },
  'disk-unreadable': (target, { machine, path, position, length }) => {
    const file = target.machine(machine).disk.names.file(path);
    if (file === undefined || position >= file.size) return missed;
    file.makeUnreadable(position, length);
    return done;
  },
  'disk-decay': (target, { machine, how, path, pick }) => {
    const prng = new Prng(pick);
    const struck = target.machine(machine).disk.sectorAtRest(path, prng);
    if (struck === undefined) return missed;
    const { file, position } = struck;
    if (how === 'unreadable') file.makeUnreadable(position, 1);
    else file.flipBit(Math.min(position + prng.below(512), file.durableSize - 1), prng.below(8));
    return done;
  },
};

/** Strikes once. The caller sees to it that the revert runs once. */
export function strike(target: FaultTarget, fault: Fault): FaultEffect {
  const effect = effects[fault.kind] as Effect<FaultKind>;
  return effect(target, fault);
}

function stopped(machine: SimMachine, told: boolean): FaultEffect {
  if (machine.processes.length === 0) return missed;
  return lasting(machine.stop(told));
}

function frozen(target: FaultTarget, { oscillator }: SimMachine): () => void {
  oscillator.freeze(target.nowMs);
  return () => oscillator.thaw(target.nowMs);
}

function onLinks(
  network: SimNetwork,
  links: readonly Link[],
  change: (link: Link) => () => void,
): FaultEffect {
  if (links.length === 0) return missed;
  const reverts = links.map(change);
  return lasting(() => {
    revertAll(reverts);
    network.retryStuck();
  });
}

function revertAll(reverts: readonly (() => void)[]): void {
  for (const revert of reverts) revert();
}
