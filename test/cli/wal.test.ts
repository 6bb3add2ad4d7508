/** `quorate wal`, as people and scripts see it: on a log that is sound, and on one with a flipped bit. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import { openLog } from '../../src/storage/index.ts';

const program = new URL('../../src/cli/main.ts', import.meta.url).pathname;
let data = '';

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'quorate-wal-'));
  const { wal } = await openLog({
    disk: realDisk(),
    clock: realClock(),
    directory: join(data, 'log'),
    identity: new Uint8Array(16).fill(3),
    create: true,
    segmentBytes: 16 * 1024,
  });
  for (let index = 1; index <= 3; index += 1) {
    const text = new TextEncoder().encode(`value ${index}`);
    const entries = [{ index, term: 2, kind: 'command' as const, data: text }];
    const hardState = { term: 2, vote: 7, commit: index - 1 };
    await new Promise<void>((resolve, reject) =>
      wal.append([{ group: 5, hardState, entries }], (error) =>
        error === undefined ? resolve() : reject(error),
      ),
    );
  }
  await wal.close();
});

after(() => rm(data, { recursive: true, force: true }));

function quorate(...words: string[]): Promise<{ code: number; out: string; note: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], (error, out, note) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, note });
    });
  });
}

test('a sound log is summed up group by group, and the command says so', async () => {
  const { code, out } = await quorate('wal', data);
  assert.equal(code, 0);
  assert.match(out, /group 5 {2}term 2, vote 7, commit 2, entries 1 to 3/);
  assert.match(out, /^sound$/m);
});

test('every record is printed on request, and one group alone', async () => {
  const { out } = await quorate('wal', data, '--records', '--group', '5');
  assert.match(out, /1:\d+ +flush 2 {2}group 5 {2}term 2, vote 7, commit 0/);
  assert.match(out, /group 5 {2}entries 3 to 3, term 2/);
  const other = await quorate('wal', data, '--records', '--group', '6');
  assert.doesNotMatch(other.out, /group/);
});

test('with --json each line is a document', async () => {
  const { out } = await quorate('wal', data, '--records', '--json');
  const documents = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    [...new Array(6).fill('record'), 'group', 'report'],
  );
});

test('one segment can be verified alone', async () => {
  const { code, out } = await quorate('wal', join(data, 'log', '000000000001.wal'));
  assert.equal(code, 0);
  assert.match(out, /^1 segments/m);
});

test('a flipped bit is found, its place and its loss are named, and the exit code tells scripts', async () => {
  const path = join(data, 'log', '000000000001.wal');
  const sound = await readFile(path);
  const rotten = Buffer.from(sound);
  const place = rotten.indexOf('value 2');
  rotten.writeUInt8(rotten.readUInt8(place) ^ 4, place);
  await writeFile(path, rotten);
  try {
    const { code, out } = await quorate('wal', data);
    assert.equal(code, 1);
    assert.match(out, /damage {2}flush at 1:1536, flush 3: entries 2 to 2 of group 5/);
    assert.match(out, /LOST: entries from 2 to 3/);
    assert.match(out, /^DAMAGED/m);
  } finally {
    await writeFile(path, sound);
  }
});

test('a path that is no log is refused with what is wrong', async () => {
  const { code, note } = await quorate('wal', join(data, 'nothing'));
  assert.equal(code, 1);
  assert.match(note, /not-found/);
});

test('the data directory of a node leads to its log, and one that holds no log is not called sound', async () => {
  await cp(join(data, 'log'), join(data, 'whole', 'node', 'log'), { recursive: true });
  const whole = await quorate('wal', join(data, 'whole'));
  assert.equal(whole.code, 0);
  assert.match(whole.out, /group 5 {2}term 2, vote 7, commit 2, entries 1 to 3/);
  await mkdir(join(data, 'empty'));
  const empty = await quorate('wal', join(data, 'empty'));
  assert.equal(empty.code, 2);
  assert.match(empty.note, /empty holds no segment of a log/);
});
