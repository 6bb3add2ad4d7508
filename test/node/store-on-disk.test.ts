/**
 * The store that keeps its state itself, on its own: what a restart finds, what a crash at any step of an install
 * leaves, and what is refused.
 */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteWriter, crc32 } from '../../src/base/index.ts';
import { decodeReply, encodeCommand } from '../../src/mvcc/index.ts';
import { StoreMachine, type StoreOnDiskOptions, storesOnDisk } from '../../src/node/index.ts';
import type { StateHome } from '../../src/node/state-machine.ts';
import type { Disk } from '../../src/ports/index.ts';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { failsWith } from '../ports/expectations.ts';
import { bytes, text } from './test-cluster.ts';

type StoreOnDisk = Awaited<ReturnType<ReturnType<typeof storesOnDisk>>>;

class Home implements AsyncDisposable {
  readonly directory: string;
  readonly failures: unknown[] = [];
  readonly #open: StoreOnDisk[] = [];

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'quorate-state-')));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  async open(home: Partial<StateHome> = {}, options: Partial<StoreOnDiskOptions> = {}): Promise<StoreOnDisk> {
    const settings = { disk: realDisk(), clock: realClock(), log: new RecordingLog(), ...options };
    const onFailure = (error: unknown): void => void this.failures.push(error);
    const place = { directory: join(this.directory, 'state-0'), owner: 'one', isLost: false, onFailure };
    const machine = await storesOnDisk(settings)(0, { ...place, ...home });
    this.#open.push(machine);
    return machine;
  }

  /** What a process that dies here leaves on the disk, for a node elsewhere. */
  async copy(): Promise<Home> {
    const other = await Home.make();
    await cp(join(this.directory, 'state-0'), join(other.directory, 'state-0'), { recursive: true });
    return other;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#open) await machine.durable.close();
    await rm(this.directory, { recursive: true });
  }
}

function put(key: string, value: string): Uint8Array {
  const writer = new ByteWriter(64);
  const body = { kind: 'put', key: bytes(key), value: bytes(value) } as const;
  encodeCommand(writer, {
    session: undefined,
    fences: [],
    body: { ...body, lease: 0, keepLease: false, wantPrevious: false },
  });
  return writer.copy();
}

function read(machine: StoreMachine | StoreOnDisk, key: string): string | undefined {
  const writer = new ByteWriter(64);
  const range = { start: bytes(key), end: bytes(`${key}\0`) };
  const body = {
    kind: 'get',
    range,
    revision: 0,
    limit: 0,
    order: 'key',
    descending: false,
    content: 'entries',
  } as const;
  encodeCommand(writer, { session: undefined, fences: [], body });
  const reply = decodeReply(machine.read(writer.copy())).body;
  assert.ok(reply.kind === 'get');
  const [entry] = reply.entries;
  return entry === undefined ? undefined : text(entry.value);
}

/** Applies so many puts; each key is written again and again. */
function write(machine: StoreMachine | StoreOnDisk, count: number, keys = 50): void {
  for (let more = 0; more < count; more += 1) {
    const index = machine.applied + 1;
    machine.apply(
      index,
      index % 10 === 0 ? undefined : put(`k${index % keys}`, `v${index}`.padEnd(200, '.')),
    );
  }
}

async function* chunksOf(machine: StoreMachine | StoreOnDisk): AsyncGenerator<Uint8Array> {
  yield* machine.snapshot();
}

test('it comes to the state that a store in memory comes to, whatever was committed in between', async () => {
  await using home = await Home.make();
  const memory = new StoreMachine();
  let machine = await home.open();
  for (let round = 1; round <= 4; round += 1) {
    write(machine, 333);
    write(memory, 333);
    assert.equal(machine.hash(), memory.hash());
    if (round % 2 === 0) await machine.durable.flush();
    await machine.durable.close();
    machine = await home.open();
    assert.equal(machine.applied, memory.applied, 'a clean end leaves nothing to replay');
    assert.equal(machine.hash(), memory.hash());
  }
});

test('32 · what a crash leaves is the state at the index that it says, and the log brings the rest', async () => {
  await using home = await Home.make();
  const machine = await home.open({}, { commitBytes: 1 << 30 });
  write(machine, 100);
  await machine.durable.flush();
  assert.equal(machine.durable.index, 100);
  write(machine, 55);
  assert.equal(machine.durable.index, 100, 'what is not flushed is in memory');
  await using crashed = await home.copy();
  const again = await crashed.open();
  assert.equal(again.applied, 100);
  write(again, 55);
  assert.equal(again.hash(), machine.hash());
});

