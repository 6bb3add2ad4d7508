/** Instances that are registered: who may, what becomes of them, and that they come back by themselves. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import {
  type InstanceRequest,
  type RegistrationEvent,
  type RegistryOptions,
  type ServiceRegistry,
  serviceRegistry,
} from '../../src/discovery/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import type { FaultyEngine } from '../recipes/faulty-engine.ts';
import { Town } from '../recipes/town.ts';

const address = { host: '10.0.0.1', port: 7000 };
const orders: InstanceRequest = { service: 'orders', id: 'a', address };

interface Program {
  readonly engine: FaultyEngine;
  readonly registry: ServiceRegistry;
}

async function program(town: Town, options?: RegistryOptions): Promise<Program> {
  const { engine, coordination } = await town.program();
  return { engine, registry: serviceRegistry(coordination, options) };
}

async function documentOf(town: Town, id = 'a'): Promise<Record<string, unknown> | undefined> {
  const item = await town.engine.get(`services/orders/${id}`);
  return item && (JSON.parse(new TextDecoder().decode(item.value)) as Record<string, unknown>);
}

/** What is told of registrations while `story` goes on. */
async function toldOf(story: (told: RegistrationEvent[]) => Promise<void>): Promise<void> {
  const told: RegistrationEvent[] = [];
  const listen = (event: unknown): void => {
    told.push(event as RegistrationEvent);
  };
  subscribe('quorate:discovery:registration', listen);
  try {
    await story(told);
  } finally {
    unsubscribe('quorate:discovery:registration', listen);
  }
}

test('an instance is registered as it is told, found by its service, and gone when it is closed', async () => {
  await using town = await Town.open();
  const { registry } = await program(town);
  await using registration = await registry.register({
    ...orders,
    weight: 2,
    zone: 'eu-1',
    version: '1.2.3',
  });
  assert.equal(registration.state, 'registered');
  const { instance } = registration;
  assert.deepEqual(
    { ...instance, token: 0 },
    {
      ...{
        service: 'orders',
        id: 'a',
        address,
        status: 'passing',
        weight: 2,
        zone: 'eu-1',
        region: undefined,
      },
      ...{ version: '1.2.3', tags: [], metadata: {}, token: 0 },
    },
  );
  const [item] = await town.items('services/orders');
  assert.equal(instance.token, item?.created);
  assert.deepEqual(await registry.list(), ['orders']);

  await registration.update({ weight: 3, tags: ['blue'], metadata: { shard: '7' } });
  await registration.setStatus('warning');
  const document = await documentOf(town);
  assert.deepEqual(
    [document?.['weight'], document?.['tags'], document?.['metadata'], document?.['status']],
    [3, ['blue'], { shard: '7' }, 'warning'],
  );
  assert.equal(registration.instance.status, 'warning');

  await registration.close();
  await registration.close();
  assert.equal(registration.state, 'closed');
  assert.deepEqual(await town.items('services/orders'), []);
  assert.deepEqual(await registry.list(), ['orders'], 'that it was there is still known');
  await failsWith('closed', registration.update({ weight: 1 }));
  await registration.setStatus('critical');
  await registry.close();
  await failsWith('closed', registry.register(orders));
});

/** Each text is as long as it may be. */
const large = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`m${at}`, 'x'.repeat(1_024)]));

const refusedRequests: readonly (readonly [what: string, request: object, says: RegExp])[] = [
  ['a weight of zero', { weight: 0 }, /'draining'/],
  [
    'an infinite weight',
    { weight: Number.POSITIVE_INFINITY },
    /weight is Infinity, but must be a number above 0/,
  ],
  ['a weight that is no number', { weight: Number.NaN }, /weight is NaN/],
  ['a weight below zero', { weight: -1 }, /weight is -1/],
  ['no address', { address: undefined }, /address is undefined/],
  ['an address without a port', { address: { host: 'a' } }, /a port from 1 to 65535/],
  ['an address with port 0', { address: { host: 'a', port: 0 } }, /a port from 1/],
  ['an address with a scheme', { address: { host: 'http://a', port: 80 } }, /address/],
  ['an address in brackets', { address: { host: '[::1]', port: 80 } }, /without brackets/],
  ['an unknown status', { status: 'ok' }, /'passing', 'warning'/],
  ['a version that is none', { version: 'latest' }, /semantic versioning/],
  ['an empty zone', { zone: '' }, /zone is "", but must be absent/],
  ['too many tags', { tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }, /at most 64 texts/],
  ['a zone of two lines', { zone: 'eu\n1' }, /no control characters/],
  ['a tag that paints a terminal', { tags: ['\u001b[31m'] }, /no control characters/],
  ['more than a document may have', { metadata: large }, /at most 65536 bytes/],
  ['metadata that is no text', { metadata: { a: 1 } }, /metadata/],
  ['metadata that is too long', { metadata: { a: 'x'.repeat(1_025) } }, /at most 1024 characters/],
  ['a service with a slash', { service: 'a/b' }, /service is "a\/b"/],
  ['a service with too long a name', { service: 'x'.repeat(64) }, /at most 63/],
  ['an id with a slash', { id: 'a/b' }, /id is "a\/b"/],
];

