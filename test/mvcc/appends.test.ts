/** Appended keys: never there before, in the order of their revisions, and what stands in the way of that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialLimits, type Operation, type Transaction } from '../../src/mvcc/index.ts';
import { append, bytes, Driver, del, everything, get, prefix, put, textOf } from './commands.ts';

function together(...onSuccess: Operation[]): Transaction {
  return { kind: 'transaction', compares: [], onSuccess, onFailure: [] };
}

test('the key tells the revision that made it, and is answered', () => {
  const driver = new Driver();
  driver.send(put('other'));
  const { body, revision } = driver.send(append('q/', 'first', { suffix: bytes('-lock') }));
  assert.ok(body.kind === 'append');
  assert.equal(textOf(body.key), 'q/0000000000000002-0000-lock');
  assert.equal(revision, 2);
  const { body: got } = driver.read(get(prefix('q/')));
  assert.ok(got.kind === 'get');
  assert.deepEqual(
    got.entries.map(({ createRevision, version, lease }) => [createRevision, version, lease]),
    [[2, 1, 0]],
  );
});

test('the order of keys is the order of revisions, also where a digit more is needed', () => {
  const driver = new Driver();
  for (let turn = 1; turn <= 101; turn += 1) driver.send(append('q/', String(turn)));
  const values = driver.list(prefix('q/')).map((line) => Number(line.split('=')[1]));
  assert.deepEqual(
    values,
    values.map((_, at) => at + 1),
  );
});

test('appends of one transaction differ, and are in its order; other operations count as places', () => {
  const driver = new Driver();
  const { results } = driver.expect(
    'transaction',
    together(append('q/', 'a'), put('between'), append('q/', 'b'), append('p/', 'c')),
  );
  const keys = results.map((result) => (result.kind === 'append' ? textOf(result.key) : result.kind));
  assert.deepEqual(keys, [
    'q/0000000000000001-0000',
    'put',
    'q/0000000000000001-0002',
    'p/0000000000000001-0003',
  ]);
  assert.equal(driver.last?.eventCount, 4);
});

test('a key is never used again, also when what it was made for is gone', () => {
  const driver = new Driver();
  driver.send(append('q/', 'a'));
  driver.send(del(everything));
  driver.send({ kind: 'compact', revision: 2 });
  driver.send(append('q/', 'b'));
  assert.deepEqual(driver.restored().list(prefix('q/')), ['q/0000000000000003-0000=b']);
});

test('it hangs on a lease, and goes with it', () => {
  const driver = new Driver();
  const lease = driver.grant();
  driver.send(append('q/', 'a', { lease }));
  assert.equal(driver.list(prefix('q/')).length, 1);
  driver.send({ kind: 'lease-revoke', lease });
  assert.deepEqual(driver.list(prefix('q/')), []);
});

test('under a session it is done once, and a repeat hears of the same key', () => {
  const driver = new Driver();
  const session = { session: driver.openSession(), request: 1, acknowledged: 0 };
  const first = driver.send(append('q/', 'a'), { session });
  driver.send(put('meanwhile'));
  assert.deepEqual(driver.restored().send(append('q/', 'a'), { session }), first);
  assert.deepEqual(driver.send(append('q/', 'a'), { session }), first);
  assert.equal(driver.list(prefix('q/')).length, 1);
});

test('a fence keeps it out', () => {
  const driver = new Driver();
  driver.send(put('lock'));
  const fences = [{ holder: 'here', key: bytes('lock'), token: 9 }] as const;
  assert.equal(driver.refused(append('q/', 'late'), { fences }).code, 'fenced');
  assert.deepEqual(driver.list(prefix('q/')), []);
});

const rows: readonly {
  readonly name: string;
  readonly before?: Operation;
  readonly body: Operation | Transaction;
  readonly refusal: readonly [code: string, first: number, second: number];
}[] = [
  {
    name: 'one whose key somebody put by hand',
    before: put('q/0000000000000002-0001'),
    body: together(put('x'), append('q/')),
    refusal: ['key-exists', 2, 0],
  },
  {
    name: 'one whose key the same transaction puts',
    body: together(append('q/'), put('q/0000000000000001-0000')),
    refusal: ['duplicate-key', 2, 0],
  },
  {
    name: 'one that the same transaction deletes',
    body: together(append('q/'), del(prefix('q/'))),
    refusal: ['duplicate-key', 1, 0],
  },
  {
    name: 'one whose key grows too long by its digits',
    body: append('x'.repeat(1_000), '', { suffix: bytes('four') }),
    refusal: ['key-too-large', 1_025, 1_024],
  },
  {
    name: 'one whose value is too long',
    body: append('q/', 'x'.repeat(initialLimits.valueBytesMax + 1)),
    refusal: ['value-too-large', initialLimits.valueBytesMax + 1, initialLimits.valueBytesMax],
  },
  {
    name: 'one with a lease that is over',
    body: append('q/', '', { lease: 77 }),
    refusal: ['lease-not-found', 77, 0],
  },
];

for (const { name, before, body, refusal } of rows) {
  test(`refused: ${name}`, () => {
    const driver = new Driver();
    if (before !== undefined) driver.send(before);
    const { revision } = driver.store;
    const { code, first, second } = driver.refused(body);
    assert.deepEqual([code, first, second], refusal);
    assert.equal(driver.store.revision, revision);
  });
}

test('it counts against the quota like a put', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, quotaBytes: 1_024 } });
  driver.send(append('q/', 'x'.repeat(700)));
  assert.equal(driver.refused(append('q/', 'x'.repeat(300))).code, 'quota-exceeded');
});

test('keys of one lease are counted with what the transaction appends', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, leaseKeysMax: 2 } });
  const lease = driver.grant();
  const three = together(
    append('q/', '', { lease }),
    append('q/', '', { lease }),
    append('q/', '', { lease }),
  );
  assert.equal(driver.refused(three).code, 'lease-full');
  driver.expect('transaction', together(append('q/', '', { lease }), append('q/', '', { lease })));
});
