/** Backups as files: what bears the name is whole, whatever happens; and no damage, wherever it is, goes unnoticed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BackupFile, BackupProof, MemoryDisk } from '../../src/storage/index.ts';
import { failsWith, patterned, throwsWith } from '../ports/expectations.ts';
import { framesOf, header, putFile, readable, tools, writeBackup } from './backup-fixture.ts';
import { crashEverywhere } from './crash-story.ts';

const chunks = [patterned(300, 1), patterned(1, 2), patterned(90, 3)];
const texts = chunks.map((chunk) => Buffer.from(chunk).toString('base64'));
const path = 'backups/monday';

async function disk(): Promise<MemoryDisk> {
  const made = new MemoryDisk();
  await made.makeDirectory('backups');
  return made;
}

test('what was written is read again, and told by its length and digest', async () => {
  const on = await disk();
  const frames = framesOf(chunks);
  const summary = await writeBackup(on, path, frames);
  assert.equal(summary.bytes, Buffer.concat(frames).length);
  assert.match(summary.digest, /^[0-9a-f]{64}$/);
  assert.deepEqual(await readable(on, path), { header, chunks: texts, summary, code: undefined });
  assert.deepEqual(await on.list('backups'), ['monday'], 'nothing else stays');
});

test('equal backups have one digest, and any difference gives another one', async () => {
  const digestOf = async (...frames: Uint8Array[]): Promise<string> =>
    (await writeBackup(await disk(), path, frames)).digest;
  const first = await digestOf(...framesOf(chunks));
  assert.equal(await digestOf(...framesOf(chunks)), first);
  const others = [
    framesOf(chunks, { cluster: 'another' }),
    framesOf(chunks, { revision: 8 }),
    framesOf([...chunks].reverse()),
    framesOf(chunks.slice(1)),
  ];
  for (const frames of others) assert.notEqual(await digestOf(...frames), first);
});

test('a damaged byte anywhere is refused, and nothing behind it is given out', async () => {
  const on = await disk();
  const whole = Buffer.concat(framesOf(chunks));
  for (let at = 0; at < whole.length; at += 1) {
    for (const flip of [1 << (at % 8), 0xff]) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = (damaged[at] as number) ^ flip;
      await putFile(on, path, damaged);
      const found = await readable(on, path);
      assert.equal(found.summary, undefined, `byte ${at}`);
      // A version that this program does not know is told as one.
      assert.match(found.code ?? 'none', /^(backup-damaged|unsupported-format)$/, `byte ${at}`);
      assert.deepEqual(found.chunks, texts.slice(0, found.chunks.length), `byte ${at}`);
    }
  }
});

test('a backup that is cut, longer, or mixed of others is refused', async () => {
  const on = await disk();
  const frames = framesOf(chunks);
  const other = framesOf(chunks, { cluster: 'another' });
  const whole = Buffer.concat(frames);
  const wrong = fc.oneof(
    fc.nat({ max: whole.length - 1 }).map((length) => whole.subarray(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => Buffer.concat([whole, more])),
    fc
      .tuple(fc.nat({ max: frames.length - 1 }), fc.constant(other))
      .map(([place, from]) => Buffer.concat(frames.with(place, from[place] as Uint8Array))),
    fc
      .tuple(fc.nat({ max: frames.length - 1 }), fc.nat({ max: frames.length - 1 }))
      .filter(([left, right]) => left !== right)
      .map(([left, right]) =>
        Buffer.concat(frames.with(left, frames[right] as Uint8Array).with(right, frames[left] as Uint8Array)),
      ),
    fc.nat({ max: frames.length - 1 }).map((place) => Buffer.concat(frames.toSpliced(place, 1))),
  );
  await fc.assert(
    fc.asyncProperty(wrong, async (bytes) => {
      await putFile(on, path, bytes);
      const { summary, code } = await readable(on, path);
      assert.deepEqual({ summary, code }, { summary: undefined, code: 'backup-damaged' });
    }),
  );
});

test('nothing is taken behind the end, and no frame that is shorter than it says', () => {
  const proof = new BackupProof('a stream', tools);
  const frames = framesOf(chunks);
  for (const frame of frames) proof.accept(frame);
  throwsWith('backup-damaged', () => proof.accept(frames[1] as Uint8Array));
  const other = new BackupProof('a stream', tools);
  throwsWith('backup-damaged', () => other.accept((frames[0] as Uint8Array).subarray(0, 20)));
});

test('a file that is there stays, also when it came meanwhile, unless it may be replaced', async () => {
  const on = await disk();
  await writeBackup(on, path, framesOf([patterned(5, 5)]));
  await failsWith('already-exists', writeBackup(on, path, framesOf(chunks)));
  const late = await BackupFile.create({ ...tools, disk: on, path: 'backups/tuesday', isForced: false });
  for (const frame of framesOf(chunks)) await late.add(frame);
  await putFile(on, 'backups/tuesday', patterned(3, 1));
  await failsWith('already-exists', late.finish());
  await late.discard();
  assert.deepEqual(await on.list('backups'), ['monday', 'tuesday']);
  await writeBackup(on, path, framesOf(chunks), true);
  assert.deepEqual((await readable(on, path)).chunks, texts);
});

test('bytes that the disk has changed get no name', async () => {
  const on = await disk();
  const file = await BackupFile.create({ ...tools, disk: on, path, isForced: false });
  for (const frame of framesOf(chunks)) await file.add(frame);
  const below = await on.open(`${path}.part`, { create: 'never' });
  await below.write(Uint8Array.of(0x55), 200);
  await failsWith('backup-damaged', file.finish());
  await file.discard();
  assert.deepEqual(await on.list('backups'), []);
});

test('a crash at any moment leaves the old backup or the new one, and never a part under its name', async () => {
  const older = [patterned(300_000, 4)];
  const newer = [patterned(200_000, 5), patterned(90_000, 6)];
  await crashEverywhere(
    async (on, done) => {
      await on.makeDirectory('backups');
      await writeBackup(on, path, framesOf(older));
      done('old');
      await writeBackup(on, path, framesOf(newer), true);
      done('new');
    },
    async ({ on, done, where }) => {
      const { chunks: found, code } = await readable(on, path);
      const text = (parts: readonly Uint8Array[]): string =>
        parts.map((part) => Buffer.from(part).toString('base64')).join();
      if (done.has('old')) assert.equal(code, undefined, where);
      if (code === undefined) {
        const expected = done.has('new') ? [text(newer)] : [text(older), text(newer)];
        assert.ok(expected.includes(found.join()), `${where}: another backup than was written`);
      } else assert.equal(code, 'not-found', where);
    },
  );
});
