/** Calls that share an execution: who is answered with what, who gives up, and what that does to the others. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Call,
  type CallContext,
  Policy,
  type PolicyEvent,
  policy,
  singleFlight,
  type Task,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

/** A task that is answered when the test says so, and knows who has begun it. */
class Upstream {
  readonly calls: CallContext[] = [];
  readonly answers: PromiseWithResolvers<unknown>[] = [];

  readonly task = (call: CallContext): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    this.calls.push(call);
    this.answers.push(answer);
    return answer.promise;
  };
}

/** A caller, with what became of his call. */
function outcomeOf(promise: Promise<unknown>): Promise<{ value: unknown } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

test('calls without a key within a call that has one are carried out each by itself', async () => {
  const shared = singleFlight();
  const answers = await timeout('1h').execute(
    (call) => Promise.all(['user', 'orders'].map((what) => shared.execute(() => what, { within: call }))),
    { key: 'ann' },
  );
  assert.deepEqual(answers, ['user', 'orders']);
});

test('calls of one key share one execution and its answer, by reference; the next one begins anew', async () => {
  const upstream = new Upstream();
  const shared = singleFlight();
  const answers = [1, 2, 3].map(() => shared.execute(upstream.task, { key: 'a' }));
  const other = shared.execute(upstream.task, { key: 'b' });
  await turn();
  assert.equal(upstream.calls.length, 2);
  const value = { price: 5 };
  upstream.answers[0]?.resolve(value);
  upstream.answers[1]?.resolve('other');
  for (const answer of await Promise.all(answers)) assert.equal(answer, value);
  assert.equal(await other, 'other');
  const next = shared.execute(upstream.task, { key: 'a' });
  assert.equal(upstream.calls.length, 3);
  upstream.answers[2]?.resolve('new');
  assert.equal(await next, 'new');
});

test('a failure is shared by reference, whatever was thrown', async () => {
  for (const thrown of [new RangeError('mine'), undefined, null, 'text']) {
    const shared = singleFlight({ key: 'all' });
    const upstream = new Upstream();
    const outcomes = [1, 2].map(() => outcomeOf(shared.execute(upstream.task)));
    await turn();
    upstream.answers[0]?.reject(thrown);
    for (const outcome of await Promise.all(outcomes)) assert.deepEqual(outcome, { error: thrown });
    const throwing = outcomeOf(
      shared.execute(() => {
        throw thrown;
      }),
    );
    assert.deepEqual(await throwing, { error: thrown });
  }
});

test('whoever hears an answer and asks again begins anew', async () => {
  const shared = singleFlight({ key: 'all' });
  let executions = 0;
  const task = async (): Promise<number> => {
    executions += 1;
    return executions;
  };
  const again = (): Promise<number> => shared.execute(task).then(() => shared.execute(task));
  assert.deepEqual(await Promise.all([again(), again()]), [2, 2]);
});

test('a call without a key is carried out by itself', async () => {
  const shared = singleFlight();
  let executions = 0;
  const task = async (): Promise<number> => {
    executions += 1;
    return executions;
  };
  assert.deepEqual(await Promise.all([shared.execute(task), shared.execute(task)]), [1, 2]);
});

test('who gives up is answered at once, and the others go on; the last one ends the work', async () => {
  const upstream = new Upstream();
  const shared = singleFlight({ key: 'all' });
  const [first, second] = [new AbortController(), new AbortController()];
  const outcomes = [first, second].map(({ signal }) => outcomeOf(shared.execute(upstream.task, { signal })));
  await turn();
  first.abort('first');
  assert.deepEqual(await outcomes[0], { error: 'first' });
  assert.equal(upstream.calls[0]?.signal.aborted, false);
  second.abort('second');
  assert.deepEqual(await outcomes[1], { error: 'second' });
  assert.equal(upstream.calls[0]?.signal.aborted, true);
  assert.equal(upstream.calls[0]?.signal.reason, 'second');
  const later = outcomeOf(shared.execute(upstream.task));
  await turn();
  assert.equal(upstream.calls.length, 2, 'work that was aborted is shared with nobody');
  upstream.answers[0]?.resolve('too late');
  await turn();
  const third = outcomeOf(shared.execute(upstream.task));
  await turn();
  assert.equal(upstream.calls.length, 2, 'the end of what was aborted ends nothing else');
  upstream.answers[1]?.resolve('in time');
  assert.deepEqual(await Promise.all([later, third]), [{ value: 'in time' }, { value: 'in time' }]);
});

