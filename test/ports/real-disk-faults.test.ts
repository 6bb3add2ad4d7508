/**
 * What the real disk does when the machine's disk does not do what it should. Most failures cannot be had on
 * request and are put between the disk and Node's calls; a full device and a limit on file size are real.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DiskFile } from '../../src/ports/index.ts';
import { type DiskCalls, realDisk } from '../../src/ports/real/index.ts';
import { failsWith, patterned, sameBytes, throwsWith } from './expectations.ts';
import { callsWith, systemError } from './failing-calls.ts';

/** A file on a disk with the given calls, in a directory that goes with it. */
async function withFile(
  options: { readonly calls?: Partial<DiskCalls>; readonly durableWrites?: boolean },
  story: (file: DiskFile, path: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-faults-'));
  const path = join(directory, 'data');
  const disk = realDisk({ calls: callsWith(options.calls ?? {}), durableWrites: 'descriptor' });
  const file = await disk.open(path, {
    create: 'must-be-new',
    durableWrites: options.durableWrites ?? false,
  });
  try {
    await story(file, path);
  } finally {
    await file.close();
    await rm(directory, { recursive: true });
  }
}

/** Fails the first call with `code`, and lets Node do the rest. */
function firstSyncFails(code: string): { readonly calls: Partial<DiskCalls>; count(): number } {
  let calls = 0;
  return {
    calls: {
      fdatasync: (descriptor, done) => {
        calls += 1;
        if (calls === 1) setImmediate(done, systemError(code));
        else fs.fdatasync(descriptor, done);
      },
    },
    count: () => calls,
  };
}

test('after a failed sync the file answers nothing but its first failure', async () => {
  const failing = firstSyncFails('EIO');
  await withFile({ calls: failing.calls }, async (file, path) => {
    await file.write(patterned(10), 0);
    const first = await failsWith('disk-failed', file.sync());
    assert.deepEqual(first.data, { operation: 'sync', path, system: 'EIO' });
    assert.equal(first.outcome, 'unknown');
    for (const use of [
      file.sync(),
      file.write(patterned(1), 0),
      file.append(patterned(1)),
      file.read(new Uint8Array(1), 0),
      file.truncate(0),
      file.size(),
    ]) {
      const refused = await failsWith('disk-failed', use);
      assert.equal(refused.cause, first);
      assert.match(refused.message, /EIO/);
    }
    throwsWith('disk-failed', () => file.writeNow(patterned(1), 0));
    assert.equal(failing.count(), 1, 'the second sync, which would have succeeded, was never asked for');
    await file.close();
  });
});

test('space that runs out during a sync is a failed sync, not a full disk to try again', async () => {
  await withFile({ calls: firstSyncFails('ENOSPC').calls }, async (file) => {
    await file.write(patterned(10), 0);
    const failed = await failsWith('disk-failed', file.sync());
    assert.equal(failed.data.system, 'ENOSPC');
    assert.equal(failed.retryable, false);
    await failsWith('disk-failed', file.write(patterned(1), 0));
  });
});

test('durable writes that wait behind a failed one fail with it and never start', async () => {
  let started = 0;
  const calls: Partial<DiskCalls> = {
    write: (descriptor, bytes, offset, length, position, done) => {
      started += 1;
      if (started === 2) setImmediate(done, systemError('EIO'), 0);
      else fs.write(descriptor, bytes, offset, length, position, done);
    },
  };
  await withFile({ calls, durableWrites: true }, async (file) => {
    const waitingCount = 5_000;
    const good = file.write(patterned(8), 0);
    const writes = Array.from({ length: waitingCount }, (_, index) => file.write(patterned(8), 8 * index));
    const outcomes = await Promise.allSettled(writes);
    await good;
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
    assert.equal(started, 2);
    throwsWith('disk-failed', () => file.writeNow(patterned(1), 0));
  });
});

test('a durable write now that fails poisons the file too', async () => {
  const calls: Partial<DiskCalls> = {
    writeSync: () => {
      throw systemError('EIO');
    },
  };
  await withFile({ calls, durableWrites: true }, async (file) => {
    throwsWith('disk-failed', () => file.writeNow(patterned(1), 0));
    await failsWith('disk-failed', file.size());
  });
});

test('a full disk refuses the write and harms nothing: with space again, the same file goes on', async () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    let calls = 0;
    const write: DiskCalls['write'] = (descriptor, bytes, offset, length, position, done) => {
      calls += 1;
      if (calls === 1) setImmediate(done, systemError(code), 0);
      else fs.write(descriptor, bytes, offset, length, position, done);
    };
    await withFile({ calls: { write }, durableWrites: true }, async (file, path) => {
      const full = await failsWith('disk-full', file.write(patterned(100), 0));
      assert.deepEqual(full.data, { operation: 'write', path });
      assert.equal(full.retryable, true);
      await file.write(patterned(100), 0);
      assert.equal(await file.size(), 100);
    });
  }
});

