/** How simulated processes are stopped and stalled, work and run late. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SimMachine, World } from '../../../src/sim/machine/index.ts';
import { bytesOf, counter, deaf, exact, makeWorld, sleep, tell, worldOf } from './story.ts';

function ticking(): { readonly world: World; readonly machine: SimMachine; readonly turns: number[] } {
  const turns: number[] = [];
  const world = makeWorld();
  const machine = world.addMachine(exact('a', counter(turns)));
  return { world, machine, turns };
}

describe('stops', () => {
  test('a stopped process does nothing; then time has passed, and all that was due comes at once', async () => {
    const { world, turns, machine } = ticking();
    await world.run(5);
    const stalls: number[] = [];
    machine.processes[0]?.loopDelay.onStall(1, (stallMs) => void stalls.push(stallMs));
    world.apply({ kind: 'pause', machine: 'a', forMs: 500 });
    await world.run(504);
    assert.equal(turns.length, 0);
    await world.run(520);
    const [first, second] = turns as [number, number];
    assert.equal(second - first, 10);
    assert.deepEqual(stalls, [], 'a stopped process cannot know');
    assert.equal(machine.processes[0]?.loopDelay.takeMaxMs(), 0);
  });

  test('a stalled process hears of the stall before anything else', async () => {
    const world = worldOf(['a']);
    const heard: string[] = [];
    world.machine('a').start((machine) => {
      machine.clock.setTimer(100, () => heard.push('timer'));
      machine.loopDelay.onStall(50, (stallMs) => heard.push(`stall of ${stallMs}`));
    });
    await world.run(90);
    world.apply({ kind: 'stall', machine: 'a', forMs: 200 });
    await world.run(400);
    assert.deepEqual(heard, ['stall of 200', 'timer']);
  });

  test('a stall ends with an empty turn where nothing else waits', async () => {
    const world = worldOf(['a']);
    const heard: number[] = [];
    world.machine('a').start((machine) => {
      machine.loopDelay.onStall(50, (stallMs) => heard.push(stallMs));
    });
    await world.run(1);
    world.apply({ kind: 'stall', machine: 'a', forMs: 200 });
    await world.run(202);
    assert.deepEqual(heard, [200]);
  });

  test('stops that overlap end with the last of them', async () => {
    const { world, turns } = ticking();
    await world.run(5);
    world.apply({ kind: 'pause', machine: 'a', forMs: 100 });
    await world.run(50);
    const second = world.apply({ kind: 'pause', machine: 'a', forMs: 10_000 });
    await world.run(1_000);
    assert.equal(turns.length, 0);
    second.revert();
    second.revert();
    await world.run(1_001);
    assert.equal(turns.length, 1);
  });

  test('a process that stops wakes to its timers first, or to its input first, as luck will have it', async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = makeWorld({ seed });
      const order: string[] = [];
      for (const name of ['a', 'b']) world.addMachine(exact(name));
      await tell(world, 'a', async ({ clock, network }) => {
        await network.listen({ address: { host: 'a', port: 1 } }, (connection) => {
          connection.start({
            received: () => void order.push('input'),
            drained: () => undefined,
            ended: () => undefined,
            closed: () => undefined,
          });
        });
        clock.setTimer(100, () => void order.push('timer'));
      });
      world.apply({ kind: 'pause', machine: 'a', forMs: 1_000 });
      await tell(world, 'b', async ({ network }) => {
        const connection = await network.connect({ address: { host: 'a', port: 1 } });
        connection.start(deaf);
        connection.write(bytesOf(1, 1));
      });
      await world.run(1_100);
      orders.add(order.join());
    }
    assert.deepEqual([...orders].sort(), ['input,timer', 'timer,input']);
  });

  test('a timer that another one cancels while both wait for the process to run does not run', async () => {
    const world = worldOf(['a']);
    const ran: string[] = [];
    world.machine('a').start(({ clock }) => {
      clock.setTimer(10, () => {
        ran.push('first');
        second.cancel();
      });
      const second = clock.setTimer(20, () => ran.push('second'));
    });
    await world.run(1);
    world.apply({ kind: 'pause', machine: 'a', forMs: 100 });
    await world.run(200);
    assert.deepEqual(ran, ['first']);
  });

  test('synchronous work moves the clock of its own process and makes it late', async () => {
    const world = makeWorld();
    world.addMachine(exact('a'));
    const lateMs: number[] = [];
    await tell(world, 'a', async (machine) => {
      const start = machine.clock.now();
      machine.clock.setTimer(10, () => lateMs.push(machine.clock.now() - start - 10));
      world.machine('a').processes[0]?.work(35);
      assert.equal(machine.clock.now() - start, 35);
      assert.equal(machine.loopDelay.takeMaxMs(), 35);
      await sleep(machine, 50);
    });
    assert.deepEqual(lateMs, [25]);
  });
});
