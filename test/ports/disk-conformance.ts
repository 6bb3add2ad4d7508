/**
 * What every disk must do that claims the port: the real one in a temporary directory, and the simulated one.
 * Crashes are not part of it, because a real machine does not crash on request; the simulator's own tests
 * check what a crash may take.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Disk, DiskFile, OpenOptions } from '../../src/ports/index.ts';
import { diskModelStories } from './disk-model.ts';
import { failsWith, patterned, sameBytes } from './expectations.ts';

export interface DiskFixture {
  readonly disk: Disk;
  /** A directory that exists and is empty. Its path has `/` between names. */
  readonly directory: string;
  /** Runs a story to its end; a simulated machine lets its time pass meanwhile. */
  run(story: () => Promise<void>): Promise<void>;
  dispose(): Promise<void>;
}

export type MakeDisk = () => DiskFixture | Promise<DiskFixture>;

type Tell = (title: string, story: (disk: Disk, directory: string) => Promise<void>) => void;

export function diskConformance(name: string, makeDisk: MakeDisk): void {
  describe(`disk conformance: ${name}`, () => {
    const tell: Tell = (title, story) => {
      test(title, async () => {
        const fixture = await makeDisk();
        try {
          await fixture.run(() => story(fixture.disk, fixture.directory));
        } finally {
          await fixture.dispose();
        }
      });
    };
    readingAndWriting(tell);
    lengths(tell);
    durableFiles(tell);
    openingAndClosing(tell);
    names(tell);
    directories(tell);
    locks(tell);
    diskModelStories(tell);
  });
}

const missing: OpenOptions = { create: 'if-missing' };

async function contents(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.size());
  assert.equal(await file.read(bytes, 0), bytes.length);
  return bytes;
}

function readingAndWriting(tell: Tell): void {
  tell('what is written is read back from its place', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    await file.write(patterned(10_000, 1), 0);
    await file.write(patterned(100, 2), 5_000);
    const expected = patterned(10_000, 1);
    expected.set(patterned(100, 2), 5_000);
    sameBytes(await contents(file), expected, 'the file');
    await file.close();
  });

  tell('a gap before a write reads as zeros', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    await file.write(patterned(10), 5_000);
    const bytes = await contents(file);
    assert.equal(bytes.length, 5_010);
    assert.ok(bytes.subarray(0, 5_000).every((byte) => byte === 0));
    sameBytes(bytes.subarray(5_000), patterned(10), 'behind the gap');
    await file.close();
  });

  tell('a read ends at the end of the file and touches nothing else', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    await file.write(patterned(100), 0);
    const around = new Uint8Array(300).fill(7);
    assert.equal(await file.read(around.subarray(100, 200), 40), 60);
    sameBytes(around.subarray(100, 160), patterned(100).subarray(40), 'what was read');
    assert.ok(around.subarray(0, 100).every((byte) => byte === 7));
    assert.ok(around.subarray(160).every((byte) => byte === 7));
    assert.equal(await file.read(around, 100), 0, 'at the end');
    assert.equal(await file.read(around, 5_000), 0, 'behind the end');
    assert.equal(await file.read(new Uint8Array(0), 0), 0, 'nothing wanted');
    await file.close();
  });

  tell('writes to different places may overlap in time', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    const places = [3, 0, 2, 1];
    await Promise.all(places.map((place) => file.write(patterned(1_000, place), place * 1_000)));
    const bytes = await contents(file);
    for (const place of places) {
      sameBytes(bytes.subarray(place * 1_000, (place + 1) * 1_000), patterned(1_000, place), `part ${place}`);
    }
    await file.close();
  });

  tell('a write now is done when the call returns', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    file.writeNow(patterned(100), 50);
    assert.equal(await file.size(), 150);
    sameBytes((await contents(file)).subarray(50), patterned(100), 'the bytes');
    await file.close();
  });

  tell('two openings of one file see the same bytes', async (disk, directory) => {
    const writer = await disk.open(`${directory}/data`, missing);
    const reader = await disk.open(`${directory}/data`, { create: 'never' });
    await writer.write(patterned(100), 0);
    sameBytes(await contents(reader), patterned(100), 'the other opening');
    await writer.close();
    sameBytes(await contents(reader), patterned(100), 'after one has closed');
    await reader.close();
  });
}

