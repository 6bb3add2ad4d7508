/** The store as users have it, on a real cluster: every call once, and the mistakes that are answered with a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type Keys, type Store } from '../../src/client/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { bytes, TestCluster, text } from '../node/test-cluster.ts';
import { failsWith } from '../ports/expectations.ts';

async function withStore(
  members: readonly number[],
  story: (store: Store, cluster: TestCluster) => Promise<void>,
): Promise<void> {
  await using cluster = await TestCluster.make(members, { stateMachine: () => new StoreMachine() });
  await cluster.begin();
  const addresses = [...cluster.addresses.values()].map(({ host, port }) => `${host}:${port}`);
  await using store = await connect(`quorate://${addresses.join(',')}`, { timeout: '20s' });
  await story(store, cluster);
}

async function keysOf(store: Store, keys: Keys): Promise<string[]> {
  const { entries } = await store.list(keys);
  return entries.map(({ key, text: value }) => `${key}=${value}`);
}

test('keys are put, read, listed, counted and deleted', async () => {
  await withStore([1, 2, 3], async (store) => {
    assert.equal(await store.get('greeting'), undefined);
    const { revision } = await store.put('greeting', 'hello');
    const entry = await store.get('greeting');
    assert.deepEqual(
      [entry?.key, entry?.text, entry?.createRevision, entry?.modifyRevision, entry?.version, entry?.lease],
      ['greeting', 'hello', revision, revision, 1, 0],
    );
    const { previous } = await store.put('greeting', bytes('servus'), { wantPrevious: true });
    assert.equal(previous?.text, 'hello');
    await store.putJson('config/retries', { most: 3 });
    await store.put('config/timeout', '5s');
    assert.deepEqual((await store.get('config/retries'))?.json(), { most: 3 });
    assert.deepEqual(await keysOf(store, { prefix: 'config/' }), [
      'config/retries={"most":3}',
      'config/timeout=5s',
    ]);
    assert.deepEqual(await keysOf(store, { start: 'config/t' }), ['config/timeout=5s', 'greeting=servus']);
    assert.deepEqual(await keysOf(store, { start: 'a', end: 'config/t' }), ['config/retries={"most":3}']);
    assert.equal(await store.count({ prefix: '' }), 3);
    assert.equal((await store.get('greeting', { revision }))?.text, 'hello');
    const page = await store.list({ prefix: '' }, { limit: 2, keysOnly: true });
    assert.deepEqual([page.entries.length, page.more, page.entries[0]?.value.length], [2, true, 0]);
    assert.equal((await store.delete({ prefix: 'config/' })).count, 2);
    assert.equal((await store.delete('config/retries')).count, 0);
    assert.equal(await store.count({ prefix: '' }), 1);
  });
});

test('every node can be asked for what it has, and comes to have what was written', async () => {
  await withStore([1, 2, 3], async (store, cluster) => {
    await store.put('k', 'v');
    await cluster.untilEqual();
    for (const _ of [1, 2, 3]) assert.equal((await store.get('k', { consistency: 'stale' }))?.text, 'v');
  });
});

test('a transaction does one thing or the other, and a fence keeps a superseded holder out', async () => {
  await withStore([1], async (store) => {
    const acquire = (owner: string) =>
      store.transaction({
        when: [{ target: 'absent', keys: 'lock' }],
        onSuccess: [{ kind: 'put', key: 'lock', value: owner }],
      });
    const first = await acquire('a');
    assert.ok(first.succeeded);
    assert.equal((await acquire('b')).succeeded, false);
    const fences = [{ key: 'lock', token: first.revision }];
    await store.put('guarded', '1', { fences });
    await store.delete('lock');
    const second = await acquire('b');
    await failsWith('fenced', store.put('guarded', '2', { fences }));
    await store.put('guarded', '3', { fences: [{ key: 'lock', token: second.revision }] });
    assert.equal((await store.get('guarded'))?.text, '3');
  });
});

test('appended keys are in the order in which they were made, and a counter is one request', async () => {
  await withStore([1, 2, 3], async (store) => {
    const first = await store.append('jobs/', 'one');
    assert.equal(first.key, `jobs/${String(first.revision).padStart(16, '0')}-0000`);
    assert.equal(text(first.keyBytes), first.key);
    await using session = await store.session({ ttl: '10s' });
    const second = await store.append(bytes('jobs/'), bytes('two'), {
      suffix: '-urgent',
      lease: session.id,
      session,
    });
    assert.match(second.key, /^jobs\/\d{16}-\d{4}-urgent$/);
    assert.equal((await store.get(second.key))?.createRevision, second.revision);
    assert.deepEqual(await keysOf(store, { prefix: 'jobs/' }), [`${first.key}=one`, `${second.key}=two`]);
    assert.deepEqual(await store.add('free', 3), { before: 0, after: 3, revision: second.revision + 1 });
    const taken = await store.add('free', -3, { least: 0, session });
    assert.deepEqual([taken.before, taken.after], [3, 0]);
    const empty = await failsWith('counter-out-of-range', store.add('free', -1, { least: 0 }));
    assert.deepEqual(empty.data, { operation: 1, current: 0 });
    await store.put('text', 'three');
    await failsWith('not-a-number', store.add('text', 1));
    const { results } = await store.transaction({
      onSuccess: [
        { kind: 'add', key: 'free', amount: -2, least: -2, keepLease: true },
        { kind: 'append', prefix: 'jobs/', value: 'three' },
      ],
    });
    const [added, appended] = results;
    assert.deepEqual(added, { kind: 'add', before: 0, after: -2 });
    assert.ok(appended?.kind === 'append');
    assert.equal((await store.get(appended.key))?.text, 'three');
  });
});

test('conditions and operations of a transaction are texts or bytes, and its answers are entries', async () => {
  await withStore([1], async (store) => {
    await store.put('a', '1');
    const { revision } = await store.put('b', '2');
    const { succeeded, results } = await store.transaction({
      when: [
        { target: 'exists', keys: { prefix: '' } },
        { target: 'value', keys: bytes('a'), operator: 'equal', value: '1' },
        { target: 'version', keys: { prefix: '' }, operator: 'less', number: 2 },
        { target: 'modify-revision', keys: 'b', operator: 'equal', number: revision },
      ],
      onSuccess: [
        { kind: 'put', key: 'a', value: '3', wantPrevious: true },
        { kind: 'get', keys: { prefix: '' }, descending: true, limit: 1 },
        { kind: 'delete', keys: 'b', wantPrevious: true },
        { kind: 'delete', keys: 'c' },
      ],
    });
    assert.ok(succeeded);
    const [put, get, removed, nothing] = results;
    assert.ok(put?.kind === 'put' && get?.kind === 'get' && removed?.kind === 'delete');
    assert.equal(put.previous?.text, '1');
    assert.deepEqual([get.entries.map(({ key }) => key), get.more], [['b'], true]);
    assert.deepEqual([removed.count, removed.previous[0]?.text], [1, '2']);
    assert.deepEqual(nothing, { kind: 'delete', count: 0, previous: [] });

    const other = await store.transaction({
      when: [{ target: 'lease-live', lease: 77 }],
      onFailure: [{ kind: 'get', keys: 'a', keysOnly: true }],
    });
    const [kept] = other.results;
    assert.ok(!other.succeeded && kept?.kind === 'get');
    assert.deepEqual([kept.entries[0]?.key, kept.entries[0]?.value.length], ['a', 0]);
    assert.ok((await store.transaction({ onSuccess: [{ kind: 'delete', keys: 'a' }] })).succeeded);
  });
});

test('a watch hears what others write, and what hangs on a session goes with it', async () => {
  await withStore([1], async (store) => {
    await using watch = store.watch({ prefix: 'here/' });
    await watch.began;
    const session = await store.session({ ttl: '30s' });
    await store.put('here/me', 'x', { lease: session.id, session });
    await store.put('elsewhere', 'x');
    await session.close();
    const heard: string[] = [];
    for await (const { events } of watch) {
      for (const { kind, key } of events) heard.push(`${kind} ${text(key)}`);
      if (heard.length === 2) break;
    }
    assert.deepEqual(heard, ['put here/me', 'revoked here/me']);
  });
});

test('a watch from before what is remembered ends so, or brings what is there now and goes on', async () => {
  await withStore([1], async (store) => {
    for (let count = 1; count <= 7; count += 1) await store.put(`here/${count}`, 'x'.repeat(400_000));
    await store.put('elsewhere', 'x');
    const { revision } = await store.delete('here/3');
    await store.compact(revision);
    await failsWith('compacted', store.watch({ prefix: 'here/' }, { from: 2 }).next());

    await using watch = store.watch({ prefix: 'here/' }, { from: 2, resync: true });
    const { value: first } = await watch.next();
    // More than one answer can hold, and all of it as it was at one moment.
    assert.deepEqual(
      first?.resync?.map(({ key }) => key),
      ['here/1', 'here/2', 'here/4', 'here/5', 'here/6', 'here/7'],
    );
    assert.deepEqual([first?.events, first?.revision], [[], revision]);
    await store.put('here/8', 'x');
    const { value: next } = await watch.next();
    assert.deepEqual(
      next?.events.map(({ key }) => text(key)),
      ['here/8'],
    );
    assert.equal(next?.resync, undefined);
  });
});

test('what is open when the store is closed ends with it', async () => {
  await withStore([1], async (store) => {
    const watch = store.watch('k');
    const session = await store.session({ ttl: '30s' });
    const next = watch.next();
    await store.close();
    await store.close();
    assert.deepEqual(await next, { done: true, value: undefined });
    assert.ok(session.over.aborted && watch.isOver);
    await failsWith('closed', store.get('k'));
  });
});

test('mistakes are told before anything is sent', async () => {
  for (const url of ['http://a:1', 'quorate://', 'quorate://host', 'quorate://a:0', 'quorate://a:1,b:70000'])
    await failsWith('invalid-option', connect(url));
  await withStore([1], async (store) => {
    await failsWith('invalid-option', store.put('', 'x'));
    await failsWith('invalid-option', store.get(''));
    await failsWith('invalid-option', store.add('', 1));
    await failsWith('invalid-option', store.add('n', 0.5));
    await failsWith('invalid-option', store.add('n', 1, { most: Number.POSITIVE_INFINITY }));
    await failsWith('invalid-option', store.add('n', 1, { least: 2, most: 1 }));
    await failsWith('invalid-option', store.session({ ttl: 'soon' as '1s' }));
    await failsWith('ttl-out-of-range', store.session({ ttl: 0 }));
    for (const renewalShare of [0, 0.001, 0.71, Number.NaN])
      await failsWith('invalid-option', store.session({ ttl: '10s', renewalShare }));
    await failsWith('key-too-large', store.put('k'.repeat(2_000), 'x'));
  });
});

test('the bytes of a prefix stay as they were, also where they are a Buffer', async () => {
  await withStore([1], async (store) => {
    await store.put('config/a', '1');
    const prefix = Buffer.from('config/');
    assert.deepEqual(await keysOf(store, { prefix }), ['config/a=1']);
    assert.equal(prefix.toString(), 'config/');
  });
});
