/** A breaker around calls: what counts, who is let through, what is told, and what must never be left behind. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AssertionFailure, QuorateError } from '../../src/base/index.ts';
import {
  type BreakerOptions,
  type BreakerPolicy,
  breaker,
  type CallContext,
  type PolicyEvent,
  policy,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));

interface Ground {
  readonly clock: ManualClock;
  readonly circuit: BreakerPolicy;
  readonly events: PolicyEvent[];
}

function ground(options: BreakerOptions = {}): Ground {
  const clock = new ManualClock();
  const rule = { kind: 'consecutive', failures: 2 } as const;
  const circuit = breaker({ clock, name: 'orders', rule, openFor: 100, ...options });
  const events: PolicyEvent[] = [];
  circuit.onEvent((event) => events.push(event));
  return { clock, circuit, events };
}

async function failing(circuit: BreakerPolicy, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await assert.rejects(circuit.execute(wrong), RangeError);
}

test('a circuit opens, refuses at once with when it will probe, probes, and closes', async () => {
  const { clock, circuit, events } = ground();
  await failing(circuit, 2);
  assert.equal(circuit.state, 'open');
  assert.equal(circuit.probesAt, clock.now() + 100);
  clock.advance(30);
  let begun = false;
  const refused = circuit.execute(() => {
    begun = true;
  });
  await assert.rejects(refused, {
    code: 'circuit-open',
    outcome: 'not-applied',
    data: { circuit: 'orders', state: 'open', retryAfterMs: 70 },
    message: /orders: the circuit is open, and lets a call through in 70 ms/,
  });
  assert.equal(begun, false);
  clock.advance(70);
  assert.equal(await circuit.execute(() => 'well'), 'well');
  assert.equal(circuit.state, 'closed');
  assert.equal(circuit.probesAt, undefined);
  const told = { kind: 'breaker', policy: 'orders', key: undefined };
  assert.deepEqual(events, [
    { ...told, type: 'opened', cause: 'failures', forMs: 100 },
    { ...told, type: 'refused', state: 'open', retryAfterMs: 70 },
    { ...told, type: 'half-opened' },
    { ...told, type: 'closed' },
  ]);
});

test('half-open does not let everyone through', async () => {
  const { clock, circuit } = ground({ probes: { calls: 3, successes: 3 } });
  await failing(circuit, 2);
  clock.advance(100);
  const gate = Promise.withResolvers<string>();
  let begun = 0;
  const answers = Array.from({ length: 1000 }, () =>
    circuit.execute(() => {
      begun += 1;
      return gate.promise;
    }),
  );
  const settled = Promise.allSettled(answers);
  await turn();
  assert.equal(begun, 3);
  assert.equal(circuit.state, 'half-open');
  gate.resolve('well');
  const refused = (await settled).filter(
    (outcome) => outcome.status === 'rejected' && outcome.reason.code === 'circuit-open',
  );
  assert.equal(refused.length, 997);
  assert.equal(circuit.state, 'closed');
});

test('a probe that never ends has its place for a time only', async () => {
  const { clock, circuit } = ground({ probes: { lentFor: 500 } });
  await failing(circuit, 2);
  clock.advance(100);
  void circuit.execute(never);
  await assert.rejects(
    circuit.execute(() => 1),
    { data: { circuit: 'orders', state: 'half-open', retryAfterMs: null } },
  );
  clock.advance(500);
  assert.equal(await circuit.execute(() => 'well'), 'well');
  assert.equal(circuit.state, 'closed');
});

test('who gives up while it is the probe gives the place back at once, and it counts neither way', async () => {
  const { clock, circuit, events } = ground();
  await failing(circuit, 2);
  clock.advance(100);
  const giving = new AbortController();
  const work = Promise.withResolvers<string>();
  const given = circuit.execute(() => work.promise, { signal: giving.signal });
  await turn();
  giving.abort('enough');
  await assert.rejects(given, (reason) => reason === 'enough');
  work.resolve('too late for everybody');
  await turn();
  assert.equal(circuit.state, 'half-open');
  assert.equal(await circuit.execute(() => 'well'), 'well');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['opened', 'half-opened', 'closed'],
  );
});

test('a call that was given up before it began takes no place', async () => {
  const { clock, circuit } = ground();
  await failing(circuit, 2);
  clock.advance(100);
  await assert.rejects(
    circuit.execute(() => 1, { signal: AbortSignal.abort('early') }),
    (reason) => reason === 'early',
  );
  assert.equal(circuit.state, 'open');
});

test('callers who give up say nothing of what they called', async () => {
  const { circuit } = ground({ rule: { kind: 'consecutive', failures: 1 } });
  const giving = new AbortController();
  const heeding = ({ signal }: CallContext): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const given = circuit.execute(heeding, { signal: giving.signal });
  await turn();
  giving.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  await turn();
  assert.equal(circuit.state, 'closed');
});

test('one call whose time is over ends no other call of the breaker', async () => {
  const { clock, circuit } = ground({ rule: { kind: 'consecutive', failures: 1 } });
  const stack = policy(circuit, timeout({ after: 50, clock }));
  const signals: AbortSignal[] = [];
  const work = Promise.withResolvers<string>();
  const task = ({ signal }: CallContext): Promise<string> => {
    signals.push(signal);
    return work.promise;
  };
  const late = stack.execute(task);
  clock.advance(40);
  const inTime = stack.execute(task);
  clock.advance(10);
  await assert.rejects(late, { code: 'deadline-exceeded' });
  assert.equal(circuit.state, 'open', 'a time limit further in is a failure');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  work.resolve('well');
  assert.equal(await inTime, 'well');
  assert.equal(circuit.state, 'open', 'the call began before the circuit opened');
});

const refusal = { circuit: 'other', state: 'open', retryAfterMs: 1 } as const;
const silent: readonly [string, unknown][] = [
  ['a circuit further in', new QuorateError({ code: 'circuit-open', message: 'm', data: refusal })],
  [
    'a full bulkhead',
    new QuorateError({ code: 'bulkhead-full', message: 'm', data: { bulkhead: 'b', running: 1, queued: 0 } }),
  ],
  ['a failed assertion', new AssertionFailure('this program is wrong')],
];
for (const [name, error] of silent) {
  test(`says nothing of what was called: ${name}`, async () => {
    const { clock, circuit } = ground({ rule: { kind: 'consecutive', failures: 1 } });
    const throwing = (): never => {
      throw error;
    };
    await assert.rejects(circuit.execute(throwing), (thrown) => thrown === error);
    assert.equal(circuit.state, 'closed');
    await failing(circuit, 1);
    clock.advance(100);
    await assert.rejects(circuit.execute(throwing), (thrown) => thrown === error);
    assert.equal(circuit.state, 'half-open');
    assert.equal(await circuit.execute(() => 'well'), 'well', 'the place was given back');
  });
}

const loud: readonly [string, unknown][] = [
  ['an error', new Error('no')],
  ['nothing at all', undefined],
  ['a text', 'no'],
  [
    'an engine that cannot be reached',
    new QuorateError({
      code: 'engine-unreachable',
      message: 'm',
      data: { engine: 'etcd', address: 'a' },
      outcome: 'not-applied',
    }),
  ],
  [
    'chaos',
    new QuorateError({ code: 'chaos-injected', message: 'm', data: { chaos: 'c', fault: 'failure' } }),
  ],
];
for (const [name, error] of loud) {
  test(`is a failure, and passes through as it is: ${name}`, async () => {
    const { circuit } = ground({ rule: { kind: 'consecutive', failures: 1 } });
    const throwing = (): never => {
      throw error;
    };
    const outcome = await circuit.execute(throwing).then(
      () => ({ resolved: true }),
      (thrown: unknown) => ({ thrown }),
    );
    assert.deepEqual(outcome, { thrown: error });
    assert.equal(circuit.state, 'open');
  });
}

test('an error that is an answer counts as a success, and an answer that is a failure as one', async () => {
  const { circuit } = ground({
    failure: (error) => error instanceof RangeError,
    failureResult: (value) => value === 503,
  });
  const missing = (): never => {
    throw new TypeError('not found');
  };
  await failing(circuit, 1);
  await assert.rejects(circuit.execute(missing), TypeError);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'closed');
  assert.equal(await circuit.execute(() => 503), 503);
  assert.equal(circuit.state, 'open');
});

test('what a function that judges fails with reaches the caller, and keeps no place', async () => {
  const { clock, circuit } = ground({
    failureResult: (value) => {
      if (value === 'strange') throw new SyntaxError('mine');
      return false;
    },
  });
  await failing(circuit, 2);
  clock.advance(100);
  await assert.rejects(
    circuit.execute(() => 'strange'),
    SyntaxError,
  );
  assert.equal(await circuit.execute(() => 'well'), 'well');
  assert.equal(circuit.state, 'closed');
});

test('a slow answer is a failure where the breaker is told what is slow', async () => {
  const { clock, circuit } = ground({ slowCall: { after: '1s' } });
  const slow = (): string => {
    clock.stall(1000);
    return 'late';
  };
  assert.equal(await circuit.execute(slow), 'late');
  assert.equal(await circuit.execute(slow), 'late');
  assert.equal(circuit.state, 'open');
});

test('a share of slow answers has a limit of its own', async () => {
  const { clock, circuit, events } = ground({
    rule: { kind: 'time-window', span: '10s', ratio: 1, minimum: 4 },
    slowCall: { after: '1s', ratio: 0.5 },
  });
  for (const takesMs of [0, 1000, 0, 999]) await circuit.execute(() => clock.stall(takesMs));
  assert.equal(circuit.state, 'closed');
  for (const takesMs of [1000, 1000]) await circuit.execute(() => clock.stall(takesMs));
  assert.equal(circuit.state, 'open');
  assert.deepEqual(
    events.map((event) => event.type === 'opened' && event.cause),
    ['slow-calls'],
  );
});

test('while it is closed and goes by failures in a row it does not look at the clock', async (t) => {
  const { clock, circuit } = ground();
  const now = t.mock.method(clock, 'now');
  for (let call = 0; call < 10; call += 1) await circuit.execute(() => call);
  assert.equal(now.mock.callCount(), 0);
});

test('a person isolates, forces and resets, and each is told once', async () => {
  const { circuit, events } = ground();
  circuit.isolate();
  circuit.isolate();
  await assert.rejects(
    circuit.execute(() => 1),
    {
      data: { circuit: 'orders', state: 'isolated', retryAfterMs: null },
      message: /isolated by hand; reset it/,
    },
  );
  circuit.forceClosed();
  await failing(circuit, 5);
  assert.equal(circuit.state, 'forced-closed');
  circuit.reset();
  assert.equal(circuit.state, 'closed');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['isolated', 'refused', 'forced-closed', 'closed'],
  );
});

test('ten thousand calls of all fates leave neither timer nor listener, at the signal of their caller either', async () => {
  const { clock, circuit } = ground({
    slowCall: { after: 1000 },
    rule: { kind: 'count-window', calls: 10, ratio: 0.5, minimum: 5 },
  });
  const caller = new AbortController();
  const { signal } = caller;
  for (let call = 0; call < 10_000; call += 1) {
    if (call % 50 === 0) clock.advance(100);
    await circuit.execute(call % 7 < 3 ? wrong : () => call, { signal }).catch(() => undefined);
  }
  await turn();
  assert.equal(clock.timers, 0);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('what a call held is held by nobody when it has ended', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  t.after(() => setFlagsFromString('--no-expose-gc'));
  const { clock, circuit } = ground();
  const held: WeakRef<object>[] = [];
  const call = async (fails: boolean): Promise<void> => {
    const load = { bytes: new Uint8Array(1000) };
    held.push(new WeakRef(load));
    const task = (): Promise<number> => (fails ? Promise.reject(load) : Promise.resolve(load.bytes.length));
    await circuit.execute(task).catch(() => undefined);
  };
  for (let round = 0; round < 100; round += 1) {
    await call(false);
    await call(true);
    await call(true);
    await call(false);
    clock.advance(100);
  }
  for (let tries = 0; tries < 20 && held.some((one) => one.deref() !== undefined); tries += 1) {
    await turn();
    collect();
  }
  assert.equal(held.filter((one) => one.deref() !== undefined).length, 0);
});
