/** Checks joined for one registration: what it is told, when it is given up, and what is never left behind. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import {
  type Check,
  HealthCounters,
  type HealthEvent,
  type HealthTarget,
  type HealthWatch,
  type HealthWatchOptions,
  healthCheck,
  watchHealth,
} from '../../../src/discovery/index.ts';
import type { ManualClock } from '../../net/manual-clock.ts';
import { throwsWith } from '../../ports/expectations.ts';
import { healthGround, Patient, RememberingTarget } from './health-ground.ts';

interface Scene {
  readonly clock: ManualClock;
  readonly patient: Patient;
  readonly target: RememberingTarget;
  readonly watch: HealthWatch;
  pass(milliseconds: number): Promise<void>;
}

const steady = { kind: 'own', interval: '1s', timeout: 400, jitter: 0 } as const;

function scene(check: Partial<Check> = {}, options: HealthWatchOptions = {}): Scene {
  const { clock, ports, pass } = healthGround();
  const patient = new Patient();
  const target = new RememberingTarget();
  const own = { ...steady, thresholds: { failing: 1 }, run: patient.run, ...check } as Check;
  const watch = watchHealth(target, [own], { ports, ...options });
  return { clock, patient, target, watch, pass };
}

test('a registration is told each change and nothing twice', async () => {
  const { patient, target, watch, pass } = scene();
  await pass(0);
  await pass(1000);
  assert.deepEqual(target.told, ['critical', 'passing']);
  patient.verdict = 'warning';
  await pass(1000);
  patient.verdict = new Error('no disk');
  await pass(1000);
  assert.equal(watch.reports[0]?.detail, 'no disk');
  patient.verdict = undefined;
  await pass(1000);
  assert.deepEqual(target.told, ['critical', 'passing', 'warning', 'critical', 'passing']);
  assert.equal(watch.counters.changes, 4);
  watch.close();
});

test('a check that hangs is critical at its limit, one promise and no more, and may come back', async () => {
  const { patient, target, watch, pass } = scene();
  await pass(0);
  patient.verdict = 'hangs';
  await pass(1000);
  await pass(400);
  assert.equal(watch.status, 'critical');
  assert.equal(patient.aborted.length, 1);
  for (let second = 0; second < 20; second += 1) await pass(1000);
  assert.equal(patient.waiting, 1);
  assert.equal(patient.looks, 2);
  assert.deepEqual([...(watch.counters.looks.get('own') ?? [])].slice(0, 2), [
    ['passing', 1],
    ['timed-out', 1],
  ]);
  assert.ok((watch.counters.looks.get('own')?.get('hanging') ?? 0) >= 19);
  patient.verdict = true;
  patient.release();
  await pass(1000);
  assert.equal(watch.status, 'passing');
  assert.deepEqual(target.told, ['critical', 'passing', 'critical', 'passing']);
  watch.close();
});

test('a process that stood still does not judge by the time that it missed, and no more than once a look', async () => {
  const { clock, patient, watch, pass } = scene();
  await pass(0);
  patient.verdict = 'hangs';
  await pass(1000);
  clock.stall(5000);
  await pass(0);
  assert.equal(watch.status, 'passing');
  assert.equal(watch.counters.looks.get('own')?.get('stalled'), 1);
  // What came meanwhile counts.
  patient.release();
  await pass(0);
  assert.equal(watch.counters.looks.get('own')?.get('passing'), 2);
  await pass(0);
  clock.stall(5000);
  await pass(0);
  assert.equal(watch.status, 'passing');
  clock.stall(5000);
  await pass(0);
  assert.equal(watch.status, 'critical');
  assert.equal(watch.counters.looks.get('own')?.get('timed-out'), 1);
  patient.release();
  watch.close();
});

test('critical for too long: the registration is closed, and nothing looks any more', async () => {
  const { clock, patient, target, watch, pass } = scene({}, { deregisterAfter: '3s' });
  await pass(0);
  patient.verdict = false;
  for (let second = 0; second < 3; second += 1) await pass(1000);
  assert.equal(watch.isGivenUp, false);
  target.failures = 2;
  await pass(1000);
  assert.equal(watch.isGivenUp, true);
  assert.equal(watch.counters.givenUp, 1);
  const { looks } = patient;
  await pass(500);
  await pass(1000);
  assert.deepEqual(target.told, ['critical', 'passing', 'critical', 'close']);
  assert.equal(watch.counters.untold, 2);
  await pass(60_000);
  assert.equal(patient.looks, looks);
  assert.equal(clock.timers, 0);
  watch.close();
});

test('what can come back is withdrawn and looked at still, and told its status when it is seen better', async () => {
  const { clock, ports, pass } = healthGround();
  const patient = new Patient();
  const told: string[] = [];
  const target: HealthTarget = {
    setStatus: async (status) => told.push(status),
    close: async () => told.push('close'),
    withdraw: async () => told.push('withdraw'),
  };
  const own: Check = { ...steady, thresholds: { failing: 1 }, run: patient.run };
  const watch = watchHealth(target, [own], { ports, deregisterAfter: '3s' });
  await pass(0);
  for (const verdict of [false, 'warning', false, true] as const) {
    patient.verdict = verdict;
    await pass(60_000);
  }
  assert.deepEqual(
    told,
    [
      ['critical', 'passing'],
      ['critical', 'withdraw', 'warning'],
      ['critical', 'withdraw', 'passing'],
    ].flat(),
  );
  assert.equal(watch.counters.givenUp, 2);
  assert.equal(watch.isGivenUp, false);
  watch.close();
  assert.equal(clock.timers, 0);
});

test('what recovers in time is not given up, and the time begins anew', async () => {
  const { patient, watch, pass } = scene({}, { deregisterAfter: '3s' });
  await pass(0);
  for (let round = 0; round < 5; round += 1) {
    patient.verdict = false;
    for (let second = 0; second < 3; second += 1) await pass(1000);
    patient.verdict = true;
    await pass(1000);
  }
  assert.equal(watch.isGivenUp, false);
  watch.close();
});

test('a look that the process missed gives nobody up', async () => {
  const { clock, patient, watch, pass } = scene({}, { deregisterAfter: '2s' });
  await pass(0);
  patient.verdict = false;
  await pass(1000);
  patient.verdict = 'hangs';
  await pass(1000);
  clock.stall(3_600_000);
  await pass(0);
  assert.equal(watch.isGivenUp, false);
  patient.verdict = true;
  patient.release();
  await pass(1000);
  assert.equal(watch.status, 'passing');
  watch.close();
});

test('while one report is under way the newest status waits, and what changed back is not told', async () => {
  const { patient, target, watch, pass } = scene();
  await pass(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  target.gate = promise;
  patient.verdict = 'warning';
  await pass(1000);
  patient.verdict = false;
  await pass(1000);
  patient.verdict = true;
  await pass(1000);
  resolve();
  await pass(0);
  assert.deepEqual(target.told, ['critical', 'passing', 'warning', 'passing']);
  watch.close();
});

test('a registry that is gone is told again, after pauses that grow', async () => {
  const { clock, target, watch, pass } = scene();
  target.failures = 3;
  await pass(0);
  await pass(0);
  assert.equal(watch.counters.untold, 2);
  assert.deepEqual(target.told, []);
  for (let waited = 0; target.told.length === 0; waited += 1) {
    assert.ok(waited < 100);
    await pass(100);
  }
  assert.deepEqual(target.told, ['passing']);
  watch.close();
  assert.equal(clock.timers, 0);
});

test('a registry that never answers keeps neither a newer status waiting nor the end', async () => {
  const { clock, patient, target, watch, pass } = scene();
  await pass(0);
  target.gate = new Promise(() => undefined);
  patient.verdict = 'warning';
  await pass(1000);
  assert.equal(watch.status, 'warning');
  target.gate = undefined;
  patient.verdict = false;
  await pass(4000);
  assert.deepEqual(target.told, ['critical', 'passing']);
  await pass(2000);
  assert.deepEqual(target.told, ['critical', 'passing', 'critical']);
  assert.equal(watch.counters.untold, 1);
  target.gate = new Promise(() => undefined);
  patient.verdict = true;
  await pass(1000);
  watch.close();
  await pass(0);
  assert.equal(clock.timers, 0);
});

test('of several checks the worst counts', async () => {
  const { clock, ports, pass } = healthGround();
  const [left, right] = [new Patient(), new Patient()];
  const target = new RememberingTarget();
  const checks: Check[] = [
    { ...steady, run: left.run, thresholds: { failing: 1 } },
    { ...steady, run: right.run, thresholds: { failing: 1 }, name: 'disk' },
    { kind: 'ttl', ttl: '1500ms' },
  ];
  const watch = watchHealth(target, checks, { ports });
  await pass(0);
  assert.equal(watch.status, 'critical');
  watch.beat();
  assert.equal(watch.status, 'passing');
  left.verdict = 'warning';
  right.verdict = false;
  await pass(1000);
  assert.equal(watch.status, 'critical');
  right.verdict = true;
  watch.beat({ check: 'ttl' });
  await pass(1000);
  assert.equal(watch.status, 'warning');
  assert.deepEqual(
    watch.reports.map(({ name, status }) => `${name} ${status}`),
    ['own warning', 'disk passing', 'ttl passing'],
  );
  watch.close();
  assert.equal(clock.timers, 0);
});

test('who says nothing within its time to live is critical, and lives again with a word', async () => {
  const { clock, ports, pass } = healthGround();
  const target = new RememberingTarget();
  const watch = watchHealth(target, [{ kind: 'ttl', ttl: '10s', thresholds: { failing: 2 } }], { ports });
  watch.beat({ detail: 'up' });
  await pass(10_000);
  assert.equal(watch.status, 'passing');
  await pass(10_000);
  assert.equal(watch.status, 'critical');
  assert.match(watch.reports[0]?.detail ?? '', /no word from it for 10000 ms/);
  watch.beat({ status: 'warning', detail: 'slow disk' });
  await pass(9_999);
  assert.equal(watch.status, 'warning');
  assert.deepEqual(
    [...(watch.counters.looks.get('ttl') ?? [])],
    [
      ['passing', 1],
      ['timed-out', 2],
      ['warning', 1],
    ],
  );
  throwsWith('invalid-option', () => watch.beat({ check: 'disk' }));
  for (const status of ['well', 'draining', null])
    throwsWith('invalid-option', () => watch.beat({ status: status as never }));
  watch.close();
  assert.equal(clock.timers, 0);
});

test('a process that stood still has its time to live once more before its silence counts', async () => {
  const { clock, ports, pass } = healthGround();
  const target = new RememberingTarget();
  const ttl = { kind: 'ttl', ttl: '1s' } as const;
  const watch = watchHealth(target, [ttl], { ports, deregisterAfter: '5s' });
  watch.beat();
  await pass(1_000);
  assert.equal(watch.status, 'critical');
  clock.stall(10_000);
  await pass(0);
  assert.equal(watch.isGivenUp, false);
  watch.beat();
  await pass(999);
  assert.equal(watch.status, 'passing');
  await pass(1);
  assert.equal(watch.status, 'critical');
  clock.stall(10_000);
  await pass(0);
  await pass(1_000);
  assert.equal(watch.isGivenUp, true, 'it is silent still');
  assert.equal(watch.counters.looks.get('ttl')?.get('stalled'), 2);
  assert.equal(clock.timers, 0);
});

test('a beat for a check that looks by itself is refused', async () => {
  const { watch } = scene();
  throwsWith('invalid-option', () => watch.beat());
  throwsWith('invalid-option', () => watch.beat({ check: 'own' }));
  watch.close();
});

test('close ends timers, listeners and the look under way, and may be called twice', async () => {
  const { clock, patient, target, watch, pass } = scene();
  patient.verdict = 'hangs';
  await pass(0);
  let heard = 0;
  watch.subscribe(() => {
    heard += 1;
  });
  watch.close();
  watch.close();
  assert.equal(clock.timers, 0);
  assert.equal(patient.aborted.length, 1);
  patient.release();
  await pass(10_000);
  assert.equal(heard, 0);
  assert.deepEqual(target.told, ['critical']);
});

test('looks are spread by the jitter, the same for the same seed', async () => {
  const times = async (seed: number): Promise<number[]> => {
    const prng = new Prng(seed);
    const { clock, ports, pass } = healthGround({
      uint32: () => prng.uint32(),
      fill: (into) => into.fill(0),
    });
    const seen: number[] = [];
    const run = (): true => {
      seen.push(clock.now());
      return true;
    };
    using _ = healthCheck({ ...steady, jitter: 0.5, run }, ports);
    for (let moment = 0; moment < 1000; moment += 1) await pass(10);
    return seen;
  };
  const [first, again, other] = [await times(1), await times(1), await times(2)];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  const gaps = first.slice(1).map((at, index) => at - (first[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= 500 && gap <= 1510),
    gaps.join(' '),
  );
  assert.ok(Math.max(...gaps) - Math.min(...gaps) > 300, gaps.join(' '));
});

test('counters may be shared, and the channel tells what happens', async () => {
  const events: HealthEvent[] = [];
  const hear = (event: unknown): void => {
    events.push(event as HealthEvent);
  };
  subscribe('quorate:discovery:health', hear);
  const counters = new HealthCounters();
  const { patient, target, watch, pass } = scene({}, { counters, name: 'orders', deregisterAfter: 1000 });
  const other = scene({}, { counters });
  await pass(0);
  await other.pass(0);
  assert.equal(counters.looks.get('own')?.get('passing'), 2);
  patient.verdict = false;
  await pass(1000);
  await pass(1000);
  unsubscribe('quorate:discovery:health', hear);
  const own = events.filter((event) => event.of === 'orders');
  assert.deepEqual(
    own.map((event) => event.type),
    ['looked', 'changed', 'looked', 'changed', 'looked', 'given-up'],
  );
  assert.deepEqual(own[3], { type: 'changed', of: 'orders', from: 'passing', to: 'critical' });
  assert.deepEqual(target.told, ['critical', 'passing', 'critical', 'close']);
  watch.close();
  other.watch.close();
});
