/** Adding to counters: what is a number, where the bounds are, and that nothing is done where one is in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counterOf, counterValue } from '../../src/mvcc/counters.ts';
import { initialLimits, type Operation, refusalError, type Transaction } from '../../src/mvcc/index.ts';
import { add, bytes, Driver, del, everything, get, key, put } from './commands.ts';

const farthest = Number.MAX_SAFE_INTEGER;

function together(...onSuccess: Operation[]): Transaction {
  return { kind: 'transaction', compares: [], onSuccess, onFailure: [] };
}

const texts: readonly (readonly [text: string, number: number | undefined])[] = [
  ['0', 0],
  ['7', 7],
  ['-7', -7],
  ['9007199254740991', farthest],
  ['-9007199254740991', -farthest],
  ['9007199254740992', undefined],
  ['-9007199254740993', undefined],
  ['99999999999999999999', undefined],
  ['', undefined],
  ['-', undefined],
  ['-0', undefined],
  ['00', undefined],
  ['007', undefined],
  ['+7', undefined],
  [' 7', undefined],
  ['7\n', undefined],
  ['7.0', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['٧', undefined],
];

for (const [text, number] of texts) {
  test(`${JSON.stringify(text)} is ${number === undefined ? 'no number' : 'a number'}`, () => {
    assert.equal(counterOf(bytes(text)), number);
    if (number !== undefined) assert.deepEqual(counterValue(number), bytes(text));
  });
}

test('an absent counter is 0, and each add tells what was and what is', () => {
  const driver = new Driver();
  const told = [3, -5, 0, farthest].map((amount) => {
    const { before, after } = driver.expect('add', add('n', amount));
    return [before, after];
  });
  assert.deepEqual(told, [
    [0, 3],
    [3, -2],
    [-2, -2],
    [-2, farthest - 2],
  ]);
  assert.deepEqual(driver.list(key('n')), [`n=${farthest - 2}`]);
  assert.equal(driver.store.revision, 4);
});

test('what was put as text can be added to, and what was added is read as text', () => {
  const driver = new Driver();
  driver.send(put('n', '-40'));
  driver.send(add('n', 82));
  assert.deepEqual(driver.list(key('n')), ['n=42']);
});

const bounds: readonly {
  readonly name: string;
  readonly at: string;
  readonly body: Operation;
  readonly isAllowed: boolean;
}[] = [
  { name: 'up to the greatest', at: '4', body: add('n', 1, { most: 5 }), isAllowed: true },
  { name: 'beyond the greatest', at: '5', body: add('n', 1, { most: 5 }), isAllowed: false },
  { name: 'down to the least', at: '-4', body: add('n', -1, { least: -5 }), isAllowed: true },
  { name: 'below the least', at: '-5', body: add('n', -1, { least: -5 }), isAllowed: false },
  { name: 'still above the greatest', at: '9', body: add('n', -1, { most: 5 }), isAllowed: false },
  { name: 'between two bounds', at: '0', body: add('n', 1, { least: 1, most: 1 }), isAllowed: true },
  {
    name: 'to where bounds exclude each other',
    at: '0',
    body: add('n', 1, { least: 2, most: 1 }),
    isAllowed: false,
  },
  { name: 'to the end of all numbers', at: String(farthest - 1), body: add('n', 1), isAllowed: true },
  { name: 'beyond all numbers', at: String(farthest), body: add('n', 1), isAllowed: false },
  { name: 'far beyond all numbers', at: String(-farthest), body: add('n', -farthest), isAllowed: false },
];

for (const { name, at, body, isAllowed } of bounds) {
  test(`an add ${name} is ${isAllowed ? 'done' : 'refused'}`, () => {
    const driver = new Driver();
    driver.send(put('n', at));
    const reply = driver.send(body).body;
    if (isAllowed) {
      assert.equal(reply.kind, 'add');
      return;
    }
    assert.ok(reply.kind === 'refused');
    const error = refusalError(reply.refusal);
    assert.deepEqual(
      [error.code, error.data],
      ['counter-out-of-range', { operation: 1, current: Number(at) }],
    );
    assert.deepEqual(driver.list(everything), [`n=${at}`]);
    assert.equal(driver.store.revision, 1);
  });
}

test('one add out of its bounds, or of no number, and nothing of the transaction is done', () => {
  const driver = new Driver();
  driver.send(put('text', 'seven'));
  const full = driver.refused(together(put('x'), add('n', 1), add('m', -1, { least: 0 })));
  assert.deepEqual(refusalError(full).data, { operation: 3, current: 0 });
  const spoilt = driver.refused(together(add('n', 1), add('text', 1)));
  assert.deepEqual([spoilt.code, spoilt.first], ['not-a-number', 2]);
  assert.match(refusalError(spoilt).message, /operation 2 .*decimal text/);
  assert.deepEqual(driver.list(everything), ['text=seven']);
});

test('the branch that is not taken may be out of its bounds', () => {
  const driver = new Driver();
  const body: Transaction = {
    kind: 'transaction',
    compares: [{ target: 'absent', range: key('n') }],
    onSuccess: [add('n', 1), get('n')],
    onFailure: [add('n', 1, { most: 0 })],
  };
  const { results } = driver.expect('transaction', body);
  assert.deepEqual(results[0], { kind: 'add', before: 0, after: 1 });
  assert.ok(results[1]?.kind === 'get' && results[1].count === 1, 'a get behind it sees the sum');
  assert.equal(driver.refused(body).code, 'counter-out-of-range');
});

test('a counter is written once in a transaction', () => {
  const driver = new Driver();
  assert.equal(driver.refused(together(add('n', 1), add('n', 1))).code, 'duplicate-key');
  assert.equal(driver.refused(together(put('n', '5'), add('n', 1))).code, 'duplicate-key');
  assert.equal(driver.refused(together(add('n', 1), del('n'))).code, 'duplicate-key');
});

test('a repeat under a session adds nothing, and hears the same', () => {
  const driver = new Driver();
  const session = { session: driver.openSession(), request: 1, acknowledged: 0 };
  const first = driver.send(add('n', 5), { session });
  assert.deepEqual(driver.send(add('n', 5), { session }), first);
  const refused = driver.send(add('n', 5, { most: 5 }), { session: { ...session, request: 2 } });
  driver.send(del('n'));
  assert.deepEqual(
    driver.send(add('n', 5, { most: 5 }), { session: { ...session, request: 2 } }),
    refused,
    'a refusal is an answer, too',
  );
  assert.deepEqual(driver.list(everything), []);
});

test('it stays with its lease, changes it or leaves it as a put does', () => {
  const driver = new Driver();
  const lease = driver.grant();
  const leases = [add('n', 1, { lease }), add('n', 1, { keepLease: true }), add('n', 1)].map((body) => {
    driver.send(body);
    const { body: got } = driver.read(get('n'));
    return got.kind === 'get' ? got.entries[0]?.lease : undefined;
  });
  assert.deepEqual(leases, [lease, lease, 0]);
  assert.deepEqual(driver.refused(add('n', 1, { lease: 99 })), {
    code: 'lease-not-found',
    first: 99,
    second: 0,
  });
});

test('its text has to fit where values are very short', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, valueBytesMax: 16 } });
  assert.equal(driver.refused(add('n', -farthest)).code, 'value-too-large');
  driver.expect('add', add('n', farthest));
});
