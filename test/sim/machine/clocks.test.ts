/** How simulated clocks go wrong, and what keeps holding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../../src/base/index.ts';
import type { Clock } from '../../../src/ports/index.ts';
import { type SimProcess, type World, worldEpochMs } from '../../../src/sim/machine/index.ts';
import { Oscillator } from '../../../src/sim/machine/oscillator.ts';
import { exact, makeWorld, sleep, tell } from './story.ts';

function clockOf(driftPpm = 0): {
  readonly world: World;
  readonly process: SimProcess;
  readonly clock: Clock;
} {
  const world = makeWorld();
  const process = world.addMachine(exact('a')).start(() => undefined);
  if (driftPpm !== 0) world.apply({ kind: 'clock-drift', machine: 'a', ppm: driftPpm });
  return { world, process, clock: process.clock };
}

/** The true times at which timers of these delays ran. */
function timersOf(world: World, clock: Clock, delaysMs: readonly number[]): number[] {
  const ranMs: number[] = [];
  for (const delayMs of delaysMs) clock.setTimer(delayMs, () => void ranMs.push(world.nowMs));
  return ranMs;
}

test('a clock that runs fast brings its timers early, a slow one late', async () => {
  for (const [ppm, trueMs] of [
    [250_000, 800],
    [-200_000, 1_250],
    [0, 1_000],
  ] as const) {
    const { world, clock } = clockOf(ppm);
    const startMs = clock.now();
    const wallMs = clock.wall();
    const ranMs = timersOf(world, clock, [1_000]);
    await world.run(2_000);
    assert.deepEqual(ranMs.map(Math.round), [trueMs]);
    assert.equal(Math.round(clock.now() - startMs), Math.round((2_000 * 1_000) / trueMs));
    assert.ok(Math.abs(clock.wall() - wallMs - (2_000 * 1_000) / trueMs) <= 1);
  }
});

test('timers that are set keep to the clock when its rate changes, and keep their order', async () => {
  const { world, clock } = clockOf();
  const ranMs = timersOf(world, clock, [1_000, 1_500, 2_000]);
  await world.run(500);
  const drift = world.apply({ kind: 'clock-drift', machine: 'a', ppm: 1_000_000 });
  await world.run(800);
  assert.deepEqual(ranMs.map(Math.round), [750]);
  drift.revert();
  await world.run(3_000);
  assert.deepEqual(ranMs.map(Math.round), [750, 1_200, 1_700]);
});

test('a frozen clock stands still with its timers, and goes on from there', async () => {
  const { world, clock } = clockOf();
  const ranMs = timersOf(world, clock, [1_000]);
  await world.run(400);
  const before = [clock.now(), clock.wall()];
  world.apply({ kind: 'clock-freeze', machine: 'a', forMs: 5_000 });
  const setWhileFrozen = timersOf(world, clock, [0, 100]);
  await world.run(5_399);
  assert.deepEqual([clock.now(), clock.wall()], before);
  assert.deepEqual([ranMs, setWhileFrozen], [[], [400]]);
  await world.run(10_000);
  assert.deepEqual([ranMs, setWhileFrozen], [[6_000], [400, 5_500]]);
});

test('the wall clock jumps, and neither deadlines nor timers notice', async () => {
  const { world, clock } = clockOf();
  assert.equal(clock.wall(), worldEpochMs);
  const startMs = clock.now();
  const ranMs = timersOf(world, clock, [1_000]);
  world.apply({ kind: 'clock-jump', machine: 'a', byMs: -3_600_000 });
  assert.equal(clock.wall(), worldEpochMs - 3_600_000);
  await world.run(500);
  world.apply({ kind: 'clock-jump', machine: 'a', byMs: 7_200_000 });
  assert.equal(clock.wall(), worldEpochMs + 3_600_500);
  await world.run(2_000);
  assert.equal(clock.now() - startMs, 2_000);
  assert.deepEqual(ranMs, [1_000]);
});

