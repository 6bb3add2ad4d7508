/** What becomes of connections when links, machines and processes fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQuorateError, Prng } from '../../../src/base/index.ts';
import type { Connection, Machine } from '../../../src/ports/index.ts';
import type { World, WorldOptions } from '../../../src/sim/machine/index.ts';
import { bytesOf, exact, makeWorld, sleep, tell } from './story.ts';

/** One end of a connection, and what it heard. */
class End {
  readonly connection: Connection;
  readonly bytes: number[] = [];
  readonly pieces: number[] = [];
  heard: string[] = [];
  answers: (bytes: Uint8Array) => void = () => undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      received: (bytes) => {
        this.bytes.push(...bytes);
        this.pieces.push(bytes.length);
        this.answers(bytes);
      },
      drained: () => void this.heard.push('drained'),
      ended: () => void this.heard.push('ended'),
      closed: (cause) => void this.heard.push(`closed${cause === undefined ? '' : ` ${systemOf(cause)}`}`),
    });
  }
}

function systemOf(error: unknown): string {
  return isQuorateError(error) && error.code === 'network-failed' ? error.data.system : String(error);
}

async function listen({ network }: Machine, accept: (end: End) => void, host = 'b'): Promise<void> {
  await network.listen({ address: { host, port: 1 } }, (connection) => accept(new End(connection)));
}

async function dial({ network }: Machine, host = 'b'): Promise<End> {
  return new End(await network.connect({ address: { host, port: 1 } }));
}

const links = { latency: { leastMs: 1 }, splitChance: 0, retransmitMsMin: 200, retransmitMsMax: 2_000 };

interface Pair {
  readonly world: World;
  readonly a: End;
  readonly b: End;
}

/** Machine `a` has connected to machine `b`; a byte takes a millisecond. */
async function pair(options: Partial<WorldOptions> = {}): Promise<Pair> {
  const { network, ...rest } = options;
  const world = makeWorld({ network: { ...links, ...network }, ...rest });
  for (const name of ['a', 'b', 'c']) world.addMachine(exact(name));
  const ends: End[] = [];
  await tell(world, 'b', (machine) => listen(machine, (end) => ends.push(end)));
  await tell(world, 'a', async (machine) => {
    ends.push(await dial(machine));
  });
  const [b, a] = ends as [End, End];
  return { world, a, b };
}

async function live(world: World, forMs: number): Promise<void> {
  await world.run(world.nowMs + forMs);
}

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

