/** What becomes of connections when links, machines and processes fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { World } from '../../../src/sim/machine/index.ts';
import { dial, links, listen, live, pair } from './connected-pair.ts';
import { bytesOf, exact, makeWorld, tell } from './story.ts';

describe('a link', () => {
  test('that is cut one way stops one way; what was sent arrives after it works again', async () => {
    const { world, a, b } = await pair();
    const cut = world.apply({ kind: 'cut', from: ['a'], to: ['b'] });
    a.connection.write(bytesOf(3, 1));
    b.connection.write(bytesOf(2, 2));
    await live(world, 500);
    a.connection.write(bytesOf(1, 3));
    assert.deepEqual([a.bytes, b.bytes], [[2, 2], []]);
    cut.revert();
    await live(world, 2_500);
    assert.deepEqual(b.bytes, [1, 1, 1, 3]);
    assert.deepEqual([a.heard, b.heard], [[], []]);
  });

  test('that stays cut ends in a timeout for who sends, and in silence for the other', async () => {
    const { world, a, b } = await pair({ network: { giveUpMs: 5_000 } });
    world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 20_000 });
    a.connection.write(bytesOf(3, 1));
    await live(world, 4_999);
    assert.deepEqual(a.heard, []);
    await live(world, 10);
    assert.deepEqual([a.heard, b.heard], [['closed ETIMEDOUT'], []]);
    b.connection.write(bytesOf(1, 1));
    await live(world, 100);
    assert.deepEqual(b.heard, [], 'the answer that says so is cut off');
    await live(world, 15_000);
    b.connection.write(bytesOf(1, 1));
    await live(world, 100);
    assert.deepEqual(b.heard, ['closed ECONNRESET']);
  });

  test('whose way back is cut brings the bytes, and a timeout all the same', async () => {
    const { world, a, b } = await pair({ network: { giveUpMs: 5_000 } });
    world.apply({ kind: 'cut', from: ['b'], to: ['a'] });
    a.connection.write(bytesOf(3, 1));
    await live(world, 6_000);
    assert.deepEqual(b.bytes, [1, 1, 1]);
    assert.deepEqual([a.heard, b.heard], [['closed ETIMEDOUT'], []]);
  });

  test('that was cut for a moment costs nobody the connection', async () => {
    const { world, a, b } = await pair({ network: { giveUpMs: 5_000 } });
    for (let round = 0; round < 10; round += 1) {
      world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 300 });
      world.apply({ kind: 'cut', from: ['b'], to: ['a'], forMs: 350 });
      a.connection.write(bytesOf(1, round));
      b.connection.write(bytesOf(1, round));
      await live(world, 3_000);
    }
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert.deepEqual([a.bytes, b.bytes, a.heard, b.heard], [expected, expected, [], []]);
  });

  test('that works again brings nothing before its sender has tried again', async () => {
    const { world, a, b } = await pair();
    const startMs = world.nowMs;
    a.connection.write(bytesOf(1, 1));
    world.at(startMs + 0.5, () => a.connection.write(bytesOf(1, 2)));
    world.at(startMs + 0.7, () => world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 0.5 }));
    await live(world, 2);
    assert.deepEqual(b.bytes, [], 'the second was not cut off, but stands behind the first');
    await live(world, 1_000);
    assert.deepEqual(b.bytes, [1, 2]);
  });

  test('that loses segments delays them, and loses no byte', async () => {
    const { world, a, b } = await pair();
    world.apply({ kind: 'lossy-links', from: ['a'], to: ['b'], chance: 0.3 });
    const delaysMs: number[] = [];
    const startMs = world.nowMs;
    b.answers = (bytes) => void delaysMs.push(world.nowMs - startMs - (bytes[0] as number) * 10);
    for (let index = 0; index < 50; index += 1) {
      world.at(startMs + index * 10, () => a.connection.write(bytesOf(1, index)));
    }
    await live(world, 10_000);
    assert.deepEqual(
      b.bytes,
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.ok(Math.max(...delaysMs) > 200, 'a repeat was needed');
    assert.ok(Math.min(...delaysMs) < 2, 'and not by all');
  });

  test('may be slow and narrow', async () => {
    const { world, a, b } = await pair();
    world.apply({ kind: 'slow-links', from: ['a'], to: ['b'], factor: 5, addedMs: 20, forMs: 30 });
    a.connection.write(bytesOf(1, 1));
    await live(world, 24);
    assert.equal(b.bytes.length, 0);
    await live(world, 10);
    assert.equal(b.bytes.length, 1);
    world.apply({ kind: 'narrow-links', from: ['a'], to: ['b'], bytesPerMs: 100 });
    a.connection.write(bytesOf(1_000, 1));
    await live(world, 1);
    a.connection.write(bytesOf(1_000, 1));
    await live(world, 9);
    assert.equal(b.bytes.length, 1);
    await live(world, 1.5);
    assert.equal(b.bytes.length, 1_001);
    await live(world, 10);
    assert.equal(b.bytes.length, 2_001);
  });
});

describe('a partition', () => {
  async function reachable(world: World): Promise<string> {
    const answers: string[] = [];
    const names = world.machines.map(({ name }) => name);
    for (const from of names) {
      for (const to of names.filter((name) => name !== from)) {
        world.machine(from).start(async (machine) => {
          const attempt = dial(machine, to).then(
            () => answers.push(from + to),
            () => undefined,
          );
          await attempt;
        });
      }
    }
    await live(world, 100);
    return answers.sort().join(' ');
  }

  async function listeners(names: readonly string[]): Promise<World> {
    const world = makeWorld({ network: links });
    for (const name of names) {
      world.addMachine(exact(name));
      await tell(world, name, (machine) => listen(machine, () => undefined, name));
    }
    return world;
  }

  test('separates its sides, and one who is on none is a bridge', async () => {
    const world = await listeners(['a', 'b', 'c', 'd', 'e']);
    const partition = world.apply({
      kind: 'partition',
      sides: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    });
    assert.equal(await reachable(world), 'ab ae ba be cd ce dc de ea eb ec ed');
    partition.revert();
    assert.equal((await reachable(world)).split(' ').length, 20);
  });

  test('of one machine isolates it', async () => {
    const world = await listeners(['a', 'b', 'c']);
    world.apply({ kind: 'isolate', machine: 'b', forMs: 1_000 });
    world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 1_500 });
    assert.equal(await reachable(world), 'ac ca');
    await live(world, 1_000);
    assert.equal(await reachable(world), 'ac bc ca cb');
  });
});

describe('a machine', () => {
  test('that loses its power says nothing; who writes to it learns when it is back, or gives up before', async () => {
    for (const [downMs, verdict] of [
      [2_000, 'closed ECONNRESET'],
      [30_000, 'closed ETIMEDOUT'],
    ] as const) {
      const { world, a } = await pair({ network: { giveUpMs: 10_000 } });
      world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep', forMs: downMs });
      await live(world, 1_000);
      assert.deepEqual(a.heard, []);
      a.connection.write(bytesOf(1, 1));
      await live(world, 900);
      assert.deepEqual(a.heard, []);
      await live(world, 15_000);
      assert.deepEqual(a.heard, [verdict]);
    }
  });

  test('that nobody writes to is believed to live for ever', async () => {
    const { world, a } = await pair();
    world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep', forMs: 100 });
    await live(world, 3_600_000);
    assert.deepEqual(a.heard, []);
  });

  test('that is stopped accepts connections and bytes, and serves when it runs again', async () => {
    const { world, a, b } = await pair();
    world.apply({ kind: 'pause', machine: 'b', forMs: 5_000 });
    a.connection.write(bytesOf(3, 1));
    let connected = false;
    world.machine('c').start(async (machine) => {
      const end = await dial(machine);
      connected = true;
      end.connection.write(bytesOf(1, 1));
    });
    await live(world, 4_000);
    assert.equal(connected, true);
    assert.deepEqual([a.heard, b.bytes], [[], []]);
    await live(world, 1_100);
    assert.deepEqual(b.bytes, [1, 1, 1]);
  });

  test('whose process is killed hangs up, and what was written arrives before that, or a part of it', async () => {
    const { world, a, b } = await pair({ network: { windowBytes: 1_000 } });
    b.connection.write(bytesOf(5_000, 1));
    world.machine('b').kill();
    await live(world, 100);
    assert.equal(a.bytes.length, 1_000, 'what the kernel had taken');
    assert.deepEqual(a.heard, ['ended']);
    a.connection.write(bytesOf(1, 1));
    await live(world, 100);
    assert.deepEqual(a.heard, ['ended', 'closed ECONNRESET']);
  });
});

describe('a machine without power', () => {
  test('sends nothing again that was on its way', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { world, a, b } = await pair({ seed });
      a.connection.write(bytesOf(10, 1));
      world.machine('a').crash('keep');
      world.apply({ kind: 'cut', from: ['a'], to: ['b'], forMs: 100 });
      world.machine('a').boot();
      await live(world, 20_000);
      assert.deepEqual([b.bytes, b.heard], [[], []]);
    }
  });
});
