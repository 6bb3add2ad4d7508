/** What a simulated disk does when it is told to go wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Disk, DiskFile } from '../../../src/ports/index.ts';
import type { DiskMishap, World } from '../../../src/sim/machine/index.ts';
import { bytesOf, makeWorld, sleep, tell, worldOf } from './story.ts';

function strike(world: World, mishap: DiskMishap, times = 1, path?: string): void {
  world.apply({ kind: 'disk-mishap', machine: 'a', mishap, times, ...(path !== undefined && { path }) });
}

/** A file of 4096 ones, durable. */
async function ones(disk: Disk, path = '/f', durableWrites = false): Promise<DiskFile> {
  const file = await disk.open(path, { create: 'if-missing', durableWrites });
  await file.write(bytesOf(4_096, 1), 0);
  await file.sync();
  return file;
}

async function content(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

function powerCycle(world: World): Uint8Array {
  world.machine('a').crash('keep');
  world.machine('a').boot();
  return world.machine('a').disk.content('/f') as Uint8Array;
}

describe('a sync that fails', () => {
  test('is followed by one that succeeds without the bytes: they are read until the crash, then they are gone', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.write(bytesOf(1_024, 2), 512);
      strike(world, 'sync-fails');
      await assert.rejects(file.sync(), { code: 'disk-failed' });
      await file.write(bytesOf(512, 3), 2_048);
      await file.sync();
      assert.equal((await content(file))[512], 2, 'the page cache still has it');
    });
    const kept = powerCycle(world);
    assert.deepEqual(kept.subarray(512, 1_536), bytesOf(1_024, 1), 'what the failed sync should have saved');
    assert.deepEqual(kept.subarray(2_048, 2_560), bytesOf(512, 3), 'what was written after it');
  });

  test('loses nothing of what is written again', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.write(bytesOf(1_024, 2), 512);
      strike(world, 'sync-fails');
      await assert.rejects(file.sync());
      await file.write(bytesOf(1_024, 2), 512);
      await file.sync();
    });
    assert.deepEqual(powerCycle(world).subarray(512, 1_536), bytesOf(1_024, 2));
  });

  test('says nothing about what was written after its call', async () => {
    const world = worldOf(['a'], { disk: { syncLatency: { leastMs: 20 } } });
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.write(bytesOf(512, 2), 0);
      strike(world, 'sync-fails');
      const failed = assert.rejects(file.sync());
      await file.write(bytesOf(512, 3), 0);
      await failed;
      await file.sync();
    });
    assert.deepEqual(powerCycle(world).subarray(0, 512), bytesOf(512, 3));
  });
});

const expected = bytesOf(4_096, 1);
expected.set(bytesOf(512, 2), 1_024);

