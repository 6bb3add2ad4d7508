/** Tries, pauses and the ways in which a retry gives up, in a time that the tests move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, QuorateError } from '../../src/base/index.ts';
import { AbortableCall, plainTraits } from '../../src/resilience/call.ts';
import {
  type CallContext,
  type ExecuteOptions,
  type PolicyEvent,
  policy,
  type RetryOptions,
  retry,
  retryBudget,
  type Task,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { failing, settled } from './script.ts';

const steady = { kind: 'constant', delay: 100 } as const;
const notApplied = (): QuorateError =>
  new QuorateError({
    code: 'bulkhead-full',
    message: 'full',
    data: { bulkhead: 'orders', running: 1, queued: 0 },
  });
const unknown = (): QuorateError =>
  new QuorateError({ code: 'deadline-exceeded', message: 'late', data: { milliseconds: 5 } });

/** Carries out one call and tells how it ended, when its tries began, and what was told. */
async function course(
  options: RetryOptions,
  outcomes: readonly (() => unknown)[],
  execute: ExecuteOptions = {},
): Promise<{ ended: unknown; begun: readonly number[]; events: readonly PolicyEvent[]; timers: number }> {
  const clock = new ManualClock();
  const startMs = clock.now();
  const tried = retry({ backoff: steady, clock, ...options });
  const events: PolicyEvent[] = [];
  tried.onEvent((event) => events.push(event));
  const begun: number[] = [];
  const task: Task<unknown> = () => {
    begun.push(clock.now() - startMs);
    const outcome = outcomes[begun.length - 1];
    assert.ok(outcome !== undefined, 'one try more than there are outcomes');
    return outcome();
  };
  const ended = await settled(clock, tried.execute(task, execute));
  return { ended, begun, events, timers: clock.timers };
}

const because = (events: readonly PolicyEvent[]): unknown => {
  const last = events.at(-1);
  return last?.type === 'gave-up' ? last.because : undefined;
};

test('a call that succeeds is made once, and sees the call that it was given', async () => {
  const { ended, begun, events, timers } = await course({}, [() => 'answer']);
  assert.deepEqual([ended, begun, events, timers], [{ value: 'answer' }, [0], [], 0]);
});

test('a call that fails is made again after its pauses, and knows which try it is', async () => {
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const task: Task<string> = ({ attempt }) => {
    seen.push([attempt, clock.now()]);
    if (attempt < 3) throw new Error(`try ${attempt}`);
    return 'third';
  };
  const backoff = { kind: 'linear', base: 100, jitter: 'none' } as const;
  assert.deepEqual(await settled(clock, retry({ backoff, clock }).execute(task)), { value: 'third' });
  assert.deepEqual(seen, [
    [1, 1000],
    [2, 1100],
    [3, 1300],
  ]);
  assert.equal(clock.timers, 0);
});

test('without a word it makes three tries, with pauses that grow and jitter', async () => {
  const clock = new ManualClock();
  const tried = retry({ clock, seed: 1 });
  const pauses: number[] = [];
  tried.onEvent((event) => {
    if (event.type === 'retried') pauses.push(event.delayMs);
  });
  assert.deepEqual(await settled(clock, tried.execute(failing('no'))), { error: 'no' });
  assert.equal(pauses.length, 2);
  assert.ok((pauses[0] ?? 0) < 100 && (pauses[1] ?? 0) < 200 && pauses.every((pauseMs) => pauseMs > 0));
});

test('a pause of nothing sets no timer', async () => {
  const clock = new ManualClock();
  let timers = 0;
  const task = (): never => {
    timers += clock.timers;
    throw new Error('no');
  };
  await assert.rejects(retry({ backoff: 0, maxAttempts: 5, clock }).execute(task), /no/);
  assert.equal(timers, 0);
});

