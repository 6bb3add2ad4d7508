/** The recorder writes down what clients see, in one order, under the rules that the parser enforces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, QuorateError } from '../../../src/base/index.ts';
import { HistoryRecorder, parseHistory, serializeHistory } from '../../../src/sim/history/index.ts';

test('two clients are recorded in the order in which things happened', () => {
  let now = 5;
  const recorder = new HistoryRecorder({ now: () => now });
  const [alice, bob] = [recorder.client(), recorder.client()];
  const write = alice.invoke({ f: 'write', key: 'x', value: 1 });
  now = 5.25;
  const read = bob.invoke({ f: 'read', key: 'x' });
  write.ok({ revision: 3 });
  now = 6;
  read.ok({ value: 1, revision: 3 });
  assert.equal(
    serializeHistory(recorder.history().events),
    [
      '{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":0}',
      '{"process":1,"type":"invoke","f":"read","key":"x","value":null,"time":250000}',
      '{"process":0,"type":"ok","f":"write","key":"x","value":null,"time":250000,"revision":3}',
      '{"process":1,"type":"ok","f":"read","key":"x","value":1,"time":1000000,"revision":3}',
      '',
    ].join('\n'),
  );
});

test('a client whose outcome is unknown goes on under a fresh process number', () => {
  const recorder = new HistoryRecorder({ now: () => 0 });
  const [alice, bob] = [recorder.client(), recorder.client()];
  alice.invoke({ f: 'write', key: 'x', value: 1 }).info();
  bob.invoke({ f: 'read', key: 'x' }).ok();
  alice.invoke({ f: 'write', key: 'x', value: 2 }).ok();
  const { events, operations } = recorder.history();
  assert.deepEqual(
    operations.map(({ process }) => process),
    [0, 1, 2],
  );
  assert.deepEqual(parseHistory(serializeHistory(events)).operations, operations);
});

test('what is still under way counts as unknown, and can end later', () => {
  const recorder = new HistoryRecorder({ now: () => 0 });
  const write = recorder.client().invoke({ f: 'write', key: 'x', value: 1 });
  const early = recorder.history();
  write.ok();
  assert.equal(early.operations[0]?.outcome, 'unknown');
  assert.equal(early.operations[0]?.completeAt, Number.POSITIVE_INFINITY);
  assert.equal(recorder.history().operations[0]?.outcome, 'applied');
});

test('an attempt is recorded by what its error says of the outcome', async () => {
  const recorder = new HistoryRecorder({ now: () => 0 });
  const client = recorder.client();
  const request = { f: 'write', key: 'x', value: 1 } as const;
  const refused = new QuorateError({ code: 'queue-full', message: 'full', data: { queue: 'q', limit: 1 } });
  const lost = new QuorateError({
    code: 'network-failed',
    message: 'lost',
    data: { operation: 'write', address: 'a', system: 'ECONNRESET' },
  });
  await client.attempt(request, async () => ({ revision: 4 }));
  await assert.rejects(
    client.attempt(request, () => Promise.reject(refused)),
    refused,
  );
  await assert.rejects(
    client.attempt(request, () => Promise.reject(lost)),
    lost,
  );
  await assert.rejects(
    client.attempt(request, () => Promise.reject(new TypeError('bug'))),
    TypeError,
  );
  const { operations } = recorder.history();
  assert.deepEqual(
    operations.map(({ outcome }) => outcome),
    ['applied', 'not-applied', 'unknown', 'unknown'],
  );
  assert.deepEqual(
    operations.map(({ process }) => process),
    [0, 0, 0, 1],
  );
  assert.equal(operations[0]?.revision, 4);
});

test('a client cannot do two things at once, nor end one thing twice', () => {
  const recorder = new HistoryRecorder({ now: () => 0 });
  const client = recorder.client();
  const read = client.invoke({ f: 'read', key: 'x' });
  assert.throws(() => client.invoke({ f: 'read', key: 'x' }), AssertionFailure);
  read.ok();
  assert.throws(() => read.ok(), AssertionFailure);
  assert.throws(() => read.info(), AssertionFailure);
});

test('an answer that does not fit the function is refused and not recorded', () => {
  const recorder = new HistoryRecorder({ now: () => 0 });
  const add = recorder.client().invoke({ f: 'add', key: 'x', value: 1 });
  assert.throws(() => add.ok({ value: 'one' }), /add that ended ok is the new value/);
  assert.equal(recorder.size, 1);
  add.ok({ value: 1 });
  assert.equal(recorder.history().operations[0]?.output, 1);
});

test('a clock that goes back is an error, not a reordered history', () => {
  let now = 10;
  const recorder = new HistoryRecorder({ now: () => now });
  const read = recorder.client().invoke({ f: 'read', key: 'x' });
  now = 20;
  read.ok();
  now = 15;
  assert.throws(() => recorder.client().invoke({ f: 'read', key: 'x' }), /before/);
});
