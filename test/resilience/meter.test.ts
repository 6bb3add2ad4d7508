/** Meters and spans: what is seen from outside of what passes through policies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invalidOption } from '../../src/base/index.ts';
import { policyMetricsText } from '../../src/monitor/index.ts';
import { type CallTracer, meter, policy, spans, timeout } from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);

test('a meter counts how calls ended and how long they took', async () => {
  const clock = new ManualClock();
  const counted = meter({ name: 'orders', clock });
  await counted.execute(() => clock.advance(8));
  await counted.execute(() => clock.advance(40));
  await counted.execute(failing(invalidOption('a', 1, '2'))).catch(() => undefined);
  for (const error of [new RangeError('x'), undefined])
    await counted.execute(failing(error)).catch(() => undefined);
  const { succeeded, failed, running, latencies } = counted.figures;
  assert.deepEqual({ succeeded, running }, { succeeded: 2, running: 0 });
  assert.deepEqual(
    [...failed],
    [
      ['invalid-option', 1],
      ['other', 2],
    ],
  );
  assert.deepEqual([latencies.count, latencies.maxMs, latencies.sumMs], [5, 40, 48]);
});

test('a call that has not ended is running', async () => {
  const counted = meter({ clock: new ManualClock() });
  const work = Promise.withResolvers<void>();
  const call = counted.execute(() => work.promise);
  assert.equal(counted.figures.running, 1);
  work.resolve();
  await call;
  assert.equal(counted.figures.running, 0);
});

test('figures that somebody keeps go on to count', async () => {
  const counted = meter({ clock: new ManualClock() });
  const { figures } = counted;
  const work = Promise.withResolvers<void>();
  const call = counted.execute(() => work.promise);
  assert.equal(figures.running, 1);
  work.resolve();
  await call;
  await counted.execute(failing('no')).catch(() => undefined);
  assert.deepEqual([figures.running, figures.succeeded, figures.failed.get('other')], [0, 1, 1]);
  assert.match(policyMetricsText([figures]), /calls_total\{meter="meter",outcome="ok"\} 1/);
});

test('two meters of one name are refused, because their series would be one', () => {
  const [one, other] = [meter({ name: 'orders' }), meter({ name: 'orders' })];
  assert.throws(() => policyMetricsText([one.figures, other.figures]), {
    code: 'invalid-option',
    message: /name of a meter is "orders"/,
  });
});

test('events of a stack are counted by policy and type, until nobody wants them', async () => {
  const clock = new ManualClock();
  const counted = meter({ name: 'orders', clock });
  const stack = policy(counted, timeout({ after: 10, name: 'slow', clock }));
  const late = (): Promise<unknown> => {
    const call = stack.execute(() => new Promise(() => undefined));
    clock.advance(10);
    return assert.rejects(call);
  };
  const forget = counted.watch(stack);
  await late();
  await late();
  forget();
  await late();
  assert.deepEqual(
    [...counted.figures.events].map(([name, counts]) => [name, [...counts]]),
    [['slow', [['timed-out', 2]]]],
  );
  const text = policyMetricsText([counted.figures]);
  assert.match(text, /quorate_resilience_events_total\{meter="orders",policy="slow",type="timed-out"\} 2/);
  assert.match(text, /quorate_resilience_calls_total\{meter="orders",outcome="deadline-exceeded"\} 3/);
  assert.match(text, /quorate_resilience_calls_total\{meter="orders",outcome="ok"\} 0/);
  assert.match(text, /quorate_resilience_call_seconds_bucket\{meter="orders",le="0.016384"\} 3/);
  assert.match(text, /quorate_resilience_call_seconds_sum\{meter="orders"\} 0.03/);
});

/** Notes what OpenTelemetry would be told. */
function tracer(notes: unknown[]): CallTracer {
  return {
    startActiveSpan: (name, body) => {
      notes.push(['start', name]);
      return body({
        setAttribute: (attribute, value) => notes.push([attribute, value]),
        setStatus: ({ code, message }) => notes.push(['status', code, message]),
        recordException: ({ message }) => void notes.push(['exception', message]),
        end: () => void notes.push(['end']),
      });
    },
  };
}

test('a span begins before the task and ends behind it, with the number of the try', async () => {
  const notes: unknown[] = [];
  const traced = spans({ tracer: tracer(notes), name: 'GET orders', clock: new ManualClock() });
  await traced.execute(() => notes.push('task'), { idempotent: true });
  assert.deepEqual(notes, [
    ['start', 'GET orders'],
    ['quorate.attempt', 1],
    ['quorate.idempotent', true],
    'task',
    ['end'],
  ]);
});

const failures: readonly [string, unknown, readonly unknown[]][] = [
  [
    'of ours is told by its code',
    invalidOption('a', 1, '2'),
    [
      ['error.type', 'invalid-option'],
      ['exception', 'a is 1, but must be 2'],
      ['status', 2, 'a is 1, but must be 2'],
    ],
  ],
  [
    'of others by its class',
    new RangeError('x'),
    [
      ['error.type', 'RangeError'],
      ['exception', 'x'],
      ['status', 2, 'x'],
    ],
  ],
  [
    'that is none by its type',
    undefined,
    [
      ['error.type', 'undefined'],
      ['status', 2, undefined],
    ],
  ],
];
for (const [name, error, told] of failures) {
  test(`a span of an error ${name}, and the error goes through`, async () => {
    const notes: unknown[] = [];
    const traced = spans({ tracer: tracer(notes), clock: new ManualClock() });
    await assert.rejects(traced.execute(failing(error)), (thrown) => thrown === error);
    assert.deepEqual(notes.slice(3), [...told, ['end']]);
  });
}

test('a tracer that is none is refused when the spans are made, and one that throws rejects the call', async () => {
  for (const none of [undefined, null, {}]) {
    assert.throws(() => spans({ tracer: none as unknown as CallTracer }), {
      code: 'invalid-option',
      message: /tracer is /,
    });
  }
  const startActiveSpan = (): never => {
    throw new RangeError('no spans');
  };
  const traced = spans({ tracer: { startActiveSpan }, clock: new ManualClock() });
  const answer = traced.execute(() => 1);
  await assert.rejects(answer, RangeError);
});
