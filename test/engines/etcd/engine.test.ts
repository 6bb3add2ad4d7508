/** The engine against a scripted server: what goes over the wire, and what becomes of it when the wire is cut. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openEtcd } from '../../../src/engines/etcd/index.ts';
import type { Engine, Operation } from '../../../src/engines/port/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { answer, type FakeEtcd, fieldsOf, startFakeEtcd } from './fake-etcd.ts';

const value = new Uint8Array(1);
const text = new TextDecoder();

async function fakeEtcd(context: TestContext): Promise<FakeEtcd> {
  const fake = await startFakeEtcd();
  context.after(() => fake.close());
  return fake;
}

function append(directory: string, id: string): Operation {
  return { kind: 'append', directory, label: 'lock', id, value };
}

function transactionsOf({ requests }: FakeEtcd): Uint8Array[] {
  return requests.filter(({ method }) => method === 'Txn').map(({ message }) => message);
}

/** The keys of the puts in the branch for success. */
function putsOf(message: Uint8Array): string[] {
  return fieldsOf(message, 2)
    .flatMap((operation) => fieldsOf(operation as Uint8Array, 2))
    .map((put) => text.decode(fieldsOf(put as Uint8Array, 1)[0] as Uint8Array));
}

/** Everything is done, with an empty answer for each operation. */
function done(message: Uint8Array): Uint8Array {
  return answer(9, (writer) => {
    writer.flag(2, true);
    for (const _ of fieldsOf(message, 2))
      writer.message(3, (one) => one.message(3, (inner) => inner.number(2, 1)));
  });
}

async function carriedOut(engine: Engine, operation: Operation): Promise<unknown> {
  const told = await engine.transact({ operations: [operation] });
  return told.succeeded ? told.results[0] : told.reason;
}

test('what one turn asks for goes as one transaction, deletions first', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = done;
  await using engine = await openEtcd(fake.url);
  const results = await Promise.all([
    carriedOut(engine, append('locks/a', 'aaaaaaaa')),
    carriedOut(engine, append('locks/b', 'bbbbbbbb')),
    carriedOut(engine, { kind: 'delete', key: 'locks/c/lock-cccccccc' }),
  ]);
  assert.deepEqual(results, [
    { kind: 'append', key: 'locks/a/lock-aaaaaaaa', created: 9 },
    { kind: 'append', key: 'locks/b/lock-bbbbbbbb', created: 9 },
    { kind: 'delete', existed: true },
  ]);
  const [only, ...others] = transactionsOf(fake);
  assert.ok(only !== undefined && others.length === 0);
  assert.deepEqual(putsOf(only), ['quorate/locks/a/lock-aaaaaaaa', 'quorate/locks/b/lock-bbbbbbbb']);
  const [first] = fieldsOf(only, 2);
  assert.equal(fieldsOf(first as Uint8Array, 3).length, 1, 'a deletion');
});

test('two that wait in one line never go together, or they would have no order', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = done;
  await using engine = await openEtcd(fake.url);
  await Promise.all([
    carriedOut(engine, append('locks/a', 'aaaaaaaa')),
    carriedOut(engine, append('locks/a', 'bbbbbbbb')),
  ]);
  assert.deepEqual(transactionsOf(fake).map(putsOf), [
    ['quorate/locks/a/lock-aaaaaaaa'],
    ['quorate/locks/a/lock-bbbbbbbb'],
  ]);
});

test('conditions stay alone, so that one that does not hold stops nothing else', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = done;
  await using engine = await openEtcd(fake.url);
  const operations = [{ kind: 'delete', key: 'a/b' }] as const;
  await Promise.all([
    engine.transact({ when: [{ key: 'a/b', is: 'present' }], operations }),
    carriedOut(engine, append('locks/a', 'aaaaaaaa')),
  ]);
  assert.equal(transactionsOf(fake).length, 2);
});

test('what is refused together is done one by one, and each hears of itself', async (context) => {
  const fake = await fakeEtcd(context);
  const gone = { status: 5, message: 'etcdserver: requested lease not found' };
  fake.script['Txn'] = (message) =>
    fieldsOf(message, 2).length > 1 || putsOf(message)[0]?.includes('bbbb') === true ? gone : done(message);
  await using engine = await openEtcd(fake.url);
  const [one, other] = await Promise.allSettled([
    carriedOut(engine, append('locks/a', 'aaaaaaaa')),
    carriedOut(engine, append('locks/b', 'bbbbbbbb')),
  ]);
  assert.equal(one.status, 'fulfilled');
  assert.equal(other.status === 'rejected' && other.reason.code, 'session-expired');
  assert.equal(transactionsOf(fake).length, 3);
});

test('a connection that is lost under a batch leaves deletions in doubt, and appends find out', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = (message) => (transactionsOf(fake).length === 1 ? 'lost' : done(message));
  await using engine = await openEtcd(fake.url);
  const [one, other] = await Promise.allSettled([
    carriedOut(engine, append('locks/a', 'aaaaaaaa')),
    carriedOut(engine, { kind: 'delete', key: 'locks/b/lock-bbbbbbbb' }),
  ]);
  assert.deepEqual(one.status === 'fulfilled' && one.value, {
    kind: 'append',
    key: 'locks/a/lock-aaaaaaaa',
    created: 9,
  });
  assert.ok(other.status === 'rejected');
  assert.deepEqual([other.reason.code, other.reason.outcome], ['engine-unreachable', 'unknown']);
  const [, again] = transactionsOf(fake);
  const [, voidKey] = putsOf(again as Uint8Array);
  assert.match(String(voidKey), /^quorate\/~quorate\/void\/.*-0$/, 'the batch can do nothing any more');
});

