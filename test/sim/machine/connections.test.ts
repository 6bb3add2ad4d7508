/** What a connection keeps of its promises, and how one is made. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import type { World } from '../../../src/sim/machine/index.ts';
import { dial, type End, links, listen, live, pair, systemOf } from './connected-pair.ts';
import { bytesOf, exact, makeWorld, sleep, tell } from './story.ts';

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

  test('that is reset before its program has it is told as a failed attempt, or as lost: never as nothing', async () => {
    const outcomes = new Set<string>();
    for (let atMs = 0.25; atMs < 4; atMs += 0.5) {
      const world = makeWorld({ network: links });
      for (const name of ['a', 'b']) world.addMachine(exact(name));
      await tell(world, 'b', (machine) => listen(machine, () => undefined));
      let heard = 'nothing';
      world.machine('a').start(async (machine) => {
        try {
          const end = await dial(machine);
          heard = 'connected';
          await sleep(machine, 20);
          heard += ` ${end.heard.join()}`;
        } catch (error) {
          heard = systemOf(error);
        }
      });
      world.at(world.nowMs + atMs, () => world.apply({ kind: 'reset', machine: 'a', peer: 'b' }));
      await live(world, 100);
      outcomes.add(heard);
    }
    assert.deepEqual([...outcomes].sort(), ['ECONNRESET', 'connected ', 'connected closed ECONNRESET']);
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
