/** A circuit as plain JSON: what another process goes on with, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { QuorateError } from '../../src/base/index.ts';
import {
  type BreakerOptions,
  type BreakerPolicy,
  breaker,
  keyedBreakers,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));
const options = { rule: { kind: 'consecutive', failures: 2 }, openFor: { base: 100, max: 1000 } } as const;

async function failing(circuit: BreakerPolicy, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await assert.rejects(circuit.execute(wrong), RangeError);
}

/** The next process, whose clock is somewhere else. */
function successor(
  circuit: BreakerPolicy,
  more: BreakerOptions = {},
): { circuit: BreakerPolicy; clock: ManualClock } {
  const clock = new ManualClock();
  clock.advance(987_654);
  const next = breaker({ ...options, clock, ...more });
  next.restore(JSON.parse(JSON.stringify(circuit.export())));
  return { circuit: next, clock };
}

test('an open circuit goes on for what remained of its time, and its next wait is longer', async () => {
  const clock = new ManualClock();
  const before = breaker({ ...options, clock });
  await failing(before, 2);
  clock.advance(30);
  const { circuit, clock: nextClock } = successor(before);
  assert.equal(circuit.state, 'open');
  assert.equal(circuit.probesAt, nextClock.now() + 70);
  nextClock.advance(70);
  await failing(circuit, 1);
  assert.equal(circuit.probesAt, nextClock.now() + 200);
});

test('an open circuit is open for no longer than the options of now allow', async () => {
  const before = breaker({ ...options, openFor: '1h', clock: new ManualClock() });
  await failing(before, 2);
  const { circuit, clock } = successor(before);
  assert.equal(circuit.probesAt, clock.now() + 100);
});

test('failures in a row are counted on', async () => {
  const before = breaker({ ...options, clock: new ManualClock() });
  await failing(before, 1);
  const { circuit } = successor(before);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
});

test('a circuit whose upstream never came back is carried over, however often it has opened', async () => {
  const clock = new ManualClock();
  const before = breaker({ ...options, clock });
  before.restore({ version: 1, state: 'open', remainingMs: 0, openings: 1_000_000 });
  await failing(before, 1);
  assert.equal(successor(before).circuit.state, 'open');
});

test('a half-open circuit keeps its successes, and no place for probes that are not here', async () => {
  const clock = new ManualClock();
  const probes = { calls: 1, successes: 2 };
  const before = breaker({ ...options, probes, clock });
  await failing(before, 2);
  clock.advance(100);
  await before.execute(() => 1);
  void before.execute(() => new Promise(() => undefined));
  const { circuit } = successor(before, { probes });
  assert.equal(circuit.state, 'half-open');
  await circuit.execute(() => 1);
  assert.equal(circuit.state, 'closed');
});

for (const order of ['isolate', 'forceClosed'] as const) {
  test(`what a person ordered stays: ${order}`, () => {
    const before = breaker({ ...options, clock: new ManualClock() });
    before[order]();
    assert.equal(successor(before).circuit.state, before.state);
  });
}

test('a call that is under way when another state is restored counts no more', async () => {
  const clock = new ManualClock();
  const circuit = breaker({ ...options, rule: { kind: 'consecutive', failures: 1 }, clock });
  const work = Promise.withResolvers<never>();
  const answer = circuit.execute(() => work.promise);
  circuit.restore({ version: 1, state: 'open', remainingMs: 0, openings: 1 });
  await circuit.execute(() => 'probe');
  assert.equal(circuit.state, 'closed');
  work.reject(new RangeError('late'));
  await assert.rejects(answer, RangeError);
  assert.equal(circuit.state, 'closed');
});

test('keyed breakers carry over the circuits that know something, and those alone', async () => {
  const clock = new ManualClock();
  const before = keyedBreakers({ ...options, clock });
  for (const key of ['ill', 'ill']) await assert.rejects(before.execute(wrong, { key }), RangeError);
  await before.execute(() => 1, { key: 'well' });
  await assert.rejects(before.execute(wrong, { key: '__proto__' }), RangeError);
  const data: unknown = JSON.parse(JSON.stringify(before.export()));
  const after = keyedBreakers({ ...options, clock: new ManualClock() });
  after.restore(data);
  assert.equal(after.size, 2);
  assert.equal(after.stateOf('ill'), 'open');
  await assert.rejects(after.execute(wrong, { key: '__proto__' }), RangeError);
  assert.equal(after.stateOf('__proto__'), 'open');
});

const open = { version: 1, state: 'open', remainingMs: 5, openings: 1 };
const closed = (evidence: unknown): unknown => ({ version: 1, state: 'closed', evidence });
const timed = (more: object): unknown =>
  closed({ rule: 'time-window', bucketMs: 10, buckets: [[1, 0, 0]], ...more });
