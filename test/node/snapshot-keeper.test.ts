import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { FrameReader } from '../../src/net/index.ts';
import { decodeOffer } from '../../src/node/snapshot-protocol.ts';
import { turn, until } from '../net/manual-clock.ts';
import { PairNetwork } from '../net/pair-network.ts';
import { diskFailed, diskFull } from '../storage/fault-disk.ts';
import { disk, readable, snapshotDirectory } from '../storage/snapshot-fixture.ts';
import { lead } from './host-fixture.ts';
import { type KeeperStory, keeperStory, quiet } from './transfer-fixture.ts';

async function leading(): Promise<KeeperStory> {
  const told = await keeperStory(disk(), [1], { tailBytesMax: 0 });
  lead(told.story);
  return told;
}

/** Applies so many bytes, and lets the keeper look. */
function apply({ story, keeper }: KeeperStory, bytes: number): void {
  void story.host.propose(new Uint8Array(bytes).fill(7));
  story.settle();
  keeper.consider(story.host, 0);
}

/** The log has made everything durable that it was asked for. */
function durable({ persists, story }: KeeperStory): void {
  for (const { onDurable } of persists.splice(0)) onDurable();
  story.settle();
}

function names({ disk: on }: KeeperStory): string[] {
  return on.paths().map((path) => path.slice(snapshotDirectory.length + 1));
}

async function written(told: KeeperStory): Promise<void> {
  await until(() => told.persists.length > 0, 'the file is durable');
}

/** A whole round: enough is applied, the snapshot is taken, the log knows, what is old is gone. */
async function round(told: KeeperStory): Promise<void> {
  apply(told, 1_000);
  await written(told);
  durable(told);
  await quiet(told.disk);
}

test('26 · a snapshot is taken when enough was applied; its file is durable before the log hears of it', async () => {
  const told = await leading();
  apply(told, 500);
  await quiet(told.disk);
  assert.deepEqual(names(told), []);
  apply(told, 500);
  apply(told, 5_000);
  await written(told);
  const [{ append } = { append: undefined }] = told.persists;
  assert.equal(append?.snapshot?.index, 3);
  assert.deepEqual(names(told), ['0-3-1.snapshot']);
  assert.equal(told.persists.length, 1, 'one at a time');
  assert.equal(told.story.host.status.base, 0);
  durable(told);
  assert.equal(told.story.host.status.base, 3, 'now the log may forget');
  const { chunks, code } = await readable(told.files, 0, append.snapshot);
  assert.equal(code, undefined);
  assert.match(
    Buffer.concat([...chunks]).toString(),
    /"commands":2/,
    'the state as it was then, not as it is now',
  );
});

test('26 · the newest two snapshots are kept, and pruned only when the log knows of the newest', async () => {
  const told = await leading();
  const seen: string[][] = [];
  for (let rounds = 0; rounds < 4; rounds += 1) {
    apply(told, 1_000);
    await written(told);
    const before = names(told).length;
    durable(told);
    await quiet(told.disk);
    assert.equal(before, Math.min(rounds + 1, 3), 'nothing goes before the log knows');
    seen.push(names(told));
  }
  assert.deepEqual(seen.at(-1), ['0-4-1.snapshot', '0-5-1.snapshot']);
});

test('snapshots that were installed are pruned as those that were taken', async () => {
  const told = await leading();
  const { configuration } = told.story.host.status;
  for (const index of [10, 20, 30, 40]) {
    await told.files.write(0, { index, term: 1, configuration }, [Uint8Array.of(1)]);
    told.keeper.recorded(0, index);
    await quiet(told.disk);
  }
  assert.deepEqual(names(told), ['0-30-1.snapshot', '0-40-1.snapshot']);
});

test('a snapshot for which there is no space costs nothing but that snapshot', async () => {
  const told = await leading();
  told.disk.fail = (operation, path) => {
    if (operation === 'write') throw diskFull(path);
  };
  apply(told, 1_000);
  await until(() => told.log.count('no space for a snapshot') === 1, 'the warning');
  assert.deepEqual([told.failures, names(told)], [[], []]);
  told.disk.fail = () => undefined;
  apply(told, 1_000);
  await written(told);
});

test('a snapshot that a disk refuses to write ends the node', async () => {
  const told = await leading();
  const error = diskFailed('sync', 'snapshot');
  told.disk.fail = (operation) => {
    if (operation === 'sync') throw error;
  };
  apply(told, 1_000);
  await until(() => told.failures.length > 0, 'the failure');
  assert.deepEqual(told.failures, [error]);
});

test('an old snapshot that cannot be removed is no reason to end', async () => {
  const told = await leading();
  told.disk.fail = (operation, path) => {
    if (operation === 'remove') throw diskFailed(operation, path);
  };
  for (let rounds = 0; rounds < 3; rounds += 1) await round(told);
  assert.deepEqual(told.failures, []);
  assert.ok(told.log.count('old snapshot not removed') > 0);
  told.disk.fail = () => undefined;
  await round(told);
  assert.equal(names(told).length, 2);
});

test('a node that is closed while it takes a snapshot touches no file afterwards, and leaves nothing half written', async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const told = await leading();
    apply(told, 1_000);
    for (let passed = 0; passed < turns; passed += 1) await turn();
    await told.keeper.close();
    const { operations } = told.disk;
    const left = names(told);
    assert.ok(
      left.every((name) => !name.endsWith('.new')),
      `closed after ${turns} turns: ${left.join(' ')}`,
    );
    for (let passed = 0; passed < 30; passed += 1) await turn();
    assert.equal(told.disk.operations, operations);
    assert.deepEqual(told.failures, []);
  }
});

test('a leader that is deposed before its snapshot is on the way does not speak for the next term', async () => {
  const payloads: Uint8Array[] = [];
  const peers = new PairNetwork((connection) => {
    const frames = new FrameReader({ payloadBytesMax: () => 1 << 20, checksum: crc32 });
    connection.start({
      received: (bytes) => frames.push(bytes, (payload) => payloads.push(payload)),
      drained: () => undefined,
      ended: () => undefined,
      closed: () => undefined,
    });
  });
  const told = await keeperStory(disk(), [1], {}, peers);
  lead(told.story);
  const { configuration, term } = told.story.host.status;
  const mark = { index: 10, term: 1, configuration };
  await told.files.write(0, mark, [Uint8Array.of(1)]);
  told.keeper.stream(told.story.host, 0, { to: 2, mark });
  // The file is being opened, and member 3 has been elected meanwhile.
  const heartbeat = { kind: 'heartbeat', group: 0, from: 3, to: 1, term: 9, commit: 0, round: 1 } as const;
  told.story.host.step({ kind: 'receive', message: { ...heartbeat, lease: false } });
  assert.equal(told.story.host.status.term, 9);
  await until(() => payloads.length > 1, 'the offer');
  const offer = decodeOffer(payloads[1] ?? assert.fail('no offer'));
  assert.equal(offer.message.term, term, 'the term in which it led');
  await told.keeper.close();
});

test('reading a snapshot ends when the node is closed', async () => {
  const told = await leading();
  const { configuration } = told.story.host.status;
  const mark = { index: 10, term: 1, configuration };
  await told.files.write(0, mark, [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
  const chunks = told.keeper.load(0, mark);
  const seen: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of chunks) {
      seen.push(chunk);
      await told.keeper.close();
    }
  })();
  await assert.rejects(reading, /the node was closed/);
  assert.equal(seen.length, 1);
});
