/**
 * One seed, one run: five machines whose programs do all that ports allow, in an order that chance decides,
 * under faults of every kind, twice per seed; every event and every byte count must be the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, Prng } from '../../../src/base/index.ts';
import type { Connection, Machine } from '../../../src/ports/index.ts';
import type { Fault, World } from '../../../src/sim/machine/index.ts';
import { bytesOf, makeWorld, sleep } from './story.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

function carry(machine: Machine, connection: Connection): void {
  connection.start({
    received: (bytes) => {
      if (bytes.length > 1) connection.write(bytes.slice(0, bytes.length >> 1));
    },
    drained: () => machine.log.info('drained'),
    ended: () => connection.end(),
    closed: (cause) => machine.log.warn('closed', { cause: cause?.message }),
  });
}

/** One thing that a program may do. Failures are part of life here. */
const deeds: readonly ((machine: Machine, prng: Prng) => Promise<void> | void)[] = [
  async (machine, prng) => {
    const connection = await machine.network.connect({ address: { host: prng.pick(names), port: 1 } });
    carry(machine, connection);
    for (let count = prng.between(1, 5); count > 0; count -= 1) {
      connection.write(bytesOf(prng.between(1, 2_000), count));
      await sleep(machine, prng.float() * 5);
    }
    if (prng.chance(0.5)) connection.end();
    else connection.destroy();
  },
  async ({ datagrams, log }, prng) => {
    const socket = await datagrams.open(
      { address: { host: 'localhost', port: prng.pick([0, 1]) } },
      (bytes) => log.debug('packet', { length: bytes.length }),
    );
    for (let count = prng.between(1, 5); count > 0; count -= 1) {
      socket.send(bytesOf(prng.between(1, 1_400), count), { host: prng.pick(names), port: 1 });
    }
    if (prng.chance(0.5)) await socket.close();
  },
  async ({ disk }, prng) => {
    const file = await disk.open(`/data/${prng.below(4)}`, {
      create: 'if-missing',
      durableWrites: prng.chance(0.5),
    });
    await Promise.all([
      file.write(bytesOf(prng.between(1, 5_000), 1), prng.below(20_000)),
      file.write(bytesOf(prng.between(1, 5_000), 2), prng.below(20_000)),
      file.sync(),
    ]);
    await file.close();
  },
  async ({ disk }, prng) => {
    await disk.rename(`/data/${prng.below(4)}`, `/data/${prng.below(4)}`);
    await disk.remove(`/data/${prng.below(4)}`);
  },
  async ({ disk, log }, prng) => {
    const file = await disk.open(`/data/${prng.below(4)}`, { create: 'never' });
    const bytes = new Uint8Array(10_000);
    const length = await file.read(bytes, 0);
    let sum = 0;
    for (const byte of bytes.subarray(0, length)) sum += byte;
    log.info('read', { length, sum });
  },
  ({ clock, log, random }) => {
    const timers = [1, 2, 3].map((delayMs) =>
      clock.setTimer(delayMs, () => log.debug('timer', { now: clock.now() })),
    );
    timers[random.uint32() % 3]?.cancel();
    clock.afterTurn(() => log.debug('after the turn', { wall: clock.wall() }));
  },
];

async function live(machine: Machine): Promise<void> {
  const prng = new Prng(machine.random.uint32());
  machine.loopDelay.onStall(10, (stallMs) => machine.log.warn('stalled', { stallMs }));
  await machine.disk.makeDirectory('/data');
  const name = names[prng.below(1)] as string;
  machine.log.info('began', { name });
  await machine.network.listen({ address: { host: 'localhost', port: 1 } }, (connection) =>
    carry(machine, connection),
  );
  while (true) {
    const deed = prng.pick(deeds);
    const done = Promise.resolve(deed(machine, prng)).catch((error: unknown) => {
      if (!isQuorateError(error)) throw error;
      machine.log.info('failed', { code: error.code });
    });
    if (prng.chance(0.7)) await done;
    await sleep(machine, prng.float() * 10);
  }
}

