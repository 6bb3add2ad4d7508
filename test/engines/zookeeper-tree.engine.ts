/** What is ZooKeeper's own, on a real ensemble: Curator's layout, nodes made anew, large directories, access lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine, Operation } from '../../src/engines/port/index.ts';
import { openZookeeper, type ZookeeperCapabilities } from '../../src/engines/zookeeper/index.ts';
import { Layout } from '../../src/engines/zookeeper/layout.ts';
import { planTransaction } from '../../src/engines/zookeeper/transaction-plan.ts';
import {
  dataRequest,
  errorNumbers,
  type NodeData,
  type Step,
  syncRequest,
} from '../../src/engines/zookeeper/wire/index.ts';
import { usedAndLeft } from './used-and-left.ts';
import { RawClient } from './zookeeper/raw-client.ts';
import { startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_060, collectionMs: 500 });

function put(key: string, value = ''): Operation {
  return { kind: 'put', key, value: new TextEncoder().encode(value) };
}

async function appended(
  engine: Engine<ZookeeperCapabilities>,
  directory: string,
  id: string,
): Promise<string> {
  const session = await engine.session({ ttlMs: 10_000 });
  const answer = await engine.transact({
    operations: [{ kind: 'append', directory, label: 'lock', id, value: new Uint8Array(0), session }],
  });
  const [result] = answer.succeeded ? answer.results : [];
  assert.ok(result?.kind === 'append');
  return result.key;
}

test('a lock path of Curator and ours are one queue, in the order of coming', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/curator'), { prefix: '' });
  for (const path of ['/curator', '/curator/locks', '/curator/locks/orders']) await raw.make(path);
  const uuids = ['ffffffff-1111-4111-8111-111111111111', '00000000-2222-4222-8222-222222222222'];
  const path = (uuid: string | undefined): string => `/curator/locks/orders/_c_${uuid}-lock-`;
  const first = await raw.queue(path(uuids[0]));
  const second = await appended(engine, 'locks/orders', 'zzzzzzzz');
  const third = await raw.queue(path(uuids[1]));
  const fourth = await appended(engine, 'locks/orders', 'aaaaaaaa');
  const inOrder = [first.slice('/curator/'.length), second, third.slice('/curator/'.length), fourth];
  const { items } = await engine.list('locks/orders');
  assert.deepEqual(
    items.map(({ key }) => key),
    inOrder,
  );
  assert.deepEqual([items[0]?.session, items[2]?.session], [raw.session, raw.session]);
  const numbers = items.map(({ created }) => created);
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  // What Curator does with names: it sorts by what is behind `lock-`.
  const byCurator = inOrder.toSorted((a, b) =>
    a.slice(a.lastIndexOf('-')) < b.slice(b.lastIndexOf('-')) ? -1 : 1,
  );
  assert.deepEqual(byCurator, inOrder);
  const before = items[3] as (typeof items)[number];
  const nearest = await engine.list('locks/orders', { before, descending: true, limit: 1, keysOnly: true });
  assert.deepEqual(
    nearest.items.map(({ key }) => key),
    [inOrder[2]],
  );
});

test('who waits for a node of Curator hears when it goes with its session', async () => {
  await using engine = await openZookeeper(urlOf(members, '/gone'), { prefix: '' });
  await engine.transact({ operations: [put('locks/a/x')] });
  const raw = new RawClient(members.endpoints, 4_000);
  const path = await raw.queue('/gone/locks/a/_c_ffffffff-1111-4111-8111-111111111111-lock-');
  const key = path.slice('/gone/'.length);
  const watch = engine.watch({ key });
  const { value: present } = await watch.next();
  assert.deepEqual(present?.kind === 'present' && present.items.map((item) => item.key), [key]);
  // It says no word of farewell, so its session has to expire.
  await raw[Symbol.asyncDispose]();
  const { value: gone } = await watch.next();
  assert.deepEqual(gone?.kind === 'changes' && gone.events, [{ kind: 'deleted', key }]);
  await watch.return();
});

/** A plan over nodes as they are now; sending it later shows what it is pinned to. */
async function plannedPut(raw: RawClient, layout: Layout, key: string): Promise<readonly Step[]> {
  const link = await raw.link();
  const read = async (at: string): Promise<NodeData | undefined> =>
    (await link.request(dataRequest(at))).body;
  const nodes = new Map<string, NodeData | undefined>();
  const path = layout.pathOf(key);
  // This client's server may be behind the one that took the item.
  while (nodes.get(path) === undefined) nodes.set(path, await read(path));
  for (const above of layout.lineage(key.slice(0, key.lastIndexOf('/')))) nodes.set(above, await read(above));
  const created = nodes.get(path)?.state.czxid as number;
  const plan = planTransaction(
    { when: [{ key, is: 'created', created }], operations: [put(key, 'late')] },
    {
      layout,
      access: { scheme: 'world', id: 'anyone' },
      facts: { nodes, assumed: new Map() },
      owner: undefined,
    },
  );
  assert.ok(plan.kind === 'steps');
  return plan.steps;
}

/** The server collects what is idle; here twice a second. Where it is not there yet, it is not gone. */
async function collected(raw: RawClient, path: string): Promise<void> {
  const link = await raw.link();
  assert.equal((await link.request(syncRequest('/'))).error, 0);
  while ((await link.request(dataRequest(path))).error !== errorNumbers.noNode);
}