test('nobody has to ask: enough bytes are committed, and after a while whatever there is', async () => {
  await using home = await Home.make();
  const machine = await home.open({}, { commitBytes: 1 << 17, commitMs: 1_000 });
  write(machine, 2_000);
  const last = machine.applied;
  // The commit that the bytes began is under way; this waits for it, and for one of what came meanwhile.
  await machine.durable.flush();
  assert.equal(machine.durable.index, last);
  await using idle = await Home.make();
  const quiet = await idle.open();
  write(quiet, 1);
  quiet.tick(10, undefined);
  await quiet.durable.flush();
  assert.equal(quiet.durable.index, 1);
});

test('what is far ahead of the disk has no room: the host waits, clients are refused, and then it goes on', async () => {
  await using home = await Home.make();
  const machine = await home.open({}, { commitBytes: 1 << 16, waitingBytesMax: 1 << 18 });
  while (machine.durable.room === undefined) write(machine, 1);
  const refusal = machine.refusal(put('k', 'v'));
  assert.equal(refusal?.code, 'queue-full');
  assert.equal(refusal?.retryable, true);
  assert.equal(refusal?.outcome, 'not-applied');
  await machine.durable.room;
  assert.equal(machine.durable.room, undefined);
  assert.equal(machine.refusal(put('k', 'v')), undefined);
  write(machine, 10);
});

test('24 25 · an installed state takes the place of the old one; then a newer one takes its place', async () => {
  await using home = await Home.make();
  const source = new StoreMachine();
  const machine = await home.open();
  write(machine, 20);
  for (const more of [500, 700]) {
    write(source, more);
    await machine.restore(source.applied, chunksOf(source));
    assert.equal(machine.hash(), source.hash());
    assert.equal(machine.durable.index, source.applied);
  }
  write(machine, 30);
  write(source, 30);
  await machine.durable.close();
  const again = await home.open();
  assert.equal(again.applied, source.applied);
  assert.equal(again.hash(), source.hash());
});

/** A disk that dies at its n-th operation: from then on nothing happens any more. */
function dyingDisk(lives: { left: number }): Disk {
  const disk = realDisk();
  const die = (): void => {
    if (lives.left-- <= 0) throw new Error('the process is dead');
  };
  return {
    ...disk,
    open: async (path, options) => {
      die();
      const file = await disk.open(path, options);
      return file;
    },
    rename: async (from, to) => {
      die();
      await disk.rename(from, to);
    },
    remove: async (path) => {
      die();
      await disk.remove(path);
    },
    list: (path) => disk.list(path),
    makeDirectory: async (path) => {
      die();
      await disk.makeDirectory(path);
    },
    freeBytes: (path) => disk.freeBytes(path),
    lock: (path) => disk.lock(path),
  };
}

test('26 · a crash at any step of an install leaves the old state or the new one, whole', async () => {
  const source = new StoreMachine();
  write(source, 600);
  const before = new StoreMachine();
  write(before, 40);
  const found = new Set<number>();
  for (let step = 0; ; step += 1) {
    await using home = await Home.make();
    const lives = { left: Number.POSITIVE_INFINITY };
    const machine = await home.open({}, { disk: dyingDisk(lives) });
    write(machine, 40);
    await machine.durable.flush();
    lives.left = step;
    const isDead = await machine.restore(600, chunksOf(source)).then(
      () => false,
      () => true,
    );
    await using crashed = await home.copy();
    lives.left = Number.POSITIVE_INFINITY;
    const again = await crashed.open();
    found.add(again.applied);
    assert.ok(again.applied === 40 || again.applied === 600, `step ${step}: ${again.applied}`);
    assert.equal(again.hash(), (again.applied === 40 ? before : source).hash(), `step ${step}`);
    // It can be installed again, on top of whatever was left.
    await again.restore(600, chunksOf(source));
    assert.equal(again.hash(), source.hash());
    if (!isDead) break;
  }
  assert.deepEqual(found, new Set([40, 600]));
});

test('a state that breaks off on its way is not installed', async () => {
  await using home = await Home.make();
  const source = new StoreMachine();
  write(source, 5_000, 5_000);
  const machine = await home.open();
  write(machine, 40);
  const hash = machine.hash();
  const chunks = [...source.snapshot()];
  async function* half(): AsyncGenerator<Uint8Array> {
    yield* chunks.slice(0, -1);
  }
  assert.ok(chunks.length > 2);
  await failsWith('state-damaged', machine.restore(5_000, half()));
  assert.equal(machine.hash(), hash);
  await machine.durable.close();
  assert.equal((await home.open()).hash(), hash);
});