test('what makes no sense is refused with its name, its value and what to do, and nothing is registered', async () => {
  await using town = await Town.open();
  const { registry } = await program(town);
  for (const [what, request, says] of refusedRequests) {
    const error = await failsWith(
      'invalid-option',
      registry.register({ ...orders, ...request } as InstanceRequest),
    );
    assert.match(error.message, says, what);
  }
  assert.deepEqual(await town.items('services/orders'), []);
  await using registration = await registry.register(orders);
  await failsWith('invalid-option', registration.update({ weight: 0 }));
  await failsWith('invalid-option', registration.setStatus('ok' as never));
  assert.equal(registration.instance.weight, 1);
  throwsWith('invalid-option', () => serviceRegistry(town.engine, { beyond: 'drop' as never }));
  throwsWith('invalid-option', () => serviceRegistry(town.engine, { lossGuard: { share: 0 } }));
  throwsWith('invalid-option', () => serviceRegistry(town.engine, { hearEvery: 1 }));
});

test('an id belongs to one instance at a time: the next is refused, waits, or takes it over', async () => {
  await using town = await Town.open();
  const [old, young] = [await program(town), await program(town)];
  const before = await old.registry.register(orders);
  const error = await failsWith('name-taken', young.registry.register(orders));
  assert.equal(error.data.key, 'services/orders/a');
  assert.match(error.message, /takeOver/);

  const leaving = new AbortController();
  const given = young.registry.register(orders, { wait: '10s', signal: leaving.signal });
  leaving.abort(new Error('enough'));
  await assert.rejects(given, /enough/);

  const after = await young.registry.register({ ...orders, weight: 5 }, { takeOver: true });
  assert.ok(after.instance.token > before.instance.token);
  assert.equal((await documentOf(town))?.['weight'], 5);
  // Who was put out hears of it when he has something to say, and does not fight.
  await failsWith('name-taken', before.update({ weight: 7 }));
  assert.equal(before.signal.aborted, true);
  assert.equal((await documentOf(town))?.['weight'], 5);
  await before.close();
  assert.equal((await documentOf(town))?.['weight'], 5, 'what is there now is left alone');

  const waiting = old.registry.register({ ...orders, weight: 9 }, { wait: '10s' });
  await after.close();
  assert.equal((await waiting).state, 'registered');
});

test('who waits for an id when the registry is closed waits no longer', async () => {
  await using town = await Town.open();
  const [here, there] = [await program(town), await program(town)];
  await here.registry.register(orders);
  const waiting = there.registry.register(orders, { wait: '1h' });
  await until(() => there.engine.watched.length === 1, 'it waits');
  const ended = failsWith('closed', waiting);
  await there.registry.close();
  await ended;
});

test('an instance whose session was lost comes back by itself, with what it wants to be known by then', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  await toldOf(async (told) => {
    const registration = await registry.register(orders);
    const first = registration.instance.token;
    engine.isHeard = false;
    engine.fault = 'refused';
    await engine.pass(11_000);
    await engine.sessions[0]?.endUnheard();
    assert.equal(registration.state, 'lost');
    assert.deepEqual(await town.items('services/orders'), []);
    const updated = registration.update({ weight: 4 });
    await engine.pass(20_000);

    engine.isHeard = true;
    engine.fault = 'none';
    await engine.pass(15_000);
    await updated;
    assert.equal(registration.state, 'registered');
    assert.ok(registration.instance.token > first);
    assert.equal((await documentOf(town))?.['weight'], 4);
    assert.equal(registry.figures.comebacks, 1);
    assert.deepEqual(
      told.map(({ kind }) => kind).filter((kind) => kind !== 'problem'),
      ['registered', 'lost', 'registered'],
    );
    await registration.close();
  });
});

