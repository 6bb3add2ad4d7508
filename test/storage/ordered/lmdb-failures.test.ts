/** The store on disk when the disk, the file or the package lets it down. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { AssertionFailure, crc32, type ErrorCode, isQuorateError } from '../../../src/base/index.ts';
import type { OrderedSnapshot } from '../../../src/ports/index.ts';
import { lmdbFailure } from '../../../src/storage/ordered/lmdb-errors.ts';
import { loadLmdb } from '../../../src/storage/ordered/lmdb-module.ts';
import { RecordSeal } from '../../../src/storage/ordered/record-seal.ts';
import { entriesOf, filled, numbered } from './entries.ts';
import { LmdbMedium } from './lmdb-medium.ts';

const filler = new URL('./lmdb-filler.ts', import.meta.url).pathname;
const run = promisify(execFile);

function coded(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isQuorateError(error), String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

async function withMedium(
  options: Parameters<typeof LmdbMedium.create>[0],
  story: (medium: LmdbMedium) => Promise<void>,
): Promise<void> {
  const medium = await LmdbMedium.create(options);
  try {
    await story(medium);
  } finally {
    await medium.dispose();
  }
}

/** A store with entries in it, closed. */
async function fill(medium: LmdbMedium, count: number): Promise<void> {
  const store = await medium.open();
  for (let number = 0; number < count; number += 1) store.put(numbered(number), filled(300, number));
  await store.commit(count);
  await store.close();
}

for (const { room, code } of [
  { room: 'left', code: 'disk-failed' },
  { room: 'full', code: 'disk-full' },
] as const) {
  test(`a write that the disk refuses with room ${room} is ${code}, ends the store, and costs no commit`, async () => {
    await withMedium({}, async (medium) => {
      // The limit counts blocks of 512 bytes or of 1,024: a few mebibytes either way.
      const command = 'ulimit -f 8192; exec "$0" "$@"';
      const { stdout } = await run('sh', ['-c', command, process.execPath, filler, medium.directory, room]);
      const seen = JSON.parse(stdout);
      assert.ok(seen.last > 5, stdout);
      assert.deepEqual(new Set([...seen.codes, ...seen.refused]), new Set([code]));
      assert.equal(seen.found, seen.last);
      assert.equal(seen.isWhole, true);
    });
  });
}

test('what LMDB says becomes an error that tells a full disk, a failing one and a damaged file apart', () => {
  const rows: readonly [number, number | undefined, ErrorCode][] = [
    [28, undefined, 'disk-full'],
    [122, undefined, 'disk-full'],
    [5, 0, 'disk-full'],
    [5, 10_000_000, 'disk-failed'],
    [27, 0, 'disk-failed'],
    [-30_796, undefined, 'ordered-store-damaged'],
    [-30_795, undefined, 'disk-failed'],
  ];
  for (const [number, freeBytes, code] of rows) {
    const cause = Object.assign(new Error('no'), { code: number });
    const error = lmdbFailure('commit', '/data/state.mdb', cause, freeBytes);
    assert.equal(error.code, code, String(number));
    assert.equal(error.cause, cause);
    assert.equal(error.retryable, false);
  }
});

test('a file that is no store of ours is refused and left alone', async () => {
  const rows: readonly [string, Uint8Array, ErrorCode][] = [
    ['empty', new Uint8Array(0), 'ordered-store-damaged'],
    ['a few bytes', filled(5, 104), 'ordered-store-damaged'],
    ['noise', filled(30_000, 7), 'ordered-store-damaged'],
    ['zeros', filled(30_000, 0), 'ordered-store-damaged'],
  ];
  for (const [name, bytes, code] of rows) {
    await withMedium({}, async (medium) => {
      await writeFile(medium.path, bytes);
      await assert.rejects(medium.open(), coded(code), name);
      assert.deepEqual(await readFile(medium.path), Buffer.from(bytes));
    });
  }
});

test('a file whose head is damaged in one place is refused before LMDB sees it', async () => {
  await withMedium({}, async (medium) => {
    await fill(medium, 100);
    const whole = await readFile(medium.path);
    const rows: readonly [string, number, number][] = [
      ['the flag of the first page', 18, 0],
      ['the magic number of the first page', 24, 1],
      ['the magic number of the second page', 4_096 + 24, 1],
      ['the size of pages', 48, 1],
      ['the root of the tree', 4_096 + 136 + 2, 99],
      ['the number of the last page', 4_096 + 144 + 7, 99],
      ['the number of the last page', 144 + 7, 99],
    ];
    for (const [name, at, byte] of rows) {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      await writeFile(medium.path, bytes);
      await assert.rejects(medium.open(), coded('ordered-store-damaged'), name);
    }
    await writeFile(medium.path, whole.subarray(0, 4_096));
    await assert.rejects(medium.open(), coded('ordered-store-damaged'));
    await writeFile(medium.path, whole);
    await medium.open();
  });
});

