/**
 * The state on a file system that fills up: a small one, mounted for this test, which therefore needs the rights
 * of root.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import { StoreMachine, storesOnDisk } from '../../src/node/index.ts';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { bytes } from './test-cluster.ts';

const mebibyte = 1 << 20;

function put(number: number): Uint8Array {
  const writer = new ByteWriter(64);
  const body = { kind: 'put', key: bytes(`k${number}`), value: new Uint8Array(4_000).fill(number) } as const;
  encodeCommand(writer, {
    session: undefined,
    fences: [],
    body: { ...body, lease: 0, keepLease: false, wantPrevious: false },
  });
  return writer.copy();
}

test('a full disk refuses writes, leaves the last commit whole, and nothing is lost when there is room again', async () => {
  const mount = await mkdtemp(join(tmpdir(), 'quorate-full-'));
  const elsewhere = await mkdtemp(join(tmpdir(), 'quorate-copy-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'quorate-test', mount]);
  const isFull = Promise.withResolvers<void>();
  const log = Object.assign(new RecordingLog(), {
    warn: (event: string) => (event === 'disk is full' ? isFull.resolve() : undefined),
  });
  const options = { disk: realDisk(), clock: realClock(), log, commitBytes: mebibyte };
  const open = storesOnDisk(options);
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const home = { directory: join(mount, 'state-0'), owner: 'one', isLost: false, onFailure };
  try {
    const ballast = join(mount, 'ballast');
    await writeFile(ballast, new Uint8Array(8 * mebibyte));
    const machine = await open(0, home);
    const memory = new StoreMachine();
    while (machine.refusal(put(0)) === undefined) {
      const index = machine.applied + 1;
      machine.apply(index, put(index));
      memory.apply(index, put(index));
      await machine.durable.room;
      // One commit for each piece, as long as they get through.
      if (index % 100 === 0) await Promise.race([machine.durable.flush(), isFull.promise]);
    }
    const refusal = machine.refusal(put(0));
    assert.equal(refusal?.code, 'queue-full');
    assert.match(refusal.message, /disk .* full/);
    assert.equal(machine.hash(), memory.hash(), 'what was taken is there');
    const kept = machine.durable.index;
    assert.ok(kept > 0 && kept < machine.applied);

    await cp(home.directory, join(elsewhere, 'state-0'), { recursive: true });
    const crashed = await open(0, { ...home, directory: join(elsewhere, 'state-0') });
    assert.equal(crashed.applied, kept);
    for (let index = kept + 1; index <= memory.applied; index += 1) crashed.apply(index, put(index));
    assert.equal(crashed.hash(), memory.hash());
    await crashed.durable.close();

    await rm(ballast);
    await machine.durable.flush();
    assert.equal(machine.durable.index, memory.applied);
    assert.equal(machine.refusal(put(0)), undefined);
    await machine.durable.close();
    const again = await open(0, home);
    assert.equal(again.hash(), memory.hash());
    await again.durable.close();
    assert.deepEqual(failures, []);
  } finally {
    execFileSync('umount', ['-l', mount]);
    await rm(mount, { recursive: true });
    await rm(elsewhere, { recursive: true });
  }
});