describe('a write', () => {
  test('that fails has done nothing, one that is short a part, and both say so', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      strike(world, 'write-fails', 2);
      await assert.rejects(file.write(bytesOf(1_000, 2), 0), { code: 'disk-failed', outcome: 'unknown' });
      assert.throws(() => file.writeNow(bytesOf(1_000, 2), 0), { code: 'disk-failed' });
      assert.deepEqual(await content(file), bytesOf(4_096, 1));
      strike(world, 'write-is-short');
      await assert.rejects(file.write(bytesOf(1_000, 2), 0), { code: 'disk-failed' });
      const written = (await content(file)).lastIndexOf(2) + 1;
      assert.ok(written > 0 && written < 1_000, `${written} bytes`);
      await file.write(bytesOf(1_000, 3), 0);
    });
  });

  test('that is lost is reported as done, and what was there stays there', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      strike(world, 'write-is-lost');
      await file.write(bytesOf(1_000, 2), 3_500);
      await file.sync();
      const bytes = await content(file);
      assert.equal(bytes.length, 4_500);
      assert.deepEqual(bytes.subarray(0, 4_096), bytesOf(4_096, 1), 'a stale sector');
    });
  });

  test('about which the disk lies provably was done after all, unless a later one has shown that it was not', async () => {
    for (const mishap of ['write-is-lost', 'write-goes-astray'] as const) {
      for (const isShown of [false, true]) {
        const world = worldOf(['a']);
        const told = tell(world, 'a', async ({ disk }) => {
          const file = await disk.open('/f', { create: 'if-missing', durableWrites: true });
          await file.write(bytesOf(4_096, 1), 0);
          world.apply({ kind: 'disk-mishap', machine: 'a', mishap, times: 1, provable: true });
          await file.write(bytesOf(512, 2), 1_024);
          assert.notDeepEqual((await content(file)).subarray(1_024, 1_536), bytesOf(512, 2));
          if (isShown) await file.write(bytesOf(512, 3), 16 * 1_024);
        });
        await told;
        const kept = powerCycle(world);
        if (isShown) assert.notDeepEqual(kept.subarray(1_024, 1_536), bytesOf(512, 2), mishap);
        else assert.deepEqual(kept.subarray(0, 4_096), expected, mishap);
      }
    }
  });

  test('that goes astray lies elsewhere, and what was there is overwritten', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      strike(world, 'write-goes-astray');
      await file.write(bytesOf(512, 2), 1_024);
      const bytes = await content(file);
      assert.deepEqual(bytes.subarray(1_024, 1_536), bytesOf(512, 1));
      const at = bytes.indexOf(2);
      assert.ok(at >= 0 && (at - 1_024) % 512 === 0);
      assert.deepEqual(bytes.subarray(at, at + 512), bytesOf(512, 2));
    });
  });

  test('to a closed file is refused', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.close();
      assert.throws(() => file.writeNow(bytesOf(1, 1), 0), { code: 'closed' });
    });
  });

  test('goes wrong only in files that are meant, only so often, and not after the fault is over', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async (machine) => {
      const file = await ones(machine.disk, '/log-1');
      const other = await ones(machine.disk, '/other');
      strike(world, 'write-fails', 2, 'log');
      await other.write(bytesOf(1, 2), 0);
      await assert.rejects(file.write(bytesOf(1, 2), 0));
      await assert.rejects(file.write(bytesOf(1, 2), 0));
      await file.write(bytesOf(1, 2), 0);
      world.apply({ kind: 'disk-mishap', machine: 'a', mishap: 'write-fails', times: 99, forMs: 10 });
      await assert.rejects(file.write(bytesOf(1, 2), 0));
      await sleep(machine, 20);
      await file.write(bytesOf(1, 2), 0);
    });
  });
});

describe('the medium', () => {
  test('rots by one bit, which stays after a crash and is healed by writing', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.close();
    });
    const rot = world.apply({ kind: 'disk-rot', machine: 'a', path: '/f', position: 1_000, bit: 7 });
    assert.equal(rot.struck, true);
    assert.equal(powerCycle(world)[1_000], 0x81);
    await tell(world, 'a', async ({ disk }) => {
      const file = await disk.open('/f', { create: 'never' });
      assert.equal((await content(file)).filter((byte) => byte !== 1).length, 1);
      await file.write(bytesOf(1, 1), 1_000);
      await file.sync();
    });
    assert.deepEqual(powerCycle(world), bytesOf(4_096, 1));
  });

  test('rots under what waits in memory: programs read the good bytes until the crash', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      await file.write(bytesOf(10, 2), 100);
      world.apply({ kind: 'disk-rot', machine: 'a', path: '/f', position: 3_000, bit: 0 });
      assert.equal((await content(file))[3_000], 1);
    });
    world.machine('a').crash('lose');
    assert.equal(world.machine('a').disk.content('/f')?.[3_000], 0);
  });

  test('cannot be rotten where nothing is', async () => {
    const world = worldOf(['a']);
    const missing = { kind: 'disk-rot', machine: 'a', path: '/f', position: 0, bit: 0 } as const;
    assert.equal(world.apply(missing).struck, false);
    assert.equal(world.apply({ ...missing, kind: 'disk-unreadable', length: 10 }).struck, false);
    assert.deepEqual(world.activeFaults, []);
  });

  test('has sectors that cannot be read until they are written', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      world.apply({ kind: 'disk-unreadable', machine: 'a', path: '/f', position: 1_030, length: 4 });
      const read = (position: number, length: number): Promise<number> =>
        file.read(new Uint8Array(length), position);
      await assert.rejects(read(1_024, 1), { code: 'disk-failed' });
      await assert.rejects(read(0, 4_096), { code: 'disk-failed' });
      assert.equal(await read(0, 1_024), 1_024);
      assert.equal(await read(1_536, 4_096), 2_560);
      await file.write(bytesOf(512, 2), 1_024);
      assert.equal(await read(0, 4_096), 4_096);
    });
  });

  test('fails one read, and not the next', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      strike(world, 'read-fails');
      await assert.rejects(content(file), { code: 'disk-failed' });
      assert.deepEqual(await content(file), bytesOf(4_096, 1));
    });
  });
});