for (const thrown of [undefined, null, 'text', 0, new RangeError('mine')]) {
  test(`what the last try throws goes through as it is: ${String(thrown)}`, async () => {
    for (const outcome of [failing(thrown), (): unknown => Promise.reject(thrown)]) {
      const { ended } = await course({ maxAttempts: 2 }, [failing('first'), outcome]);
      assert.deepEqual(ended, { error: thrown });
      const { ended: single } = await course({ maxAttempts: 1 }, [outcome]);
      assert.deepEqual(single, { error: thrown });
    }
  });
}

test('it tells each try that is followed by another one, and why none is', async () => {
  const { events } = await course({ maxAttempts: 2, name: 'orders' }, [failing('a'), failing('b')]);
  assert.deepEqual(events, [
    {
      type: 'retried',
      kind: 'retry',
      policy: 'orders',
      attempt: 1,
      delayMs: 100,
      error: 'a',
      leftWork: false,
    },
    { type: 'gave-up', kind: 'retry', policy: 'orders', attempts: 2, because: 'attempts' },
  ]);
});

const endings: readonly [string, RetryOptions, readonly unknown[], ExecuteOptions, string, number][] = [
  ['in vain', {}, [{ retryable: false }], {}, 'not-retryable', 1],
  ['a broken assertion', { retryOn: () => true }, [new AssertionFailure('broken')], {}, 'not-retryable', 1],
  ['of unknown outcome', {}, [unknown()], {}, 'unknown-outcome', 1],
  ['of unknown outcome, idempotent', {}, [1, unknown(), unknown()], { idempotent: true }, 'attempts', 3],
  [
    'plain, where that counts as unknown',
    { unstated: 'unknown' },
    [notApplied(), 1],
    {},
    'unknown-outcome',
    2,
  ],
  ['not of a code that is chosen', { codes: ['EAGAIN'] }, [{ code: 'EAGAIN' }, 1], {}, 'not-retryable', 2],
  ['told to come back too late', { retryAfterMax: '1s' }, [{ retryAfterMs: 1001 }], {}, 'retry-after', 1],
  ['without time for a pause', {}, [1, 2], { timeout: 200 }, 'deadline', 2],
  [
    'without time for the time that was asked for',
    {},
    [{ retryAfterMs: 500 }],
    { timeout: 500 },
    'deadline',
    1,
  ],
];
for (const [name, options, errors, execute, why, tries] of endings) {
  test(`gives up: ${name}`, async () => {
    const { ended, begun, events, timers } = await course(options, errors.map(failing), execute);
    assert.deepEqual(ended, { error: errors.at(-1) });
    assert.equal(begun.length, tries);
    assert.equal(because(events), why);
    assert.equal(timers, 0);
  });
}

test('who asks to be left alone for a while is, and those it asked come back spread', async () => {
  const busy = failing({ retryAfterMs: 700 });
  const { begun } = await course({ maxAttempts: 2 }, [busy, () => 'answer']);
  assert.deepEqual(begun, [0, 800]);
  const patient = await course({ maxAttempts: 2, backoff: '2s' }, [busy, () => 'answer']);
  assert.deepEqual(patient.begun, [0, 2000], 'a pause that is long enough is left as it is');
});

test('what was asked for once does not make the pauses after it longer', async () => {
  const said: number[] = [];
  const backoff = (_failed: number, previousMs: number): number => {
    said.push(previousMs);
    return 10;
  };
  await course({ backoff, maxAttempts: 3 }, [failing({ retryAfterMs: 700 }), failing(1), failing(2)]);
  assert.deepEqual(said, [0, 10]);
});

test('a result that counts as a failure is asked for again, and the last one is the answer', async () => {
  const retryResult = (result: unknown): boolean => result === 'busy';
  const good = await course({ retryResult }, [() => 'busy', failing('e'), () => 'done']);
  assert.deepEqual([good.ended, good.begun], [{ value: 'done' }, [0, 100, 200]]);
  assert.deepEqual(good.events[0], {
    type: 'retried',
    kind: 'retry',
    policy: 'retry',
    attempt: 1,
    delayMs: 100,
    result: 'busy',
    leftWork: false,
  });
  const bad = await course({ retryResult, maxAttempts: 2 }, [() => 'busy', () => 'busy']);
  assert.deepEqual([bad.ended, because(bad.events)], [{ value: 'busy' }, 'attempts']);
});

