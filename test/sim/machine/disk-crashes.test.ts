/** What a crash leaves on a simulated disk: all that was promised, and anything at all of what was not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../../src/base/index.ts';
import type { Disk, DiskFile } from '../../../src/ports/index.ts';
import { PagePool } from '../../../src/sim/machine/disk/page-pool.ts';
import { SectorFile } from '../../../src/sim/machine/disk/sector-file.ts';
import type { CrashMode, World } from '../../../src/sim/machine/index.ts';
import { bytesOf, makeWorld, tell, worldOf } from './story.ts';

async function contentOf(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, { create: 'never' });
  const content = new Uint8Array(await file.size());
  await file.read(content, 0);
  return content;
}

/** Lets the machine lose its power and boot again. */
function crash(world: World, unsynced: CrashMode): void {
  world.machine('a').crash(unsynced);
  world.machine('a').boot();
}

describe('a crash', () => {
  test('that loses everything unsynced leaves what was synced, and no more', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(1_000, 1), 0);
      await file.sync();
      await file.write(bytesOf(300, 2), 100);
      await file.append(bytesOf(5_000, 3));
      await disk.open('/unsynced', { create: 'if-missing' }).then((other) => other.write(bytesOf(10, 4), 0));
    });
    crash(world, 'lose');
    await tell(world, 'a', async ({ disk }) => {
      assert.deepEqual(await contentOf(disk, '/f'), bytesOf(1_000, 1));
      assert.deepEqual(await contentOf(disk, '/unsynced'), new Uint8Array(0), 'the name was durable');
    });
  });

  test('that keeps everything leaves the file as programs saw it', async () => {
    const world = worldOf(['a']);
    await tell(world, 'a', async ({ disk }) => {
      const file = await disk.open('/f', { create: 'if-missing' });
      await file.write(bytesOf(10_000, 1), 0);
      await file.truncate(4_000);
    });
    crash(world, 'keep');
    await tell(world, 'a', async ({ disk }) =>
      assert.deepEqual(await contentOf(disk, '/f'), bytesOf(4_000, 1)),
    );
  });

  test('that is random keeps, loses and tears each sector for itself', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const world = worldOf(['a'], { seed });
      await tell(world, 'a', async ({ disk }) => {
        const file = await disk.open('/f', { create: 'if-missing' });
        await file.write(bytesOf(8_192, 1), 0);
        await file.sync();
        await file.write(bytesOf(8_192, 2), 0);
      });
      crash(world, 'random');
      const content = world.machine('a').disk.content('/f') ?? new Uint8Array(0);
      const sectors = Array.from({ length: 16 }, (_, index) =>
        content.subarray(index * 512, (index + 1) * 512),
      );
      const fates = sectors.map((sector) =>
        sector.includes(1) ? (sector.includes(2) ? 'torn' : 'lost') : 'kept',
      );
      for (const fate of fates) seen.add(fate);
      if (new Set(fates).size === 3) seen.add('all three in one file');
    }
    assert.deepEqual([...seen].sort(), ['all three in one file', 'kept', 'lost', 'torn']);
  });

  test('shortens a file that grew, or leaves its length with other bytes in it', async () => {
    const lengths = new Set<number>();
    let zeros = false;
    for (let seed = 1; seed <= 60; seed += 1) {
      const world = worldOf(['a'], { seed });
      await tell(world, 'a', async ({ disk }) => {
        const file = await disk.open('/f', { create: 'if-missing' });
        await file.write(bytesOf(1_000, 1), 0);
        await file.sync();
        await file.append(bytesOf(2_000, 2));
      });
      crash(world, 'random');
      const content = world.machine('a').disk.content('/f') as Uint8Array;
      assert.deepEqual(content.subarray(0, 1_000), bytesOf(1_000, 1), 'what was synced');
      lengths.add(content.length);
      zeros ||= content.includes(0);
    }
    assert.ok(lengths.has(1_000) && lengths.has(3_000) && lengths.size > 2, [...lengths].join());
    assert.ok(zeros, 'a length without its bytes');
  });

  test('in the middle of a write leaves all, nothing or a part of it, of a durable one too', async () => {
    for (const durableWrites of [false, true]) {
      const seen = new Set<string>();
      for (let seed = 1; seed <= 40; seed += 1) {
        const world = worldOf(['a'], { seed, disk: { writeLatency: { leastMs: 10 } } });
        world.machine('a').start(async ({ disk }) => {
          const file = await disk.open('/f', { create: 'if-missing', durableWrites });
          await file.write(bytesOf(100_000, 1), 0);
          assert.fail('it ends after the crash');
        });
        await world.runWhile(() => world.machine('a').disk.paths().length === 0, 100);
        await world.run(world.nowMs + 5);
        crash(world, 'random');
        const content = world.machine('a').disk.content('/f') as Uint8Array;
        const written = content.reduce((count, byte) => count + byte, 0);
        seen.add(written === 0 ? 'nothing' : written === 100_000 ? 'all' : 'a part');
      }
      assert.deepEqual([...seen].sort(), ['a part', 'all', 'nothing']);
    }
  });

  test('in the middle of a rename leaves the old name or the new one, and the file under it', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = worldOf(['a'], { seed, disk: { namesLatency: { leastMs: 10 } } });
      let renaming = false;
      world.machine('a').start(async ({ disk }) => {
        for (const [name, fill] of [
          ['/old', 1],
          ['/new', 2],
        ] as const) {
          const file = await disk.open(name, { create: 'if-missing', durableWrites: true });
          await file.write(bytesOf(10, fill), 0);
        }
        renaming = true;
        await disk.rename('/new', '/old');
        assert.fail('it ends after the crash');
      });
      await world.runWhile(() => !renaming, 1_000);
      await world.run(world.nowMs + (seed % 2 === 0 ? 2 : 7));
      const medium = world.machine('a').disk;
      assert.equal(medium.paths().length, seed % 2 === 0 ? 2 : 1, 'seen half-way');
      crash(world, 'random');
      seen.add(
        `${medium.paths().join()} ${medium.content('/old')?.[0]} ${seed % 2 === 0 ? 'early' : 'late'}`,
      );
    }
    assert.deepEqual([...seen].sort(), [
      '/new,/old 1 early',
      '/new,/old 1 late',
      '/old 2 early',
      '/old 2 late',
    ]);
  });

  test('keeps what a sync promised, and not what was written after its call', async () => {
    let lost = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const world = worldOf(['a'], { seed, disk: { syncLatency: { leastMs: 50 } } });
      await tell(world, 'a', async ({ disk }) => {
        const file = await disk.open('/f', { create: 'if-missing' });
        await file.write(bytesOf(600, 1), 0);
        const synced = file.sync();
        await file.write(bytesOf(300, 2), 0);
        await synced;
      });
      crash(world, seed % 2 === 0 ? 'random' : 'lose');
      const content = world.machine('a').disk.content('/f') as Uint8Array;
      assert.equal(content.length, 600);
      assert.deepEqual(content.subarray(300), bytesOf(300, 1));
      assert.ok(content.subarray(0, 300).every((byte) => byte === 1 || byte === 2));
      if (content[0] === 1) lost += 1;
    }
    assert.ok(lost >= 10, `${lost}`);
  });
});

