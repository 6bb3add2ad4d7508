/** Backups become clusters: with everything in them, under new numbers, whole or not at all, and strangers to all others. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { connect, type Store } from '../../src/client/index.ts';
import { drawRestoreId, readBirthRecord, type Together } from '../../src/node/index.ts';
import { realClock, realDisk, realRandom } from '../../src/ports/real/index.ts';
import { putSurely } from '../client/put-surely.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { failsWith, patterned } from '../ports/expectations.ts';
import { framesOf } from '../storage/backup-fixture.ts';
import { backUp, freeAddresses, restore, storeAt, Workplace } from './refounding-fixture.ts';
import { WatchedDisk } from './watched-disk.ts';

/** Everything under all keys, with its numbers. */
async function contents(store: Store): Promise<string[]> {
  const { entries } = await store.list({ prefix: '' });
  return entries.map((entry) => {
    const { key, text, createRevision, modifyRevision, version, lease } = entry;
    return [key, text.slice(0, 20), createRevision, modifyRevision, version, lease].join(' ');
  });
}

async function acquire(store: Store, key: string): Promise<number> {
  const { succeeded, revision } = await store.transaction({
    when: [{ target: 'absent', keys: key }],
    onSuccess: [{ kind: 'put', key, value: 'holder' }],
  });
  assert.ok(succeeded);
  return revision;
}

test('all that a backup holds is there again, with its numbers, in a cluster of another name', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await using store = await connect('memory:');
  for (let count = 0; count < 200; count += 1) await store.put(`k${count % 70}`, patterned(3_000, count));
  await store.delete('k3');
  const session = await store.session({ ttl: '60s' });
  await store.put('mine', 'here', { session, lease: session.id });
  const { revision } = await backUp(store, file);
  const before = await contents(store);
  const restored = await restore(file, place.path('new'));
  assert.deepEqual(
    [restored.origin.kind, restored.origin.revision, restored.keys],
    ['restored', revision, 70],
  );
  assert.notEqual(restored.identity.cluster, restored.header.cluster);
  await using again = await connect(`file:${place.path('new')}`);
  assert.deepEqual(await contents(again), before);
  assert.equal((await again.put('later', '1')).revision, restored.origin.began + 1);
  assert.equal((await again.get('mine'))?.lease, session.id, 'the lease lives on');
});

test('no revision, token or session of the time that was lost is given again, and its watches hear that it is gone', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await using store = await connect('memory:');
  await store.put('k', '1');
  const { revision } = await backUp(store, file);
  // What comes now is lost.
  const lostToken = await acquire(store, 'lock');
  const lostSessions: number[] = [];
  while (lostSessions.length < 20) lostSessions.push((await store.session({ ttl: '60s' })).id);
  await restore(file, place.path('new'));
  await using again = await connect(`file:${place.path('new')}`);
  for (const from of [revision, revision + 1, lostToken + 1]) {
    const watch = again.watch({ prefix: '' }, { from });
    await failsWith('compacted', watch.next());
  }
  const token = await acquire(again, 'lock');
  assert.ok(token > lostToken);
  await again.put('guarded', '1', { fences: [{ key: 'lock', token }] });
  await failsWith('fenced', again.put('guarded', '2', { fences: [{ key: 'lock', token: lostToken }] }));
  const session = await again.session({ ttl: '60s' });
  assert.ok(session.id > Math.max(...lostSessions));
  await failsWith('compacted', again.get('k', { revision }));
});

test('a bump of one is the least', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await using store = await connect('memory:');
  const { revision } = await store.put('k', '1');
  await backUp(store, file);
  await failsWith('invalid-option', restore(file, place.path('new'), { revisionBump: 0 }));
  const { origin } = await restore(file, place.path('new'), { revisionBump: 1 });
  assert.equal(origin.began, revision + 1);
  await using again = await connect(`file:${place.path('new')}`);
  assert.equal((await again.put('k', '2')).revision, revision + 2);
});

async function savedStore(path: string, key = 'k'): Promise<void> {
  await using store = await connect('memory:');
  for (let count = 0; count < 40; count += 1) await store.put(`${key}${count}`, patterned(5_000, count));
  await backUp(store, path);
}