const refusals: readonly [string, unknown, string][] = [
  ['nothing', undefined, 'data'],
  ['null', null, 'data'],
  ['a text', '{"version":1}', 'data'],
  ['a list', [], 'data.version'],
  ['another version', { ...open, version: 2 }, 'data.version'],
  ['a state that there is not', { ...open, state: 'ajar' }, 'data.state'],
  ['a state of the prototype', { ...open, state: 'toString' }, 'data.state'],
  ['no remaining time', { ...open, remainingMs: undefined }, 'data.remainingMs'],
  ['a negative remaining time', { ...open, remainingMs: -1 }, 'data.remainingMs'],
  ['an endless remaining time', { ...open, remainingMs: Number.POSITIVE_INFINITY }, 'data.remainingMs'],
  ['never opened', { ...open, openings: 0 }, 'data.openings'],
  ['opened half a time', { ...open, openings: 1.5 }, 'data.openings'],
  [
    'successes that are a text',
    { version: 1, state: 'half-open', openings: 1, successes: '1' },
    'data.successes',
  ],
  ['no evidence', closed(undefined), 'evidence'],
  ['evidence by no rule', closed({ rule: 'lunar' }), 'evidence.rule'],
  ['failures below none', closed({ rule: 'consecutive', failures: -1 }), 'evidence.failures'],
  ['outcomes that there are not', closed({ rule: 'count-window', outcomes: 'sx' }), 'evidence.outcomes'],
  [
    'outcomes without an end',
    closed({ rule: 'count-window', outcomes: 's'.repeat(100_001) }),
    'evidence.outcomes',
  ],
  ['buckets of no time', timed({ bucketMs: 0 }), 'evidence.bucketMs'],
  ['buckets that are none', timed({ buckets: 'many' }), 'evidence.buckets'],
  ['too many buckets', timed({ buckets: Array.from({ length: 1001 }, () => [0, 0, 0]) }), 'evidence.buckets'],
  ['a bucket of two numbers', timed({ buckets: [[1, 0]] }), 'evidence.buckets'],
  ['more failures than calls', timed({ buckets: [[1, 2, 0]] }), 'evidence.buckets'],
];
for (const [name, data, option] of refusals) {
  test(`not restored: ${name}`, async () => {
    const circuit = breaker({ ...options, clock: new ManualClock() });
    await failing(circuit, 1);
    const before = circuit.export();
    assert.throws(
      () => circuit.restore(data),
      (error) => {
        assert.ok(error instanceof QuorateError && error.code === 'invalid-option');
        assert.equal((error as QuorateError<'invalid-option'>).data.option, option);
        return true;
      },
    );
    assert.deepEqual(circuit.export(), before);
    const keyed = keyedBreakers({ ...options, clock: new ManualClock() });
    assert.throws(() => keyed.restore({ good: open, bad: data }), { code: 'invalid-option' });
    assert.equal(keyed.size, 0, 'nothing of it was taken over');
  });
}

/** Near to what is right, so that most of it is wrong in one place only. */
const almostData = fc.record(
  {
    version: fc.constantFrom(1, 1, 1, 2),
    state: fc.constantFrom('closed', 'open', 'half-open', 'isolated', 'forced-closed', 'ajar'),
    remainingMs: fc.oneof(fc.double(), fc.nat()),
    openings: fc.oneof(fc.double(), fc.nat(2_000_000)),
    successes: fc.oneof(fc.double(), fc.nat()),
    evidence: fc.oneof(
      fc.anything(),
      fc.record(
        {
          rule: fc.constantFrom('consecutive', 'count-window', 'time-window'),
          failures: fc.oneof(fc.double(), fc.nat()),
          outcomes: fc.oneof(fc.string(), fc.stringMatching(/^[sfSF]*$/)),
          bucketMs: fc.double(),
          buckets: fc.array(fc.array(fc.nat(), { minLength: 2, maxLength: 3 })),
        },
        { requiredKeys: ['rule'] },
      ),
    ),
  },
  { requiredKeys: ['version', 'state'] },
);

for (const kind of ['consecutive', 'count-window', 'time-window'] as const) {
  test(`whatever is restored is refused by name, or is a circuit that lets calls through again: ${kind}`, async () => {
    const rule = { kind, failures: 2, calls: 5, span: 1000, ratio: 0.5, minimum: 2 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.anything(), almostData), async (data) => {
        const clock = new ManualClock();
        const circuit = breaker({ ...options, rule, clock });
        try {
          circuit.restore(data);
        } catch (error) {
          assert.ok(error instanceof QuorateError && error.code === 'invalid-option', String(error));
        }
        circuit.restore(JSON.parse(JSON.stringify(circuit.export())));
        clock.advance(1000);
        if (circuit.state === 'isolated') circuit.reset();
        assert.equal(await circuit.execute(() => 'well'), 'well');
      }),
    );
  });
}
