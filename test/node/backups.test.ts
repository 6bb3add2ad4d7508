/** Backups of real nodes that serve: of one moment, not before the question, few at a time, and given up when nobody reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store, type StoreBackup } from '../../src/client/index.ts';
import { RevisionedStore, SnapshotRestore } from '../../src/mvcc/index.ts';
import { type NodeOptions, type StateMachine, StoreMachine } from '../../src/node/index.ts';
import { nativeCrc32, realClock, realCryptography } from '../../src/ports/real/index.ts';
import { BackupProof, MemoryOrderedStore } from '../../src/storage/index.ts';
import { putSurely, surely } from '../client/put-surely.ts';
import { failsWith, patterned } from '../ports/expectations.ts';
import { tools } from '../storage/backup-fixture.ts';
import { TestCluster } from './test-cluster.ts';

const cryptography = realCryptography();

async function begin(members: readonly number[], options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const more = { stateMachine: () => new StoreMachine(), cryptography, ...options };
  const cluster = await TestCluster.make(members, more);
  await cluster.begin();
  return cluster;
}

/** A store that only knows these members. */
function storeAt(cluster: TestCluster, ...members: readonly number[]): Store {
  const endpoints = [...cluster.addresses].flatMap(([member, at]) => (members.includes(member) ? [at] : []));
  const client = cluster.client({ endpoints, follow: false });
  return new Store({ client, clock: realClock(), cryptography, checksum: nativeCrc32 });
}

async function read(backup: StoreBackup): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of backup) frames.push(frame);
  return frames;
}

/** The store that a backup brings, and the index and hash that it has. */
function restored(frames: readonly Uint8Array[]): { store: RevisionedStore; index: number; hash: number } {
  const proof = new BackupProof('frames', tools);
  const ordered = new MemoryOrderedStore();
  const restore = new SnapshotRestore(ordered);
  let index = 0;
  for (const frame of frames) {
    const part = proof.accept(frame);
    if (part.kind === 'header') index = part.header.index;
    if (part.kind === 'chunk') restore.accept(part.chunk);
  }
  restore.finish();
  const store = new RevisionedStore(ordered);
  return { store, index, hash: store.stateHash() };
}

/** Notes the hash of the state behind each command. */
function noting(hashes: Map<number, number>): () => StateMachine {
  return () => {
    const machine = new StoreMachine();
    const apply = machine.apply.bind(machine);
    machine.apply = (index, command) => {
      const reply = apply(index, command);
      hashes.set(index, machine.hash());
      return reply;
    };
    return machine;
  };
}

/** Writes until it is told to stop, from several places at once. */
function writing(store: Store): { stop(): Promise<number> } {
  const over = new AbortController();
  let written = 0;
  const writer = async (place: number): Promise<void> => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      await putSurely(store, `key${place}/${count % 50}`, patterned(2_000, count));
      if (count % 7 === 0) await surely(() => store.delete(`key${place}/${count % 11}`));
      written += 1;
    }
  };
  const writers = Array.from({ length: 8 }, (_, place) => writer(place));
  return {
    stop: async () => {
      over.abort();
      await Promise.all(writers);
      return written;
    },
  };
}

test('a backup under writes is the state behind one command, and that of the revision it tells', async () => {
  const hashes = new Map<number, number>();
  await using cluster = await begin([1, 2, 3], { stateMachine: noting(hashes) });
  await using writer = storeAt(cluster, 1, 2, 3);
  for (let count = 0; count < 300; count += 1)
    void putSurely(writer, `first${count}`, patterned(4_000, count));
  await putSurely(writer, 'last', 'of the first');
  const load = writing(writer);
  for (const member of cluster.members) {
    await using store = storeAt(cluster, member);
    const backup = await store.backup();
    const before = (await putSurely(writer, 'marker', `while ${member} is read`)).revision;
    const frames = await read(backup);
    assert.ok(frames.length > 5, 'it comes in parts');
    const { store: state, index, hash } = restored(frames);
    assert.equal(hash, hashes.get(index), `the state behind command ${index}`);
    assert.equal(state.revision, backup.revision);
    assert.equal(backup.summary?.bytes, Buffer.concat(frames).length);
    assert.ok(backup.revision < before, 'it is of the moment when it began');
  }
  assert.ok((await load.stop()) > 50);
});

test('whatever was acknowledged before is in it, whichever member is asked', async () => {
  await using cluster = await begin([1, 2, 3]);
  await using writer = storeAt(cluster, 1, 2, 3);
  const stores = cluster.members.map((member) => storeAt(cluster, member));
  try {
    for (let round = 0; round < 40; round += 1) {
      const { revision } = await putSurely(writer, 'k', `${round}`);
      for (const store of stores) {
        using backup = await store.backup();
        assert.ok(backup.revision >= revision, `${backup.revision} and ${revision}`);
      }
    }
  } finally {
    for (const store of stores) await store.close();
  }
});

test('a node gives out two at a time; more are refused, and taken when one of the two has ended', async () => {
  await using cluster = await begin([1]);
  await using store = storeAt(cluster, 1);
  await putSurely(store, 'k', 'v');
  const [first, second] = [await store.backup(), await store.backup()];
  const refused = await failsWith('deadline-exceeded', store.backup({ deadline: 200 }));
  assert.match(refused.message, /gives out 2 backups already/);
  await read(first);
  using third = await store.backup();
  second.close();
  using fourth = await store.backup();
  assert.equal(fourth.revision, third.revision);
});

test('who is no longer connected holds no place', async () => {
  await using cluster = await begin([1]);
  const gone = storeAt(cluster, 1);
  await putSurely(gone, 'k', 'v');
  await gone.backup();
  await gone.backup();
  await gone.close();
  await using store = storeAt(cluster, 1);
  assert.ok((await read(await store.backup())).length > 1);
});

test('a node that dies while it is read costs the backup, and another node gives another one', async () => {
  await using cluster = await begin([1, 2, 3]);
  await using writer = storeAt(cluster, 1, 2, 3);
  for (let count = 0; count < 40; count += 1) await putSurely(writer, `k${count}`, patterned(100_000, count));
  const [member] = cluster.members.filter((one) => one !== cluster.leader);
  assert.ok(member !== undefined);
  await using store = storeAt(cluster, member);
  const backup = await store.backup();
  const stream = backup[Symbol.asyncIterator]();
  await stream.next();
  await cluster.stop(member);
  const failed = await failsWith(
    'backup-lost',
    (async () => {
      for (let next = await stream.next(); next.done !== true; ) next = await stream.next();
    })(),
  );
  assert.equal(failed.outcome, 'not-applied');
  assert.equal(backup.summary, undefined);
  assert.equal(restored(await read(await writer.backup())).store.status.keyCount, 40);
});

test('a backup is read once, and one that was given up not at all', async () => {
  await using cluster = await begin([1]);
  await using store = storeAt(cluster, 1);
  const backup = await store.backup();
  await read(backup);
  await failsWith('closed', read(backup));
  const other = await store.backup();
  other.close();
  await failsWith('closed', read(other));
});
