/** Calls that are carried out once for a key, in one process; what its memory is bounded by, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import {
  type AnswerStore,
  idempotencyKeys,
  MemoryAnswers,
  type PolicyEvent,
  policy,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { answerStories, notApplied, storyTtlMs, Work } from './answer-stories.ts';

answerStories(async () => {
  const clock = new ManualClock();
  const store = new MemoryAnswers({ ttl: storyTtlMs, clock });
  return {
    store,
    other: store,
    pass: async (milliseconds) => clock.advance(milliseconds),
    [Symbol.asyncDispose]: async () => assert.equal(clock.timers, 0),
  };
});

const throwing = (error: unknown) => (): never => {
  throw error;
};
const never = (): never => assert.fail('it was carried out a second time');

test('without a store it remembers by itself, and gives answers by reference', async () => {
  const once = idempotencyKeys({ clock: new ManualClock() });
  const answer = { charged: 5 };
  await once.execute(() => answer, { key: 'a' });
  assert.equal(await once.execute(never, { key: 'a' }), answer);
});

test('a failure that says that nothing was done says so of its end only, while something of the call goes on', async () => {
  const clock = new ManualClock();
  const once = policy(idempotencyKeys({ clock, isNotApplied: () => true }), timeout({ after: 100, clock }));
  const work = new Work();
  const first = once.execute(work.task, { key: 'a' });
  await work.begun();
  clock.advance(100);
  await assert.rejects(first, { code: 'deadline-exceeded' });
  await assert.rejects(once.execute(never, { key: 'a' }), { code: 'answer-pending' });
  work.answer('late');
});

test('which failures say that nothing was done can be told, and told anew', async () => {
  const once = idempotencyKeys({ isNotApplied: (error) => error === 'declined' });
  await assert.rejects(once.execute(throwing('declined'), { key: 'a' }));
  assert.equal(await once.execute(() => 1, { key: 'a' }), 1);
  once.configure({ key: ({ key }) => `new ${key}` });
  assert.equal(await once.execute(() => 2, { key: 'a' }), 2);
  await assert.rejects(once.execute(throwing('declined'), { key: 'b' }));
  await assert.rejects(once.execute(never, { key: 'b' }), { code: 'answer-pending' });
});

test('a rule that throws itself leaves the call in doubt, and the key with nobody', async () => {
  const once = idempotencyKeys({
    isNotApplied: () => {
      throw new RangeError('rule');
    },
  });
  await assert.rejects(once.execute(throwing('no'), { key: 'a' }), RangeError);
  await assert.rejects(once.execute(never, { key: 'a' }), { code: 'answer-pending' });
});

test('beyond its bound the oldest answers go, what is in doubt or under way never does, and then a call is refused', async () => {
  const store = new MemoryAnswers({ keysMax: 2 });
  const once = idempotencyKeys({ store });
  for (const key of ['a', 'b', 'c']) await once.execute(() => key, { key });
  assert.equal(store.size, 2);
  assert.equal(await once.execute(never, { key: 'b' }), 'b');
  assert.equal(await once.execute(() => 'anew', { key: 'a' }), 'anew');
  await assert.rejects(once.execute(throwing('lost'), { key: 'doubt' }));
  const work = new Work();
  const first = once.execute(work.task, { key: 'work' });
  await work.begun();
  assert.equal(store.size, 2);
  await assert.rejects(once.execute(never, { key: 'one more' }), {
    code: 'queue-full',
    outcome: 'not-applied',
    data: { queue: 'idempotency keys', limit: 2 },
  });
  await assert.rejects(once.execute(never, { key: 'doubt' }), { code: 'answer-pending' });
  work.answer('done');
  await first;
  assert.equal(await once.execute(() => 'room', { key: 'one more' }), 'room');
});

test('a store that does not answer before the call was begun: it was not, and the error says so', async () => {
  const away = new QuorateError({
    code: 'engine-unreachable',
    message: 'away',
    data: { engine: 'quorate', address: 'here' },
    outcome: 'unknown',
  });
  const failing = (error: unknown): AnswerStore => ({
    claim: () => Promise.reject(error),
    untilSettled: () => Promise.resolve(),
    forget: () => undefined,
  });
  await assert.rejects(idempotencyKeys({ store: failing(away) }).execute(never, { key: 'a' }), (error) => {
    assert.ok(error instanceof QuorateError);
    assert.deepEqual([error.code, error.outcome, error.cause], ['engine-unreachable', 'not-applied', away]);
    return true;
  });
  for (const error of [notApplied(), undefined])
    await assert.rejects(
      idempotencyKeys({ store: failing(error) }).execute(never, { key: 'a' }),
      (thrown) => thrown === error,
    );
});

test('who gives up while his key is being claimed begins nothing, and leaves it free', async () => {
  const claiming = Promise.withResolvers<void>();
  const settled: string[] = [];
  const settle = (how: string) => (): void => void settled.push(how);
  const store: AnswerStore = {
    async claim() {
      await claiming.promise;
      const claim = { answer: settle('answer'), free: settle('free'), doubt: settle('doubt') };
      return { state: 'claimed', claim };
    },
    untilSettled: () => Promise.resolve(),
    forget: () => undefined,
  };
  const leaving = new AbortController();
  const once = idempotencyKeys({ store });
  const call = once.execute(never, { key: 'a', signal: leaving.signal });
  leaving.abort('enough');
  await assert.rejects(call, (error) => error === 'enough');
  claiming.resolve();
  await turn();
  assert.deepEqual(settled, ['free']);
});

test('what cannot be written down is told, and changes nothing about the call', async () => {
  const events: PolicyEvent[] = [];
  const broken = new Error('full');
  const fail = (): Promise<never> => Promise.reject(broken);
  const store: AnswerStore = {
    claim: () => ({ state: 'claimed', claim: { answer: fail, free: fail, doubt: fail } }),
    untilSettled: () => Promise.resolve(),
    forget: () => undefined,
  };
  const once = idempotencyKeys({ store, name: 'payments' });
  once.onEvent((event) => events.push(event));
  assert.equal(await once.execute(() => 1, { key: 'a' }), 1);
  await assert.rejects(once.execute(throwing('mine'), { key: 'b' }), (error) => error === 'mine');
  const told = { kind: 'idempotency', policy: 'payments' } as const;
  assert.deepEqual(events, [
    { type: 'answer-not-kept', ...told, key: 'a', error: broken },
    { type: 'answer-in-doubt', ...told, key: 'b', error: 'mine' },
    { type: 'answer-not-kept', ...told, key: 'b', error: broken },
  ]);
});

const refused: readonly [string, () => unknown, RegExp][] = [
  [
    'a way to wait that there is not',
    () => idempotencyKeys({ whilePending: 'hope' as 'wait' }),
    /whilePending/,
  ],
  [
    'a rule that is none',
    () => idempotencyKeys({ isNotApplied: true as unknown as () => boolean }),
    /isNotApplied/,
  ],
  ['a store that is none', () => idempotencyKeys({ store: {} as AnswerStore }), /store is/],
  ['no time to remember', () => new MemoryAnswers({ ttl: 0 }), /ttl is 0/],
  ['no room', () => new MemoryAnswers({ keysMax: 0 }), /keysMax is 0/],
];
for (const [name, make, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(make, { code: 'invalid-option', message });
  });
}
