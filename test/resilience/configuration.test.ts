/** Stacks as data: what is refused, what a change keeps, and the presets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  breaker,
  configured,
  type PolicyEvent,
  type PresetName,
  policy,
  presetConfigurations,
  presets,
  retry,
  type StackConfiguration,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { settled } from './script.ts';

const failing = (): Promise<never> => Promise.reject(new Error('down'));
const breaking: StackConfiguration = {
  breaker: { rule: { kind: 'consecutive', failures: 2 }, openFor: '10s' },
};

test('policies stand in the one order, however the data has them', () => {
  const stack = configured({
    timeout: { after: '1s' },
    bulkhead: { running: 5 },
    breaker: {},
    hedge: { after: '1s', idempotent: 'by-call' },
    retry: {},
    rateLimit: { perSecond: 10 },
    adaptiveLimit: {},
    deadline: { after: '5s' },
  });
  assert.deepEqual(
    stack.policies.map(({ name }) => name),
    ['deadline', 'rateLimit', 'retry', 'hedge', 'breaker', 'adaptiveLimit', 'bulkhead', 'timeout'],
  );
});

test('names stand behind that of the stack', () => {
  const stack = configured({ retry: {}, timeout: { after: '1s' } }, { name: 'orders' });
  assert.deepEqual(
    stack.policies.map(({ name }) => name),
    ['orders.retry', 'orders.timeout'],
  );
});

const refusals: readonly [string, unknown, { readonly option: string; readonly value: unknown }][] = [
  ['nothing at all', undefined, { option: 'configuration', value: undefined }],
  ['a part that there is not', { retries: {} }, { option: 'retries', value: {} }],
  ['a part that is a number', { timeout: 5 }, { option: 'timeout', value: 5 }],
  ['a word that means nothing', { retry: { maxAttemps: 5 } }, { option: 'retry.maxAttemps', value: 5 }],
  ['a word that every object has', { constructor: {} }, { option: 'constructor', value: {} }],
  [
    'a word that means nothing further in',
    { breaker: { probes: { sucesses: 3 } } },
    { option: 'breaker.probes.sucesses', value: 3 },
  ],
  [
    'a pause that grows by a word that means nothing',
    { retry: { backoff: { kind: 'linear', base: 1, steps: 2 } } },
    { option: 'retry.backoff.steps', value: 2 },
  ],
  ['a value that a policy refuses', { retry: { maxAttempts: 0 } }, { option: 'retry.maxAttempts', value: 0 }],
  ['a budget below nothing', { retry: {}, budget: { ratio: -1 } }, { option: 'budget.ratio', value: -1 }],
  ['a limit of no time', { timeout: { after: 0 } }, { option: 'timeout.after', value: 0 }],
];
for (const [name, data, refused] of refusals) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => configured(data as StackConfiguration),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        const { option, value } = error.data;
        assert.deepEqual({ option, value }, refused);
        return true;
      },
    );
  });
}

test('a stack of no policy is refused', () => {
  assert.throws(() => configured({}), { code: 'invalid-option', message: /at least one policy/ });
});

test('a circuit that is open stays open when the rest changes', async () => {
  const clock = new ManualClock();
  const stack = configured({ ...breaking, timeout: { after: '1s' } }, { clock });
  for (const _ of [1, 2]) await assert.rejects(stack.execute(failing), /down/);
  stack.reload({ ...breaking, retry: { maxAttempts: 1 } });
  await assert.rejects(
    stack.execute(() => 1),
    { code: 'circuit-open' },
  );
  clock.advance(10_000);
  assert.equal(await stack.execute(() => 'well'), 'well');
});

test('around a stack stands what may stand around all that a change may bring', () => {
  const stack = configured({ timeout: { after: '1s' } });
  policy(breaker(), stack, timeout('1s'));
  // @ts-expect-error: a change may bring a retry into the retry
  assert.throws(() => policy(retry(), stack), {
    code: 'invalid-option',
    message: /deadline inside of retry/,
  });
});

test('new figures are in force for the next call', async () => {
  const clock = new ManualClock();
  const stack = configured({ timeout: { after: 100 } }, { clock });
  stack.reload({ timeout: { after: 50 } });
  assert.equal(await stack.execute(({ remainingMs }) => remainingMs), 50);
  assert.deepEqual(stack.configuration, { timeout: { after: 50 } });
});

test('a rate that is counted in another way begins anew', async () => {
  const clock = new ManualClock();
  const stack = configured({ rateLimit: { calls: 1, per: '10s' } }, { clock });
  await stack.execute(() => 1);
  stack.reload({ rateLimit: { calls: 1, per: '20s' } });
  await assert.rejects(
    stack.execute(() => 1),
    { code: 'rate-limited' },
  );
  stack.reload({ rateLimit: { calls: 1, per: '20s', algorithm: 'sliding-window' } });
  await stack.execute(() => 1);
  await assert.rejects(
    stack.execute(() => 1),
    { code: 'rate-limited' },
  );
});

test('what somebody does to his data afterwards changes nothing, and what he takes over then does', async () => {
  const rate: { calls: number; per: '10s'; algorithm: 'token-bucket' | 'sliding-window' } = {
    calls: 1,
    per: '10s',
    algorithm: 'token-bucket',
  };
  const data = { rateLimit: rate };
  const stack = configured(data, { clock: new ManualClock() });
  await stack.execute(() => 1);
  rate.algorithm = 'sliding-window';
  assert.equal(stack.configuration.rateLimit?.algorithm, 'token-bucket');
  stack.reload(data);
  assert.equal(stack.configuration.rateLimit?.algorithm, 'sliding-window');
  assert.equal(await stack.execute(() => 'counted anew'), 'counted anew');
});

test('what is refused leaves everything as it was', async () => {
  const clock = new ManualClock();
  const stack = configured({ deadline: { after: 100 }, timeout: { after: 80 } }, { clock });
  const wrong = { deadline: { after: 50 }, timeout: { after: 0 } };
  assert.throws(() => stack.reload(wrong), { code: 'invalid-option' });
  assert.deepEqual(stack.configuration, { deadline: { after: 100 }, timeout: { after: 80 } });
  assert.equal(await stack.execute(({ remainingMs }) => remainingMs), 80);
});

test('a listener hears policies that came later, and after it is taken away none', async () => {
  const clock = new ManualClock();
  const stack = configured({ retry: { maxAttempts: 1 } }, { clock });
  const heard: PolicyEvent['type'][] = [];
  const remove = stack.onEvent(({ type }) => heard.push(type));
  stack.reload({ timeout: { after: 10 } });
  const late = async (): Promise<void> => {
    const answer = stack.execute(() => new Promise(() => undefined));
    clock.advance(10);
    await assert.rejects(answer, { code: 'deadline-exceeded' });
  };
  await late();
  stack.reload({ timeout: { after: 10 }, bulkhead: { running: 1, queued: 1 } });
  await late();
  remove();
  stack.reload({ timeout: { after: 10 } });
  await late();
  assert.deepEqual(heard, ['timed-out', 'timed-out']);
});

test('the tries of retry and hedge are paid from one budget', async () => {
  const clock = new ManualClock();
  const stack = configured(
    {
      budget: { ratio: 0, minPerSecond: 0.001, max: 1 },
      retry: { maxAttempts: 5, backoff: { kind: 'constant', delay: 0 } },
    },
    { clock },
  );
  let tries = 0;
  const counting = (): Promise<never> => {
    tries += 1;
    return failing();
  };
  await assert.rejects(stack.execute(counting), /down/);
  await assert.rejects(stack.execute(counting), /down/);
  assert.equal(tries, 3);
});

for (const name of Object.keys(presets) as PresetName[]) {
  test(`the preset ${name} repeats what may have been done only under the caller's word`, async () => {
    for (const [idempotent, least] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const clock = new ManualClock();
      const stack = presets[name]({ clock, seed: 1 });
      let tries = 0;
      const lost = (): Promise<never> => {
        tries += 1;
        return Promise.reject(new Error('socket hang up'));
      };
      assert.ok('error' in (await settled(clock, stack.execute(lost, { idempotent }))));
      assert.equal(Math.min(2, tries), least);
    }
  });

  test(`the preset ${name} is data, and carries a call`, async () => {
    const clock = new ManualClock();
    const data = JSON.parse(JSON.stringify(presetConfigurations[name])) as StackConfiguration;
    assert.deepEqual(data, presetConfigurations[name]);
    const stack = presets[name]({ clock });
    assert.equal(await stack.execute(({ attempt }) => attempt), 1);
    stack.reload({ ...data, timeout: { after: '1s' } });
    assert.equal(await stack.execute(({ remainingMs }) => remainingMs), 1000);
    await turn();
    assert.equal(clock.timers, 0);
  });
}
