import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  drawIdentity,
  type NodeOptions,
  readBirthRecord,
  startFromDirectory,
  writeBirthRecord,
} from '../../src/node/index.ts';
import type { Machine } from '../../src/ports/index.ts';
import type { DiskMishap, World } from '../../src/sim/machine/index.ts';
import { makeWorld, sleep } from '../sim/machine/story.ts';
import { RegisterMachine } from './register-machine.ts';
import { bytes, text } from './test-cluster.ts';

/** What the world's only node has acknowledged, and what it held when it last began. */
interface Story {
  readonly world: World;
  acknowledged: number;
  begins: number;
  held: number;
}

/** A node without peers, whose own process counts up in it; when it ends by itself it is started again. */
function story(seed: number, snapshotBytes = 4_000): Story {
  const world = makeWorld({ seed });
  const told: Story = { world, acknowledged: 0, begins: 0, held: 0 };
  world.addMachine({
    name: 'a',
    program: async (machine) => {
      const again = (error: unknown): void => {
        if (!isQuorateError(error)) throw error;
        world.at(world.nowMs, () => world.machine('a').kill());
        world.at(world.nowMs + 20, () => world.machine('a').boot());
      };
      try {
        await count(machine, told, { snapshotBytes, onFailure: again });
      } catch (error) {
        again(error);
      }
    },
  });
  return told;
}

async function count(
  machine: Machine,
  told: Story,
  options: Pick<NodeOptions, 'snapshotBytes' | 'onFailure'>,
): Promise<void> {
  if ((await readBirthRecord(machine.disk, '/data')) === undefined) {
    const { log } = drawIdentity(machine.random, 'one');
    const identity = { cluster: 'one', member: 1, log };
    await writeBirthRecord(machine.disk, '/data', {
      identity,
      started: false,
      bootstrap: [1],
      addresses: new Map(),
    });
  }
  const node = await startFromDirectory({
    machine,
    directory: '/data',
    stateMachine: () => new RegisterMachine(),
    segmentBytes: 16 * 1024,
    raft: { tailBytesMax: 1_000 },
    ...options,
  });
  while (node.status().groups.get(0)?.role !== 'leader') await sleep(machine, 10);
  told.held = Number(text(await node.read(0, bytes(''))));
  told.begins += 1;
  assert.ok(told.held >= told.acknowledged, `${told.acknowledged} was acknowledged, ${told.held} is held`);
  for (let next = told.held + 1; ; next += 1) {
    await node.propose(0, bytes(String(next)));
    told.acknowledged = next;
  }
}

/** Lives on until the node has begun once more. */
async function begins(told: Story): Promise<void> {
  const { world } = told;
  const before = told.begins;
  await world.runWhile(() => told.begins < before + 1, world.nowMs + 20_000);
  assert.equal(told.begins, before + 1, 'it starts again');
}

async function lives({ world }: Story, forMs: number): Promise<void> {
  await world.run(world.nowMs + forMs);
}

test('28 · killed in the middle of any write, then power lost: what was acknowledged before and between is there', async () => {
  for (let points = 1; points <= 60; points += 1) {
    const told = story(points);
    await begins(told);
    await lives(told, 50);
    const { world } = told;
    // 1. The process dies in the middle of something; what it had written may be in the system's cache only.
    world.apply({ kind: 'at-point', machine: 'a', points, fault: { kind: 'kill', machine: 'a', forMs: 10 } });
    await begins(told);
    // 2. The next one reads it, and acknowledges more behind it.
    await lives(told, points % 7);
    const { acknowledged } = told;
    assert.ok(acknowledged > 0);
    // 3. The power goes, and with it everything that was not durable.
    world.apply({ kind: 'crash', machine: 'a', unsynced: 'lose', forMs: 10 });
    await begins(told);
    assert.ok(told.held >= acknowledged);
  }
});

test('28 · a sync that fails, a restart, a sync that succeeds, power lost: what was acknowledged is there', async () => {
  const mishaps: readonly DiskMishap[] = ['sync-fails', 'write-fails', 'write-is-short'];
  for (let seed = 1; seed <= 45; seed += 1) {
    const path = ['.wal', '.snapshot', ''][Math.floor(seed / 3) % 3] as string;
    // A snapshot would make up for a hole in the log.
    const told = story(seed, path === '.wal' ? 1 << 20 : 4_000);
    await begins(told);
    const { world } = told;
    const mishap = mishaps[seed % 3] as DiskMishap;
    world.apply({ kind: 'disk-mishap', machine: 'a', mishap, times: 1, path, forMs: 500 });
    await lives(told, 100 + seed);
    const { acknowledged } = told;
    world.apply({ kind: 'crash', machine: 'a', unsynced: 'lose', forMs: 10 });
    await begins(told);
    assert.ok(told.held >= acknowledged);
  }
});
