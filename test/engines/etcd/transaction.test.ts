/** How a request of the port becomes a transaction of etcd, and what its answer is taken for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyValue, OperationAnswer, TransactionAnswer } from '../../../src/engines/etcd/answers.ts';
import { Layout } from '../../../src/engines/etcd/layout.ts';
import { Transaction } from '../../../src/engines/etcd/transaction.ts';
import type { Operation, TransactRequest } from '../../../src/engines/port/index.ts';

const text = new TextDecoder();
const value = new Uint8Array(0);
const append: Operation = { kind: 'append', directory: 'locks/a', label: 'lock', id: 'abcdefgh', value };
const noCounters = new Map();
const first = { counters: noCounters, number: 1, unsure: [], voidLease: 0 };

function transactionOf(request: TransactRequest): Transaction {
  return new Transaction({
    request,
    layout: new Layout('quorate/'),
    leaseOf: () => 7,
    nonce: 'nonce',
  });
}

function item(created: number, modified = created, held = ''): KeyValue {
  return { key: 'any', created, modified, value: new TextEncoder().encode(held), lease: '' };
}

/** The answer of the other branch: what each key that was looked at held. */
function refusedWith(...items: readonly (KeyValue | undefined)[]): TransactionAnswer {
  const header = { cluster: '4d', revision: 90 };
  const operations = items.map(
    (one): OperationAnswer => ({
      range: { header, items: one === undefined ? [] : [one], count: 1 },
      deleted: 0,
    }),
  );
  return { header, succeeded: false, operations };
}

test('an append is done where its name is absent, and may be sent again', () => {
  const transaction = transactionOf({ operations: [append] });
  const { compares, success } = transaction.request(first);
  const compared = compares.map((one) => [text.decode(one.key), 'created' in one && one.created]);
  assert.deepEqual(compared, [
    ['quorate/locks/a/lock-abcdefgh', 0],
    ['quorate/~quorate/void/nonce-1', 0],
  ]);
  assert.deepEqual([transaction.isRepeatable, success.length], [true, 1]);
});

test('a second try makes the first void in both of its branches, so that it can do nothing when it arrives late', () => {
  const transaction = transactionOf({ operations: [append] });
  const { compares, success, failure } = transaction.request({
    ...first,
    number: 2,
    unsure: [1],
    voidLease: 5,
  });
  assert.equal(text.decode(compares.at(-1)?.key), 'quorate/~quorate/void/nonce-2');
  for (const branch of [success, failure]) {
    const last = branch.at(-1);
    assert.ok(last !== undefined && 'put' in last);
    assert.deepEqual([text.decode(last.put.key), last.put.lease], ['quorate/~quorate/void/nonce-1', 5]);
  }
});

test('an append whose name is there was carried out by an earlier try, with what that made', () => {
  const transaction = transactionOf({ when: [{ key: 'a/b', is: 'absent' }], operations: [append] });
  const snapshot = transaction.snapshot(refusedWith(item(41), item(50)));
  assert.deepEqual(transaction.judged(snapshot), {
    succeeded: true,
    results: [{ kind: 'append', key: 'locks/a/lock-abcdefgh', created: 41 }],
    mark: '41',
  });
});

test('a condition that does not hold is told as such, also where it stands beside an append', () => {
  const transaction = transactionOf({ when: [{ key: 'a/b', is: 'absent' }], operations: [append] });
  const snapshot = transaction.snapshot(refusedWith(undefined, item(50)));
  assert.deepEqual(transaction.judged(snapshot), { succeeded: false, reason: 'condition' });
});

const fenced: readonly {
  readonly name: string;
  readonly found: KeyValue | undefined;
  readonly current: number;
}[] = [
  { name: 'whose item is gone', found: undefined, current: 0 },
  { name: 'whose item was made anew', found: item(9), current: 9 },
];

for (const { name, found, current } of fenced)
  test(`a token ${name} is fenced, whatever the conditions say`, () => {
    const transaction = transactionOf({
      when: [{ key: 'a/c', is: 'absent' }],
      fences: [{ key: 'locks/a/x', token: 7 }],
      operations: [{ kind: 'put', key: 'a/b', value }],
    });
    const snapshot = transaction.snapshot(refusedWith(found, item(3)));
    assert.throws(() => transaction.judged(snapshot), { code: 'fenced', data: { token: 7, current } });
  });

test('conditions alone need no look at what was there', () => {
  const transaction = transactionOf({
    when: [{ key: 'a/b', is: 'present' }],
    operations: [{ kind: 'delete', key: 'a/b' }],
  });
  assert.deepEqual(transaction.request(first).failure, []);
  assert.deepEqual(transaction.judged(transaction.snapshot(refusedWith())), {
    succeeded: false,
    reason: 'condition',
  });
});

const conditions = [
  { condition: { key: 'a/b', is: 'absent' }, holdsFor: undefined, not: item(1) },
  { condition: { key: 'a/b', is: 'present' }, holdsFor: item(1), not: undefined },
  { condition: { key: 'a/b', is: 'created', created: 4 }, holdsFor: item(4, 9), not: item(5, 9) },
  { condition: { key: 'a/b', is: 'unchanged', modified: 9 }, holdsFor: item(4, 9), not: item(4, 8) },
] as const;

for (const { condition, holdsFor, not } of conditions)
  test(`a counter moves where its neighbour is ${condition.is}, and not where it is otherwise`, () => {
    const transaction = transactionOf({
      when: [condition],
      operations: [{ kind: 'add', key: 'a/c', amount: 2 }],
    });
    const holding = transaction.snapshot(refusedWith(holdsFor, item(5, 6, '40')));
    assert.equal(transaction.judged(holding), undefined);
    assert.deepEqual(transaction.counters(holding)?.get('a/c'), { before: 40, after: 42, modified: 6 });
    const other = transaction.snapshot(refusedWith(not, item(5, 6, '40')));
    assert.deepEqual(transaction.judged(other), { succeeded: false, reason: 'condition' });
  });

test('a counter is written with the condition that nobody has changed it since it was read', () => {
  const transaction = transactionOf({ operations: [{ kind: 'add', key: 'a/c', amount: 2 }] });
  const counters = transaction.counters(transaction.snapshot(refusedWith(item(5, 6, '40'))));
  assert.ok(counters !== undefined);
  const { compares, success } = transaction.request({ ...first, counters });
  assert.deepEqual(
    compares.map((one) => 'modified' in one && one.modified),
    [6],
  );
  const [put] = success;
  assert.ok(put !== undefined && 'put' in put);
  assert.deepEqual([text.decode(put.put.value), put.put.keepsLease], ['42', true]);
});

const sums = [
  { name: 'over its most', add: { amount: 3, most: 42 } },
  { name: 'under its least', add: { amount: -3, least: 38 } },
  { name: 'beyond what can be counted', add: { amount: Number.MAX_SAFE_INTEGER } },
] as const;

for (const { name, add } of sums)
  test(`a sum ${name} is not written`, () => {
    const transaction = transactionOf({ operations: [{ kind: 'add', key: 'a/c', ...add }] });
    assert.equal(transaction.counters(transaction.snapshot(refusedWith(item(5, 6, '40')))), undefined);
  });

test('what is no number is not counted on', () => {
  const transaction = transactionOf({ operations: [{ kind: 'add', key: 'a/c', amount: 1 }] });
  for (const held of ['', 'one', '1.5', '99999999999999999'])
    assert.throws(() => transaction.counters(transaction.snapshot(refusedWith(item(5, 6, held)))), {
      code: 'engine-failed',
      outcome: 'not-applied',
    });
});
