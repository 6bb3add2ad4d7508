/** A circuit for each key: apart from each other, bounded, and without timers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyedBreakersOptions, keyedBreakers, type PolicyEvent } from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));
const options = { name: 'upstreams', rule: { kind: 'consecutive', failures: 1 }, openFor: 100 } as const;

test('a key that fails takes nothing from the others', async () => {
  const clock = new ManualClock();
  const circuits = keyedBreakers({ ...options, clock });
  const events: PolicyEvent[] = [];
  circuits.onEvent((event) => events.push(event));
  await assert.rejects(circuits.execute(wrong, { key: 'ill' }), RangeError);
  assert.equal(await circuits.execute(() => 'well', { key: 'well' }), 'well');
  await assert.rejects(
    circuits.execute(() => 1, { key: 'ill' }),
    {
      code: 'circuit-open',
      data: { circuit: 'upstreams ill', state: 'open', retryAfterMs: 100 },
    },
  );
  assert.deepEqual(
    [circuits.stateOf('ill'), circuits.stateOf('well'), circuits.stateOf('new')],
    ['open', 'closed', 'closed'],
  );
  assert.equal(circuits.probesAt('ill'), clock.now() + 100);
  assert.equal(circuits.size, 2, 'looking makes no circuit');
  assert.deepEqual(
    events.map((event) => [event.type, 'key' in event && event.key]),
    [
      ['opened', 'ill'],
      ['refused', 'ill'],
    ],
  );
});

test('a call without a key is refused, and nothing is called', async () => {
  const circuits = keyedBreakers({ ...options, clock: new ManualClock() });
  let begun = false;
  const answer = circuits.execute(() => {
    begun = true;
  });
  await assert.rejects(answer, {
    code: 'invalid-option',
    message: /key is undefined.*upstreams has a circuit for each/,
  });
  assert.equal(begun, false);
});

test('a function may tell the key, and what it fails with is the caller`s', async () => {
  const circuits = keyedBreakers({
    ...options,
    clock: new ManualClock(),
    key: ({ priority }) => {
      if (priority === 'critical') throw new SyntaxError('mine');
      return priority;
    },
  });
  await assert.rejects(circuits.execute(wrong, { priority: 'low' }), RangeError);
  assert.equal(circuits.stateOf('low'), 'open');
  assert.equal(await circuits.execute(() => 'well'), 'well');
  await assert.rejects(
    circuits.execute(() => 1, { priority: 'critical' }),
    SyntaxError,
  );
});

test('a hundred thousand keys leave as many circuits as are allowed, and no timer', async () => {
  const clock = new ManualClock();
  const circuits = keyedBreakers({ ...options, clock, keysMax: 1000 });
  for (let key = 0; key < 100_000; key += 1) {
    const task = key % 10 === 0 ? wrong : (): number => key;
    await circuits.execute(task, { key: `host ${key}` }).catch(() => undefined);
  }
  assert.equal(circuits.size, 1000);
  assert.equal(clock.timers, 0);
});

test('an open circuit stays while there are others to forget, and is told when it has to go', async () => {
  const circuits = keyedBreakers({ ...options, clock: new ManualClock(), keysMax: 3 });
  const events: PolicyEvent[] = [];
  circuits.onEvent((event) => event.type === 'evicted' && events.push(event));
  await assert.rejects(circuits.execute(wrong, { key: 'ill' }), RangeError);
  for (let key = 0; key < 100; key += 1) await circuits.execute(() => key, { key: `well ${key}` });
  assert.equal(circuits.stateOf('ill'), 'open');
  for (const key of ['second', 'third', 'fourth'])
    await assert.rejects(circuits.execute(wrong, { key }), RangeError);
  assert.equal(circuits.size, 3);
  assert.deepEqual(events, [
    { type: 'evicted', kind: 'breaker', policy: 'upstreams', key: 'ill', state: 'open' },
  ]);
});

test('a person isolates, forces and resets one key', async () => {
  const circuits = keyedBreakers({ ...options, clock: new ManualClock() });
  circuits.isolate('a');
  circuits.forceClosed('b');
  await assert.rejects(
    circuits.execute(() => 1, { key: 'a' }),
    { code: 'circuit-open' },
  );
  await assert.rejects(circuits.execute(wrong, { key: 'b' }), RangeError);
  assert.deepEqual([circuits.stateOf('a'), circuits.stateOf('b')], ['isolated', 'forced-closed']);
  for (const key of ['a', 'b', 'never seen']) circuits.reset(key);
  assert.deepEqual([circuits.stateOf('a'), circuits.stateOf('b'), circuits.size], ['closed', 'closed', 2]);
});

test('other options take effect for all keys, without a loss of what is known', async () => {
  const clock = new ManualClock();
  const circuits = keyedBreakers({ ...options, rule: { kind: 'consecutive', failures: 3 }, clock });
  await assert.rejects(circuits.execute(wrong, { key: 'a' }), RangeError);
  await circuits.execute(() => 1, { key: 'b' });
  circuits.configure({ rule: { kind: 'consecutive', failures: 2 }, openFor: 500, keysMax: 5 });
  await assert.rejects(circuits.execute(wrong, { key: 'a' }), RangeError);
  assert.equal(circuits.probesAt('a'), clock.now() + 500);
  for (let key = 0; key < 9; key += 1) await circuits.execute(() => key, { key: `${key}` });
  assert.equal(circuits.size, 5);
});

const refusals: readonly [string, KeyedBreakersOptions][] = [
  ['no keys', { keysMax: 0 }],
  ['a key that is no function', { key: 'host' as never }],
  ['what one breaker refuses', { openFor: 0 }],
];
for (const [name, bad] of refusals) {
  test(`refused when it is made, and when it is configured: ${name}`, () => {
    assert.throws(() => keyedBreakers(bad), { code: 'invalid-option' });
    const circuits = keyedBreakers(options);
    assert.throws(() => circuits.configure(bad), { code: 'invalid-option' });
  });
}