test('three nodes that are restored together are one cluster and go on; others are strangers to it', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  const other = place.path('other');
  await savedStore(file);
  await savedStore(other, 'other');
  const [a, b, c] = await freeAddresses(3);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const members = [
    { name: 'a', address: a },
    { name: 'b', address: b },
    { name: 'c', address: c },
  ];
  const id = drawRestoreId(realClock(), realRandom());
  const as = (name: string, more: Partial<Together> = {}): { readonly together: Together } => ({
    together: { members, name, id, ...more },
  });
  const first = await restore(file, place.path('a'), as('a'));
  const second = await restore(file, place.path('b'), as('b', { members: [...members].reverse() }));
  // From another file, and not told so by anybody.
  const wrong = await restore(other, place.path('wrong'), as('c'));
  assert.equal(second.identity.cluster, first.identity.cluster);
  assert.notEqual(wrong.identity.cluster, first.identity.cluster);
  const nodes = [await place.start('a', place.path('a'), a), await place.start('b', place.path('b'), b)];
  const stranger = await place.start('c', place.path('wrong'), c);
  await using store = storeAt(a, b);
  await putSurely(store, 'new', '1');
  assert.equal((await store.list({ prefix: 'k' })).entries.length, 40);
  while (nodes.every((node) => node.status().refusedConnections === 0)) await store.get('new');
  assert.equal(stranger.status().groups.get(0)?.leader, 0, 'alone it leads nothing');
  await stranger.close();
  const right = await restore(file, place.path('c'), as('c'));
  assert.equal(right.identity.cluster, first.identity.cluster);
  nodes.push(await place.start('c', place.path('c'), c));
  await using third = storeAt(c);
  assert.equal((await third.get('new', { maxStaleness: 0 }))?.text, '1');
  const { revision } = await putSurely(store, 'more', '2');
  while (!nodes.every((node) => node.stateHash(0).applied === nodes[0]?.stateHash(0).applied))
    await store.get('new');
  assert.equal(new Set(nodes.map((node) => node.stateHash(0).hash)).size, 1);
  assert.ok(revision > first.origin.began);
});

test('what makes nodes of one restore different makes them strangers', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await savedStore(file);
  const members = [
    { name: 'a', address: { host: '10.0.0.1', port: 7701 } },
    { name: 'b', address: { host: '10.0.0.2', port: 7701 } },
  ];
  const id = drawRestoreId(realClock(), realRandom());
  let made = 0;
  const clusterOf = async (more: Partial<Together>, revisionBump = 5): Promise<string> => {
    made += 1;
    const together = { members, name: 'a', id, ...more };
    return (await restore(file, place.path(`${made}`), { together, revisionBump })).identity.cluster;
  };
  const cluster = await clusterOf({});
  assert.equal(await clusterOf({ name: 'b' }), cluster);
  assert.notEqual(await clusterOf({ id: drawRestoreId(realClock(), realRandom()) }), cluster);
  assert.notEqual(
    await clusterOf({ members: [...members, { name: 'c', address: { host: 'c', port: 1 } }] }),
    cluster,
  );
  assert.notEqual(
    await clusterOf({
      members: [members[0], { name: 'b', address: { host: 'b', port: 1 } }] as Together['members'],
    }),
    cluster,
  );
  assert.notEqual(await clusterOf({}, 6), cluster);
  await failsWith('invalid-option', clusterOf({ name: 'nobody' }));
  await failsWith('invalid-option', clusterOf({ id: 'short' }));
  await failsWith('invalid-option', clusterOf({ members: [members[0], members[0]] as Together['members'] }));
  const old = drawRestoreId({ wall: () => realClock().wall() - 25 * 3_600_000 }, realRandom());
  const tooOld = await failsWith('invalid-option', clusterOf({ id: old }));
  assert.match(tooOld.message, /replaced by one that joins/);
});

test('a directory that holds anything stays as it is, and a backup that is not whole touches none', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await savedStore(file);
  await mkdir(place.path('used'));
  await writeFile(place.path('used/notes'), 'mine');
  await failsWith('already-exists', restore(file, place.path('used')));
  assert.deepEqual(await readdir(place.path('used')), ['notes']);
  await restore(file, place.path('node'));
  await failsWith('already-exists', restore(file, place.path('node')));
  const bytes = Uint8Array.from(await readFile(file));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x10;
  await writeFile(place.path('damaged'), bytes);
  await failsWith('backup-damaged', restore(place.path('damaged'), place.path('never')));
  assert.ok(!(await readdir(place.directory)).includes('never'));
});

