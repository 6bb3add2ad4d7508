/** The options of a breaker: what is refused, and what becomes of what it knows when they become others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { type BreakerOptions, type BreakerPolicy, breaker } from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));

interface Ground {
  readonly clock: ManualClock;
  readonly circuit: BreakerPolicy;
}

function ground(options: BreakerOptions = {}): Ground {
  const clock = new ManualClock();
  const rule = { kind: 'consecutive', failures: 2 } as const;
  const circuit = breaker({ clock, name: 'orders', rule, openFor: 100, ...options });
  return { clock, circuit };
}

async function failing(circuit: BreakerPolicy, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await assert.rejects(circuit.execute(wrong), RangeError);
}

test('other options take effect without a loss of what is known', async () => {
  const { clock, circuit } = ground({ rule: { kind: 'consecutive', failures: 3 } });
  await failing(circuit, 1);
  circuit.configure({ rule: { kind: 'consecutive', failures: 2 }, openFor: '1h' });
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
  assert.equal(circuit.probesAt, clock.now() + 3_600_000);
  circuit.configure({ rule: { kind: 'count-window', calls: 10, ratio: 0.5, minimum: 2 }, openFor: '10s' });
  assert.equal(circuit.probesAt, clock.now() + 10_000, 'no longer than it would be now');
  clock.advance(10_000);
  await circuit.execute(() => 'probe');
  await circuit.execute(() => 1);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open', 'by the new rule');
});

test('probes keep their places through another configuration', async () => {
  const { clock, circuit } = ground({ probes: { calls: 2, successes: 2 } });
  await failing(circuit, 2);
  clock.advance(100);
  const first = Promise.withResolvers<number>();
  const probe = circuit.execute(() => first.promise);
  circuit.configure({ probes: { calls: 1, successes: 1 } });
  await assert.rejects(
    circuit.execute(() => 1),
    { code: 'circuit-open' },
  );
  first.resolve(1);
  await probe;
  assert.equal(circuit.state, 'closed');
});

test('options that are refused change nothing', () => {
  const { circuit, clock } = ground();
  for (const options of [
    { openFor: 0 },
    { name: 'other' },
    { clock: new ManualClock() },
    { failure: 5 as never },
  ]) {
    assert.throws(() => circuit.configure(options), { code: 'invalid-option' });
  }
  circuit.configure({ name: 'orders', clock });
});

const refusals: readonly [string, BreakerOptions, string][] = [
  ['no failures at all', { rule: { kind: 'consecutive', failures: 0 } }, 'rule.failures'],
  ['half a failure', { rule: { kind: 'consecutive', failures: 1.5 } }, 'rule.failures'],
  ['a rule that there is not', { rule: { kind: 'lunar' } as never }, 'rule'],
  ['a rule that is none', { rule: null as never }, 'rule'],
  [
    'a window of no calls',
    { rule: { kind: 'count-window', calls: 0, ratio: 0.5, minimum: 1 } },
    'rule.calls',
  ],
  [
    'a window too large to keep',
    { rule: { kind: 'count-window', calls: 1e6, ratio: 0.5, minimum: 1 } },
    'rule.calls',
  ],
  [
    'a minimum that the window never has',
    { rule: { kind: 'count-window', calls: 5, ratio: 0.5, minimum: 6 } },
    'rule.minimum',
  ],
  ['a share of nothing', { rule: { kind: 'count-window', calls: 5, ratio: 0, minimum: 1 } }, 'rule.ratio'],
  ['a share above one', { rule: { kind: 'count-window', calls: 5, ratio: 1.1, minimum: 1 } }, 'rule.ratio'],
  ['a span of no time', { rule: { kind: 'time-window', span: 0, ratio: 0.5, minimum: 1 } }, 'rule.span'],
  [
    'no buckets',
    { rule: { kind: 'time-window', span: '1s', ratio: 0.5, minimum: 1, buckets: 0 } },
    'rule.buckets',
  ],
  ['a slow call of negative time', { slowCall: { after: -1 } }, 'slowCall.after'],
  ['a share of slow calls in a row', { slowCall: { after: 1, ratio: 0.5 } }, 'slowCall.ratio'],
  ['open for no time', { openFor: 0 }, 'openFor'],
  ['a wait that shrinks', { openFor: { base: 10, max: 100, factor: 0.5 } }, 'openFor.factor'],
  ['a longest wait below the first', { openFor: { base: 10, max: 9 } }, 'openFor.max'],
  ['no probes', { probes: { calls: 0 } }, 'probes.calls'],
  ['no successes', { probes: { successes: 0 } }, 'probes.successes'],
  ['a place lent for no time', { probes: { lentFor: 0 } }, 'probes.lentFor'],
  ['probes that are a number', { probes: 3 as never }, 'probes'],
  ['a failure that is no function', { failure: true as never }, 'failure'],
  ['a failure of results that is no function', { failureResult: [503] as never }, 'failureResult'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => breaker(options),
      (error) => {
        assert.ok(error instanceof QuorateError && error.code === 'invalid-option');
        assert.equal((error as QuorateError<'invalid-option'>).data.option, option);
        return true;
      },
    );
  });
}