test('a deadline is its caller’s: the first one over, the second one is answered', async () => {
  const clock = new ManualClock();
  const upstream = new Upstream();
  const shared = singleFlight({ key: 'all', clock });
  const outcomes = [100, 500].map((limitMs) =>
    outcomeOf(shared.execute(upstream.task, { timeout: limitMs })),
  );
  await turn();
  assert.equal(upstream.calls[0]?.deadline, Number.POSITIVE_INFINITY);
  clock.advance(100);
  assert.equal(((await outcomes[0]) as { error: { code: string } }).error.code, 'deadline-exceeded');
  upstream.answers[0]?.resolve('late for one');
  assert.deepEqual(await outcomes[1], { value: 'late for one' });
  assert.equal(clock.timers, 0);
});

/** A policy outside that lets the test look at the call and hold it up. */
class Outside extends Policy<'custom'> {
  readonly calls: Call[] = [];
  gate: Promise<void> | undefined;

  constructor(clock?: ManualClock) {
    super(['custom'], 'outside', clock);
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const own = call.retried(1);
    this.calls.push(own);
    await this.gate;
    return await task(own);
  }
}

test('a caller who has given up before he came begins nothing', async () => {
  const upstream = new Upstream();
  const outside = new Outside();
  const gate = Promise.withResolvers<void>();
  outside.gate = gate.promise;
  const leaving = new AbortController();
  const outcome = outcomeOf(
    policy(outside, singleFlight({ key: 'all' })).execute(upstream.task, { signal: leaving.signal }),
  );
  leaving.abort('gone');
  gate.resolve();
  assert.deepEqual(await outcome, { error: 'gone' });
  await turn();
  assert.equal(upstream.calls.length, 0);
});

test('work that its last caller has left is counted as his until it settles', async () => {
  const upstream = new Upstream();
  const outside = new Outside();
  const shared = policy(outside, singleFlight({ key: 'all' }));
  const signals = [new AbortController(), new AbortController()];
  const outcomes = signals.map(({ signal }) => outcomeOf(shared.execute(upstream.task, { signal })));
  await turn();
  for (const leaving of signals) leaving.abort('gone');
  await Promise.all(outcomes);
  const [first, last] = outside.calls;
  assert.equal(
    first?.whenSettled(),
    undefined,
    'whoever left while another one waited leaves nothing behind',
  );
  const settled = last?.whenSettled();
  assert.ok(settled !== undefined);
  upstream.answers[0]?.reject('late');
  await settled;
  await turn();
  assert.equal(last?.whenSettled(), undefined);
});

test('what the shared work leaves behind is counted once', async () => {
  const clock = new ManualClock();
  const outside = new Outside(clock);
  const upstream = new Upstream();
  const shared = policy(outside, singleFlight({ key: 'all', clock }), timeout({ after: 100, clock }));
  const outcomes = [1, 2].map(() => outcomeOf(shared.execute(upstream.task)));
  await turn();
  clock.advance(100);
  await Promise.all(outcomes);
  const unsettled = outside.calls.map((call) => call.whenSettled() !== undefined);
  assert.deepEqual(unsettled, [true, false]);
  upstream.answers[0]?.resolve('late');
  await outside.calls[0]?.whenSettled();
});

test('a task that makes its only caller give up before it has returned is aborted', async () => {
  const outside = new Outside();
  const leaving = new AbortController();
  const work = Promise.withResolvers<string>();
  let signal: AbortSignal | undefined;
  const outcome = outcomeOf(
    policy(outside, singleFlight({ key: 'all' })).execute(
      (call) => {
        signal = call.signal;
        leaving.abort('gone');
        return work.promise;
      },
      { signal: leaving.signal },
    ),
  );
  assert.deepEqual(await outcome, { error: 'gone' });
  assert.equal(signal?.aborted, true);
  assert.ok(outside.calls[0]?.whenSettled() !== undefined);
  work.resolve('late');
});

test('as many keys as may be: one more is carried out by itself, and told of', async () => {
  const upstream = new Upstream();
  const events: PolicyEvent[] = [];
  const shared = singleFlight({ name: 'prices', keysMax: 1 });
  shared.onEvent((event) => events.push(event));
  const outcomes = ['a', 'b', 'b', 'a'].map((key) => shared.execute(upstream.task, { key }));
  await turn();
  assert.deepEqual(
    upstream.calls.map(({ key }) => key),
    ['a', 'b', 'b'],
  );
  for (const [at, { resolve }] of upstream.answers.entries()) resolve(at);
  assert.deepEqual(await Promise.all(outcomes), [0, 1, 2, 0]);
  const told = { kind: 'single-flight', policy: 'prices' } as const;
  assert.deepEqual(events, [
    { type: 'flight-unshared', ...told, key: 'b' },
    { type: 'flight-unshared', ...told, key: 'b' },
    { type: 'flight-joined', ...told, key: 'a' },
  ]);
  shared.configure({ keysMax: 2, key: ({ priority }) => priority });
  const again = ['low', 'high', 'low'].map((priority) =>
    shared.execute(upstream.task, { priority: priority as 'low' | 'high' }),
  );
  await turn();
  assert.equal(upstream.calls.length, 5);
  for (const [at, { resolve }] of upstream.answers.entries()) resolve(at);
  assert.deepEqual(await Promise.all(again), [3, 4, 3]);
});

