/** Transactions: one revision or nothing, compares, branches, and the same key twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Compare, initialLimits, type Operation, type Transaction } from '../../src/mvcc/index.ts';
import { bytes, Driver, del, everything, get, key, prefix, put, textOf } from './commands.ts';

function transaction(
  compares: readonly Compare[],
  onSuccess: readonly Operation[],
  onFailure: readonly Operation[] = [],
): Transaction {
  return { kind: 'transaction', compares, onSuccess, onFailure };
}

test('all writes of a transaction share one revision, and its reads see what stands before them', () => {
  const driver = new Driver();
  driver.send(put('old', '1'));
  const { results } = driver.expect(
    'transaction',
    transaction(
      [],
      [get('new'), put('new', '2'), get('new'), del('old'), get(everything), get('old', { revision: 1 })],
    ),
  );
  const shown = results.map((result) =>
    result.kind === 'get' ? result.entries.map((entry) => textOf(entry.key)).join() : result.kind,
  );
  assert.deepEqual(shown, ['', 'put', 'new', 'delete', 'new', 'old']);
  assert.equal(driver.store.revision, 2);
  assert.equal(driver.last?.eventCount, 2);
});

test('the branch that is taken is told, and the other leaves no trace', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  const compare: Compare = { target: 'value', range: key('a'), operator: 'equal', value: bytes('1') };
  const swap = transaction([compare], [put('a', '2')], [put('lost', 'race')]);
  assert.equal(driver.expect('transaction', swap).succeeded, true);
  assert.equal(driver.expect('transaction', swap).succeeded, false);
  assert.deepEqual(driver.list(everything), ['a=2', 'lost=race']);
});

const rows: readonly { readonly name: string; readonly compare: Compare; readonly holds: boolean }[] = [
  {
    name: 'an equal value',
    compare: { target: 'value', range: key('a'), operator: 'equal', value: bytes('1') },
    holds: true,
  },
  {
    name: 'a lesser value',
    compare: { target: 'value', range: key('a'), operator: 'less', value: bytes('2') },
    holds: true,
  },
  {
    name: 'a value that begins another is less',
    compare: { target: 'value', range: key('a'), operator: 'less', value: bytes('11') },
    holds: true,
  },
  {
    name: 'an absent key has no value, not even an unequal one',
    compare: { target: 'value', range: key('x'), operator: 'unequal', value: bytes('1') },
    holds: false,
  },
  {
    name: 'an absent key has version 0',
    compare: { target: 'version', range: key('x'), operator: 'equal', number: 0 },
    holds: true,
  },
  {
    name: 'an absent key was created at revision 0',
    compare: { target: 'create-revision', range: key('x'), operator: 'less', number: 1 },
    holds: true,
  },
  {
    name: 'the version counts puts',
    compare: { target: 'version', range: key('b'), operator: 'equal', number: 2 },
    holds: true,
  },
  {
    name: 'the create revision stays',
    compare: { target: 'create-revision', range: key('b'), operator: 'equal', number: 2 },
    holds: true,
  },
  {
    name: 'the modify revision moves',
    compare: { target: 'modify-revision', range: key('b'), operator: 'greater', number: 2 },
    holds: true,
  },
  {
    name: 'the lease of a key',
    compare: { target: 'lease', range: key('leased'), operator: 'equal', number: 77 },
    holds: true,
  },
  {
    name: 'a key without a lease has lease 0',
    compare: { target: 'lease', range: key('a'), operator: 'equal', number: 0 },
    holds: true,
  },
  { name: 'a key exists', compare: { target: 'exists', range: key('a') }, holds: true },
  { name: 'a key is absent', compare: { target: 'absent', range: key('a') }, holds: false },
  { name: 'some key of a range exists', compare: { target: 'exists', range: prefix('l') }, holds: true },
  { name: 'no key of a range exists', compare: { target: 'absent', range: prefix('q') }, holds: true },
  {
    name: 'every key of a range is older',
    compare: { target: 'modify-revision', range: everything, operator: 'less', number: 5 },
    holds: true,
  },
  {
    name: 'not every key of a range is older',
    compare: { target: 'modify-revision', range: everything, operator: 'less', number: 4 },
    holds: false,
  },
  {
    name: 'an empty range agrees with everything',
    compare: { target: 'version', range: prefix('q'), operator: 'equal', number: 9 },
    holds: true,
  },
  { name: 'a lease lives', compare: { target: 'lease-live', lease: 77 }, holds: true },
  { name: 'a lease does not live', compare: { target: 'lease-live', lease: 78 }, holds: false },
];

for (const { name, compare, holds } of rows) {
  test(`compare: ${name}`, () => {
    const driver = new Driver();
    driver.send({ kind: 'lease-grant', lease: 77, ttlMs: 100, session: 0 });
    driver.send(put('a', '1'));
    driver.send(put('b', '1'));
    driver.send(put('b', '2'));
    driver.send(put('leased', '', { lease: 77 }));
    assert.equal(driver.expect('transaction', transaction([compare], [])).succeeded, holds);
  });
}

test('one revision holds one change of a key: two writes of the same key are refused, wherever they stand', () => {
  const driver = new Driver();
  driver.send(put('k', 'before'));
  const twice: readonly (readonly Operation[])[] = [
    [put('a'), put('k'), put('k')],
    [put('a'), get('k'), del('k'), put('k')],
    [put('a'), del('b'), put('k'), del(prefix('k'))],
  ];
  for (const [index, operations] of twice.entries()) {
    const refusal = driver.refused(transaction([], operations));
    assert.deepEqual(refusal, { code: 'duplicate-key', first: [3, 4, 3][index] as number, second: 0 });
    assert.equal(driver.refused(transaction([], [], operations)).code, 'duplicate-key');
  }
  assert.deepEqual(driver.list(everything), ['k=before']);
  driver.expect('transaction', transaction([], [del(prefix('k')), del('k')]));
  assert.equal(driver.last?.eventCount, 1);
});

test('a transaction is refused whole when one of its operations cannot be', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  const { operationsMax } = initialLimits;
  const wrong: readonly (readonly [Operation, string])[] = [
    [put('b', '', { lease: 99 }), 'lease-not-found'],
    [put('k'.repeat(2_000)), 'key-too-large'],
    [get('a', { revision: 50 }), 'future-revision'],
  ];
  for (const [operation, code] of wrong) {
    assert.equal(driver.refused(transaction([], [put('c'), del('a'), operation])).code, code);
  }
  const many = Array.from({ length: operationsMax + 1 }, () => get('a'));
  assert.deepEqual(driver.refused(transaction([], many)), {
    code: 'transaction-too-large',
    first: operationsMax + 1,
    second: operationsMax,
  });
  assert.deepEqual(driver.list(everything), ['a=1']);
  assert.equal(driver.store.revision, 1);
});

test('what was there before is told when it is asked for', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  const { results } = driver.expect(
    'transaction',
    transaction(
      [],
      [put('a', '2', { wantPrevious: true }), put('b', '1', { wantPrevious: true }), del('c', true)],
    ),
  );
  assert.deepEqual(
    results.map((result) => (result.kind === 'put' ? result.previous?.value : result.kind)),
    [bytes('1'), undefined, 'delete'],
  );
});
