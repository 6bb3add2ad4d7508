/** Faults on purpose: which ones, when they end, and that they are never on by accident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng, QuorateError } from '../../src/base/index.ts';
import { drawFault } from '../../src/resilience/chaos-fault.ts';
import { type ChaosOptions, chaos, type PolicyEvent } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

const always = { probability: 1 };

function injected(fault: string, outcome: 'not-applied' | 'unknown'): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof QuorateError);
    const { code, data } = error;
    assert.deepEqual(
      { code, data, outcome: error.outcome },
      {
        ...{ code: 'chaos-injected', data: { chaos: 'chaos', fault }, outcome },
      },
    );
    return true;
  };
}

const failures: readonly [string, ChaosOptions['failure'], string, 'not-applied' | 'unknown', number][] = [
  ['before the call', always, 'failure', 'not-applied', 0],
  ['before the call, which does not say so', { ...always, outcome: 'unknown' }, 'failure', 'unknown', 0],
  ['after the call', { ...always, at: 'after' }, 'lost answer', 'unknown', 1],
];
for (const [name, failure, fault, outcome, made] of failures) {
  test(`a failure ${name}`, async () => {
    const faulty = chaos({ enabled: true, ...(failure && { failure }) });
    let calls = 0;
    await assert.rejects(
      faulty.execute(() => {
        calls += 1;
      }),
      injected(fault, outcome),
    );
    assert.equal(calls, made);
  });
}

test('what a call throws by itself goes through, also where its answer would have been lost', async () => {
  const faulty = chaos({ enabled: true, failure: { ...always, at: 'after' } });
  for (const thrown of [new RangeError('mine'), undefined]) {
    const outcome = await faulty
      .execute(() => {
        throw thrown;
      })
      .catch((error: unknown) => ({ error }));
    assert.deepEqual(outcome, { error: thrown });
  }
});

test('a delay lies between its bounds, and leaves no timer', async () => {
  const clock = new ManualClock();
  const events: PolicyEvent[] = [];
  const delay = { ...always, least: 100, most: 200 };
  const faulty = chaos({ enabled: true, seed: 7, delay, clock });
  faulty.onEvent((event) => events.push(event));
  const answers: number[] = [];
  for (let call = 0; call < 20; call += 1) void faulty.execute(() => answers.push(clock.now() - 1000));
  for (let step = 0; step < 300; step += 1) {
    clock.advance(1);
    await turn();
  }
  assert.equal(answers.length, 20);
  assert.ok(answers.every((afterMs) => afterMs >= 100 && afterMs <= 200));
  assert.ok(new Set(answers).size > 10);
  assert.equal(clock.timers, 0);
  const [first] = events;
  assert.ok(first?.type === 'chaos-injected' && first.delayMs >= 100 && first.fault === 'nothing');
});

for (const fault of ['delay', 'hang'] as const) {
  test(`a ${fault} ends at once with the caller's reason, and leaves nothing`, async () => {
    const clock = new ManualClock();
    const faulty = chaos({
      enabled: true,
      delay: { probability: fault === 'delay' ? 1 : 0, most: '1h' },
      hang: { probability: fault === 'hang' ? 1 : 0 },
      clock,
    });
    const leaving = new AbortController();
    let calls = 0;
    const answer = faulty.execute(
      () => {
        calls += 1;
      },
      { signal: leaving.signal },
    );
    await turn();
    leaving.abort('gone');
    await assert.rejects(answer, (reason) => reason === 'gone');
    assert.equal(clock.timers, 0);
    assert.equal(calls, 0);
  });
}

test('switched off, calls are as they are, those that are held up go on, and those that hang fail', async () => {
  const clock = new ManualClock();
  const hanging = chaos({ enabled: true, hang: always, clock });
  const slow = chaos({
    enabled: true,
    delay: { ...always, least: '1h', most: '1h' },
    failure: always,
    clock,
  });
  const hung = hanging.execute(() => 1);
  const held = slow.execute(() => 2);
  await turn();
  hanging.disable();
  slow.disable();
  await assert.rejects(hung, injected('hang', 'unknown'));
  assert.equal(await held, 2);
  assert.equal(clock.timers, 0);
  assert.equal(hanging.isEnabled, false);
  assert.equal(await hanging.execute(() => 3), 3);
  hanging.configure({ enabled: true, failure: always });
  await assert.rejects(
    hanging.execute(() => 4),
    injected('failure', 'not-applied'),
  );
  hanging.configure({ enabled: false, failure: always });
  assert.equal(await hanging.execute(() => 5), 5);
  hanging.enable();
  await assert.rejects(
    hanging.execute(() => 6),
    injected('failure', 'not-applied'),
  );
});

test('the same seed makes the same faults, and another probability leaves the other kinds where they were', () => {
  const rules = {
    delay: { probability: 0.5, leastMs: 0, mostMs: 100 },
    failure: { probability: 0.2, at: 'before', outcome: 'unknown' },
    hang: { probability: 0 },
  } as const;
  const drawn = (given: Parameters<typeof drawFault>[0]): ReturnType<typeof drawFault>[] => {
    const random = new Prng(4711);
    return Array.from({ length: 500 }, () => drawFault(given, random));
  };
  const faults = drawn(rules);
  assert.deepEqual(drawn(rules), faults);
  const undelayed = drawn({ ...rules, delay: { ...rules.delay, probability: 0 } });
  assert.deepEqual(
    undelayed.map(({ kind }) => kind),
    faults.map(({ kind }) => kind),
  );
  const share = (of: (fault: { delayMs: number; kind: string }) => boolean): number =>
    faults.filter(of).length / faults.length;
  assert.ok(Math.abs(share(({ delayMs }) => delayMs > 0) - 0.5) < 0.1);
  assert.ok(Math.abs(share(({ kind }) => kind === 'failure-before') - 0.2) < 0.1);
});

test('two policies with one seed make one story', async () => {
  const story = async (seed: number): Promise<string> => {
    const faulty = chaos({ enabled: true, seed, failure: { probability: 0.5 } });
    let told = '';
    for (let call = 0; call < 64; call += 1) told += await faulty.execute(() => '+').catch(() => '-');
    return told;
  };
  assert.equal(await story(1), await story(1));
  assert.notEqual(await story(1), await story(2));
});

const refused: readonly [string, unknown, RegExp][] = [
  ['where it is not said whether it is on', {}, /enabled is undefined/],
  ['where that is said in a text', { enabled: 'true' }, /enabled is "true"/],
  ['a probability above 1', { enabled: true, hang: { probability: 1.1 } }, /hang.probability is 1.1/],
  [
    'a probability that is none',
    { enabled: true, failure: { probability: Number.NaN } },
    /failure.probability/,
  ],
  ['a probability in a text', { enabled: true, hang: { probability: '0.5' } }, /hang.probability is "0.5"/],
  [
    'a delay that ends before it begins',
    { enabled: true, delay: { probability: 1, least: 5, most: 4 } },
    /delay.least is 5/,
  ],
  [
    'a failure at a time that there is not',
    { enabled: true, failure: { ...always, at: 'during' } },
    /failure.at/,
  ],
  [
    'a lost answer of a call that was not made',
    { enabled: true, failure: { ...always, at: 'after', outcome: 'not-applied' } },
    /the call was made/,
  ],
  [
    'an outcome that there is not',
    { enabled: true, failure: { ...always, outcome: 'done' } },
    /failure.outcome is "done"/,
  ],
  ['a seed that is no whole number', { enabled: true, seed: 0.5 }, /seed is 0.5/],
];
for (const [name, options, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(() => chaos(options as ChaosOptions), { code: 'invalid-option', message });
    const usual = chaos({ enabled: false });
    assert.throws(() => usual.configure(options as ChaosOptions), { code: 'invalid-option' });
    assert.equal(usual.isEnabled, false);
  });
}