test('a device that is really full is told as a full disk', async () => {
  assert.ok(fs.existsSync('/dev/full'), 'this test needs /dev/full, which every Linux has; run it there');
  const file = await realDisk().open('/dev/full', { create: 'never' });
  await failsWith('disk-full', file.write(patterned(100), 0));
  throwsWith('disk-full', () => file.writeNow(patterned(100), 0));
  await file.close();
});

test('what the system takes in small pieces arrives whole', async () => {
  const calls: Partial<DiskCalls> = {
    write: (descriptor, bytes, offset, length, position, done) => {
      fs.write(descriptor, bytes, offset, Math.min(length, 700), position, done);
    },
    writeSync: (descriptor, bytes, offset, length, position) =>
      fs.writeSync(descriptor, bytes, offset, Math.min(length, 700), position),
    read: (descriptor, into, offset, length, position, done) => {
      fs.read(descriptor, into, offset, Math.min(length, 300), position, done);
    },
  };
  await withFile({ calls }, async (file) => {
    await file.write(patterned(5_000, 1), 0);
    file.writeNow(patterned(5_000, 2), 5_000);
    const bytes = new Uint8Array(10_000);
    assert.equal(await file.read(bytes, 0), 10_000);
    sameBytes(bytes.subarray(0, 5_000), patterned(5_000, 1), 'the write');
    sameBytes(bytes.subarray(5_000), patterned(5_000, 2), 'the write now');
  });
});

test('a system that takes nothing and says nothing is a failure, not an endless loop', async () => {
  const calls: Partial<DiskCalls> = {
    write: (_descriptor, _bytes, _offset, _length, _position, done) => setImmediate(done, null, 0),
    writeSync: () => 0,
  };
  await withFile({ calls }, async (file) => {
    await failsWith('disk-failed', file.write(patterned(10), 0));
    throwsWith('disk-failed', () => file.writeNow(patterned(10), 0));
  });
});

test('a limit on file size cuts a write short for real: the rest is tried, refused and explained', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-limit-'));
  const program = fileURLToPath(new URL('limited-writer.ts', import.meta.url));
  const command = 'ulimit -f 1 && exec "$0" "$1" "$2"';
  const path = join(directory, 'data');
  const child = spawnSync('sh', ['-c', command, process.execPath, program, path], { encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  const told = JSON.parse(child.stdout) as { code: string; system: string; message: string };
  assert.equal(told.code, 'disk-failed');
  assert.equal(told.system, 'EFBIG');
  assert.match(told.message, /ulimit -f/);
  const { size } = await stat(path);
  assert.ok(size > 0 && size < 5_000, `the part that fitted is there: ${size} bytes`);
  await rm(directory, { recursive: true });
});

test('a refusal says what to do about it', async () => {
  const calls = callsWith({
    open: (_path, _flags, _mode, done) => setImmediate(done, systemError('EACCES'), -1),
  });
  const refused = await failsWith(
    'disk-failed',
    realDisk({ calls }).open('/data/log', { create: 'if-missing' }),
  );
  assert.match(
    refused.message,
    /^open \/data\/log failed: EACCES.*; give the user of this process access to it$/,
  );
  assert.deepEqual(refused.data, { operation: 'open', path: '/data/log', system: 'EACCES' });
});