test('what its own session has left behind does not stand in its way', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  const registration = await registry.register(orders);
  const first = registration.instance.token;
  // The process stands still; the server, which counts longer, still has the item.
  engine.clock.stall(60_000);
  await engine.pass(2_000);
  await until(() => registration.state === 'registered', 'it is back');
  assert.ok(registration.instance.token > first);
  assert.equal((await town.items('services/orders')).length, 1);
});

test('an instance that was taken away unheard finds out by itself and comes back', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town, { lookEvery: '10s' });
  const registration = await registry.register(orders);
  await town.engine.transact({ operations: [{ kind: 'delete', key: 'services/orders/a' }] });
  await town.engine.transact({ operations: [{ kind: 'delete', key: 'service/names/orders' }] });
  assert.equal(registration.state, 'registered', 'nobody has told it');
  await engine.pass(13_000);
  await town.untilItems('services/orders', 1);
  await engine.pass(26_000);
  assert.deepEqual(await registry.list(), ['orders']);
  assert.equal(registry.figures.comebacks, 1);
});

test('a session that the server has ended unheard is found out too', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town, { lookEvery: '10s' });
  const registration = await registry.register(orders);
  await engine.sessions[0]?.endUnheard();
  await engine.pass(30_000);
  await town.untilItems('services/orders', 1);
  await until(() => registration.state === 'registered', 'it is back');
  assert.equal(engine.sessions.length, 2);
});

test('a registration whose answer is lost leaves nothing that stands in the way', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  engine.onAnswer = (asked, where) => {
    if (asked === 'get' && where === 'service/names/orders') engine.fault = 'lost';
  };
  await failsWith('engine-unreachable', registry.register(orders));
  engine.onAnswer = () => undefined;
  engine.fault = 'none';
  await engine.pass(1_000);
  await town.untilItems('services/orders', 0);
  assert.equal((await registry.register(orders)).state, 'registered');
});

test('of many updates the registry is told the last, and who waits hears that it is there', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  const registration = await registry.register(orders);
  engine.transacted = [];
  const weights = Array.from({ length: 50 }, (_, at) => at + 1);
  await Promise.all(weights.map((weight) => registration.update({ weight })));
  assert.equal((await documentOf(town))?.['weight'], 50);
  assert.ok(engine.transacted.length <= 2, `${engine.transacted.length} writes`);
  const leaving = new AbortController();
  engine.fault = 'silent';
  const given = registration.update({ weight: 99 }, { signal: leaving.signal });
  leaving.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  engine.fault = 'none';
  await engine.pass(10_000);
  while ((await documentOf(town))?.['weight'] !== 99) await engine.pass(100);
});

test('who drains is told to callers first, and stays so whatever his health checks say', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  const registration = await registry.register(orders);
  const idle = Promise.withResolvers<void>();
  let isAsked = false;
  const whenIdle = (): Promise<void> => {
    isAsked = true;
    return idle.promise;
  };
  const draining = registration.drain({ whenIdle });
  while ((await documentOf(town))?.['status'] !== 'draining') await turn();
  assert.equal(isAsked, false, 'callers have not heard of it yet');
  await registration.setStatus('critical');
  assert.equal((await documentOf(town))?.['status'], 'draining');
  await engine.pass(1_100);
  await until(() => isAsked, 'it asks whether all is done');
  idle.resolve();
  assert.equal(await draining, true);

  const late = registration.drain({ whenIdle: () => new Promise(() => undefined), most: '5s' });
  await engine.pass(6_000);
  assert.equal(await late, false);
  const given = registration.drain({ signal: AbortSignal.abort(new Error('enough')) });
  await assert.rejects(given, /enough/);
  await registration.close();
  await failsWith('closed', registration.drain());
});

test('the end of the coordination is the end of its instances, and leaves no timer behind', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const registry = serviceRegistry(coordination);
  const registration = await registry.register(orders);
  using view = await registry.view('orders');
  await view.ready();
  await coordination.close();
  assert.equal(registration.signal.aborted, true);
  assert.deepEqual(await town.items('services/orders'), []);
  await registration.close();
  await until(() => engine.clock.timers === 0, 'no timer is set');
});

test('an engine that throws what no engine may ends the registration with that, and not in silence', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  await using registration = await registry.register(orders);
  const broken = new TypeError('the engine is broken');
  const transact = engine.transact.bind(engine);
  engine.transact = () => Promise.reject(broken);
  await toldOf(async (told) => {
    await assert.rejects(registration.update({ weight: 2 }), broken);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['problem'],
    );
  });
  assert.equal(registration.state, 'closed');
  assert.equal(registration.signal.reason, broken);
  engine.transact = transact;
});