test('a snapshot that is being read ends with an error when its state is replaced', async () => {
  await using home = await Home.make();
  const machine = await home.open();
  write(machine, 5_000, 5_000);
  const reading = machine.snapshot()[Symbol.iterator]();
  assert.equal(reading.next().done, false);
  const source = new StoreMachine();
  write(source, 6_000);
  await machine.restore(6_000, chunksOf(source));
  assert.throws(() => reading.next(), { code: 'closed' });
});

test('the state of another log, and of a later release, is refused and left alone', async () => {
  await using home = await Home.make();
  const machine = await home.open();
  write(machine, 40);
  await machine.durable.close();
  await failsWith('identity-mismatch', home.open({ owner: 'another' }));
  await failsWith('identity-mismatch', home.open({ owner: 'another', isLost: true }));
  const path = join(home.directory, 'state-0', 'state.json');
  const record = await readFile(path, 'utf8');
  const later = record.split('\n')[0]?.replace('"version":1', '"version":2') ?? '';
  await writeFile(path, `${later}\n${crc32(bytes(later)).toString(16)}\n`);
  await failsWith('unsupported-format', home.open());
  await writeFile(path, record);
  assert.equal((await home.open()).applied, 40);
});

test('31 · damage is told, remembered, and done away with only when the state is known to be lost', async () => {
  await using home = await Home.make();
  const machine = await home.open();
  write(machine, 40);
  machine.apply(41, put('precious', 'PRECIOUS'.repeat(20)));
  await machine.durable.close();
  await spoil(join(home.directory, 'state-0', 'a', 'state.mdb'), 'PRECIOUS');
  const opened = await home.open();
  assert.match(read(opened, 'k1') ?? '', /^v/);
  assert.throws(() => read(opened, 'precious'), { code: 'ordered-store-damaged' });
  await opened.durable.close();
  assert.equal(home.failures.length, 1, 'the node is told to stop');
  await failsWith('ordered-store-damaged', home.open());
  await failsWith('ordered-store-damaged', home.open());
  const anew = await home.open({ isLost: true });
  assert.equal(anew.applied, 0);
  write(anew, 5);
  await anew.durable.close();
  assert.equal((await home.open()).applied, 5);
});

/** Changes a bit in each key by which the inner pages of the file lead to its entries. */
async function mislead(path: string): Promise<number> {
  const content = await readFile(path);
  let count = 0;
  for (let page = 0; page < content.length; page += 4096) {
    const isInner = (content.readUInt16LE(page + 18) & 0x0b) === 1;
    const inner = content.subarray(page, page + 4096).toString('latin1');
    for (const { index } of isInner ? inner.matchAll(/k\d{2,}/g) : []) {
      const at = page + index + 1;
      content[at] = (content[at] as number) ^ 2;
      count += 1;
    }
  }
  await writeFile(path, content);
  return count;
}

test('31 · a key that is there and cannot be found is noticed, though no entry has changed', async () => {
  await using home = await Home.make();
  const machine = await home.open();
  write(machine, 6_000, 3_000);
  await machine.durable.close();
  const passes = (over: StoreOnDisk): void => {
    for (let now = 0; now < 60_000; now += 100) over.tick(now, undefined);
  };
  const whole = await home.open();
  passes(whole);
  await whole.durable.close();
  assert.deepEqual(home.failures, []);
  assert.ok((await mislead(join(home.directory, 'state-0', 'a', 'state.mdb'))) > 0);
  const opened = await home.open();
  assert.throws(() => passes(opened), { code: 'ordered-store-damaged', message: /cannot be found any more/ });
  await opened.durable.close();
  assert.equal(home.failures.length, 1, 'the node is told to stop');
  await failsWith('ordered-store-damaged', home.open());
});

test('31 · a file that is cut, or none, or a record of nonsense, is damage', async () => {
  for (const spoilt of ['cut', 'noise', 'record'] as const) {
    await using home = await Home.make();
    const machine = await home.open();
    write(machine, 400);
    await machine.durable.close();
    const path = join(home.directory, 'state-0', spoilt === 'record' ? 'state.json' : 'a/state.mdb');
    const whole = await readFile(path);
    await writeFile(path, spoilt === 'cut' ? whole.subarray(0, 5_000) : new Uint8Array(whole.length).fill(7));
    await failsWith('ordered-store-damaged', home.open());
    assert.equal((await home.open({ isLost: true })).applied, 0);
  }
});

/** Changes one byte of the first place where `word` stands. */
async function spoil(path: string, word: string): Promise<void> {
  const content = await readFile(path);
  const at = content.indexOf(word);
  assert.ok(at > 0, `${word} is in the file`);
  content[at] = (content[at] as number) ^ 1;
  await writeFile(path, content);
}
