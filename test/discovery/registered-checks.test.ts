/** Instances that are registered with checks: what others see of them, when they leave the list, and that they come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type InstanceRequest,
  type Registration,
  type ServiceRegistry,
  serviceRegistry,
} from '../../src/discovery/index.ts';
import { until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import type { FaultyEngine } from '../recipes/faulty-engine.ts';
import { Town } from '../recipes/town.ts';
import { Patient } from './checks/health-ground.ts';

const address = { host: '10.0.0.1', port: 7000 };

class Scene implements AsyncDisposable {
  readonly town: Town;
  readonly engine: FaultyEngine;
  readonly registry: ServiceRegistry;
  readonly patient = new Patient();
  /** Each second once, and each sight counts. */
  readonly request: InstanceRequest;

  private constructor(town: Town, engine: FaultyEngine, registry: ServiceRegistry) {
    this.town = town;
    this.engine = engine;
    this.registry = registry;
    const look = { interval: '1s', timeout: 400, jitter: 0, thresholds: { failing: 1 } } as const;
    const checks = [{ kind: 'own', name: 'itself', run: this.patient.run, ...look }] as const;
    this.request = { service: 'orders', id: 'a', address, checks };
  }

  static async open(): Promise<Scene> {
    const town = await Town.open();
    const { engine, coordination } = await town.program();
    return new Scene(town, engine, serviceRegistry(coordination));
  }

  async seen(): Promise<string | undefined> {
    const item = await this.town.engine.get('services/orders/a');
    const document: unknown = item && JSON.parse(new TextDecoder().decode(item.value));
    return (document as { readonly status: string } | undefined)?.status;
  }

  /** Second by second, until others see it so. */
  async untilSeen(status: string | undefined): Promise<void> {
    for (let seconds = 0; (await this.seen()) !== status; seconds += 1) {
      assert.ok(seconds < 100, `never seen as ${status}`);
      await this.engine.pass(1_000);
    }
  }

  /** Given up, in any case: what was closed leaves no timer and asks nothing. */
  async nothingIsLeft(registration: Registration): Promise<void> {
    const { looks } = this.patient;
    await this.engine.pass(60_000);
    assert.equal(this.patient.looks, looks, 'nobody looks any more');
    assert.equal(registration.state, 'closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.town[Symbol.asyncDispose]();
    assert.equal(this.engine.clock.timers, 0, 'no timer is left');
  }
}

test('an instance with checks is critical until it was seen well, and is as well as they say', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request } = scene;
  patient.verdict = 'hangs';
  const registration = await registry.register(request);
  assert.equal(await scene.seen(), 'critical');
  assert.equal(registration.health?.reports[0]?.detail, 'it was not looked at yet');
  patient.verdict = true;
  await scene.untilSeen('passing');
  patient.verdict = new Error('no disk');
  await scene.untilSeen('critical');
  assert.deepEqual(
    registration.health?.reports.map(({ name, status, detail }) => [name, status, detail]),
    [['itself', 'critical', 'no disk']],
  );
  assert.ok((registry.health.looks.get('own')?.get('critical') ?? 0) > 0);
  await registration.close();
  await scene.nothingIsLeft(registration);
});

test('what the checks begin with is what it is registered with', async () => {
  await using scene = await Scene.open();
  const { registry, request } = scene;
  const checks = [{ kind: 'ttl', ttl: '5s', initial: 'warning' }] as const;
  const registration = await registry.register({ ...request, checks });
  assert.equal(await scene.seen(), 'warning');
  registration.health?.beat({ detail: 'I live' });
  await scene.untilSeen('passing');
  await scene.untilSeen('critical');
  await registration.close();
  await scene.nothingIsLeft(registration);
});

test('critical for too long it leaves the list, and comes back under its id when it is seen well', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request, town } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  const { token } = registration.instance;
  patient.verdict = false;
  await scene.untilSeen(undefined);
  assert.equal(registration.state, 'withdrawn');
  assert.equal(registration.health?.isGivenUp, true);
  assert.equal(registration.signal.aborted, false);
  assert.deepEqual([registry.figures.withdrawnRegistrations, registry.figures.lostRegistrations], [1, 0]);
  // What is told meanwhile counts when it is back; nobody waits for that.
  await registration.update({ weight: 7 });
  await scene.engine.pass(180_000);
  assert.deepEqual(await town.items('services/orders'), [], 'it stays away for as long as it is ill');
  assert.equal(registry.health.givenUp, 1);

  patient.verdict = true;
  await scene.untilSeen('passing');
  await until(() => registration.state === 'registered', 'it knows');
  assert.ok(registration.instance.token > token);
  assert.equal(registration.instance.weight, 7);
  assert.deepEqual([registry.figures.withdrawals, registry.figures.comebacks], [1, 1]);

  // Once more, and this time it ends while it is away.
  patient.verdict = false;
  await scene.untilSeen(undefined);
  await registration.close();
  patient.verdict = true;
  await scene.nothingIsLeft(registration);
  assert.equal(await scene.seen(), undefined);
});