test('a suspended machine does not know that time has passed', async () => {
  const { world, clock, process } = clockOf();
  const startMs = clock.now();
  const ranMs = timersOf(world, clock, [1_000]);
  await world.run(600);
  world.apply({ kind: 'suspend', machine: 'a', forMs: 60_000 });
  await world.run(60_600);
  assert.equal(clock.now() - startMs, 600);
  await world.run(70_000);
  assert.deepEqual(ranMs, [61_000]);
  assert.equal(process.loopDelay.takeMaxMs(), 0);
});

test('after a power cycle the monotonic clock counts from another zero, after a kill from the same', async () => {
  const world = makeWorld();
  const machine = world.addMachine(exact('a'));
  const read = async (): Promise<number> => {
    let now = 0;
    await tell(world, 'a', ({ clock }) => {
      now = clock.now() - world.nowMs;
    });
    return now;
  };
  const first = await read();
  machine.kill();
  assert.equal(await read(), first);
  machine.crash('lose');
  machine.boot();
  assert.notEqual(await read(), first);
});

test('machines differ by no more than their options allow, and each by its own', async () => {
  const world = makeWorld();
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) world.addMachine({ name, driftPpmMax: 1_000, wallOffsetMsMax: 500 });
  const clocks = names.map((name) => world.machine(name).start(() => undefined).clock);
  const starts = clocks.map((clock) => clock.now());
  const walls = clocks.map((clock) => clock.wall() - worldEpochMs);
  await world.run(1_000_000);
  const drifts = clocks.map((clock, index) => clock.now() - (starts[index] as number) - 1_000_000);
  assert.ok(drifts.every((drift) => Math.abs(drift) <= 1_000) && new Set(drifts).size === 4, drifts.join());
  assert.ok(walls.every((wall) => Math.abs(wall) <= 501) && new Set(walls).size === 4, walls.join());
});

test('the true time of a reading is one at which the clock reads no less', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1e7, noNaN: true }),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      (seed, atMs, delayMs) => {
        const oscillator = new Oscillator({
          prng: new Prng(seed),
          driftPpmMax: 500_000,
          wallOffsetMsMax: 0,
          rateChanged: () => undefined,
        });
        const dueMs = oscillator.due(atMs, delayMs);
        assert.ok(dueMs >= oscillator.monotonic(atMs) + delayMs);
        assert.ok(oscillator.monotonic(oscillator.trueTimeOf(dueMs)) >= dueMs);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a timer never strikes before its time, however the clock is treated', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = makeWorld({ seed });
    world.addMachine({ name: 'a', driftPpmMax: 300_000 });
    for (let index = 0; index < 10; index += 1) {
      world.at(index * 30, () => {
        world.apply({
          kind: 'clock-drift',
          machine: 'a',
          ppm: ((seed * index * 7_919) % 400_000) - 200_000,
          forMs: 45,
        });
        if (index % 3 === 0) world.apply({ kind: 'clock-freeze', machine: 'a', forMs: 11 });
      });
    }
    await tell(world, 'a', async (machine) => {
      for (let delayMs = 0.1; delayMs < 40; delayMs *= 1.3) {
        const startMs = machine.clock.now();
        await sleep(machine, delayMs);
        const passedMs = machine.clock.now() - startMs;
        assert.ok(passedMs >= delayMs && passedMs < delayMs + 0.01, `${delayMs}: ${passedMs}`);
      }
    });
  }
});

test('suspending a machine without power strikes nothing, and its clock runs after the next boot', async () => {
  const world = makeWorld();
  const readings: number[] = [];
  const machine = world.addMachine({
    name: 'a',
    program: ({ clock }) => {
      const begun = clock.now();
      clock.setTimer(100, () => readings.push(clock.now() - begun));
    },
  });
  await world.run(10);
  world.apply({ kind: 'crash', machine: 'a', unsynced: 'lose', forMs: 100 });
  assert.equal(world.apply({ kind: 'suspend', machine: 'a', forMs: 20 }).struck, false);
  await world.run(1_000);
  assert(machine.up);
  assert.equal(readings.length, 1, 'the timer of the second life fires, so its clock runs');
});