test('a predicate is not asked for what is not tried again anyhow', async () => {
  let asked = 0;
  const retryOn = (): boolean => {
    asked += 1;
    return true;
  };
  await course({ retryOn, maxAttempts: 3 }, [failing(1), failing(2), failing(3)]);
  assert.equal(asked, 2);
});

test('what a predicate or a rule throws is what the call ends with', async () => {
  const broken = failing('of the predicate');
  const byError = await course({ retryOn: broken as () => boolean }, [failing('e')]);
  const byResult = await course({ retryResult: broken as () => boolean }, [() => 'value']);
  const byRule = await course({ backoff: broken as () => number }, [failing('e')]);
  for (const { ended } of [byError, byResult, byRule]) assert.deepEqual(ended, { error: 'of the predicate' });
  const noNumber = await course({ backoff: () => Number.NaN }, [failing('e')]);
  assert.equal((noNumber.ended as { error: { code: string } }).error.code, 'invalid-option');
});

test('"not applied" is said only where it holds for all tries', async () => {
  const doubtful = unknown();
  const refused = notApplied();
  const first = await course({ maxAttempts: 2 }, [failing(doubtful), failing(refused)], { idempotent: true });
  assert.deepEqual(first.ended, { error: doubtful });
  const all = await course({ maxAttempts: 2 }, [failing(notApplied()), failing(refused)]);
  assert.deepEqual(all.ended, { error: refused });
  const plain = await course({ maxAttempts: 2 }, [failing(doubtful), failing('last')], { idempotent: true });
  assert.deepEqual(plain.ended, { error: 'last' }, 'it claims nothing, so it may speak for all');
});

test('nor is it said where an earlier try does not say so: a plain error, nothing, a result', async () => {
  for (const thrown of [new Error('socket hang up'), undefined, { retryable: true }]) {
    const { ended } = await course({ maxAttempts: 2 }, [failing(thrown), failing(notApplied())]);
    assert.deepEqual(ended, { error: thrown });
  }
  const tries = [() => 'half done', failing(notApplied())];
  const { ended } = await course({ maxAttempts: 2, retryResult: () => true }, tries);
  assert.deepEqual(ended, { value: 'half done' });
});

test('a caller who gives up during a pause is answered at once, and nothing stays', async () => {
  const clock = new ManualClock();
  const giving = new AbortController();
  let tries = 0;
  const answer = retry({ backoff: '1h', clock }).execute(
    () => {
      tries += 1;
      throw new Error('no');
    },
    { signal: giving.signal },
  );
  await turn();
  assert.equal(clock.foreground, 1, 'somebody waits, so the process stays');
  giving.abort('enough');
  await assert.rejects(answer, (reason) => reason === 'enough');
  assert.equal(clock.timers, 0);
  clock.advance(3_600_000);
  await turn();
  assert.equal(tries, 1);
});

test('where the end of a pause and that of the call fall together no further try begins', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const limited = policy(timeout({ after: 50, mode: 'cooperative', clock }), retry({ backoff: 49, clock }));
  const answer = limited.execute(() => {
    tries += 1;
    return Promise.reject(new Error('no'));
  });
  await turn();
  clock.advance(50);
  await assert.rejects(answer, { code: 'deadline-exceeded' });
  await turn();
  assert.equal(tries, 1);
  assert.equal(clock.timers, 0);
});