describe('a connection', () => {
  test('that is reset is lost on both sides; one that is half open on one', async () => {
    const first = await pair();
    first.a.connection.write(bytesOf(10, 1));
    first.world.apply({ kind: 'reset', machine: 'a', peer: 'b' });
    await live(first.world, 100);
    assert.deepEqual([first.a.heard, first.b.heard], [['closed ECONNRESET'], ['closed ECONNRESET']]);
    assert.deepEqual(first.b.bytes, []);

    const second = await pair();
    second.world.apply({ kind: 'half-open', machine: 'a', peer: 'b' });
    await live(second.world, 10_000);
    assert.deepEqual([second.a.heard, second.b.heard], [['closed ECONNABORTED'], []]);
    second.b.connection.write(bytesOf(1, 1));
    await live(second.world, 100);
    assert.deepEqual(second.b.heard, ['closed ECONNRESET']);
  });

  test('brings bytes cut anywhere, or several writes together', async () => {
    const { world, a, b } = await pair({ network: { splitChance: 0.5 } });
    for (let index = 0; index < 100; index += 1) {
      a.connection.write(bytesOf(4, index));
      a.connection.write(bytesOf(4, index));
      await live(world, 3);
    }
    assert.deepEqual(
      b.bytes,
      Array.from({ length: 800 }, (_, index) => Math.floor(index / 8)),
    );
    const sizes = new Set(b.pieces);
    assert.ok(sizes.has(8) && [1, 2, 3, 4, 5, 6, 7].every((size) => sizes.has(size)), [...sizes].join());
  });

  test('that dies in the middle of a message leaves its beginning', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { world, a, b } = await pair({
        seed,
        network: { splitChance: 0.5, latency: { leastMs: 1, spreadMs: 5 } },
      });
      a.connection.write(bytesOf(10, 1));
      world.at(world.nowMs + 2, () => world.machine('a').crash('keep'));
      await live(world, 100);
      a.connection.write(bytesOf(10, 2));
      await live(world, 100);
      assert.ok(!b.bytes.includes(2));
      seen.add(b.bytes.length === 0 ? 'nothing' : b.bytes.length === 10 ? 'all' : 'a part');
    }
    assert.ok(seen.has('all') && seen.has('a part'), [...seen].join());
  });

  test('gives out memory that is overwritten when the call returns', async () => {
    const { world, a, b } = await pair();
    const kept: Uint8Array[] = [];
    b.answers = (bytes) => void kept.push(bytes);
    a.connection.write(bytesOf(4, 1));
    await live(world, 10);
    assert.deepEqual(b.bytes, [1, 1, 1, 1]);
    assert.deepEqual(kept, [bytesOf(4, 0xdd)]);
  });

  test('must be started in the turn in which it is handed over', async () => {
    const world = makeWorld({ network: links });
    for (const name of ['a', 'b']) world.addMachine(exact(name));
    await tell(world, 'b', async ({ network }) => {
      await network.listen({ address: { host: 'b', port: 1 } }, () => undefined);
    });
    world.machine('a').start(async (machine) => void (await dial(machine)));
    await assert.rejects(live(world, 100), /starts or destroys it before returning/);
  });

  test('delivers a beginning of what was sent, whatever happens to links, machines and processes', async () => {
    let whole = 0;
    let lost = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { world, a, b } = await pair({
        seed,
        network: { splitChance: 0.3, windowBytes: 300, giveUpMs: 3_000 },
      });
      const luck = (seed * 2_654_435_761) >>> 0;
      const startMs = world.nowMs;
      for (let index = 0; index < 100; index += 1) {
        world.at(startMs + index * 50, () => a.connection.write(bytesOf(20, index)));
        if (index % 10 !== luck % 10) continue;
        const cut = { kind: 'cut', forMs: ((luck >>> 8) % 4_000) + 10 } as const;
        world.at(startMs + index * 50, () => {
          if (luck % 3 === 0) world.apply({ ...cut, from: ['a'], to: ['b'] });
          if (luck % 3 === 1) world.apply({ ...cut, from: ['b'], to: ['a'] });
          if (luck % 3 === 2) world.apply({ kind: 'pause', machine: 'b', forMs: cut.forMs });
        });
      }
      if (luck % 5 === 0) world.at(startMs + 2_500, () => world.machine('b').kill());
      await live(world, 60_000);
      const sent = Array.from({ length: 2_000 }, (_, index) => Math.floor(index / 20));
      assert.deepEqual(b.bytes, sent.slice(0, b.bytes.length));
      if (b.bytes.length === sent.length) whole += 1;
      else lost += 1;
      assert.ok(b.bytes.length === sent.length || a.heard.length > 0, 'nothing is lost without a word');
    }
    assert.ok(whole > 5 && lost > 5, `${whole} whole, ${lost} lost`);
  });
});

describe('bytes', () => {
  test('that the other side sends at once arrive when the connection is there', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const world = makeWorld({ seed });
      for (const name of ['a', 'b']) world.addMachine(exact(name));
      await tell(world, 'b', (machine) => listen(machine, (far) => void far.connection.write(bytesOf(3, 1))));
      await tell(world, 'a', async (machine) => {
        const near = await dial(machine);
        await sleep(machine, 50);
        assert.deepEqual(near.bytes, [1, 1, 1]);
      });
    }
  });

  test('keep their order however often their reader pauses, is stopped and works', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const prng = new Prng(seed);
      const { world, a, b } = await pair({ seed, network: { splitChance: 0.2 } });
      const startMs = world.nowMs;
      const deeds = [
        () => b.connection.pause(),
        () => b.connection.resume(),
        () => b.connection.resume(),
        () => world.apply({ kind: 'pause', machine: 'b', forMs: prng.between(1, 5) }),
        () => world.machine('b').processes[0]?.work(prng.between(1, 3)),
      ];
      b.answers = () => {
        if (prng.chance(0.2)) prng.pick(deeds)();
      };
      for (let index = 0; index < 250; index += 1) {
        world.at(startMs + index / 4, () => a.connection.write(bytesOf(2, index)));
        if (prng.chance(0.5)) world.at(startMs + index / 4, prng.pick(deeds));
      }
      await live(world, 200);
      b.answers = () => undefined;
      b.connection.resume();
      await live(world, 1_000);
      assert.deepEqual(
        b.bytes,
        Array.from({ length: 500 }, (_, index) => index >> 1),
      );
    }
  });
});

