/** The simulated ports against the suites that all ports pass. Stories run as programs, so their waiting is virtual. */
import { AssertionError } from 'node:assert/strict';
import type { LogRecord, SimProcess, World } from '../../../src/sim/machine/index.ts';
import { clockConformance } from '../../ports/clock-conformance.ts';
import { datagramConformance } from '../../ports/datagram-conformance.ts';
import { diskConformance } from '../../ports/disk-conformance.ts';
import { logConformance } from '../../ports/log-conformance.ts';
import { loopDelayConformance } from '../../ports/loop-delay-conformance.ts';
import { networkConformance } from '../../ports/network-conformance.ts';
import { randomConformance } from '../../ports/random-conformance.ts';
import { makeWorld, sleep, worldOf } from './story.ts';

/** A process whose ports the story uses, and a way to let the world live while it does. */
function occupied(world: World, machine: string): SimProcess {
  return world.machine(machine).start(() => undefined);
}

/** Runs code outside any process; time passes while it waits for a port. */
function runIn(world: World): (story: () => Promise<void>) => Promise<void> {
  return async (story) => {
    let outcome: Promise<void> | undefined;
    let over = false;
    world.at(world.nowMs, () => {
      outcome = story().finally(() => {
        over = true;
      });
      outcome.catch(() => undefined);
    });
    await world.runWhile(() => !over, Number.POSITIVE_INFINITY);
    if (!over) throw new AssertionError({ message: 'the story waits for something that will never happen' });
    await outcome;
  };
}

clockConformance('simulated', () => {
  const world = worldOf(['a']);
  return { clock: occupied(world, 'a').clock, run: runIn(world) };
});

clockConformance('simulated, of a clock that runs too fast', () => {
  const world = makeWorld();
  world.addMachine({ name: 'a', driftPpmMax: 200_000 });
  return { clock: occupied(world, 'a').clock, run: runIn(world) };
});

for (const seed of [1, 2, 3]) {
  diskConformance(`simulated, seed ${seed}`, () => {
    const world = worldOf(['a'], { seed });
    return {
      disk: occupied(world, 'a').disk,
      directory: '',
      run: runIn(world),
      dispose: () => Promise.resolve(),
    };
  });

  networkConformance(`simulated, seed ${seed}`, () => {
    const world = worldOf(['near', 'far'], { seed });
    return {
      client: occupied(world, 'near').network,
      server: occupied(world, 'far').network,
      host: 'far',
      run: runIn(world),
      dispose: () => Promise.resolve(),
    };
  });
}

for (const [name, datagramDoubleChance] of [
  ['simulated', 0.002],
  ['simulated, each packet twice', 1],
] as const) {
  datagramConformance(name, () => {
    const world = worldOf(['near', 'far'], { network: { datagramDoubleChance } });
    const near = occupied(world, 'near');
    const far = occupied(world, 'far');
    return {
      near: near.datagrams,
      far: far.datagrams,
      network: far.network,
      nearHost: 'near',
      farHost: 'far',
      run: runIn(world),
    };
  });
}

networkConformance('simulated, on one machine, torn to pieces', () => {
  const world = worldOf(['a'], { network: { splitChance: 0.7, windowBytes: 10_000, highWaterBytes: 5_000 } });
  const { network } = occupied(world, 'a');
  return {
    client: network,
    server: network,
    host: 'localhost',
    run: runIn(world),
    dispose: () => Promise.resolve(),
  };
});

networkConformance('simulated, with what TLS asks for', () => {
  const world = worldOf(['near', 'far']);
  return {
    client: occupied(world, 'near').network,
    server: occupied(world, 'far').network,
    host: 'far',
    tls: {
      server: { certificate: 'CN=far', key: '', clientAuthorities: ['everyone'] },
      client: { certificate: 'CN=near', key: '' },
    },
    run: runIn(world),
    dispose: () => Promise.resolve(),
  };
});

loopDelayConformance('simulated', () => {
  const world = worldOf(['a']);
  const process = occupied(world, 'a');
  return {
    loopDelay: process.loopDelay,
    resolutionMs: 0,
    now: () => process.clock.now(),
    stall: (stallMs) => process.work(stallMs),
    turn: () => sleep(process, 1),
    run: runIn(world),
  };
});

randomConformance('simulated', () => occupied(worldOf(['a']), 'a').random);

logConformance('simulated', () => {
  const records: LogRecord[] = [];
  const world = worldOf(['a'], { storyLines: 100, log: (record) => void records.push(record) });
  return {
    log: occupied(world, 'a').log,
    entries: () => records.map(({ level, event, fields }) => ({ level, event, fields })),
  };
});