type Step =
  | { readonly do: 'write'; readonly at: number; readonly length: number; readonly fill: number }
  | { readonly do: 'truncate'; readonly length: number }
  | { readonly do: 'begin' | 'end' | 'range' };

const place = fc.nat(12_000);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        at: place,
        length: fc.nat(6_000),
        fill: fc.nat(255),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), length: place }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'end' as const, 'range' as const) }),
    },
  ),
  { maxLength: 40 },
);

/** A file beside all the contents that a crash may leave of it: the one that is durable, and those since. */
class Model {
  readonly file: SectorFile = new SectorFile(new PagePool());
  contents: Uint8Array[] = [new Uint8Array(0)];
  /** For each sync under way: its number, and how many contents there were at its call. */
  readonly syncs: { readonly number: number; readonly content: Uint8Array }[] = [];

  get current(): Uint8Array {
    return this.contents.at(-1) as Uint8Array;
  }

  take(step: Step): void {
    if (step.do === 'write') this.#write(step);
    else if (step.do === 'truncate') {
      this.file.truncate(step.length);
      this.#add(resized(this.current, step.length));
    } else if (step.do === 'begin') this.syncs.push({ number: this.file.beginSync(), content: this.current });
    else if (step.do === 'end') this.#end();
    else this.#syncAll();
  }

