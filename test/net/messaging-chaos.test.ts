/**
 * Two programs that use everything at once while their links break, stop, slow down and lose, and while the one that
 * serves is stopped, killed and started again; each seed is another story. Whatever happens, each call has its own
 * answer or an error, a stream brings what was written or fails, a subscriber is told what is missing, and nothing
 * waits for ever.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, Prng } from '../../src/base/index.ts';
import { Messenger, type Peer } from '../../src/net/messaging/index.ts';
import type { Machine } from '../../src/ports/index.ts';
import type { World } from '../../src/sim/machine/index.ts';
import { makeWorld, sleep } from '../sim/machine/story.ts';
import { all, bytes, here, textOf } from './messaging-scene.ts';

const faultsMs = 12_000;
const endMs = 40_000;

interface Tally {
  answered: number;
  failed: number;
  poured: number;
  heard: number;
  gaps: number;
  /** What has begun and not ended. */
  open: number;
}

async function serve(machine: Machine): Promise<void> {
  const server = new Messenger({ listen: here, unsentBytesMax: 20_000, heartbeat: '1s' }, machine);
  server.answer('echo', async (body, { signal }) => {
    await sleep(machine, body[0] ?? 0);
    signal.throwIfAborted();
    return body;
  });
  server.accept('back', async (stream) => {
    for await (const piece of stream) await stream.write(piece);
  });
  await server.listen();
  // What one life publishes is told apart from what another does.
  const life = machine.random.uint32();
  for (let number = 0; ; number += 1) {
    server.publish('numbers', bytes(`${life} ${number} ${'x'.repeat(number % 7 === 0 ? 3_000 : 0)}`));
    await sleep(machine, 7);
  }
}

/** Begins `work` again and again until the faults are over; each ends by itself. */
async function again(
  machine: Machine,
  tally: Tally,
  untilMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (machine.clock.now() < untilMs) {
    tally.open += 1;
    try {
      await work();
    } catch (error) {
      assert.ok(isQuorateError(error), String(error));
      tally.failed += 1;
    } finally {
      tally.open -= 1;
    }
    await sleep(machine, 5);
  }
}

async function call(peer: Peer, prng: Prng, tally: Tally): Promise<void> {
  const body = Uint8Array.of(prng.below(60), prng.below(256), prng.below(256), prng.below(256));
  const answer = await peer.request('echo', body, { timeout: 20 + prng.below(2_000) });
  assert.deepEqual(answer, body, "a call has another one's answer");
  tally.answered += 1;
}

async function pour(peer: Peer, prng: Prng, tally: Tally): Promise<void> {
  const stream = await peer.open('back');
  const sent = new Uint8Array(prng.below(100_000)).map((_, place) => place * 31 + place / 256);
  const write = async (): Promise<void> => {
    for (let at = 0; at < sent.length; at += 30_000) await stream.write(sent.subarray(at, at + 30_000));
    stream.end();
  };
  const [received] = await Promise.all([all(stream), write()]);
  assert.ok(Buffer.from(sent).equals(received), 'a stream that ended well brings what was written');
  tally.poured += 1;
}

async function hear(peer: Peer, tally: Tally): Promise<void> {
  const subscription = await peer.subscribe('numbers', { messagesMax: 20, timeout: '1m' });
  let life = '';
  let last = 0;
  let missed: number | undefined = 0;
  for await (const item of subscription) {
    if (item.kind === 'gap') {
      tally.gaps += 1;
      missed = item.missed === undefined || missed === undefined ? undefined : missed + item.missed;
      continue;
    }
    tally.heard += 1;
    const [from = '', number = ''] = textOf(item.body).split(' ');
    if (life !== '' && missed !== undefined) {
      assert.equal(from, life, 'another life of the publisher begins behind a gap');
      assert.equal(Number(number), last + 1 + missed, 'what is missing is told, and nothing else');
    }
    life = from;
    last = Number(number);
    missed = 0;
  }
}

function strike(world: World, prng: Prng): void {
  const forMs = 50 + prng.below(3_000);
  const faults = [
    { kind: 'reset', machine: 'a', peer: 'b' },
    { kind: 'half-open', machine: 'b', peer: 'a' },
    { kind: 'cut', from: ['a'], to: ['b'], forMs },
    { kind: 'cut', from: ['b'], to: ['a'], forMs },
    { kind: 'lossy-links', from: ['a'], to: ['b'], chance: 0.2, forMs },
    { kind: 'narrow-links', from: ['b'], to: ['a'], bytesPerMs: 20 + prng.below(200), forMs },
    { kind: 'pause', machine: prng.pick(['a', 'b']), forMs },
    { kind: 'crash', machine: 'b', unsynced: 'lose', forMs: 100 },
  ] as const;
  world.apply(prng.pick(faults));
}

async function story(seed: number): Promise<{ readonly tally: Tally; readonly hash: string }> {
  const world = makeWorld({ seed });
  const prng = new Prng(seed);
  const tally: Tally = { answered: 0, failed: 0, poured: 0, heard: 0, gaps: 0, open: 0 };
  world.addMachine({ name: 'b', program: serve });
  world.addMachine({
    name: 'a',
    program: async (machine) => {
      const client = new Messenger({ heartbeat: '1s', connectionsMax: 1 + (seed % 2) }, machine);
      const peer = client.peer(here);
      const untilMs = machine.clock.now() + faultsMs;
      const own = (): Prng => prng.fork();
      const loops = Array.from({ length: 4 }, () => own()).map((drawn) =>
        again(machine, tally, untilMs, () => call(peer, drawn, tally)),
      );
      const pouring = own();
      loops.push(again(machine, tally, untilMs, () => pour(peer, pouring, tally)));
      tally.open += 1;
      const hearing = hear(peer, tally).catch((error: unknown) => {
        assert.ok(isQuorateError(error) && error.code === 'closed', String(error));
      });
      await Promise.all(loops);
      assert.equal(textOf(await peer.request('echo', bytes('\u0001 healed'))), '\u0001 healed');
      await client.close();
      await hearing;
      tally.open -= 1;
    },
  });
  for (let atMs = 300; atMs < faultsMs - 4_000; atMs += 100 + prng.below(1_500))
    world.at(atMs, () => strike(world, prng));
  world.at(faultsMs - 3_000, () => world.heal());
  await world.run(endMs);
  return { tally, hash: world.traceHash() };
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`nothing is mixed up, left out in silence or left waiting, whatever breaks (seed ${seed})`, async () => {
    const { tally } = await story(seed);
    assert.equal(tally.open, 0, 'something waits for ever');
    assert.ok(tally.answered > 30 && tally.poured > 0 && tally.heard > 100, JSON.stringify(tally));
    assert.ok(tally.failed > 0 && tally.gaps > 0, JSON.stringify(tally));
  });
}

test('a story happens again, bit by bit, whenever its seed is used again', async () => {
  const [first, second] = [await story(99), await story(99)];
  assert.equal(first.hash, second.hash);
  assert.deepEqual(first.tally, second.tally);
});