describe('space', () => {
  test('ends: what does not fit is refused as a whole, what does not grow goes on, and room that is made is room', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await ones(disk);
      const other = await ones(disk, '/other');
      await other.close();
      world.apply({ kind: 'disk-full', machine: 'a', freeBytes: 1_000 });
      assert.equal(await disk.freeBytes('/'), 1_000);
      await assert.rejects(file.append(bytesOf(1_001, 2)), { code: 'disk-full', outcome: 'not-applied' });
      assert.throws(() => file.writeNow(bytesOf(1_001, 2), 4_096), { code: 'disk-full' });
      assert.deepEqual(await content(file), bytesOf(4_096, 1));
      await file.append(bytesOf(1_000, 2));
      await file.write(bytesOf(100, 3), 0);
      await assert.rejects(disk.open('/new', { create: 'if-missing' }), { code: 'disk-full' });
      await disk.open('/f', { create: 'never' });
      await disk.remove('/other');
      await file.append(bytesOf(4_000, 2));
      world.heal();
      await file.append(bytesOf(100_000, 2));
    });
  });
});

describe('time', () => {
  /** How long a write and a sync take. */
  async function took(world: World): Promise<number> {
    const start = world.nowMs;
    await tell(world, 'a', async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(10, 1), 0);
      await file.sync();
    });
    return world.nowMs - start;
  }

  test('a slow disk takes so many times as long', async () => {
    const latency = { leastMs: 1 };
    const world = makeWorld({ disk: { writeLatency: latency, syncLatency: latency, namesLatency: latency } });
    world.addMachine({ name: 'a' });
    assert.ok(Math.abs((await took(world)) - 3) < 0.01);
    const slow = world.apply({ kind: 'disk-slow', machine: 'a', factor: 100 });
    world.apply({ kind: 'disk-slow', machine: 'a', factor: 2, forMs: 601 });
    assert.ok(Math.abs((await took(world)) - 600) < 0.1);
    await world.run(world.nowMs + 1);
    slow.revert();
    assert.ok(Math.abs((await took(world)) - 3) < 0.01);
  });

  test('a disk that hangs ends nothing until it stops to; its process lives on', async () => {
    const world = worldOf(['a']);
    const ended: string[] = [];
    const hang = world.apply({ kind: 'disk-hang', machine: 'a' });
    world.machine('a').start(async ({ disk, clock }) => {
      clock.setTimer(50, () => ended.push('timer'));
      const file = await disk.open('/f', { create: 'if-missing' });
      ended.push('open');
      await file.write(bytesOf(1, 1), 0);
      ended.push('write');
    });
    await world.run(10_000);
    assert.deepEqual(ended, ['timer']);
    hang.revert();
    await world.run(10_010);
    assert.deepEqual(ended, ['timer', 'open', 'write']);
  });

  test('a write now on a disk that hangs stops its process, and its loop delay tells', async () => {
    const world = worldOf(['a']);
    const told: number[] = [];
    world.machine('a').start(async ({ disk, clock, loopDelay }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      loopDelay.onStall(100, (stallMs) => told.push(Math.round(stallMs)));
      world.apply({ kind: 'disk-hang', machine: 'a', forMs: 1_000 });
      clock.setTimer(10, () => told.push(0));
      file.writeNow(bytesOf(1, 1), 0);
    });
    await world.run(900);
    assert.deepEqual(told, []);
    await world.run(1_100);
    assert.deepEqual(told, [1_000, 0]);
  });

  test('a machine that loses its power while its disk hangs comes back to a disk that works on nothing old', async () => {
    const world = worldOf(['a']);
    world.machine('a').start(async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      world.apply({ kind: 'disk-hang', machine: 'a' });
      await file.write(bytesOf(1_000, 1), 0);
      assert.fail('the write ended');
    });
    await world.run(1_000);
    world.machine('a').crash('lose');
    world.heal();
    world.machine('a').boot();
    await world.run(2_000);
    assert.equal(world.machine('a').disk.content('/f')?.length, 0);
  });

  test('a write now keeps its process busy for as long as it takes', async () => {
    const world = worldOf(['a'], { disk: { writeLatency: { leastMs: 30 } } });
    await tell(world, 'a', async ({ disk, clock, loopDelay }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      const startMs = clock.now();
      const stalls: number[] = [];
      loopDelay.onStall(20, (stallMs) => stalls.push(stallMs));
      file.writeNow(bytesOf(10, 1), 0);
      assert.ok(clock.now() - startMs >= 29.9);
      await file.size();
      assert.equal(stalls.length, 1);
    });
  });
});