describe('an attempt to connect', () => {
  async function attempt(world: World, address: { host: string; port: number }): Promise<[string, number]> {
    const startMs = world.nowMs;
    let outcome = '';
    await tell(world, 'a', async ({ network }) => {
      await network.connect({ address }).then(
        (connection) => {
          outcome = 'connected';
          connection.destroy();
        },
        (error: unknown) => {
          outcome = systemOf(error);
        },
      );
    });
    return [outcome, Math.round(world.nowMs - startMs)];
  }

  test('is refused by a machine where nobody listens, and by nobody under an unknown name', async () => {
    const { world } = await pair();
    assert.deepEqual(await attempt(world, { host: 'c', port: 1 }), ['ECONNREFUSED', 2]);
    assert.deepEqual(await attempt(world, { host: 'nowhere', port: 1 }), ['ENOTFOUND', 1]);
  });

  test('waits for a machine that is down or cut off, and succeeds when it comes back in time', async () => {
    const { world } = await pair({ network: { connectMsMax: 10_000 } });
    world.apply({ kind: 'isolate', machine: 'b', forMs: 2_000 });
    const [outcome, tookMs] = await attempt(world, { host: 'b', port: 1 });
    assert.equal(outcome, 'connected');
    assert.ok(tookMs > 2_000 && tookMs < 4_000, `${tookMs}`);
    world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep' });
    assert.deepEqual(await attempt(world, { host: 'b', port: 1 }), ['ETIMEDOUT', 10_000]);
  });

  test('that is given up while its answer is under way lets the other side know', async () => {
    const world = makeWorld({ network: links });
    for (const name of ['a', 'b']) world.addMachine(exact(name));
    const accepted: End[] = [];
    await tell(world, 'b', (machine) => listen(machine, (end) => accepted.push(end)));
    const controller = new AbortController();
    await tell(world, 'a', async ({ network, clock }) => {
      clock.setTimer(1.5, () => controller.abort(new Error('too slow')));
      const { signal } = controller;
      const attempted = network.connect({ address: { host: 'b', port: 1 }, signal });
      await assert.rejects(attempted, { message: 'too slow' });
    });
    assert.equal(accepted.length, 1);
    await live(world, 100);
    assert.deepEqual(accepted[0]?.heard, ['ended']);
  });

  test('whose answer is lost leaves the other side with half a connection, and begins again', async () => {
    const world = makeWorld({ network: links });
    for (const name of ['a', 'b']) world.addMachine(exact(name));
    const accepted: End[] = [];
    await tell(world, 'b', (machine) => listen(machine, (end) => accepted.push(end)));
    world.at(world.nowMs + 1.5, () => world.apply({ kind: 'cut', from: ['b'], to: ['a'], forMs: 100 }));
    await tell(world, 'a', async (machine) => {
      const end = await dial(machine);
      end.connection.write(bytesOf(1, 1));
      await sleep(machine, 100);
    });
    assert.equal(accepted.length, 2);
    assert.deepEqual(
      accepted.map(({ bytes }) => bytes.length),
      [0, 1],
    );
    accepted[0]?.connection.write(bytesOf(1, 1));
    await live(world, 100);
    assert.deepEqual(accepted[0]?.heard, ['closed ECONNRESET']);
  });
});