function lengths(tell: Tell): void {
  tell('an append lies behind the end and tells where', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    assert.equal(await file.append(patterned(10, 1)), 0);
    assert.equal(await file.append(patterned(20, 2)), 10);
    await file.write(patterned(5, 3), 100);
    assert.equal(await file.append(patterned(1, 4)), 105);
    await file.truncate(12);
    assert.equal(await file.append(patterned(3, 5)), 12);
    assert.equal(await file.append(new Uint8Array(0)), 15);
    assert.equal(await file.size(), 15);
    await file.close();
  });

  tell('truncate cuts, and lengthens with zeros', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    await file.write(patterned(100), 0);
    await file.truncate(40);
    assert.equal(await file.size(), 40);
    await file.truncate(60);
    const bytes = await contents(file);
    sameBytes(bytes.subarray(0, 40), patterned(100).subarray(0, 40), 'what stayed');
    assert.deepEqual(
      [...bytes.subarray(40)],
      new Array<number>(20).fill(0),
      'what was cut does not come back',
    );
    await file.close();
  });

  tell('a new file is empty, and an empty write leaves it so', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    assert.equal(await file.size(), 0);
    await file.write(new Uint8Array(0), 0);
    file.writeNow(new Uint8Array(0), 0);
    await file.sync();
    assert.equal(await file.size(), 0);
    await file.close();
  });
}

function durableFiles(tell: Tell): void {
  tell('a file with durable writes behaves as any other', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, { create: 'must-be-new', durableWrites: true });
    await file.write(patterned(100, 1), 0);
    file.writeNow(patterned(100, 2), 100);
    assert.equal(await file.append(patterned(100, 3)), 200);
    await file.truncate(250);
    await file.sync();
    const expected = new Uint8Array(250);
    for (const part of [1, 2, 3])
      expected.set(patterned(100, part).subarray(0, 250 - (part - 1) * 100), (part - 1) * 100);
    sameBytes(await contents(file), expected, 'the file');
    await file.close();
  });

  tell('durable writes and syncs may overlap, and all of them resolve', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, { create: 'if-missing', durableWrites: true });
    const places = [0, 1, 2, 3, 4];
    const work = places.flatMap((place) => [file.write(patterned(64, place), place * 64), file.sync()]);
    await Promise.all(work);
    const bytes = await contents(file);
    for (const place of places) {
      sameBytes(bytes.subarray(place * 64, place * 64 + 64), patterned(64, place), `part ${place}`);
    }
    await file.close();
  });
}

function openingAndClosing(tell: Tell): void {
  tell('open makes a file, or refuses to, as it is told', async (disk, directory) => {
    const path = `${directory}/data`;
    const refused = await failsWith('not-found', disk.open(path, { create: 'never' }));
    assert.equal(refused.data.path, path);
    assert.deepEqual(await disk.list(directory), [], 'the refusal made nothing');

    const made = await disk.open(path, { create: 'must-be-new' });
    await made.write(patterned(10), 0);
    await made.close();
    const taken = await failsWith('already-exists', disk.open(path, { create: 'must-be-new' }));
    assert.equal(taken.data.path, path);

    for (const create of ['if-missing', 'never'] as const) {
      const again = await disk.open(path, { create });
      sameBytes(await contents(again), patterned(10), `opened ${create}, it keeps its bytes`);
      await again.close();
    }
    await failsWith('not-found', disk.open(`${directory}/nowhere/data`, missing));
  });

  tell('close waits for what is under way and refuses what comes after', async (disk, directory) => {
    const path = `${directory}/data`;
    const file = await disk.open(path, missing);
    const written = file.write(patterned(10_000), 0);
    const closed = file.close();
    await failsWith('closed', file.write(patterned(1), 0));
    await closed;
    await written;
    await file.close();
    for (const use of [
      file.read(new Uint8Array(1), 0),
      file.append(new Uint8Array(1)),
      file.sync(),
      file.truncate(0),
      file.size(),
    ]) {
      await failsWith('closed', use);
    }
    const again = await disk.open(path, { create: 'never' });
    sameBytes(await contents(again), patterned(10_000), 'what was written before the close');
    await again.close();
  });
}

