/** One node is left of three: what it has becomes a new cluster, the others are strangers to it, and it is left as it is. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type Store } from '../../src/client/index.ts';
import {
  drawIdentity,
  inspectSurvivor,
  prepareToJoin,
  type QuorateNode,
  type Recovered,
  recoverSurvivor,
  writeBirthRecord,
} from '../../src/node/index.ts';
import type { Address } from '../../src/ports/index.ts';
import { nativeCrc32, realClock, realDisk, realMachine, realRandom } from '../../src/ports/real/index.ts';
import { putSurely } from '../client/put-surely.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { failsWith, patterned } from '../ports/expectations.ts';
import { freeAddresses, storeAt, Workplace } from './refounding-fixture.ts';

const names = ['a', 'b', 'c'] as const;
const shared = { disk: realDisk(), checksum: nativeCrc32 };

interface Three {
  readonly addresses: readonly Address[];
  readonly nodes: QuorateNode[];
}

/** A cluster of three in the directories a, b and c, with a leader. */
async function three(place: Workplace): Promise<Three> {
  const addresses = await freeAddresses(3);
  const identities = names.map(() => drawIdentity(realRandom(), 'the old cluster'));
  const bootstrap = identities.map(({ member }) => member);
  const known = new Map(bootstrap.map((member, at) => [member, addresses[at] as Address]));
  for (const [at, identity] of identities.entries())
    await writeBirthRecord(realDisk(), place.path(names[at] ?? ''), {
      identity,
      started: false,
      bootstrap,
      addresses: known,
    });
  const nodes: QuorateNode[] = [];
  for (const [at, name] of names.entries())
    nodes.push(await place.start(name, place.path(name), addresses[at] as Address));
  return { addresses, nodes };
}

async function recover(place: Workplace, directory: string): Promise<Recovered> {
  return await recoverSurvivor({
    ...shared,
    clock: realClock(),
    random: realRandom(),
    directory: place.path(directory),
    into: place.path('new'),
    signal: new AbortController().signal,
  });
}

/** Everything under a directory, by path. */
async function filesUnder(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // What LMDB and the locks keep for those who have the files open is no part of them.
    if (entry.isFile() && !path.endsWith('-lock') && !path.includes('.lock'))
      found.set(path, (await readFile(path)).toString('base64'));
  }
  return found;
}

/** Stops all but the node at one place while it leads, and has it write what nobody else hears of. */
async function strand({ addresses, nodes }: Three, at: number): Promise<{ readonly unanswered: string[] }> {
  const survivor = nodes[at] as QuorateNode;
  const member = survivor.status().member;
  const leads = (): boolean => survivor.status().groups.get(0)?.role === 'leader';
  await using store = storeAt(...addresses);
  while (!leads()) {
    const leader = nodes.find((node) => node.status().groups.get(0)?.role === 'leader');
    leader?.transfer(0, member);
    await store.get('any', { consistency: 'strong' });
  }
  for (const [place, node] of nodes.entries()) if (place !== at) await node.close();
  await using lonely = storeAt(addresses[at] as Address);
  const unanswered: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const error = await lonely.put(`late${count}`, 'v', { deadline: 50 }).then(
      () => assert.fail('alone it acknowledges nothing'),
      (failure: { outcome: string }) => failure,
    );
    if (error.outcome === 'unknown') unanswered.push(`late${count}`);
  }
  await survivor.close();
  return { unanswered };
}

async function written(store: Store): Promise<string[]> {
  const keys = Array.from({ length: 60 }, (_, count) => `k${count}`);
  await Promise.all(keys.map((key, count) => putSurely(store, key, patterned(4_000, count))));
  return keys;
}

