/** How simulated processes live, stop and die. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Machine } from '../../../src/ports/index.ts';
import { describeFault, type Fault, type SimMachine, type World } from '../../../src/sim/machine/index.ts';
import { bytesOf, counter, deaf, exact, makeWorld, sleep, tell, worldOf } from './story.ts';

function ticking(): { readonly world: World; readonly machine: SimMachine; readonly turns: number[] } {
  const turns: number[] = [];
  const world = makeWorld();
  const machine = world.addMachine(exact('a', counter(turns)));
  return { world, machine, turns };
}

describe('death', () => {
  test('a process whose machine loses its power never runs again', async () => {
    const { world, machine, turns } = ticking();
    await world.run(55);
    assert.equal(turns.length, 5);
    machine.crash('random');
    await world.run(1_000);
    assert.equal(turns.length, 5);
    assert.equal(machine.processes.length, 0);
    assert.equal(world.nextMs, Number.POSITIVE_INFINITY, 'and leaves nothing behind that would happen');
  });

  test('what a process waits for when it dies never comes to it', async () => {
    const world = worldOf(['a', 'b']);
    const heard: string[] = [];
    world.machine('b').start(({ network }) => {
      void network.listen({ address: { host: 'b', port: 1 } }, (connection) => connection.destroy());
    });
    const process = world.machine('a').start(async (machine) => {
      await sleep(machine, 10);
      const file = await machine.disk.open('/f', { create: 'if-missing' });
      void file.write(bytesOf(10, 1), 0).finally(() => heard.push('write'));
      void file.close().finally(() => heard.push('close'));
      void machine.disk.lock('/').finally(() => heard.push('lock'));
      void machine.network.connect({ address: { host: 'b', port: 1 } }).finally(() => heard.push('connect'));
      machine.clock.setTimer(0, () => heard.push('timer'));
      machine.clock.afterTurn(() => heard.push('turn'));
      machine.loopDelay.onStall(1, () => heard.push('stall'));
      world.machine('a').kill();
    });
    await world.run(1_000);
    assert.equal(process.alive, false);
    assert.deepEqual(heard, []);
  });

  test('code that is still on the stack of a dead process can no longer touch the world', async () => {
    const world = worldOf(['a', 'b']);
    const received: number[] = [];
    let ranOn = false;
    await tell(world, 'b', async ({ network }) => {
      await network.listen({ address: { host: 'b', port: 1 } }, (connection) => {
        connection.start({
          received: (bytes) => void received.push(bytes.length),
          drained: () => undefined,
          ended: () => undefined,
          closed: () => undefined,
        });
      });
    });
    world.machine('a').start(async ({ disk, network, clock, log }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      const connection = await network.connect({ address: { host: 'b', port: 1 } });
      connection.start(deaf);
      world.machine('a').crash('keep');
      file.writeNow(bytesOf(10, 1), 0);
      void file.write(bytesOf(10, 1), 0);
      assert.equal(connection.write(bytesOf(10, 1)), false);
      connection.destroy();
      clock.setTimer(0, () => assert.fail('a timer of the dead'));
      clock.afterTurn(() => assert.fail('a turn of the dead'));
      log.error('a cry of the dead');
      ranOn = true;
      await file.sync();
      assert.fail('an answer for the dead');
    });
    await world.run(1_000);
    assert.equal(ranOn, true);
    assert.deepEqual(received, []);
    assert.equal(world.machine('a').disk.content('/f')?.length, 0);
  });

  test('a killed process leaves what it wrote, gives up its locks and hangs up its connections', async () => {
    const world = worldOf(['a', 'b']);
    const heard: string[] = [];
    await tell(world, 'b', async ({ network }) => {
      await network.listen({ address: { host: 'b', port: 1 } }, (connection) => {
        connection.start({
          received: () => void heard.push('received'),
          drained: () => undefined,
          ended: () => void heard.push('ended'),
          closed: () => void heard.push('closed'),
        });
      });
    });
    await tell(world, 'a', async ({ disk, network }) => {
      await disk.lock('/');
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(10, 1), 0);
      const connection = await network.connect({ address: { host: 'b', port: 1 } });
      connection.start(deaf);
      connection.write(bytesOf(3, 3));
    });
    const [process] = world.machine('a').processes;
    await tell(world, 'a', async ({ disk }) => {
      await assert.rejects(disk.lock('/'), { code: 'in-use' });
    });
    world.machine('a').kill(process);
    await tell(world, 'a', async ({ disk }) => {
      await (await disk.lock('/')).release();
      const file = await disk.open('/f', { create: 'never' });
      assert.equal(await file.size(), 10);
    });
    await world.run(world.nowMs + 100);
    assert.deepEqual(heard, ['received', 'ended']);
  });

  test('a machine runs its program at every boot, and the one it was given last', async () => {
    const started: string[] = [];
    const world = makeWorld();
    const machine = world.addMachine(exact('a', () => void started.push('first')));
    await world.run(1);
    world.apply({ kind: 'crash', machine: 'a', unsynced: 'random', forMs: 100 });
    machine.program = () => void started.push('second');
    await world.run(100);
    assert.deepEqual(started, ['first']);
    await world.run(102);
    assert.deepEqual(started, ['first', 'second']);
    world.apply({ kind: 'kill', machine: 'a', forMs: 50 });
    await world.run(200);
    assert.deepEqual(started, ['first', 'second', 'second']);
    assert.deepEqual(
      machine.processes.map(({ name }) => name),
      ['a#3'],
    );
  });

  test('a machine whose disk is wiped comes back empty under its old name', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing', durableWrites: true });
      await file.write(bytesOf(10, 1), 0);
    });
    world.apply({ kind: 'crash', machine: 'a', unsynced: 'keep', wipe: true });
    world.heal();
    await tell(world, 'a', async ({ disk }) => assert.deepEqual(await disk.list('/'), []));
  });
});

/** Accepts connections on machine `b` and counts the bytes that they bring. */
async function countBytes(world: World): Promise<{ bytes: number }> {
  const received = { bytes: 0 };
  await tell(world, 'b', async ({ network }) => {
    await network.listen({ address: { host: 'b', port: 1 } }, (connection) => {
      connection.start({
        received: ({ length }) => {
          received.bytes += length;
        },
        drained: () => undefined,
        ended: () => undefined,
        closed: () => undefined,
      });
    });
  });
  return received;
}