  #write({ at, length, fill }: Extract<Step, { do: 'write' }>): void {
    this.file.write(bytesOf(length, fill), at);
    if (length === 0) return;
    const after = resized(this.current, Math.max(this.current.length, at + length));
    after.fill(fill, at, at + length);
    this.#add(after);
  }

  /** Syncs end in any order; the last one begun here, so that an earlier one has nothing left to promise. */
  #end(): void {
    const sync = this.syncs.length % 2 === 0 ? this.syncs.shift() : this.syncs.pop();
    if (sync === undefined) return;
    this.file.endSync(sync.number);
    const first = this.contents.lastIndexOf(sync.content);
    if (first > 0) this.contents = this.contents.slice(first);
  }

  #syncAll(): void {
    this.file.syncRange(0, 100_000);
    this.contents = [this.current];
  }

  #add(content: Uint8Array): void {
    this.contents.push(content);
  }
}

function resized(content: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(content.subarray(0, length));
  return result;
}

/** Each byte comes from some content the file had since it was last durable; a byte beyond its end counts as zero. */
function assertPossible(content: Uint8Array, contents: readonly Uint8Array[]): void {
  const lengths = contents.map(({ length }) => length);
  assert.ok(
    content.length >= Math.min(...lengths) && content.length <= Math.max(...lengths),
    `${content.length}`,
  );
  for (const [index, byte] of content.entries()) {
    assert.ok(
      contents.some((candidate) => (candidate[index] ?? 0) === byte),
      `byte ${index} is ${byte}, and never was`,
    );
  }
}

/** What a crash cut off does not come back when the file grows again. */
function assertEmptyBehind(file: SectorFile): void {
  const { size } = file;
  file.write(bytesOf(10, 255), 20_000);
  assert.deepEqual(file.content().subarray(size, 20_000), new Uint8Array(20_000 - size));
}

test('after any writes, cuts and syncs, each byte is one that the file had since it was last durable', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (sequence, seed) => {
      const model = new Model();
      for (const step of sequence) model.take(step);
      assert.deepEqual(model.file.content(), model.current);
      assert.deepEqual(model.file.durableContent(), model.contents[0], 'the shadow of what is durable');
      model.file.crash(new Prng(seed), 'random');
      assertPossible(model.file.content(), model.contents);
      assert.deepEqual(model.file.durableContent(), model.file.content(), 'what is found is durable');
      assertEmptyBehind(model.file);
    }),
    { numRuns: 400 },
  );
});

test('a crash that loses everything leaves exactly the shadow', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (sequence, seed) => {
      const model = new Model();
      for (const step of sequence) model.take(step);
      const shadow = model.file.durableContent();
      model.file.crash(new Prng(seed), 'lose');
      assert.deepEqual(model.file.content(), shadow);
      assertEmptyBehind(model.file);
    }),
    { numRuns: 200 },
  );
});

test('the pages of a log that is rewritten for ever are used again', async () => {
  const world = makeWorld();
  world.addMachine({ name: 'a' });
  const before = process.memoryUsage().arrayBuffers;
  await tell(world, 'a', async ({ disk }) => {
    const file: DiskFile = await disk.open('/f', { create: 'if-missing', durableWrites: true });
    for (let index = 0; index < 20_000; index += 1)
      await file.write(bytesOf(500, index % 256), (index * 500) % 100_000);
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
});