function names(tell: Tell): void {
  tell('rename replaces a file at once, and an open file keeps its bytes', async (disk, directory) => {
    for (const name of ['old', 'new']) {
      const file = await disk.open(`${directory}/${name}`, missing);
      await file.write(patterned(50, name.charCodeAt(0)), 0);
      await file.close();
    }
    const replaced = await disk.open(`${directory}/old`, { create: 'never' });
    await disk.rename(`${directory}/new`, `${directory}/old`);
    assert.deepEqual(await disk.list(directory), ['old']);
    const file = await disk.open(`${directory}/old`, { create: 'never' });
    sameBytes(await contents(file), patterned(50, 'n'.charCodeAt(0)), 'the name');
    sameBytes(await contents(replaced), patterned(50, 'o'.charCodeAt(0)), 'the file that lost its name');
    await Promise.all([file.close(), replaced.close()]);
    await failsWith('not-found', disk.rename(`${directory}/new`, `${directory}/old`));
    assert.deepEqual(await disk.list(directory), ['old'], 'a refused rename changes nothing');
  });

  tell('a removed file is gone, and cannot be removed twice', async (disk, directory) => {
    const file = await disk.open(`${directory}/data`, missing);
    await file.close();
    await disk.remove(`${directory}/data`);
    assert.deepEqual(await disk.list(directory), []);
    await failsWith('not-found', disk.open(`${directory}/data`, { create: 'never' }));
    const refused = await failsWith('not-found', disk.remove(`${directory}/data`));
    assert.equal(refused.data.path, `${directory}/data`);
  });

  tell('a file made anew under a removed name is empty', async (disk, directory) => {
    const first = await disk.open(`${directory}/data`, missing);
    await first.write(patterned(100), 0);
    await first.close();
    await disk.remove(`${directory}/data`);
    const second = await disk.open(`${directory}/data`, { create: 'must-be-new' });
    assert.equal(await second.size(), 0);
    await second.close();
  });
}

function directories(tell: Tell): void {
  tell('list names files and directories by code unit', async (disk, directory) => {
    for (const name of ['b', 'a', 'B', '10', '9', 'é', 'a.tmp']) {
      const file = await disk.open(`${directory}/${name}`, missing);
      await file.close();
    }
    await disk.makeDirectory(`${directory}/Z`);
    assert.deepEqual(await disk.list(directory), ['10', '9', 'B', 'Z', 'a', 'a.tmp', 'b', 'é']);
    assert.deepEqual(await disk.list(`${directory}/Z`), []);
    await failsWith('not-found', disk.list(`${directory}/nowhere`));
  });

  tell(
    'a directory is made with its parents, again without harm, never over a file',
    async (disk, directory) => {
      await disk.makeDirectory(`${directory}/a/b/c`);
      await disk.makeDirectory(`${directory}/a/b/c`);
      await disk.makeDirectory(`${directory}/a/b/d`);
      assert.deepEqual(await disk.list(`${directory}/a/b`), ['c', 'd']);
      const file = await disk.open(`${directory}/a/b/c/data`, missing);
      await file.close();
      await failsWith('already-exists', disk.makeDirectory(`${directory}/a/b/c/data`));
    },
  );

  tell('free space is told where something lies', async (disk, directory) => {
    const freeBytes = await disk.freeBytes(directory);
    assert.ok(Number.isSafeInteger(freeBytes) && freeBytes > 0, `${freeBytes} free bytes`);
    await failsWith('not-found', disk.freeBytes(`${directory}/nowhere`));
  });
}

function locks(tell: Tell): void {
  tell('a held directory is refused to everyone else until it is released', async (disk, directory) => {
    const lock = await disk.lock(directory);
    const refused = await failsWith('in-use', disk.lock(directory));
    assert.equal(refused.data.what, directory);
    await failsWith('in-use', disk.lock(directory));
    await lock.release();
    const next = await disk.lock(directory);
    await lock.release();
    await failsWith('in-use', disk.lock(directory));
    await next.release();
  });

  tell('a lock hides what it keeps, and locks nothing but its directory', async (disk, directory) => {
    await disk.makeDirectory(`${directory}/other`);
    const lock = await disk.lock(directory);
    const other = await disk.lock(`${directory}/other`);
    const file = await disk.open(`${directory}/data`, missing);
    await file.close();
    assert.deepEqual(await disk.list(directory), ['data', 'other']);
    await lock.release();
    assert.deepEqual(await disk.list(directory), ['data', 'other']);
    await failsWith('in-use', disk.lock(`${directory}/other`));
    await other.release();
  });

  tell('a directory must exist to be locked', async (disk, directory) => {
    await failsWith('not-found', disk.lock(`${directory}/nowhere`));
  });
}