test('an abort by the caller is not tried again', async () => {
  const clock = new ManualClock();
  const giving = new AbortController();
  let tries = 0;
  const inner = retry({ backoff: 0, clock, unstated: 'retry' });
  const answer = inner.execute(
    ({ signal }) =>
      new Promise((_, reject) => {
        tries += 1;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    { signal: giving.signal },
  );
  await turn();
  giving.abort(new DOMException('enough', 'AbortError'));
  await assert.rejects(answer, { name: 'AbortError' });
  await turn();
  assert.equal(tries, 1);
});

test('a process that stood still through the deadline begins no further try', async () => {
  const clock = new ManualClock();
  const tried = retry({ backoff: 900, clock });
  const events: PolicyEvent[] = [];
  tried.onEvent((event) => events.push(event));
  let tries = 0;
  // No timer of its own: that of the pause comes first, whatever the deadline's own would say.
  const call = new AbortableCall(clock, plainTraits, undefined, clock.now() + 1000);
  const answer = tried.run(() => {
    tries += 1;
    return Promise.reject(new Error('no'));
  }, call);
  await turn();
  clock.stall(1500);
  clock.advance(0);
  await assert.rejects(answer, /no/);
  assert.equal(tries, 1);
  assert.equal(because(events), 'deadline');
});

test('a try whose work goes on is told, and whoever counts work hears of it', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<void>();
  const limited = policy(retry({ backoff: 10, maxAttempts: 2, clock }), timeout({ after: 50, clock }));
  const left: boolean[] = [];
  limited.onEvent((event) => {
    if (event.type === 'retried') left.push(event.leftWork);
  });
  let whole: CallContext | undefined;
  const task: Task<string> = (call) => {
    whole ??= call;
    return call.attempt === 1 ? work.promise.then(() => 'late') : 'second';
  };
  assert.deepEqual(await settled(clock, limited.execute(task, { idempotent: true })), { value: 'second' });
  assert.deepEqual(left, [true]);
  assert.equal(whole?.signal.aborted, true, 'the first try was told to stop');
  work.resolve();
});

test('a budget bounds the tries of all its calls together', async () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 0.001, max: 3, clock });
  const events: PolicyEvent[] = [];
  const tries = [retry({ budget, backoff: 0, clock }), retry({ budget, backoff: 0, clock })].map((one) => {
    one.onEvent((event) => events.push(event));
    let made = 0;
    const fail = (): never => {
      made += 1;
      throw new Error('down');
    };
    return {
      execute: () => one.execute(fail).catch(() => undefined),
      succeed: () => one.execute(() => 1),
      made: () => made,
    };
  });
  for (let call = 0; call < 50; call += 1) for (const one of tries) await one.execute();
  assert.equal(
    tries.reduce((sum, { made }) => sum + made(), 0),
    103,
    'one each, and three more',
  );
  assert.equal(because(events), 'budget');
  await tries[0]?.succeed();
  await tries[0]?.succeed();
  await tries[1]?.execute();
  assert.equal(
    tries.reduce((sum, { made }) => sum + made(), 0),
    105,
    'two successes pay for one more try',
  );
});

test('a call that succeeds at last earns as much as one that succeeds at once', async () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 0.001, max: 1, clock });
  const tried = retry({ budget, backoff: 0, clock });
  const task: Task<number> = ({ attempt }) => {
    if (attempt === 1) throw new Error('first');
    return attempt;
  };
  assert.equal(await tried.execute(task), 2);
  assert.equal(budget.available, 0.5);
});

test('a hundred calls leave no timer and no listener', async (t) => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const listening = t.mock.method(signal, 'addEventListener');
  const leaving = t.mock.method(signal, 'removeEventListener');
  const tried = retry({ backoff: 10, clock });
  for (let call = 0; call < 100; call += 1) {
    await settled(
      clock,
      tried.execute(({ attempt }) => (attempt < 3 ? Promise.reject(attempt) : attempt), { signal }),
    );
    await settled(clock, tried.execute(failing('no'), { signal }));
  }
  await turn();
  assert.equal(clock.timers, 0);
  assert.equal(listening.mock.callCount(), 200);
  assert.ok(leaving.mock.callCount() >= 200);
});