test('an LMDB file of another program is refused', async () => {
  await withMedium({}, async (medium) => {
    const { open: openRaw } = await import('lmdb');
    const raw = openRaw({ path: medium.path, noSubdir: true, overlappingSync: false });
    await raw.put('greeting', 'hello');
    await raw.close();
    await assert.rejects(medium.open(), coded('ordered-store-damaged'));
  });
});

test('a file of a later format is refused, LMDB’s own and ours', async () => {
  await withMedium({}, async (medium) => {
    await fill(medium, 10);
    const { open: openRaw } = await import('lmdb');
    const raw = openRaw({ path: medium.path, noSubdir: true, overlappingSync: false, maxDbs: 4 });
    const about = raw.openDB<Buffer, Buffer>('about', { keyEncoding: 'binary', encoding: 'binary' });
    const key = Buffer.from('format');
    const format = Buffer.from(about.get(key) as Buffer);
    const versionAt = format.length - 8;
    format.writeUInt32LE(2, versionAt);
    new RecordSeal(crc32).write(key, format, 0, format.length - 4);
    await about.put(key, format);
    await raw.close();
    await assert.rejects(medium.open(), coded('unsupported-format'));

    const file = await open(medium.path, 'r+');
    for (const page of [0, 1]) await file.write(Uint8Array.of(3), 0, 1, page * 4_096 + 28);
    await file.close();
    await assert.rejects(medium.open(), coded('unsupported-format'));
  });
});

test('a file that was cut is refused, the next time too', async () => {
  await withMedium({}, async (medium) => {
    await fill(medium, 2_000);
    const { length } = await readFile(medium.path);
    await truncate(medium.path, length / 2);
    for (let time = 0; time < 2; time += 1) {
      await assert.rejects(medium.open(), coded('ordered-store-damaged'));
    }
  });
});

test('a file that lacks only pages that LMDB never wrote is read whole once, and used', async () => {
  await withMedium({}, async (medium) => {
    await fill(medium, 2_000);
    const bytes = await readFile(medium.path);
    const { length } = bytes;
    // What a transaction leaves that took five pages at the end and gave them back.
    for (const page of [0, 1]) {
      const lastPageAt = page * 4_096 + 144;
      bytes.writeBigUInt64LE(bytes.readBigUInt64LE(lastPageAt) + 5n, lastPageAt);
    }
    await writeFile(medium.path, bytes);
    const store = await medium.open();
    assert.equal(entriesOf(store, {}).length, 2_000);
    store.put(numbered(2_001), filled(300, 1));
    await store.commit(2_001);
    await store.close();
    assert.ok((await readFile(medium.path)).length >= length + 5 * 4_096);
    assert.ok(!(await readdir(medium.directory)).some((name) => name.endsWith('.unchecked')));
    assert.equal(entriesOf(await medium.open(), {}).length, 2_001);
  });
});

test('a flipped bit in a value is told, and ends the store', async () => {
  await withMedium({}, async (medium) => {
    const store = await medium.open();
    store.put(numbered(1), filled(500, 171));
    store.put(numbered(2), filled(500, 172));
    await store.commit(1);
    await store.close();
    const bytes = await readFile(medium.path);
    for (let at = bytes.indexOf(filled(500, 171)); at >= 0; at = bytes.indexOf(filled(500, 171), at + 1)) {
      bytes[at + 99] = 170;
    }
    await writeFile(medium.path, bytes);

    const damaged = await medium.open();
    assert.equal(damaged.get(numbered(2))?.[0], 172);
    assert.throws(() => damaged.get(numbered(1)), coded('ordered-store-damaged'));
    assert.throws(() => damaged.get(numbered(2)), coded('ordered-store-damaged'));
    const scanned = await medium.open();
    assert.throws(() => entriesOf(scanned, {}), coded('ordered-store-damaged'));
  });
});