test('everything in the survivor’s log is kept, acknowledged or not, and its directory stays as it is', async () => {
  await using place = await Workplace.make();
  const cluster = await three(place);
  const keys: string[] = [];
  {
    await using store = storeAt(...cluster.addresses);
    keys.push(...(await written(store)));
  }
  const { unanswered } = await strand(cluster, 0);
  const before = await filesUnder(place.path('a'));
  const survivor = await inspectSurvivor({ ...shared, directory: place.path('a') });
  assert.equal(survivor.others.length, 2);
  const { origin, identity } = await recover(place, 'a');
  assert.deepEqual(
    [...(await filesUnder(place.path('a')))].filter(([path, text]) => before.get(path) !== text),
    [],
  );
  assert.deepEqual([origin.kind, origin.cluster], ['recovered', 'the old cluster']);
  assert.notEqual(identity.cluster, 'the old cluster');
  assert.ok(unanswered.length > 0 && (origin.uncommitted ?? 0) >= unanswered.length);
  await using store = await connect(`file:${place.path('new')}`);
  for (const key of [...keys, ...unanswered])
    assert.ok((await store.get(key)) !== undefined, `${key} is gone`);
  assert.equal((await store.put('more', '1')).revision, origin.began + 1);
  await failsWith('compacted', store.watch({ prefix: '' }, { from: origin.revision + 1 }).next());
});

test('members of the old cluster are strangers to the new one, which others join', async () => {
  await using place = await Workplace.make();
  const cluster = await three(place);
  {
    await using store = storeAt(...cluster.addresses);
    await written(store);
  }
  await strand(cluster, 0);
  await recover(place, 'a');
  const [a, b, c] = cluster.addresses as readonly [Address, Address, Address];
  const log = new RecordingLog();
  const first = await place.start('a', place.path('new'), a, log);
  assert.equal(
    log.told.find(({ event }) => event === 'cluster began with a state')?.fields?.['kind'],
    'recovered',
  );
  await using store = storeAt(a);
  await putSurely(store, 'new', '1');
  const { term } = first.status().groups.get(0) ?? {};
  // Alone of the old cluster, it finds the survivor's address taken by somebody else.
  const old = await place.start('b', place.path('b'), b);
  while (first.status().refusedConnections === 0) await store.get('new');
  assert.equal(old.status().groups.get(0)?.leader, 0);
  assert.equal(first.status().groups.get(0)?.term, term, 'it disturbs nobody');
  await old.close();
  const machine = realMachine({ log: new RecordingLog() });
  await prepareToJoin({
    machine,
    directory: place.path('joined'),
    nodes: [a],
    signal: new AbortController().signal,
  });
  machine.loopDelay.close();
  const joined = await place.start('c2', place.path('joined'), c);
  await joined.joined;
  await using third = storeAt(c);
  assert.equal((await third.list({ prefix: 'k' }, { maxStaleness: 0 })).entries.length, 60);
});

test('a state that is gone is made of the log where that was never cut, and of a node that runs nothing is made', async () => {
  await using place = await Workplace.make();
  const cluster = await three(place);
  await using store = storeAt(...cluster.addresses);
  const keys = await written(store);
  await failsWith('in-use', recover(place, 'a'));
  for (const node of cluster.nodes) await node.close();
  await rm(place.path('a/node/state-0'), { recursive: true });
  const damaged = place.path('b/node/state-0/state.json');
  await writeFile(damaged, 'rotten');
  for (const name of ['a', 'b']) {
    await recover(place, name);
    await using again = await connect(`file:${place.path('new')}`);
    assert.equal(await again.count({ prefix: 'k' }), keys.length);
    await again.close();
    await rm(place.path('new'), { recursive: true });
  }
});

test('a survivor that has lost something itself is refused, with what to do', async () => {
  await using place = await Workplace.make();
  const cluster = await three(place);
  {
    await using store = storeAt(...cluster.addresses);
    await written(store);
  }
  for (const node of cluster.nodes) await node.close();
  const segment = place.path('a/node/log/000000000001.wal');
  const bytes = await readFile(segment);
  bytes.fill(0x55, 20_000, 21_000);
  await writeFile(segment, bytes);
  const refusal = await failsWith('recovery-refused', recover(place, 'a'));
  assert.match(
    refusal.message,
    /its log has lost .*; recover from another node that is left, or restore a backup/,
  );
  await failsWith('recovery-refused', inspectSurvivor({ ...shared, directory: place.path('nowhere') }));
  await recover(place, 'b');
  await failsWith('already-exists', recover(place, 'b'));
});
