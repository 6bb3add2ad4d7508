/** Our own store as an engine, embedded: the conformance suite, and what is its own. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect, type Store, type StoreSession } from '../../src/client/index.ts';
import {
  type Capability,
  capabilityMeanings,
  type Item,
  type ListOptions,
  type Operation,
  type OperationResult,
  type TransactAnswer,
  type TransactRequest,
} from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { TestCluster } from '../node/test-cluster.ts';
import { conforms } from './conformance.ts';

const nothing = new Uint8Array(0);
const store = await connect('memory:');
after(() => store.close());

conforms('memory', {
  open: () => openQuorate(store),
  provided: Object.keys(capabilityMeanings) as Capability[],
});

test('two engines with prefixes of their own do not see each other', async () => {
  await using one = await openQuorate(store, { prefix: 'one/' });
  await using two = await openQuorate(store, { prefix: 'two/' });
  await one.transact({ operations: [{ kind: 'put', key: 'a/b', value: new Uint8Array(1) }] });
  assert.equal(await two.get('a/b'), undefined);
  assert.deepEqual((await two.list('a')).items, []);
});

test('a counter that holds no number is refused and stays', async () => {
  await using engine = await openQuorate(store);
  const key = 'no-counter/a';
  await engine.transact({ operations: [{ kind: 'put', key, value: new TextEncoder().encode('one') }] });
  await assert.rejects(engine.transact({ operations: [{ kind: 'add', key, amount: 1 }] }), {
    code: 'engine-failed',
    outcome: 'not-applied',
  });
  assert.equal(new TextDecoder().decode((await engine.get(key))?.value), 'one');
});

test('what was put and what was appended is listed together by age, whole or in part', async () => {
  await using engine = await openQuorate(store);
  const directory = 'mixed';
  const put = (name: string): Operation => ({ kind: 'put', key: `${directory}/${name}`, value: nothing });
  const append = (label: string): Operation => ({
    kind: 'append',
    directory,
    label,
    id: 'abcdefgh',
    value: nothing,
  });
  for (const operation of [put('z'), append('a'), put('0'), append('b'), put('a'), append('c')])
    await engine.transact({ operations: [operation] });
  const names = async (options: ListOptions): Promise<string> => {
    const { items } = await engine.list(directory, options);
    return items
      .map(({ key }) => key.slice(directory.length + 1).replace(/^\d{16}-\d{4}-|-abcdefgh\+$/g, '+'))
      .join(' ');
  };
  const { items } = await engine.list(directory);
  const before = items[3] as Item;
  assert.equal(await names({}), 'z +a+ 0 +b+ a +c+');
  assert.equal(await names({ descending: true, limit: 2 }), '+c+ a');
  assert.equal(await names({ limit: 3 }), 'z +a+ 0');
  assert.equal(await names({ before }), 'z +a+ 0');
  assert.equal(await names({ before, descending: true, limit: 1 }), '0');
  assert.equal(await names({ before, descending: true, limit: 2, keysOnly: true }), '0 +a+');
  const other = await engine.list('mixed-not');
  assert.deepEqual(other.items, []);
});

test('with an appended item goes the mark that tells that it was appended, and neither is heard of but the item', async () => {
  await using engine = await openQuorate(store, { prefix: 'marks/' });
  const request: TransactRequest = {
    operations: [{ kind: 'append', directory: 'a', label: 'x', id: 'abcdefgh', value: nothing }],
  };
  const [first] = resultsOf(await engine.transact(request));
  const watch = engine.watch({ directory: 'a' });
  const begun = (await watch.next()).value;
  assert.equal(begun?.kind === 'present' && begun.items.length, 1);
  assert.deepEqual(resultsOf(await engine.transact(request)), [first]);
  assert.equal(await store.count({ prefix: 'marks/' }), 2);
  const key = first?.kind === 'append' ? first.key : '';
  await engine.transact({ operations: [{ kind: 'delete', key }] });
  assert.equal(await store.count({ prefix: 'marks/' }), 0);
  const told = (await watch.next()).value;
  assert.deepEqual(told?.kind === 'changes' && told.events, [{ kind: 'deleted', key }]);
  await watch.return();
});

test('a bound in the way of one counter is in the way of the whole transaction', async () => {
  await using engine = await openQuorate(store);
  const add = (name: string, amount: number): Operation => ({
    kind: 'add',
    key: `bounds/${name}`,
    amount,
    least: 0,
  });
  const [one] = resultsOf(await engine.transact({ operations: [add('a', 2), add('b', 3)] }));
  assert.deepEqual(one, { kind: 'add', before: 0, after: 2 });
  assert.deepEqual(await engine.transact({ operations: [add('a', -1), add('b', -4)] }), {
    succeeded: false,
    reason: 'bound',
  });
  assert.equal(new TextDecoder().decode((await engine.get('bounds/a'))?.value), '2');
  const unmet = await engine.transact({
    when: [{ key: 'bounds/a', is: 'absent' }],
    operations: [add('a', -9)],
  });
  assert.deepEqual(unmet, { succeeded: false, reason: 'condition' });
});

test('a cluster in which nodes are of an older release is too old, and says so at once', async () => {
  const members = [1, 2, 3];
  await using cluster = await TestCluster.make(members, {
    levels: { least: 1, most: 1 },
    stateMachine: () => new StoreMachine(),
  });
  await cluster.begin();
  await cluster.until(() => cluster.leader !== undefined);
  const addresses = [...cluster.addresses.values()].map(({ host, port }) => `${host}:${port}`);
  await using old = await connect(`quorate://${addresses.join(',')}`);
  await using engine = await openQuorate(old);
  await engine.transact({ operations: [{ kind: 'put', key: 'a/b', value: nothing }] });
  for (const operation of [
    { kind: 'add', key: 'a/n', amount: 1 },
    { kind: 'append', directory: 'a', label: 'x', id: 'abcdefgh', value: nothing },
  ] as const)
    await assert.rejects(engine.transact({ operations: [operation], deadline: '1h' }), {
      code: 'engine-too-old',
      outcome: 'not-applied',
      message: /does not know it: members? \d.*install/,
    });
  const { items } = await engine.list('a');
  assert.deepEqual(
    items.map(({ key }) => key),
    ['a/b'],
  );
});

function resultsOf(answer: TransactAnswer): readonly OperationResult[] {
  assert.ok(answer.succeeded);
  return answer.results;
}

test('an expired session is told as such, a closed one is not', async () => {
  await using engine = await openQuorate(store);
  const watch = engine.watch({ directory: 'expiry' });
  await watch.next();
  const session = await engine.session({ ttlMs: 60_000 });
  const id = 'abcdefgh';
  await engine.transact({
    operations: [{ kind: 'append', directory: 'expiry', label: 'x', id, value: new Uint8Array(0), session }],
  });
  const made = (await watch.next()).value;
  assert.ok(made?.kind === 'changes' && made.events.length === 1);
  const key = made.events[0]?.key ?? '';
  assert.match(key, /^expiry\/\d{16}-0000-x-abcdefgh$/);
  await session.close();
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'changes' && value.events, [{ kind: 'deleted', key }]);
  await watch.return();
});

test('requests that come at once share one session, which is closed with the engine', async () => {
  const opened: StoreSession[] = [];
  const session = async (request: Parameters<Store['session']>[0]): Promise<StoreSession> => {
    const one = await store.session(request);
    opened.push(one);
    return one;
  };
  const watched = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = name === 'session' ? session : Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const engine = await openQuorate(watched);
  const leaving = new AbortController();
  const add = (signal?: AbortSignal): Promise<TransactAnswer> =>
    engine.transact({
      operations: [{ kind: 'add', key: 'once/opened', amount: 1 }],
      ...(signal === undefined ? {} : { signal }),
    });
  const gone = assert.rejects(add(leaving.signal), /no patience/);
  const adding = Array.from({ length: 20 }, () => add());
  leaving.abort(new Error('no patience'));
  await gone;
  await Promise.all(adding);
  assert.equal(opened.length, 1);
  await engine.close();
  assert.deepEqual(
    opened.map(({ isLive }) => isLive),
    [false],
  );
});