test('a write alone whose connection is lost is in doubt, and is not sent again', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = () => 'lost';
  await using engine = await openEtcd(fake.url);
  await assert.rejects(carriedOut(engine, { kind: 'delete', key: 'a/b' }), {
    code: 'engine-unreachable',
    outcome: 'unknown',
  });
  assert.equal(transactionsOf(fake).length, 1);
});

test('a write that was certainly not carried out is sent again', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Txn'] = (message) =>
    transactionsOf(fake).length < 3 ? { status: 14, message: 'etcdserver: no leader' } : done(message);
  await using engine = await openEtcd(fake.url);
  assert.deepEqual(await carriedOut(engine, { kind: 'delete', key: 'a/b' }), {
    kind: 'delete',
    existed: true,
  });
});

test('a version before 3.4 is refused with both versions', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Status'] = () => answer(1, (writer) => writer.text(2, '3.3.27'));
  await assert.rejects(openEtcd(fake.url), {
    code: 'engine-too-old',
    data: { engine: 'etcd', version: '3.3.27', needed: '3.4' },
  });
});

test('an etcd that grants more than was asked for is told, and its lease given back', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['LeaseGrant'] = () => answer(1, (writer) => writer.number(3, 15));
  await using engine = await openEtcd(fake.url);
  await assert.rejects(engine.session({ ttlMs: 2_000 }), {
    code: 'ttl-out-of-range',
    data: { ttlMs: 2_000, limitMs: 15_000 },
  });
  assert.ok(fake.requests.some(({ method }) => method === 'LeaseRevoke'));
});

test('the end of a session is waited for no longer than a call is', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['LeaseRevoke'] = () => 'nothing';
  const clock = new ManualClock();
  await using engine = await openEtcd(fake.url, { clock, deadline: '3s' });
  const session = await engine.session({ ttlMs: 3_600_000 });
  const over = new AbortController();
  const closing = session.close().then(() => over.abort());
  const beganMs = clock.now();
  while (!over.signal.aborted && clock.now() - beganMs < 10_000) {
    clock.advance(50);
    for (let turns = 0; turns < 5; turns += 1) await turn();
  }
  assert.ok(over.signal.aborted);
  await closing;
});

test('renewals that a member takes and never answers, though it answers all else, lead to another in time', async (context) => {
  const [mute, other] = [await fakeEtcd(context), await fakeEtcd(context)];
  mute.script['LeaseKeepAlive'] = () => 'nothing';
  const clock = new ManualClock();
  const engine = await openEtcd(`${mute.url},127.0.0.1:${other.port}`, { clock });
  const session = await engine.session({ ttlMs: 9_000 });
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  const beganMs = clock.now();
  while (clock.now() - beganMs < 20_000 && session.isLive) {
    // It is not silent: other calls are answered all the while.
    await engine.get('a/b');
    clock.advance(50);
    for (let turns = 0; turns < 5; turns += 1) await turn();
  }
  assert.ok(session.isLive, states.join());
  assert.ok(other.requests.some(({ method }) => method === 'LeaseKeepAlive'));
  await engine.close();
  assert.equal(clock.timers, 0, 'no timer is left');
});

test('a listing before everything is empty, though etcd takes a bound of 0 for none', async (context) => {
  const fake = await fakeEtcd(context);
  fake.script['Range'] = () =>
    answer(9, (writer) =>
      writer.message(2, (item) => {
        item.text(1, 'quorate/locks/a/lock-aaaaaaaa');
        item.number(2, 5);
      }),
    );
  await using engine = await openEtcd(fake.url);
  assert.equal((await engine.list('locks/a')).items.length, 1);
  const before = { key: 'locks/a/lock-bbbbbbbb', created: 1 };
  assert.deepEqual((await engine.list('locks/a', { before })).items, []);
});

test('a watch that etcd refuses before it has looked at it ends with the reason', async (context) => {
  const fake = await fakeEtcd(context);
  const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const reason = new TextEncoder().encode('etcdserver: permission denied');
  fake.script['Watch'] = () =>
    Uint8Array.of(0x10, ...minusOne, 0x18, 1, 0x20, 1, 0x32, reason.length, ...reason);
  await using engine = await openEtcd(fake.url);
  const watch = engine.watch({ key: 'a/b' }, { from: '3' });
  await assert.rejects(watch.next(), { code: 'engine-unauthenticated' });
  assert.equal((await watch.next()).done, true);
});

test('a connection that is lost goes on with the watch behind what was heard of last', async (context) => {
  const fake = await fakeEtcd(context);
  const starts: unknown[] = [];
  fake.script['Watch'] = (message) => {
    const [create] = fieldsOf(message, 1);
    starts.push(fieldsOf(create as Uint8Array, 3)[0]);
    if (starts.length === 2) return 'nothing';
    return answer(8, (writer) => {
      writer.number(2, Number(fieldsOf(create as Uint8Array, 7)[0]));
      writer.message(11, (event) =>
        event.message(2, (item) => {
          item.text(1, 'quorate/a/b');
          item.number(2, 6);
          item.number(3, 7);
        }),
      );
    });
  };
  await using engine = await openEtcd(fake.url);
  const watch = engine.watch({ directory: 'a' }, { from: '3' });
  const { value: batch } = await watch.next();
  assert.deepEqual([batch?.kind, batch?.mark], ['changes', '7']);
  // The scripted stream has ended with its answer, so it is opened anew.
  while (starts.length < 2) await turn();
  assert.deepEqual(starts, [4, 8]);
  await watch.return();
});