test('callers leave nothing at their signals, whether they have left or were answered', async () => {
  const upstream = new Upstream();
  const shared = singleFlight({ key: 'all' });
  const lasting = new AbortController();
  const staying = outcomeOf(shared.execute(upstream.task, { signal: lasting.signal }));
  for (let caller = 0; caller < 100; caller += 1) {
    const leaving = new AbortController();
    const left = outcomeOf(shared.execute(upstream.task, { signal: leaving.signal }));
    leaving.abort('gone');
    assert.deepEqual(await left, { error: 'gone' });
    assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
  }
  upstream.answers[0]?.resolve('done');
  assert.deepEqual(await staying, { value: 'done' });
  assert.equal(getEventListeners(lasting.signal, 'abort').length, 0);
  assert.equal(upstream.calls.length, 1);
});

test('a function for the key that throws rejects its call', async () => {
  const shared = singleFlight({
    key: () => {
      throw new RangeError('mine');
    },
  });
  await assert.rejects(
    shared.execute(() => 1),
    RangeError,
  );
});

test('refused when it is made, and when it is configured', () => {
  for (const keysMax of [0, -1, 1.5, Number.NaN])
    assert.throws(() => singleFlight({ keysMax }), { code: 'invalid-option', message: /keysMax/ });
  assert.throws(() => singleFlight({ key: 5 as unknown as string }), {
    code: 'invalid-option',
    message: /key/,
  });
  assert.throws(() => singleFlight().configure({ keysMax: 0 }), { code: 'invalid-option' });
});

type Step =
  | { readonly kind: 'call'; readonly key: number }
  | { readonly kind: 'settle'; readonly key: number }
  | { readonly kind: 'leave'; readonly caller: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('call' as const), key: fc.nat(2) }),
  fc.record({ kind: fc.constant('settle' as const), key: fc.nat(2) }),
  fc.record({ kind: fc.constant('leave' as const), caller: fc.nat(12) }),
);

test('whatever callers do, each hears what the model says, and no work goes on that nobody waits for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const upstream = new Upstream();
      const shared = singleFlight();
      const callers: { leaving: AbortController; outcome: Promise<unknown>; expected: unknown }[] = [];
      /** By key, who waits for which execution. */
      const model = new Map<number, { execution: number; waiting: Set<number> }>();
      for (const next of steps) {
        if (next.kind === 'call') {
          const flight = model.get(next.key) ?? { execution: upstream.calls.length, waiting: new Set() };
          model.set(next.key, flight);
          flight.waiting.add(callers.length);
          const leaving = new AbortController();
          const { signal } = leaving;
          const outcome = outcomeOf(shared.execute(upstream.task, { key: String(next.key), signal }));
          callers.push({ leaving, outcome, expected: undefined });
        } else if (next.kind === 'settle') {
          const flight = model.get(next.key);
          if (flight === undefined) continue;
          upstream.answers[flight.execution]?.resolve(flight.execution);
          for (const at of flight.waiting)
            Object.assign(callers[at] ?? {}, { expected: { value: flight.execution } });
          model.delete(next.key);
        } else {
          const caller = callers[next.caller];
          caller?.leaving.abort('gone');
          for (const [key, flight] of model) {
            if (!flight.waiting.delete(next.caller)) continue;
            Object.assign(caller ?? {}, { expected: { error: 'gone' } });
            if (flight.waiting.size === 0) model.delete(key);
          }
        }
        await turn();
        const running = new Set([...model.values()].map(({ execution }) => execution));
        upstream.calls.forEach(({ signal }, at) => {
          const isOver = signal.aborted || callers.some(({ expected }) => isValue(expected, at));
          assert.equal(!isOver, running.has(at));
        });
      }
      for (const { outcome, expected } of callers)
        if (expected !== undefined) assert.deepEqual(await outcome, expected);
    }),
    { numRuns: 60 },
  );
});

function isValue(expected: unknown, value: number): boolean {
  return typeof expected === 'object' && expected !== null && 'value' in expected && expected.value === value;
}
