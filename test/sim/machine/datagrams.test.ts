/** What becomes of datagrams when links lose, double and delay them, and machines and processes fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatagramSocket } from '../../../src/ports/index.ts';
import type { World, WorldOptions } from '../../../src/sim/machine/index.ts';
import { live } from './connected-pair.ts';
import { bytesOf, exact, makeWorld, tell } from './story.ts';

interface Scene {
  readonly world: World;
  readonly sender: DatagramSocket;
  /** The first byte of each packet, in the order of arrival at `b`. */
  readonly heard: number[];
}

/** Machine `a` sends, machine `b` hears; a packet takes a millisecond. */
async function scene(network: WorldOptions['network'] = {}): Promise<Scene> {
  const world = makeWorld({ network: { latency: { leastMs: 1 }, datagramDoubleChance: 0, ...network } });
  const heard: number[] = [];
  for (const name of ['a', 'b', 'c']) world.addMachine(exact(name));
  await tell(world, 'b', async ({ datagrams }) => {
    await datagrams.open({ address: { host: 'b', port: 1 } }, (bytes) => void heard.push(bytes[0] as number));
  });
  const sockets: DatagramSocket[] = [];
  await tell(world, 'a', async ({ datagrams }) => {
    sockets.push(await datagrams.open({ address: { host: 'a', port: 1 } }, () => undefined));
  });
  return { world, sender: sockets[0] as DatagramSocket, heard };
}

function send({ sender }: Scene, first: number, length = 10): void {
  sender.send(bytesOf(length, first), { host: 'b', port: 1 });
}

test('a cut link loses what is sent and what is on its way, and brings nothing afterwards', async () => {
  const at = await scene();
  send(at, 1);
  const cut = at.world.apply({ kind: 'cut', from: ['a'], to: ['b'] });
  send(at, 2);
  await live(at.world, 100);
  cut.revert();
  await live(at.world, 10_000);
  assert.deepEqual(at.heard, []);
  send(at, 3);
  await live(at.world, 2);
  assert.deepEqual(at.heard, [3]);
});

test('a lossy link loses its share, and delays none', async () => {
  const at = await scene();
  at.world.apply({ kind: 'lossy-links', from: ['a'], to: ['b'], chance: 0.3 });
  for (let count = 0; count < 2_000; count += 1) send(at, 1);
  await live(at.world, 1.1);
  assert.ok(Math.abs(at.heard.length - 1_400) < 100, `${at.heard.length} of 2,000 arrived`);
});

test('a network may lose, double and reorder without any fault', async () => {
  const at = await scene({
    latency: { leastMs: 1, spreadMs: 5 },
    datagramLossChance: 0.1,
    datagramDoubleChance: 0.1,
  });
  for (let count = 0; count < 250; count += 1) send(at, count);
  await live(at.world, 10);
  const distinct = new Set(at.heard);
  assert.ok(distinct.size < 250 && distinct.size > 200, `${distinct.size} arrived`);
  assert.ok(at.heard.length > distinct.size, 'some came twice');
  assert.notDeepEqual(
    at.heard,
    at.heard.toSorted((left, right) => left - right),
    'some overtook others',
  );
});

test('a process that stands still finds as much as its kernel keeps, and no more', async () => {
  const at = await scene({ datagramBufferBytes: 5_000 });
  at.world.apply({ kind: 'pause', machine: 'b', forMs: 1_000 });
  for (let count = 0; count < 20; count += 1) send(at, count, 1_000);
  await live(at.world, 900);
  assert.deepEqual(at.heard, []);
  await live(at.world, 200);
  assert.deepEqual(at.heard, [0, 1, 2, 3, 4]);
  send(at, 20, 1_000);
  await live(at.world, 2);
  assert.equal(at.heard.length, 6, 'and there is room again');
});

test('a process that was killed frees its port, and so does a machine without power', async () => {
  const at = await scene();
  for (const death of ['kill', 'crash'] as const) {
    if (death === 'kill') at.world.machine('b').kill();
    else at.world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep', forMs: 5 });
    send(at, 1);
    await live(at.world, 10);
    assert.deepEqual(at.heard, []);
    await tell(at.world, 'b', async ({ datagrams }) => {
      await datagrams.open({ address: { host: 'b', port: 1 } }, () => undefined);
    });
  }
});

test('a name that no machine has is counted', async () => {
  const at = await scene();
  at.sender.send(bytesOf(1, 1), { host: 'nobody', port: 1 });
  assert.equal(at.sender.dropped, 1);
  at.sender.send(bytesOf(1, 1), { host: 'c', port: 1 });
  assert.equal(at.sender.dropped, 1, 'what arrives and finds nobody is not known here');
});
