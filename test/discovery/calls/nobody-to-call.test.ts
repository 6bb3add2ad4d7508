/** What a call does while nobody can be called, or nothing is known of its service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, type QuorateError } from '../../../src/base/index.ts';
import { discover, type ServiceSnapshot, type ViewSource } from '../../../src/discovery/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { settled } from '../../resilience/script.ts';
import { snapshotOf } from '../balancing/scene.ts';
import { codeOf, hanging, Scene } from './scene.ts';

const nobody = [
  { name: 'nobody is registered', sketches: [], why: 'none-registered' },
  { name: 'all drain', sketches: [{ id: 'a', status: 'draining' }], why: 'draining' },
  {
    name: 'one drains and one fails its checks',
    sketches: [
      { id: 'a', status: 'draining' },
      { id: 'b', status: 'critical' },
    ],
    why: 'mixed',
  },
  { name: 'all fail their checks', sketches: [{ id: 'a', status: 'critical' }], why: 'critical' },
] as const;

for (const { name, sketches, why } of nobody) {
  test(`${name}: the error says so, and that nothing was done`, async () => {
    const scene = new Scene(sketches, { panicBelow: 0, retry: false });
    const ended = await scene.call(() => 'never');
    assert.ok('error' in ended && isQuorateError(ended.error));
    const { code, outcome, retryable, data } = ended.error as QuorateError<'no-instance'>;
    assert.deepEqual(
      { code, outcome, retryable },
      { code: 'no-instance', outcome: 'not-applied', retryable: true },
    );
    assert.deepEqual(data, { service: 'orders', known: sketches.length, why });
    assert.deepEqual(scene.events, [{ type: 'no-instance', service: 'orders', why, known: sketches.length }]);
  });
}

test('a call that finds nobody is tried again, and goes through when somebody has come', async () => {
  const scene = new Scene([], { retry: { maxAttempts: 3, backoff: { kind: 'constant', delay: 100 } } });
  const answer = scene.begin(({ id }) => id);
  await turn();
  scene.replace(['late']);
  assert.deepEqual(await settled(scene.clock, answer), { value: 'late' });
});

/** A registry that has not been heard yet. */
class SilentSource implements ViewSource {
  readonly listeners = new Set<(snapshot: ServiceSnapshot) => void>();
  snapshot: ServiceSnapshot = { service: 'orders', instances: [], version: 0 };
  closed = 0;

  view() {
    const view = {
      staleMs: 0,
      subscribe: (listener: (snapshot: ServiceSnapshot) => void) => {
        this.listeners.add(listener);
        return () => void this.listeners.delete(listener);
      },
      close: () => {
        this.closed += 1;
      },
    };
    return Promise.resolve(
      Object.defineProperty(view, 'snapshot', { get: () => this.snapshot }) as typeof view & {
        snapshot: ServiceSnapshot;
      },
    );
  }

  tell(snapshot: ServiceSnapshot): void {
    this.snapshot = snapshot;
    for (const listener of [...this.listeners]) listener(snapshot);
  }
}

test('a call waits for the first that is heard of its service, and what that takes is part of its deadline', async () => {
  const clock = new ManualClock();
  const source = new SilentSource();
  const orders = discover(source, { clock }).service('orders', { deadline: '1s' });
  const waiting = orders.call(hanging);
  await turn();
  clock.advance(600);
  source.tell(snapshotOf(['a']));
  await turn();
  clock.advance(399);
  await turn();
  assert.equal(source.listeners.size, 1);
  const ended = settled(clock, waiting, 1);
  assert.equal(codeOf(await ended), 'deadline-exceeded');
  assert.equal(clock.now(), 2_000);
  await turn();
  assert.equal(clock.foreground, 0);
});

test('a service of which nothing is heard is told as that, within the time for it, and leaves nothing behind', async () => {
  const clock = new ManualClock();
  const source = new SilentSource();
  const services = discover(source, { clock });
  const orders = services.service('orders', { firstHearing: '200ms' });
  const ended = await settled(
    clock,
    orders.call(() => 'never'),
  );
  assert.ok('error' in ended && isQuorateError(ended.error));
  assert.deepEqual(ended.error.data, { service: 'orders', known: 0, why: 'not-heard' });
  assert.equal(ended.error.outcome, 'not-applied');
  assert.equal(clock.timers, 0);
  const controller = new AbortController();
  const given = orders.call(() => 'never', { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  await services.close();
  assert.equal(source.closed, 1);
  assert.equal(source.listeners.size, 0);
  await assert.rejects(
    orders.call(() => 'never'),
    { code: 'closed' },
  );
});

test('a view that cannot be opened fails the calls that need it, and is tried again by the next one', async () => {
  const clock = new ManualClock();
  const source = new SilentSource();
  let opened = 0;
  const orders = discover(
    {
      view: () => {
        opened += 1;
        return opened === 1 ? Promise.reject(new Error('no way')) : source.view();
      },
    },
    { clock },
  ).service('orders');
  const first = await settled(
    clock,
    orders.call(() => 'never'),
  );
  assert.match(String('error' in first && first.error), /no way/);
  source.tell(snapshotOf(['a']));
  assert.deepEqual(
    await settled(
      clock,
      orders.call(({ id }) => id),
    ),
    { value: 'a' },
  );
});