test('an item that was made anew with the same version is not taken for the one before', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/anew'), { prefix: '' });
  const layout = new Layout('/anew', '');
  const key = 'config/app/a';
  await engine.transact({ operations: [put(key, 'one')] });
  const late = await plannedPut(raw, layout, key);
  await engine.transact({ operations: [{ kind: 'delete', key }] });
  await engine.transact({ operations: [put(key, 'two')] });
  const answer = await raw.transact(late);
  assert.equal('error' in answer && answer.error, errorNumbers.badVersion);
  assert.equal(new TextDecoder().decode((await engine.get(key))?.value), 'two');
});

test('nor is it when its directory was collected and made anew as well', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/collected'), { prefix: '' });
  const layout = new Layout('/collected', '');
  const key = 'config/app/a';
  await engine.transact({ operations: [put(key, 'one')] });
  const late = await plannedPut(raw, layout, key);
  await engine.transact({ operations: [{ kind: 'delete', key }] });
  await collected(raw, layout.pathOf('config'));
  await engine.transact({ operations: [put(key, 'two')] });
  const answer = await raw.transact(late);
  assert.equal('error' in answer && answer.error, errorNumbers.badVersion);
});

test('a directory made anew counts from 0 again, and what came before it is not taken for older ones', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/idle'), { prefix: '' });
  const append = async (id: string): Promise<{ key: string; created: number }> => {
    const answer = await engine.transact({
      operations: [{ kind: 'append', directory: 'locks/a', label: 'lock', id, value: new Uint8Array(0) }],
    });
    const [result] = answer.succeeded ? answer.results : [];
    assert.ok(result?.kind === 'append');
    return result;
  };
  for (const id of ['aaaaaaa1', 'aaaaaaa2']) await append(id);
  const old = await append('aaaaaaa3');
  for (const { key } of (await engine.list('locks/a')).items)
    await engine.transact({ operations: [{ kind: 'delete', key }] });
  await collected(raw, '/idle/locks/a');
  const anew = await append('bbbbbbbb');
  assert.match(anew.key, /0000000000$/);
  assert.ok(anew.created > old.created);
  assert.deepEqual((await engine.list('locks/a', { before: old })).items, []);
});

test('what is deleted and what went with its session leaves no node, and a directory above it neither', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/left'), { prefix: '' });
  await usedAndLeft(engine, 'used/up');
  await collected(raw, '/left/used/up');
  await collected(raw, '/left/used');
});

test('names beyond the server’s own limit are listed, or refused by a lower one without harm', async () => {
  await using engine = await openZookeeper(urlOf(members, '/large'), { deadline: '60s' });
  const directory = 'many/items';
  for (let at = 0; at < 16_000; at += 400) {
    const keys = Array.from({ length: 400 }, (_, place) => `${directory}/${'x'.repeat(80)}-${at + place}`);
    await engine.transact({ operations: keys.map((key) => put(key)) });
  }
  const { items } = await engine.list(directory, { limit: 3, descending: true });
  assert.equal(items.length, 3);
  await using small = await openZookeeper(urlOf(members, '/large'), {
    requestBytesMax: 1 << 20,
    answerBytesMax: 1 << 20,
    deadline: '60s',
  });
  await assert.rejects(small.list(directory), { code: 'too-large', message: /answerBytesMax/ });
  await assert.rejects(small.watch({ directory }).next(), { code: 'too-large' });
  await small.transact({ operations: [put('few/a', 'fine')] });
  assert.equal((await small.list('few')).items.length, 1);
});

test('a transaction that no server would take is refused before it is sent', async () => {
  await using engine = await openZookeeper(urlOf(members, '/large'));
  const operations = ['a', 'b'].map((name) => put(`big/${name}`, 'x'.repeat(900_000)));
  await assert.rejects(engine.transact({ operations }), { code: 'too-large', outcome: 'not-applied' });
  await engine.transact({ operations: [put('big/c', 'x'.repeat(900_000))] });
});

test('nodes of one user are not for another, nor for nobody', async () => {
  const url = (user: string): string => urlOf(members, '/private').replace('//', `//${user}@`);
  await using owner = await openZookeeper(url('ann:secret'));
  await owner.transact({ operations: [put('a/b', 'mine')] });
  for (const other of [url('bob:secret'), urlOf(members, '/private')]) {
    await using engine = await openZookeeper(other);
    await assert.rejects(engine.get('a/b'), { code: 'engine-unauthenticated', outcome: 'not-applied' });
    await assert.rejects(engine.transact({ operations: [put('a/b', 'yours')] }), {
      code: 'engine-unauthenticated',
    });
    await assert.rejects(engine.watch({ directory: 'a' }).next(), { code: 'engine-unauthenticated' });
  }
  assert.equal(new TextDecoder().decode((await owner.get('a/b'))?.value), 'mine');
});

test('reads that wait for a majority see what was written', async () => {
  await using one = await openZookeeper(urlOf(members, '/majority'), { barrier: 'majority' });
  await using two = await openZookeeper(urlOf(members, '/majority'), { barrier: 'majority' });
  for (let at = 0; at < 10; at += 1) {
    await one.transact({ operations: [put('a/b', String(at))] });
    assert.equal(new TextDecoder().decode((await two.get('a/b'))?.value), String(at));
  }
});
