/** Puts, gets and deletes: numbers, ranges, order, the past, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GetResult, initialLimits, RevisionedStore } from '../../src/mvcc/index.ts';
import type { OrderedStore } from '../../src/ports/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { bytes, Driver, del, everything, get, key, prefix, put, textOf } from './commands.ts';

test('a key counts its versions from its creation, and begins anew after it was deleted', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  driver.send(put('other'));
  driver.send(put('a', '2'));
  const numbers = (): number[] => {
    const [entry] = driver.expect('get', get('a')).entries;
    return [entry?.createRevision ?? 0, entry?.modifyRevision ?? 0, entry?.version ?? 0];
  };
  assert.deepEqual(numbers(), [1, 3, 2]);
  driver.send(del('a'));
  driver.send(put('a', '3'));
  assert.deepEqual(numbers(), [5, 5, 1]);
});

test('only what changes a key makes a revision', () => {
  const driver = new Driver();
  assert.equal(driver.send(put('a')).revision, 1);
  assert.equal(driver.send(get('a')).revision, 1);
  assert.equal(driver.send(del('nobody')).revision, 1);
  assert.equal(driver.last?.revision, 0);
  assert.equal(driver.send({ kind: 'lease-grant', lease: 0, ttlMs: 10, session: 0 }).revision, 1);
  assert.equal(driver.send(del('a')).revision, 2);
  assert.equal(driver.last?.eventCount, 1);
});

test('a range ends before its end, a prefix holds what begins with it, and no end means to the last key', () => {
  const driver = new Driver();
  for (const name of ['a', 'ab', 'abc', 'b', 'ba', 'c']) driver.send(put(name));
  assert.deepEqual(driver.list(prefix('ab')), ['ab=', 'abc=']);
  assert.deepEqual(driver.list({ start: bytes('ab'), end: bytes('ba') }), ['ab=', 'abc=', 'b=']);
  assert.deepEqual(driver.list({ start: bytes('b'), end: new Uint8Array(0) }), ['b=', 'ba=', 'c=']);
  assert.deepEqual(driver.list({ start: bytes('b'), end: bytes('a') }), []);
  assert.deepEqual(driver.list(key('ab')), ['ab=']);
});

test('a get lists by key or by revision, up or down, and says when there is more', () => {
  const driver = new Driver();
  for (const name of ['c', 'a', 'b']) driver.send(put(name));
  driver.send(put('c', 'again'));
  const list = (rest: Parameters<typeof get>[1]): string =>
    driver
      .expect('get', get(everything, rest))
      .entries.map((entry) => textOf(entry.key))
      .join('');
  assert.equal(list({}), 'abc');
  assert.equal(list({ descending: true }), 'cba');
  assert.equal(list({ order: 'create-revision' }), 'cab');
  assert.equal(list({ order: 'modify-revision' }), 'abc');
  assert.equal(list({ order: 'modify-revision', descending: true, limit: 2 }), 'cb');
  assert.equal(driver.expect('get', get(everything, { limit: 2 })).more, true);
  assert.equal(driver.expect('get', get(everything, { limit: 3 })).more, false);
  assert.equal(driver.expect('get', get(everything, { content: 'count', limit: 1 })).count, 3);
  const keys = driver.expect('get', get(key('c'), { content: 'keys' })).entries;
  assert.deepEqual(
    keys.map(({ value, version }) => [value.length, version]),
    [[0, 2]],
  );
});

test('the past can be read until it is compacted: deleted keys are there again, later ones are not', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  driver.send(put('b', '1'));
  driver.send(del('a'));
  driver.send(put('a', '2'));
  driver.send(put('c', '1'));
  assert.deepEqual(driver.list(everything, 1), ['a=1']);
  assert.deepEqual(driver.list(everything, 2), ['a=1', 'b=1']);
  assert.deepEqual(driver.list(everything, 3), ['b=1']);
  assert.deepEqual(driver.list(everything, 4), ['a=2', 'b=1']);
  driver.send({ kind: 'compact', revision: 3 });
  for (let turn = 0; turn < 5; turn += 1) driver.send(get('a'));
  assert.deepEqual(driver.list(everything, 3), ['b=1']);
  assert.deepEqual(driver.list(everything, 4), ['a=2', 'b=1']);
  assert.deepEqual(driver.refused(get('a', { revision: 2 })), { code: 'compacted', first: 2, second: 3 });
  assert.deepEqual(driver.refused(get('a', { revision: 9 })), {
    code: 'future-revision',
    first: 9,
    second: 5,
  });
});

test('an old revision of a key with thousands of versions is found', () => {
  const driver = new Driver();
  const versions = 3_000;
  for (let version = 1; version <= versions; version += 1) {
    if (version % 500 === 0) driver.send(del('busy'));
    else driver.send(put('busy', `${version}`));
  }
  for (let revision = 1; revision <= versions; revision += 7) {
    const expected = revision % 500 === 0 ? [] : [`busy=${revision}`];
    assert.deepEqual(driver.list(key('busy'), revision), expected);
  }
  driver.send({ kind: 'compact', revision: 1_700 });
  for (let revision = 1_700; revision <= versions; revision += 3) {
    const expected = revision % 500 === 0 ? [] : [`busy=${revision}`];
    assert.deepEqual(driver.list(key('busy'), revision), expected);
    driver.send(get('busy'));
  }
});

test('a busy key of many versions is read as of long ago in few steps', () => {
  const ordered = new MemoryOrderedStore();
  let lookups = 0;
  const counting: OrderedStore = {
    appliedIndex: 0,
    get: (of) => {
      lookups += 1;
      return ordered.get(of);
    },
    scan: (range) => ordered.scan(range),
    put: (of, value) => ordered.put(of, value),
    delete: (of) => ordered.delete(of),
    commit: (index) => ordered.commit(index),
    snapshot: () => ordered.snapshot(),
    close: () => ordered.close(),
  };
  const driver = new Driver(new RevisionedStore(counting));
  for (let version = 1; version <= 10_000; version += 1) driver.send(put('busy', `${version}`));
  lookups = 0;
  assert.deepEqual(driver.list(key('busy'), 77), ['busy=77']);
  assert.ok(lookups < 10_000 / 64 + 70, `${lookups} lookups`);
});

test('what is too large is refused with the size and the limit, and changes nothing', () => {
  const driver = new Driver();
  const { keyBytesMax, valueBytesMax } = initialLimits;
  assert.deepEqual(driver.refused(put('k'.repeat(keyBytesMax + 1))), {
    code: 'key-too-large',
    first: keyBytesMax + 1,
    second: keyBytesMax,
  });
  assert.deepEqual(driver.refused(put('k', 'v'.repeat(valueBytesMax + 1))), {
    code: 'value-too-large',
    first: valueBytesMax + 1,
    second: valueBytesMax,
  });
  assert.equal(driver.refused(get(prefix('k'.repeat(1_802)))).code, 'key-too-large');
  driver.send(put('k'.repeat(keyBytesMax), 'v'.repeat(valueBytesMax)));
  assert.equal(driver.store.status.keyCount, 1);
});

test('keys from before a limit was lowered can still be read and deleted', () => {
  const driver = new Driver();
  const name = 'k'.repeat(100);
  driver.send(put(name, '1'));
  driver.send({ kind: 'configure', limits: { ...initialLimits, keyBytesMax: 16 } });
  assert.equal(driver.refused(put(name, '2')).code, 'key-too-large');
  assert.equal(driver.expect('get', get(name)).count, 1);
  assert.equal(driver.expect('delete', del(name)).count, 1);
});

test('a reply holds what fits, at least one entry, and the reader comes forward by asking on from there', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, replyBytesMax: 1_024 } });
  for (const name of ['a', 'b', 'c', 'd']) driver.send(put(name, name.repeat(700)));
  driver.send(put('e', 'e'.repeat(5_000)));
  const seen: string[] = [];
  for (let start: Uint8Array | undefined = bytes('a'); start !== undefined; ) {
    const page: GetResult = driver.expect('get', get({ start, end: new Uint8Array(0) }));
    seen.push(...page.entries.map((entry) => textOf(entry.key)));
    assert.equal(page.more, page.resume !== undefined);
    start = page.resume?.slice();
  }
  assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
  const deleted = driver.expect('delete', del(everything, true));
  assert.equal(deleted.count, 5);
  assert.equal(deleted.previous.length, 1);
  assert.equal(deleted.truncated, true);
});

test('no command visits more keys than it may: gets end and tell where to go on, in either direction', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, keysVisitedMax: 4 } });
  for (let number = 0; number < 10; number += 1) driver.send(put(`k${number}`));
  driver.send(put('k8', 'late'));
  const page = driver.expect('get', get(everything, { revision: 3 }));
  assert.deepEqual([page.count, page.more, page.resume], [3, true, bytes('k4')]);
  const rest = driver.expect('get', get({ start: bytes('k4'), end: new Uint8Array(0) }, { revision: 3 }));
  assert.deepEqual([rest.count, rest.resume], [0, bytes('k8')]);
  const counted = driver.expect('get', get(everything, { content: 'count' }));
  assert.deepEqual([counted.count, counted.resume], [4, bytes('k4')]);
  const down = driver.expect('get', get(everything, { descending: true, content: 'keys' }));
  assert.deepEqual([textOf(down.entries[3]?.key ?? bytes('')), down.resume], ['k6', bytes('k5')]);

  const count = get(everything, { content: 'count' });
  const two = [count, count, get('k9'), count];
  const both = driver.expect('transaction', {
    kind: 'transaction',
    compares: [],
    onSuccess: two,
    onFailure: [],
  });
  assert.deepEqual(
    both.results.map((result) => (result.kind === 'get' ? [result.count, result.more] : [])),
    [
      [4, true],
      [0, true],
      [1, false],
      [0, true],
    ],
  );
});

test('a delete of more keys than may be touched at once is refused whole', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, keysTouchedMax: 3 } });
  for (const name of ['a', 'b', 'c', 'd']) driver.send(put(name));
  assert.deepEqual(driver.refused(del(everything)), { code: 'too-many-keys', first: 3, second: 0 });
  assert.equal(driver.refused(get(everything, { order: 'modify-revision' })).code, 'too-many-keys');
  const half = { start: bytes('a'), end: bytes('c') };
  const twice = {
    kind: 'transaction',
    compares: [],
    onSuccess: [del(half), del(half)],
    onFailure: [],
  } as const;
  assert.equal(driver.refused(twice).code, 'too-many-keys', 'all operations count together');
  assert.equal(driver.expect('delete', del({ start: bytes('a'), end: bytes('d') })).count, 3);
  assert.deepEqual(driver.list(everything), ['d=']);
});

test('a store over its quota refuses puts, goes on with everything else, and recovers by itself', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, quotaBytes: 20_000 } });
  let count = 0;
  while (driver.send(put(`k${count}`, 'v'.repeat(1_000))).body.kind === 'put') count += 1;
  const refusal = driver.refused(put('k0', 'v'.repeat(1_000)));
  assert.equal(refusal.code, 'quota-exceeded');
  assert.equal(refusal.second, 20_000);
  assert.ok(count > 15, `${count} puts fit`);
  const { usedBytes } = driver.store.status;
  assert.ok(
    usedBytes < 20_000 + 64,
    `${usedBytes} bytes are used: the quota, but for the numbers of one entry`,
  );
  const growing = {
    kind: 'transaction',
    compares: [],
    onSuccess: [put('big', 'v'.repeat(1_000))],
    onFailure: [],
  } as const;
  assert.equal(driver.refused(growing).code, 'quota-exceeded');

  assert.equal(driver.expect('get', get('k0')).count, 1);
  const lease = driver.grant();
  driver.expect('lease', { kind: 'lease-keep-alive', lease });
  driver.expect('done', { kind: 'lease-revoke', lease });
  assert.equal(driver.expect('delete', del('k0')).count, 1);
  assert.equal(driver.expect('delete', del('k1')).count, 1);
  assert.equal(driver.refused(put('new', 'v'.repeat(1_000))).code, 'quota-exceeded');

  driver.send({ kind: 'compact', revision: driver.store.revision });
  driver.expect('put', put('new', 'v'.repeat(1_000)));
});

test('limits outside of what is possible are refused by name, and the old ones stay', () => {
  const driver = new Driver();
  const refusal = driver.refused({ kind: 'configure', limits: { ...initialLimits, keyBytesMax: 5_000 } });
  assert.deepEqual(refusal, { code: 'limit-out-of-range', first: 1, second: 5_000 });
  assert.deepEqual(driver.store.status.limits, initialLimits);
});

test('a read at a member takes gets and transactions of gets, and nothing that writes', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  const both = { compares: [{ target: 'exists', range: key('a') }], onFailure: [] } as const;
  const reading = driver.read({ kind: 'transaction', ...both, onSuccess: [get('a'), get('b')] });
  assert.equal(reading.body.kind === 'transaction' && reading.body.results.length, 2);
  for (const body of [put('a'), del('a'), { kind: 'transaction', ...both, onSuccess: [put('b')] } as const]) {
    const reply = driver.read(body);
    assert.equal(reply.body.kind === 'refused' && reply.body.refusal.code, 'not-read-only');
  }
  assert.equal(driver.store.revision, 1);
});