function drawFault(prng: Prng): Fault {
  const machine = prng.pick(names);
  const peer = prng.pick(names);
  const forMs = prng.between(1, 300);
  const unsynced = prng.pick(['keep', 'lose', 'random'] as const);
  return prng.pick<Fault>([
    { kind: 'crash', machine, unsynced, forMs },
    { kind: 'kill', machine, forMs },
    {
      kind: 'at-point',
      machine,
      points: prng.between(1, 30),
      fault: { kind: 'crash', machine, unsynced, forMs },
    },
    { kind: 'pause', machine, forMs },
    { kind: 'stall', machine, forMs },
    { kind: 'suspend', machine, forMs },
    { kind: 'cut', from: [machine], to: [peer], forMs },
    { kind: 'slow-links', from: names, to: names, factor: 3, addedMs: 4, forMs },
    { kind: 'lossy-links', from: [machine], to: names, chance: 0.3, forMs },
    { kind: 'narrow-links', from: names, to: [peer], bytesPerMs: 20, forMs },
    { kind: 'partition', sides: [names.slice(0, 2), names.slice(2)], forMs },
    { kind: 'isolate', machine, forMs },
    { kind: 'reset', machine, peer },
    { kind: 'half-open', machine, peer },
    { kind: 'clock-jump', machine, byMs: prng.between(-5_000, 5_000) },
    { kind: 'clock-drift', machine, ppm: prng.between(-10_000, 10_000), forMs },
    { kind: 'clock-freeze', machine, forMs },
    {
      kind: 'disk-mishap',
      machine,
      mishap: prng.pick(['sync-fails', 'write-is-short', 'write-goes-astray']),
      times: 2,
    },
    { kind: 'disk-slow', machine, factor: 20, forMs },
    { kind: 'disk-hang', machine, forMs },
    { kind: 'disk-full', machine, freeBytes: 1_000, forMs },
    { kind: 'disk-rot', machine, path: '/data/1', position: prng.below(1_000), bit: 3 },
    { kind: 'disk-unreadable', machine, path: '/data/2', position: 512, length: 1_000 },
  ]);
}

interface Run {
  readonly hash: string;
  readonly world: World;
  /** The fields of what was logged, which no two runs of different luck share. */
  readonly logged: number;
}

async function run(seed: number, storyLines = 0, leaveOut = -1): Promise<Run> {
  let logged = 0;
  const count = (): void => {
    logged += 1;
  };
  const world = makeWorld({ seed, storyLines, log: count });
  for (const name of names) world.addMachine({ name, program: live });
  const prng = new Prng(seed);
  for (let index = 0; index < 25; index += 1) {
    const fault = drawFault(prng);
    if (index !== leaveOut) world.at(prng.float() * 700, () => void world.apply(fault));
  }
  await world.run(700);
  world.heal();
  await world.run(1_000);
  return { hash: world.traceHash(), world, logged };
}

test('fifty seeds, each run twice, give fifty different traces, each twice', async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const first = await run(seed);
    const second = await run(seed);
    assert.equal(second.hash, first.hash, `seed ${seed}`);
    assert.ok(first.logged > 20, `seed ${seed} did next to nothing: ${first.logged} events logged`);
    hashes.add(first.hash);
  }
  assert.equal(hashes.size, 50);
});

test('a run that is recorded for reading is the same run', async () => {
  const plain = await run(7);
  const recorded = await run(7, Number.POSITIVE_INFINITY);
  assert.equal(recorded.hash, plain.hash);
  assert.ok(recorded.world.story().length > 500);
  assert.deepEqual((await run(7, Number.POSITIVE_INFINITY)).world.story(), recorded.world.story());
});

test('one fault less is another run, that is repeated as well', async () => {
  const whole = await run(3);
  const without = await run(3, 0, 5);
  assert.notEqual(without.hash, whole.hash);
  assert.equal((await run(3, 0, 5)).hash, without.hash);
});
