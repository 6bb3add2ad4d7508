/** How a call begins that says something of itself, and how it is given up. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import {
  type CallContext,
  type ExecuteOptions,
  Policy,
  type Priority,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);

test('who gives up is answered at once with his reason, and the task hears of it', async () => {
  const giving = new AbortController();
  let seen: AbortSignal | undefined;
  const limit = timeout({ after: 1000, clock: new ManualClock() });
  const answer = limit.execute(
    ({ signal }) => {
      seen = signal;
      return never();
    },
    { signal: giving.signal },
  );
  await turn();
  giving.abort('enough');
  await assert.rejects(answer, (reason) => reason === 'enough');
  assert.equal(seen?.reason, 'enough');
});

test('a signal that has aborted begins nothing', async () => {
  let begun = false;
  const limit = timeout({ after: 1000, clock: new ManualClock() });
  const task = (): void => {
    begun = true;
  };
  await assert.rejects(
    limit.execute(task, { signal: AbortSignal.abort('early') }),
    (reason) => reason === 'early',
  );
  assert.equal(begun, false);
});

test('a task that gives its own call up while it begins is answered as well', async () => {
  const giving = new AbortController();
  const limit = timeout({ after: 1000, clock: new ManualClock() });
  const answer = limit.execute(
    () => {
      giving.abort('mine');
      return never();
    },
    { signal: giving.signal },
  );
  await assert.rejects(answer, (reason) => reason === 'mine');
});

test('a hundred calls leave no listener at the signal of their caller', async () => {
  const giving = new AbortController();
  const clock = new ManualClock();
  const limit = timeout({ after: 1000, clock });
  for (let call = 0; call < 100; call += 1) {
    await limit.execute(({ signal }) => signal.aborted, { signal: giving.signal });
    await limit
      .execute(() => Promise.reject(new Error('no')), { signal: giving.signal })
      .catch(() => undefined);
  }
  await turn();
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
  assert.equal(clock.timers, 0);
});

test('a policy of somebody else that throws leaves no listener and no timer', async () => {
  class Throwing extends Policy<'custom'> {
    constructor(timed: ManualClock) {
      super(['custom'], 'throwing', timed);
    }
    override run(): never {
      throw new RangeError('at once');
    }
  }
  const giving = new AbortController();
  const clock = new ManualClock();
  const answer = new Throwing(clock).execute(() => 1, { signal: giving.signal, timeout: 100 });
  await assert.rejects(answer, RangeError);
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
  assert.equal(clock.timers, 0);
});

test('a limit of the call alone ends it, and leaves no timer when it was not needed', async () => {
  const clock = new ManualClock();
  const limit = timeout({ after: 1000, clock });
  assert.equal(await limit.execute(({ remainingMs }) => remainingMs, { timeout: 50 }), 50);
  const answer = limit.execute(never, { timeout: 50 });
  await turn();
  clock.advance(50);
  await assert.rejects(answer, { code: 'deadline-exceeded', data: { milliseconds: 50 } });
});

test('what a call says of itself reaches the task, and but for its key the calls within', async () => {
  const limit = timeout({ after: 1000, clock: new ManualClock() });
  const told = ({ idempotent, priority, key }: CallContext): unknown => ({ idempotent, priority, key });
  const outer: ExecuteOptions = { idempotent: true, priority: 'critical', key: 'ann' };
  const [own, inner, changed] = await limit.execute(
    async (call) => [
      told(call),
      await limit.execute(told, { within: call }),
      await limit.execute(told, { within: call, priority: 'low', key: 'ben' }),
    ],
    outer,
  );
  assert.deepEqual(own, outer);
  assert.deepEqual(inner, { ...outer, key: undefined });
  assert.deepEqual(changed, { idempotent: true, priority: 'low', key: 'ben' });
});

test('a call within one that is given up hears it and ends', async () => {
  const giving = new AbortController();
  const limit = timeout({ after: 1000, clock: new ManualClock() });
  let inner: Promise<unknown> | undefined;
  const outer = limit.execute(
    (call) => {
      inner = limit.execute(({ signal }) => once(signal), { within: call });
      return inner;
    },
    { signal: giving.signal },
  );
  await turn();
  giving.abort('enough');
  await assert.rejects(outer, (reason) => reason === 'enough');
  await assert.rejects(inner as Promise<unknown>, (reason) => reason === 'enough');
});

const refusals: readonly [string, ExecuteOptions, RegExp][] = [
  ['a priority that there is not', { priority: 'urgent' as Priority }, /priority is "urgent"/],
  [
    'a word that is neither yes nor no',
    { idempotent: 'no' as unknown as boolean },
    /idempotent is "no", but must be true or false/,
  ],
  ['a limit below nothing', { timeout: -1 }, /timeout is -1/],
  ['a call that is none', { within: {} as CallContext }, /within is .*the call that a task was given/],
];
for (const [name, options, message] of refusals) {
  test(`rejects: ${name}`, async () => {
    const limit = timeout({ after: 1000, clock: new ManualClock() });
    await assert.rejects(
      limit.execute(() => 1, options),
      { code: 'invalid-option', message },
    );
  });
}

test('a listener that throws harms no call', async (t) => {
  const clock = new ManualClock();
  const limit = timeout({ after: 10, clock });
  const thrown: (() => void)[] = [];
  t.mock.method(globalThis, 'queueMicrotask', (callback: () => void) => thrown.push(callback));
  limit.onEvent(() => {
    throw new Error('of the listener');
  });
  const answer = limit.execute(never);
  clock.advance(10);
  await assert.rejects(answer, { code: 'deadline-exceeded' });
  assert.throws(() => thrown[0]?.(), /of the listener/);
});

function once(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
