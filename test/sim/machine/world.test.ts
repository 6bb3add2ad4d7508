/** The world as those who run it see it: time, turns, faults as data, the story. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFault, type Fault } from '../../../src/sim/machine/index.ts';
import { bytesOf, deaf, exact, makeWorld, sleep, tell, worldOf } from './story.ts';

test('no time passes while a promise has anything left to do', async () => {
  const world = makeWorld();
  const depths: number[] = [];
  world.addMachine(
    exact('a', ({ clock }) => {
      let depth = 0;
      const sink = async (left: number): Promise<void> => {
        depth += 1;
        if (left > 0) await sink(left - 1);
        await Promise.resolve();
        depth -= 1;
      };
      clock.setTimer(1, () => void sink(1_000));
      clock.setTimer(1 + 1 / 1_024, () => void depths.push(depth));
    }),
  );
  await world.run(10);
  assert.deepEqual(depths, [0]);
});

test('a run ends at its bound, with all that was due there done', async () => {
  const world = makeWorld();
  let turns = 0;
  const machine = world.addMachine(exact('a'));
  machine.start(async (ports) => {
    while (true) {
      await sleep(ports, 10);
      turns += 1;
    }
  });
  await world.run(100);
  assert.deepEqual([turns, world.nowMs], [10, 100]);
  await world.run(100);
  await world.run(50);
  assert.deepEqual([turns, world.nowMs], [10, 100]);
  await world.runWhile(() => turns < 15, 1_000);
  assert.deepEqual([turns, world.nowMs], [15, 150]);
});

test('a step is one turn of one process', async () => {
  const world = makeWorld();
  const turns: string[] = [];
  for (const name of ['a', 'b']) {
    world.addMachine(
      exact(name, ({ clock }) => {
        turns.push(`${name} starts`);
        clock.setTimer(name === 'a' ? 10 : 5, () => turns.push(`${name} wakes`));
      }),
    );
  }
  while (await world.step()) turns.push('.');
  assert.deepEqual(turns, ['a starts', '.', 'b starts', '.', 'b wakes', '.', 'a wakes', '.']);
});

test('a world lives once at a time', async () => {
  const world = worldOf(['a']);
  const running = world.run(10);
  await assert.rejects(world.run(20), /once at a time/);
  await running;
});

test('what lasts ends after its time, or when it is reverted, or when the world is healed', async () => {
  const world = worldOf(['a', 'b']);
  const first = world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 100 });
  const second = world.apply({ kind: 'disk-slow', machine: 'a', factor: 2 });
  const third = world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep' });
  assert.deepEqual(world.activeFaults, [first, second, third]);
  await world.run(100);
  assert.deepEqual(world.activeFaults, [second, third]);
  second.revert();
  second.revert();
  assert.deepEqual(world.activeFaults, [third]);
  assert.equal(world.machine('b').up, false);
  assert.equal(world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep' }).struck, false);
  world.heal();
  assert.deepEqual(world.activeFaults, []);
  assert.equal(world.machine('b').up, true);
});

const everyKind: readonly Fault[] = [
  { kind: 'crash', machine: 'a', unsynced: 'random', forMs: 50 },
  { kind: 'crash', machine: 'a', unsynced: 'lose', wipe: true, forMs: 50 },
  { kind: 'kill', machine: 'a', forMs: 50 },
  { kind: 'at-point', machine: 'a', points: 5, fault: { kind: 'kill', machine: 'a', forMs: 10 } },
  { kind: 'pause', machine: 'a', forMs: 50 },
  { kind: 'stall', machine: 'a', forMs: 50 },
  { kind: 'suspend', machine: 'a', forMs: 50 },
  { kind: 'cut', from: ['a'], to: ['b', 'c'], forMs: 50 },
  { kind: 'slow-links', from: ['a'], to: ['b'], factor: 3, addedMs: 7, forMs: 50 },
  { kind: 'lossy-links', from: ['a'], to: ['b'], chance: 0.2, forMs: 50 },
  { kind: 'narrow-links', from: ['a'], to: ['b'], bytesPerMs: 10, forMs: 50 },
  { kind: 'partition', sides: [['a'], ['b', 'c']], forMs: 50 },
  { kind: 'isolate', machine: 'a', forMs: 50 },
  { kind: 'reset', machine: 'a', peer: 'b' },
  { kind: 'half-open', machine: 'a', peer: 'b' },
  { kind: 'clock-jump', machine: 'a', byMs: -1_000 },
  { kind: 'clock-drift', machine: 'a', ppm: 500, forMs: 50 },
  { kind: 'clock-freeze', machine: 'a', forMs: 50 },
  { kind: 'disk-mishap', machine: 'a', mishap: 'sync-fails', times: 1, path: 'log', forMs: 50 },
  { kind: 'disk-slow', machine: 'a', factor: 10, forMs: 50 },
  { kind: 'disk-hang', machine: 'a', forMs: 50 },
  { kind: 'disk-full', machine: 'a', freeBytes: 100, forMs: 50 },
  { kind: 'disk-rot', machine: 'a', path: '/log', position: 3, bit: 1 },
  { kind: 'disk-unreadable', machine: 'a', path: '/log', position: 0, length: 100 },
  { kind: 'disk-decay', machine: 'a', how: 'rot', path: '/rest', pick: 7 },
  { kind: 'disk-decay', machine: 'a', how: 'unreadable', path: '/rest', pick: 8 },
];

for (const fault of everyKind) {
  test(`a fault is data that strikes, ends and survives being written down: ${describeFault(fault)}`, async () => {
    const world = worldOf(['a', 'b', 'c']);
    const setUp = world.machine('a').start(async (machine) => {
      const atRest = await machine.disk.open('/rest', { create: 'if-missing' });
      await atRest.write(bytesOf(100, 1), 0);
      await atRest.sync();
      const file = await machine.disk.open('/log', { create: 'if-missing', durableWrites: true });
      while (true) {
        await file.write(bytesOf(100, 1), 0).catch(() => undefined);
        await sleep(machine, 1);
      }
    });
    await world.run(20);
    assert.equal(setUp.alive, true);
    const read = JSON.parse(JSON.stringify(fault)) as Fault;
    assert.deepEqual(read, fault);
    const applied = world.apply(read);
    assert.equal(applied.struck, true);
    await world.run(200);
    world.heal();
    assert.deepEqual(world.activeFaults, []);
    assert.equal(describeFault(fault).includes('\n'), false);
    const healthy = worldOf(['a', 'b', 'c']);
    assert.deepEqual(
      world.machines.map(({ up }) => up),
      healthy.machines.map(({ up }) => up),
    );
  });
}

test('the story tells in order who did what, and only the last lines of it where that is asked', async () => {
  const tellStory = async (storyLines: number): Promise<string[]> => {
    const world = worldOf(['a', 'b'], { storyLines });
    world.machine('b').start(async ({ network, log }) => {
      await network.listen({ address: { host: 'b', port: 1 } }, (connection) => {
        connection.start({
          received: () => log.with({ peer: 'a' }).info('greeted', { bytes: 5 }),
          drained: () => undefined,
          ended: () => undefined,
          closed: () => undefined,
        });
      });
    });
    await world.run(1);
    await tell(world, 'a', async (machine) => {
      const { disk, network } = machine;
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(10, 1), 0);
      const connection = await network.connect({ address: { host: 'b', port: 1 } });
      connection.start(deaf);
      connection.write(bytesOf(5, 1));
      await sleep(machine, 50);
    });
    world.apply({ kind: 'crash', machine: 'b', unsynced: 'random', forMs: 10 });
    await world.run(world.nowMs + 10);
    world.tell('checker', 'all is well');
    return world.story();
  };
  const story = await tellStory(Number.POSITIVE_INFINITY);
  const lines = [
    'b#1 starts',
    'a#1 starts',
    'a#1 disk: open /f',
    'a#1 disk: write /f \\(10 bytes\\)',
    'a#1 sends 5 bytes to b',
    'b#1 receives 5 bytes from a',
    'b#1 info: greeted peer=a bytes=5',
    'fault crash machine=b unsynced=random forMs=10',
    'b loses its power \\(unsynced writes: random\\)',
    'fault end of crash machine=b unsynced=random forMs=10',
    'b boots',
    'checker all is well',
  ];
  assert.equal(story.length, lines.length, story.join('\n'));
  for (const [index, line] of lines.entries()) {
    assert.match(story[index] as string, new RegExp(`^ *[0-9.]+ +${line.replace(' ', ' +')}$`));
  }
  assert.deepEqual(await tellStory(3), story.slice(-3));
  assert.deepEqual(await tellStory(0), []);
});
