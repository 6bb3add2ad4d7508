/** That names and bytes are made durable before anyone is told, seen from the calls that the real disk makes. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DiskCalls, realDisk } from '../../src/ports/real/index.ts';
import { failsWith, patterned } from './expectations.ts';
import { callsWith, systemError, TracedCalls } from './failing-calls.ts';

async function inDirectory(story: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-durability-'));
  try {
    await story(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('30 · a name is durable before open, rename and remove have told so', async () => {
  await inDirectory(async (directory) => {
    const traced = new TracedCalls();
    const disk = realDisk({ calls: traced.calls });
    for (const create of ['must-be-new', 'if-missing', 'never'] as const) {
      const file = await disk.open(`${directory}/data`, { create });
      assert.deepEqual(traced.take(directory), ['open ./data', 'fsync .'], create);
      await file.close();
    }
    await disk.rename(`${directory}/data`, `${directory}/moved`);
    assert.deepEqual(traced.take(directory), ['rename ./data in .', 'fsync .']);
    await disk.remove(`${directory}/moved`);
    assert.deepEqual(traced.take(directory), ['unlink ./moved', 'fsync .']);
    assert.equal(traced.openCount, 0, 'no descriptor is left open');
  });
});

test('each new directory is durable in its parent before the next is made in it', async () => {
  await inDirectory(async (directory) => {
    const traced = new TracedCalls();
    const disk = realDisk({ calls: traced.calls });
    await disk.makeDirectory(`${directory}/a/b`);
    const parent = join(directory, '..');
    const expected = [`fsync ${parent}`, 'mkdir ./a', 'fsync .', 'mkdir ./a/b', 'fsync ./a'];
    assert.deepEqual(traced.take(directory), expected);
    await disk.makeDirectory(`${directory}/a/b`);
    assert.deepEqual(traced.take(directory), [], 'this process has synced it');
    const next = realDisk({ calls: traced.calls });
    await next.makeDirectory(`${directory}/a/b`);
    assert.deepEqual(traced.take(directory), ['fsync ./a'], 'whoever made it may have died before its sync');
    await next.makeDirectory(`${directory}/a/b`);
    assert.deepEqual(traced.take(directory), [], 'and once is enough');
    assert.equal(traced.openCount, 0);
  });
});

test('30 · a directory that was made anew behind our back is synced like any other', async () => {
  await inDirectory(async (directory) => {
    const traced = new TracedCalls();
    const disk = realDisk({ calls: traced.calls });
    await disk.makeDirectory(`${directory}/a`);
    await rm(`${directory}/a`, { recursive: true });
    await mkdir(`${directory}/a`);
    traced.take(directory);
    await disk.makeDirectory(`${directory}/a`);
    assert.deepEqual(traced.take(directory), ['fsync .']);
  });
});

test('30 · a directory whose sync failed is synced by the next who asks for it', async () => {
  await inDirectory(async (directory) => {
    const failures = [systemError('EIO')];
    const fsync: DiskCalls['fsync'] = (descriptor, done) => {
      const failure = failures.pop();
      if (failure === undefined) fs.fsync(descriptor, done);
      else setImmediate(done, failure);
    };
    const traced = new TracedCalls({ fsync });
    const disk = realDisk({ calls: traced.calls });
    await mkdir(`${directory}/a`);
    await failsWith('disk-failed', disk.makeDirectory(`${directory}/a`));
    traced.take(directory);
    await disk.makeDirectory(`${directory}/a`);
    assert.deepEqual(traced.take(directory), ['fsync .']);
  });
});

test('a name that nobody would miss costs no sync of its directory', async () => {
  await inDirectory(async (directory) => {
    const traced = new TracedCalls();
    const disk = realDisk({ calls: traced.calls });
    const file = await disk.open(`${directory}/data.new`, { create: 'must-be-new', durableName: false });
    await file.close();
    assert.deepEqual(traced.take(directory), ['open ./data.new']);
    await disk.rename(`${directory}/data.new`, `${directory}/data`);
    assert.deepEqual(traced.take(directory), ['rename ./data.new in .', 'fsync .']);
  });
});

test('a directory whose parent is closed to us was made by someone else, and is taken as it is', async () => {
  await inDirectory(async (directory) => {
    const parent = join(directory, '..');
    const open: DiskCalls['open'] = (path, flags, mode, done) => {
      if (path === parent) setImmediate(done, systemError('EACCES'), -1);
      else fs.open(path, flags, mode, done);
    };
    await realDisk({ calls: callsWith({ open }) }).makeDirectory(directory);
  });
});

test('a directory that cannot be synced fails the operation, and leaves nothing open', async () => {
  await inDirectory(async (directory) => {
    const failing = {
      fsync: (_descriptor: number, done: (error: NodeJS.ErrnoException) => void) =>
        setImmediate(done, systemError('ENOSPC')),
    };
    const traced = new TracedCalls(failing);
    const disk = realDisk({ calls: traced.calls });
    const failed = await failsWith('disk-failed', disk.open(`${directory}/data`, { create: 'must-be-new' }));
    assert.deepEqual(failed.data, { operation: 'sync directory', path: directory, system: 'ENOSPC' });
    await failsWith('disk-failed', disk.rename(`${directory}/data`, `${directory}/moved`));
    await failsWith('disk-failed', disk.remove(`${directory}/moved`));
    await failsWith('disk-failed', disk.makeDirectory(`${directory}/a`));
    assert.equal(traced.openCount, 0);
  });
});

test('a durable write is one call with O_DSYNC, and a write and a sync without', async () => {
  await inDirectory(async (directory) => {
    for (const durableWrites of ['descriptor', 'fdatasync'] as const) {
      const path = `${directory}/${durableWrites}`;
      const flagsSeen: number[] = [];
      const traced = new TracedCalls({
        open: (opened, flags, mode, done) => {
          if (opened === path) flagsSeen.push(flags & fs.constants.O_DSYNC);
          fs.open(opened, flags, mode, done);
        },
      });
      const disk = realDisk({ calls: traced.calls, durableWrites });
      const file = await disk.open(path, { create: 'must-be-new', durableWrites: true });
      const plain = await disk.open(path, { create: 'never' });
      traced.take(directory);
      await file.write(patterned(10), 0);
      await plain.write(patterned(10), 0);
      const byDescriptor = durableWrites === 'descriptor';
      assert.deepEqual(traced.take(directory), byDescriptor ? [] : ['fdatasync ./fdatasync']);
      assert.deepEqual(flagsSeen, [byDescriptor ? fs.constants.O_DSYNC : 0, 0]);
      await Promise.all([file.close(), plain.close()]);
    }
  });
});

test('a shorter length is made durable by a full sync, everything else by a data sync', async () => {
  await inDirectory(async (directory) => {
    const traced = new TracedCalls();
    const file = await realDisk({ calls: traced.calls }).open(`${directory}/data`, { create: 'must-be-new' });
    traced.take(directory);
    await file.write(patterned(100), 0);
    await file.sync();
    await file.truncate(10);
    await file.sync();
    await file.sync();
    assert.deepEqual(traced.take(directory), ['fdatasync ./data', 'fsync ./data', 'fdatasync ./data']);
    await file.close();
  });
});

test('syncs that come while one runs share the next one, never the one under way', async () => {
  await inDirectory(async (directory) => {
    const underWay: (() => void)[] = [];
    const fdatasync: DiskCalls['fdatasync'] = (_descriptor, done) => underWay.push(() => done(null));
    const disk = realDisk({ calls: callsWith({ fdatasync }) });
    const file = await disk.open(`${directory}/data`, { create: 'must-be-new' });
    const first = file.sync();
    const resolved: string[] = [];
    const later = [file.sync(), file.sync()].map((sync, index) =>
      sync.then(() => resolved.push(`later ${index}`)),
    );
    assert.equal(underWay.length, 1);
    underWay[0]?.();
    await first;
    assert.deepEqual(resolved, [], 'the first sync began before the later ones were asked for');
    assert.equal(underWay.length, 2);
    underWay[1]?.();
    await Promise.all(later);
    assert.equal(underWay.length, 2, 'two callers, one sync');
    await file.close();
  });
});

test('a descriptor is given back when the last operation on it is done, and once', async () => {
  await inDirectory(async (directory) => {
    const order: string[] = [];
    const underWay: (() => void)[] = [];
    const calls = callsWith({
      write: (descriptor, bytes, offset, length, position, done) => {
        underWay.push(() => {
          fs.write(descriptor, bytes, offset, length, position, (error, count) => {
            order.push('written');
            done(error, count);
          });
        });
      },
      close: (descriptor, done) => {
        order.push('closed');
        fs.close(descriptor, done);
      },
    });
    const file = await realDisk({ calls }).open(`${directory}/data`, { create: 'must-be-new' });
    order.length = 0;
    const writes = [1, 2].map((part) => file.write(patterned(10), part * 10));
    const closed = file.close();
    for (const write of underWay) write();
    await Promise.all([...writes, closed]);
    assert.deepEqual(order, ['written', 'written', 'closed']);
  });
});

test('files and directories are for the user of the process alone', async () => {
  await inDirectory(async (directory) => {
    const disk = realDisk();
    await disk.makeDirectory(`${directory}/made`);
    const file = await disk.open(`${directory}/made/data`, { create: 'if-missing' });
    await file.close();
    assert.equal((await stat(`${directory}/made`)).mode & 0o077, 0);
    assert.equal((await stat(`${directory}/made/data`)).mode & 0o077, 0);
  });
});