test('a backup whose frames fit and whose state does not is refused before the directory can be used', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await savedStore(file);
  const parts: Uint8Array[] = [];
  const whole = await readFile(file);
  for (let at = 0; at < whole.length; ) {
    const length = whole.readUInt32LE(at);
    if (length > 0 && at > 0) parts.push(whole.subarray(at + 8, at + 8 + length));
    at += length === 0 ? whole.length : 8 + length;
  }
  const wrongs = [
    framesOf(parts, { index: 3, revision: 2 }),
    framesOf(parts.slice(0, -1)),
    framesOf(parts, { level: 99 }),
  ];
  const codes = ['backup-damaged', 'state-damaged', 'level-unsupported'] as const;
  for (const [number, frames] of wrongs.entries()) {
    await writeFile(place.path('wrong'), Buffer.concat(frames));
    await failsWith(codes[number] ?? 'closed', restore(place.path('wrong'), place.path(`into${number}`)));
    if (number < 2) await failsWith('restore-unfinished', connect(`file:${place.path(`into${number}`)}`));
  }
});

test('of two restores into one directory at a time one is done, and the other changes nothing', async () => {
  await using place = await Workplace.make();
  const [file, other] = [place.path('backup'), place.path('other')];
  await savedStore(file);
  await savedStore(other, 'other');
  const directory = place.path('new');
  // The second finds the directory unfinished, and comes to hold it when the first is done.
  const disk = new WatchedDisk(realDisk(), () => undefined);
  const late = Promise.withResolvers<void>();
  const lock = disk.lock.bind(disk);
  disk.lock = async (path) => {
    await late.promise;
    return await lock(path);
  };
  const second = restore(other, directory, { disk });
  while (!(await readdir(place.directory)).includes('new') || !(await readdir(directory)).includes('node'));
  const { identity } = await restore(file, directory);
  late.resolve();
  await failsWith('already-exists', second);
  assert.equal((await readBirthRecord(realDisk(), directory))?.identity.member, identity.member);
  await using store = await connect(`file:${directory}`);
  assert.equal(await store.count({ prefix: 'k' }), 40);
});

const powerGone = new QuorateError({
  code: 'disk-failed',
  message: 'the power is gone',
  data: { operation: 'any', path: '', system: 'EIO' },
});

test('a restore that is broken off at any step is told as one, and done by the same command again', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await savedStore(file);
  const directory = place.path('new');
  let isWhole = false;
  let unfinished = 0;
  for (let crashAt = 1; !isWhole; crashAt += 1) {
    const disk = new WatchedDisk(realDisk(), () => undefined);
    let changes = 0;
    disk.fail = (operation) => {
      if (operation !== 'read') changes += 1;
      if (changes >= crashAt) throw powerGone;
    };
    isWhole = await restore(file, directory, { disk }).then(
      () => true,
      () => false,
    );
    const found = await readBirthRecord(realDisk(), directory).catch((error: { code: string }) => error.code);
    if (isWhole) assert.equal(typeof found, 'object');
    if (found === 'restore-unfinished') unfinished += 1;
    // Every now and then the next try is one that nothing happens to; the others begin where one was broken off.
    if (typeof found !== 'object' && crashAt % 8 !== 0) continue;
    if (typeof found !== 'object') await restore(file, directory);
    await using store = await connect(`file:${directory}`);
    assert.equal(await store.count({ prefix: 'k' }), 40, `broken off at ${crashAt}`);
    await store.close();
    await rm(directory, { recursive: true });
  }
  assert.ok(unfinished > 10, `${unfinished} steps`);
});

test('each start says whence the state came, and the status tells it', async () => {
  await using place = await Workplace.make();
  const file = place.path('backup');
  await savedStore(file);
  const { origin } = await restore(file, place.path('new'));
  const [address] = await freeAddresses(1);
  assert.ok(address !== undefined);
  for (let start = 0; start < 2; start += 1) {
    const log = new RecordingLog();
    const node = await place.start('a', place.path('new'), address, log);
    const said = log.told.filter(({ event }) => event === 'cluster began with a state');
    assert.deepEqual(
      said.map(({ fields }) => fields),
      [{ ...origin }],
    );
    assert.deepEqual(node.status().origin, origin);
    await node.close();
  }
});