test('what is seen well in the moment in which it leaves the list comes back at once', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request, engine } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  patient.verdict = false;
  await scene.untilSeen('critical');
  const { promise, resolve } = Promise.withResolvers<void>();
  engine.gate = promise;
  await scene.untilSeen(undefined);
  patient.verdict = true;
  // Longer than the checks wait for their word to be taken.
  await engine.pass(8_000);
  assert.equal(registration.health?.status, 'passing');
  engine.gate = undefined;
  resolve();
  await until(() => registration.state === 'registered', 'it is back');
  assert.equal(await scene.seen(), 'passing');
  await registration.close();
});

test('while it is away somebody else may have its id, and then it is over', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  patient.verdict = false;
  await scene.untilSeen(undefined);
  const other = await registry.register({ service: 'orders', id: 'a', address, status: 'warning' });
  patient.verdict = true;
  await scene.engine.pass(5_000);
  await until(() => registration.signal.aborted, 'it hears that it is over');
  assert.equal((registration.signal.reason as { readonly code: string }).code, 'name-taken');
  await scene.nothingIsLeft(registration);
  assert.equal(await scene.seen(), 'warning');
  assert.equal(other.state, 'registered');
});

test('a registry that is away keeps nobody from leaving the list, nor from coming back', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request, engine } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  engine.isHeard = false;
  engine.fault = 'refused';
  patient.verdict = false;
  await engine.pass(30_000);
  await engine.sessions[0]?.endUnheard();
  await until(() => registration.state === 'withdrawn', 'it is away');
  patient.verdict = true;
  await engine.pass(30_000);
  assert.equal(registration.state, 'lost');
  engine.isHeard = true;
  engine.fault = 'none';
  await scene.untilSeen('passing');
  await registration.close();
  await scene.nothingIsLeft(registration);
});

test('who drains is judged no more: he serves what he has, and stays on the list for it', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request, engine } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  patient.verdict = false;
  const idle = Promise.withResolvers<void>();
  const drained = registration.drain({ settle: 0, most: '10m', whenIdle: () => idle.promise });
  const { looks } = patient;
  await scene.untilSeen('draining');
  await engine.pass(60_000);
  assert.equal(await scene.seen(), 'draining');
  assert.equal(patient.looks, looks);
  idle.resolve();
  assert.equal(await drained, true);
  await registration.close();
  await scene.nothingIsLeft(registration);
});

test('the checks end with the registry, and with the coordination', async () => {
  for (const whose of ['registry', 'coordination'] as const) {
    await using town = await Town.open();
    const { engine, coordination } = await town.program();
    await using registry = serviceRegistry(coordination);
    const patient = new Patient();
    const checks = [{ kind: 'own', run: patient.run, interval: '1s', jitter: 0 }] as const;
    const registration = await registry.register({ service: 'orders', address, checks });
    await engine.pass(2_000);
    if (whose === 'registry') await registry.close();
    else await coordination.close();
    const { looks } = patient;
    assert.ok(looks > 0);
    await engine.pass(10_000);
    assert.equal(patient.looks, looks, whose);
    assert.equal(registration.state, 'closed');
    await coordination.close();
    await until(() => engine.clock.timers === 0, 'no timer is set');
  }
});

test('a check that hangs is critical at its limit, and goes with the registration', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request } = scene;
  const registration = await registry.register({ ...request, deregisterAfter: '5s' });
  await scene.untilSeen('passing');
  patient.verdict = 'hangs';
  await scene.untilSeen('critical');
  await scene.untilSeen(undefined);
  assert.equal(patient.waiting, 1);
  await registration.close();
  await scene.nothingIsLeft(registration);
  patient.release();
});

test('checks that make no sense are refused before anything is registered or run', async () => {
  await using scene = await Scene.open();
  const { registry, patient, request, town } = scene;
  const [check] = request.checks ?? [];
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ checks: [] }, /checks is .*, but must be a list of 1 to 100 checks/],
    [{ checks: [check, check] }, /checks\[1\]\.name/],
    [{ checks: [{ kind: 'smell' }] }, /checks\[0\]\.kind/],
    [{ status: 'passing' }, /status is "passing", but must be absent where there are checks/],
    [{ deregisterAfter: 0 }, /deregisterAfter is 0/],
    [
      { checks: undefined, deregisterAfter: '5s' },
      /deregisterAfter is "5s", but must be absent where there are no checks/,
    ],
  ];
  for (const [change, says] of refused) {
    const error = await failsWith(
      'invalid-option',
      registry.register({ ...request, ...change } as InstanceRequest),
    );
    assert.match(error.message, says);
  }
  assert.deepEqual(await town.items('services/orders'), []);
  assert.equal(patient.looks, 0);
  const registration = await registry.register(request);
  // Whom his checks judge, nobody else calls well.
  await failsWith('invalid-option', registration.update({ status: 'passing' }));
  await failsWith('invalid-option', registration.setStatus('passing'));
  assert.equal(await scene.seen(), 'critical');
  await registration.close();
});