test('an operation at which a process dies does not happen, and those before it do', async () => {
  for (let points = 1; points <= 12; points += 1) {
    const world = worldOf(['a', 'b']);
    const received = await countBytes(world);
    let written = 0;
    const process = world.machine('a').start(async ({ network }) => {
      const connection = await network.connect({ address: { host: 'b', port: 1 } });
      connection.start(deaf);
      for (let count = 0; count < 6; count += 1) if (connection.write(bytesOf(1, 1))) written += 1;
    });
    world.apply({ kind: 'at-point', machine: 'a', points, fault: { kind: 'kill', machine: 'a' } });
    await world.run(1_000);
    assert.equal(received.bytes, written);
    assert.equal(process.alive, points > 9, `${process.points} points`);
    assert.equal(written, Math.min(6, Math.max(0, points - 4)));
  }
});

test('what a killed process had under way on its disk happens at its death, or never', async () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 30; seed += 1) {
    const world = worldOf(['a'], { seed, disk: { writeLatency: { leastMs: 100 } } });
    world.machine('a').start(async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(10, 1), 0);
    });
    await world.run(50);
    world.machine('a').kill();
    const medium = world.machine('a').disk;
    const atDeath = medium.content('/f')?.length as number;
    await world.run(1_000);
    assert.equal(medium.content('/f')?.length, atDeath);
    seen.add(atDeath);
  }
  assert.ok(seen.has(0) && seen.has(10) && seen.size > 2, [...seen].join());
});

/** Appends records of one sector each, syncs, and tells which are acknowledged. */
async function appendRecords({ disk }: Machine, acknowledged: number[]): Promise<void> {
  await disk.makeDirectory('/data');
  const file = await disk.open('/data/log', { create: 'if-missing' });
  for (let record = 1; record <= 4; record += 1) {
    await file.append(bytesOf(700, record));
    await file.sync();
    acknowledged.push(record);
  }
  await disk.rename('/data/log', '/data/done');
  acknowledged.push(5);
}

/** What is durable must hold every record that was acknowledged, and the name must be the right one. */
function assertKept(machine: SimMachine, acknowledged: readonly number[]): void {
  const { disk } = machine;
  const done = disk.content('/data/done');
  if (acknowledged.includes(5)) assert.ok(done, 'the rename was acknowledged');
  const content = done ?? disk.content('/data/log') ?? new Uint8Array(0);
  for (const record of acknowledged.filter((number) => number < 5)) {
    const part = content.subarray((record - 1) * 700, record * 700);
    assert.deepEqual(part, bytesOf(700, record), `record ${record} of ${acknowledged.join()}`);
  }
}

for (const fault of [
  { kind: 'crash', machine: 'a', unsynced: 'random' },
  { kind: 'crash', machine: 'a', unsynced: 'lose' },
  { kind: 'kill', machine: 'a' },
] as const satisfies readonly Fault[]) {
  test(`a process that dies at any of its points (${describeFault(fault)}) leaves all that was acknowledged`, async () => {
    let points = 0;
    for (let strikes = true; strikes; ) {
      points += 1;
      const acknowledged: number[] = [];
      const world = makeWorld({ seed: points });
      const machine = world.addMachine({ name: 'a' });
      const process = machine.start((ports) => appendRecords(ports, acknowledged));
      const armed = world.apply({ kind: 'at-point', machine: 'a', points, fault });
      assert.equal(armed.struck, true);
      await world.run(10_000);
      strikes = !process.alive;
      assert.equal(process.points >= points, strikes);
      assertKept(machine, acknowledged);
    }
    assert.ok(points > 20, `only ${points} points`);
  });
}

describe('errors', () => {
  test('an error that no code catches stops the world', async () => {
    for (const program of [
      (): void => {
        throw new Error('uncaught');
      },
      async (machine: Machine): Promise<void> => {
        await sleep(machine, 5);
        throw new Error('uncaught');
      },
      ({ clock }: Machine): void => {
        clock.setTimer(5, () => {
          throw new Error('uncaught');
        });
      },
    ]) {
      const world = makeWorld();
      world.addMachine(exact('a', program));
      await assert.rejects(world.run(1_000), { message: 'uncaught' });
      assert.ok(world.nowMs <= 5.1);
    }
  });

  test('or kills its process, where the world is told so', async () => {
    const turns: number[] = [];
    const world = makeWorld({ uncaught: 'kill-process' });
    const machine = world.addMachine(exact('a', counter(turns)));
    machine.start(async (ports) => {
      await sleep(ports, 25);
      throw new Error('uncaught');
    });
    await world.run(100);
    assert.equal(turns.length, 10, 'the other process lives');
    assert.equal(machine.processes.length, 1);
  });
});