test('one commit too many is refused, and its writes belong to the next', async () => {
  await withMedium({ commitsMax: 2 }, async (medium) => {
    const store = await medium.open();
    const commits: Promise<void>[] = [];
    for (let number = 1; number <= 2; number += 1) {
      store.put(numbered(number), filled(1, number));
      commits.push(store.commit(number));
    }
    store.put(numbered(3), filled(1, 3));
    await assert.rejects(store.commit(3), coded('queue-full'));
    await Promise.all(commits);
    await store.commit(4);
    const again = await medium.open();
    assert.equal(again.appliedIndex, 4);
    assert.equal(again.get(numbered(3))?.[0], 3);
  });
});

test('writes that nobody commits end the store at their bound, and the commits before stay', async () => {
  await withMedium({ overlayBytesMax: 2_097_152 }, async (medium) => {
    const store = await medium.open();
    // Overwriting takes no more memory than writing.
    for (let turn = 0; turn < 3_000; turn += 1) store.put(numbered(1), filled(10_000 + turn, turn));
    await store.commit(1);
    const write = (): void => {
      for (let number = 0; number < 100_000; number += 1) store.put(numbered(number), filled(100, 1));
    };
    assert.throws(write, coded('queue-full'));
    assert.ok(store.uncommittedBytes < 2_300_000, String(store.uncommittedBytes));
    assert.throws(() => store.commit(2), coded('queue-full'));
    const again = await medium.open();
    assert.equal(again.appliedIndex, 1);
    assert.equal(again.get(numbered(1))?.length, 12_999);
    assert.equal(entriesOf(again, {}).length, 1);
  });
});

test('steady commits use the same memory again', async () => {
  await withMedium({}, async (medium) => {
    const store = await medium.open();
    let most = 0;
    for (let number = 1; number <= 50; number += 1) {
      for (let entry = 0; entry < 500; entry += 1) store.put(numbered(entry), filled(200 + number, number));
      most = Math.max(most, store.uncommittedBytes);
      await store.commit(number);
      assert.ok(store.uncommittedBytes <= 16_384, `${store.uncommittedBytes} bytes kept by an empty overlay`);
    }
    assert.ok(most < 500_000, `${most} bytes for 500 entries`);
  });
});

test('the map grows under readers and snapshots', async () => {
  await withMedium({ mapBytes: 1_048_576 }, async (medium) => {
    const store = await medium.open();
    const snapshots: OrderedSnapshot[] = [];
    for (let number = 1; number <= 30; number += 1) {
      for (let entry = 0; entry < 20; entry += 1) {
        store.put(numbered(number * 20 + entry), filled(20_000, number));
      }
      const commit = store.commit(number);
      snapshots.push(store.snapshot());
      assert.equal(store.get(numbered(20))?.[19_999], 1);
      await commit;
    }
    for (const [place, snapshot] of snapshots.entries()) {
      assert.equal(entriesOf(snapshot, {}).length, (place + 1) * 20);
    }
    assert.throws(() => {
      for (let more = 0; more < 300; more += 1) store.snapshot();
    }, coded('queue-full'));
  });
});

test('a cursor over the live store that meets a write stops the program', async () => {
  await withMedium({}, async (medium) => {
    const store = await medium.open();
    for (let byte = 0; byte < 10; byte += 1) store.put(Uint8Array.of(byte), Uint8Array.of(byte));
    await store.commit(1);
    const cursor = store.scan({});
    cursor.next();
    store.put(Uint8Array.of(77), Uint8Array.of(1));
    assert.throws(() => cursor.next(), AssertionFailure);
    assert.throws(() => cursor.key, AssertionFailure);
    assert.throws(() => store.put(new Uint8Array(0), new Uint8Array(1)), AssertionFailure);
    assert.throws(() => store.put(new Uint8Array(1_901), new Uint8Array(1)), AssertionFailure);
    assert.throws(() => store.commit(0), AssertionFailure);
    await store.close();
    assert.throws(() => store.get(Uint8Array.of(1)), AssertionFailure);
  });
});

test('an option outside of its range is refused by name', async () => {
  for (const options of [{ commitsMax: 0 }, { overlayBytesMax: 1 }, { mapBytes: 0.5 }]) {
    const medium = await LmdbMedium.create(options);
    await assert.rejects(medium.open(), coded('invalid-option'));
    await medium.dispose();
  }
});

test('a package that is missing or cannot run here is named, with what to do', async () => {
  const load = (): Promise<never> => Promise.reject(new Error("Cannot find package 'lmdb'"));
  await assert.rejects(loadLmdb(load), (error) => {
    assert.ok(isQuorateError(error) && error.code === 'package-unavailable');
    assert.equal(error.data.package, 'lmdb');
    assert.match(error.message, /npm install lmdb/);
    return true;
  });
});
