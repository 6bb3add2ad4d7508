/** Views of services: ready at once, the same until something changes, and there when the registry is not. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  copiesIn,
  type RegistryOptions,
  type RegistryView,
  type ServiceRegistry,
  type ServiceSnapshot,
  type SnapshotCopies,
  serviceRegistry,
  type ViewEvent,
} from '../../src/discovery/index.ts';
import type { Item, WatchEvent } from '../../src/engines/port/index.ts';
import { until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import type { FaultyEngine } from '../recipes/faulty-engine.ts';
import { lacking } from '../recipes/memory-ground.ts';
import { Town } from '../recipes/town.ts';
import { ToldWatches } from './told-watches.ts';

const address = { host: '10.0.0.1', port: 7000 };

interface Program {
  readonly engine: FaultyEngine;
  readonly registry: ServiceRegistry;
}

async function program(town: Town, options?: RegistryOptions): Promise<Program> {
  const { engine, coordination } = await town.program();
  return { engine, registry: serviceRegistry(coordination, options) };
}

function idsOf({ snapshot }: RegistryView): string {
  return snapshot.instances.map(({ id }) => id).join('');
}

/** What is told of views while `story` goes on. */
async function toldOf(story: (told: ViewEvent['kind'][]) => Promise<void>): Promise<void> {
  const told: ViewEvent['kind'][] = [];
  const listen = (event: unknown): void => {
    told.push((event as ViewEvent).kind);
  };
  subscribe('quorate:discovery:view', listen);
  try {
    await story(told);
  } finally {
    unsubscribe('quorate:discovery:view', listen);
  }
}

test('a view is there at once, says that it knows nothing, and follows what registers and goes', async () => {
  await using town = await Town.open();
  const [here, there] = [await program(town), await program(town)];
  using view = await here.registry.view('orders');
  assert.deepEqual([view.isKnown, view.origin, view.snapshot.instances.length], [false, 'nothing', 0]);
  await view.ready();
  assert.deepEqual([view.isKnown, view.origin, view.staleMs], [true, 'registry', 0]);
  assert.equal(idsOf(view), '');

  const heard: ServiceSnapshot[] = [];
  const unsubscribeListener = view.subscribe((snapshot) => heard.push(snapshot));
  const b = await there.registry.register({ service: 'orders', id: 'b', address });
  await there.registry.register({ service: 'orders', id: 'a', address });
  await there.registry.register({ service: 'users', id: 'x', address });
  await until(() => idsOf(view) === 'ab', 'both are seen, in the order of their ids');
  const seen = view.snapshot;
  assert.equal(view.snapshot, seen, 'no copy is made for who reads again');
  assert.ok(Object.isFrozen(seen));

  await b.update({ weight: 7 });
  await until(() => view.snapshot !== seen, 'a change is another snapshot');
  assert.equal(seen.instances[1]?.weight, 1, 'the one before stays what it was');
  assert.equal(view.snapshot.instances[0], seen.instances[0], 'what did not change is the same object');
  await b.close();
  await until(() => idsOf(view) === 'a', 'who closes is gone');
  assert.deepEqual(
    heard.map(({ version }) => version),
    heard.map((_, at) => (heard[0]?.version ?? 0) + at),
  );
  unsubscribeListener();
  const before = heard.length;
  await there.registry.close();
  await until(() => idsOf(view) === '', 'all are gone that said so');
  assert.equal(heard.length, before);
});

test('all views of a service share one watch, which ends with the last of them', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  const views = await Promise.all(Array.from({ length: 5 }, () => registry.view('orders')));
  await Promise.all(views.map((view) => view.ready()));
  assert.equal(new Set(views.map(({ snapshot }) => snapshot)).size, 1);
  assert.equal(engine.watched.length, 1);
  assert.deepEqual([registry.figures.services, registry.figures.views], [1, 5]);
  for (const view of views) view.close();
  for (const view of views) view.close();
  await until(() => engine.clock.timers === 0, 'nothing is asked any more');
  assert.equal(registry.figures.services, 0);
  using again = await registry.view('orders');
  await again.ready();
  assert.equal(engine.watched.length, 2);
});

test('who reads changes slowly is told the newest; the end of the view is the end of them', async () => {
  await using town = await Town.open();
  const { registry } = await program(town);
  const view = await registry.view('orders');
  const changes = view.changes();
  assert.deepEqual((await changes.next()).value?.instances, []);
  const registration = await registry.register({ service: 'orders', id: 'a', address });
  for (let weight = 1; weight <= 20; weight += 1) await registration.update({ weight });
  await until(() => view.snapshot.instances[0]?.weight === 20, 'all changes are there');
  assert.equal((await changes.next()).value?.instances[0]?.weight, 20);
  const waiting = changes.next();
  view.close();
  assert.equal((await waiting).done, true);
  assert.equal((await view.changes().next()).done, true);
  assert.equal(view.subscribe(() => undefined)(), undefined);

  const unread = await registry.view('users');
  const given = unread.ready({ signal: AbortSignal.abort(new Error('enough')) });
  await assert.rejects(given, /enough/);
  const ready = unread.ready();
  unread.close();
  await failsWith('closed', ready);
});

test('a view outlives the registry: it says since when, and beyond a bound it says nothing', async () => {
  await using town = await Town.open();
  const other = await program(town);
  await other.registry.register({ service: 'orders', id: 'a', address });
  const { engine, registry } = await program(town, { staleAfterMax: '1m' });
  const kept = await program(town, { staleAfterMax: '1m', beyond: 'keep' });
  await toldOf(async (told) => {
    using view = await registry.view('orders');
    using keeper = await kept.registry.view('orders');
    await Promise.all([view.ready(), keeper.ready()]);
    await Promise.all([engine.pass(60_000), kept.engine.pass(60_000)]);
    assert.deepEqual([view.staleMs, idsOf(view)], [0, 'a'], 'nothing changes, and it is heard');
    assert.deepEqual(told, []);

    engine.fault = 'refused';
    kept.engine.fault = 'silent';
    await Promise.all([engine.pass(30_000), kept.engine.pass(30_000)]);
    assert.ok(view.staleMs > 20_000 && view.staleMs <= 37_000, `${view.staleMs}`);
    assert.equal(idsOf(view), 'a');
    assert.equal(registry.figures.staleServices, 1);
    await Promise.all([engine.pass(60_000), kept.engine.pass(60_000)]);
    assert.deepEqual([idsOf(view), view.origin, view.isKnown], ['', 'nothing', false]);
    assert.deepEqual([idsOf(keeper), keeper.origin], ['a', 'registry']);
    const ready = view.ready();

    engine.fault = 'none';
    await engine.pass(10_000);
    await ready;
    assert.deepEqual([idsOf(view), view.origin, view.staleMs], ['a', 'registry', 0]);
    assert.deepEqual(told, ['stale', 'stale', 'aged', 'heard']);
  });
});

test('a process that stood still knows at once that it has not heard for so long', async () => {
  await using town = await Town.open();
  const { engine, registry } = await program(town);
  using view = await registry.view('orders');
  await view.ready();
  engine.clock.stall(45_000);
  assert.equal(view.staleMs, 45_000);
});

test('nearly all that vanish at once stay for a while; who said that he goes does not', async () => {
  await using town = await Town.open();
  const { engine } = await program(town);
  const watches = new ToldWatches(engine);
  await using registry = serviceRegistry(watches.engine);
  const tell = (...events: readonly WatchEvent[]): void =>
    watches.begun[0]?.tell({ kind: 'changes', events, mark: undefined });
  const vanish = (id: string, kind: 'deleted' | 'expired'): WatchEvent => ({
    ...{ kind, key: `services/orders/${id}` },
  });
  await toldOf(async (told) => {
    using view = await registry.view('orders');
    const items = 'abcde'.split('').map((id, at) => item(id, at + 1));
    watches.begun[0]?.tell({ kind: 'present', items, mark: undefined });
    await until(() => idsOf(view) === 'abcde', 'all are there');
    tell(vanish('a', 'deleted'));
    await until(() => idsOf(view) === 'bcde', 'who says that he goes is gone');
    // The registry was away for longer than sessions live, and lets them expire one by one.
    tell(vanish('b', 'expired'));
    await until(() => idsOf(view) === 'cde', 'one that vanishes is believed');
    for (const id of 'cde') tell(vanish(id, 'expired'));
    await until(() => view.heldCount === 4, 'nearly all are not');
    assert.equal(idsOf(view), 'bcde');
    assert.deepEqual([registry.figures.held, registry.figures.massLosses], [4, 1]);

    // One comes back, and the rest is let go when its time is over.
    const back = item('c', 9);
    tell({ kind: 'put', key: back.key, item: back });
    await until(() => view.heldCount === 3, 'one is not held any more');
    assert.equal(idsOf(view), 'bcde');
    await engine.pass(31_000);
    assert.deepEqual([idsOf(view), view.heldCount], ['c', 0]);
    assert.deepEqual(told, ['held', 'released']);
  });
});

test('an engine that does not tell why an item is gone holds what vanishes, and not who was draining', async () => {
  await using town = await Town.open();
  const other = await program(town);
  const a = await other.registry.register({ service: 'orders', id: 'a', address });
  const b = await other.registry.register({ service: 'orders', id: 'b', address });
  const { engine } = await program(town);
  const registry = serviceRegistry(lacking(engine, 'expiry-events'));
  await using _ = registry;
  using view = await registry.view('orders');
  await until(() => idsOf(view) === 'ab', 'both are there');
  await b.update({ status: 'draining' });
  await Promise.all([a.close(), b.close()]);
  await until(() => view.heldCount === 1, 'one is held');
  assert.equal(idsOf(view), 'a');
});

/** As it lies in the registry. */
function item(id: string, created: number): Item {
  const value = new TextEncoder().encode(JSON.stringify({ format: 1, address }));
  return { key: `services/orders/${id}`, value, created, modified: created, session: undefined };
}

test('a watch that goes back in time is begun anew, and changes nothing until it tells what is new', async () => {
  await using town = await Town.open();
  const { engine } = await program(town);
  const watches = new ToldWatches(engine);
  const registry = serviceRegistry(watches.engine);
  using view = await registry.view('orders');
  watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1), item('b', 2)], mark: undefined });
  watches.begun[0]?.tell({
    kind: 'changes',
    events: [{ kind: 'deleted', key: 'services/orders/a' }],
    mark: undefined,
  });
  await until(() => idsOf(view) === 'b', 'it follows');
  const { snapshot } = view;
  // It goes on at a server that lags.
  watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1), item('b', 2)], mark: undefined });
  await until(() => registry.figures.listingsFromThePast === 1, 'it is found out');
  assert.equal(view.snapshot, snapshot);
  await engine.pass(1_000);
  assert.equal(watches.begun.length, 2, 'another one is begun');
  watches.begun[1]?.tell({ kind: 'present', items: [item('b', 2), item('c', 4)], mark: undefined });
  await until(() => idsOf(view) === 'bc', 'what is new is believed');
  assert.equal(registry.figures.watchRestarts, 1);
  await registry.close();
});

test('a watch that has gone deaf is found out by what it should have told, and begun anew', async () => {
  await using town = await Town.open();
  const other = await program(town);
  const { engine, registry } = await program(town, { hearEvery: '1s' });
  using view = await registry.view('orders');
  await view.ready();
  engine.isSilent = true;
  await other.registry.register({ service: 'orders', id: 'a', address });
  await engine.pass(1_300);
  assert.equal(registry.figures.deafWatches, 0, 'news may be on its way');
  await engine.pass(3_000);
  assert.equal(registry.figures.deafWatches, 1);
  await until(() => idsOf(view) === 'a', 'another watch tells what is there');
});

function memoryCopies(): SnapshotCopies & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    load: (service) => Promise.resolve(kept.get(service)),
    save: async (service, copy) => {
      kept.set(service, copy);
    },
  };
}

test('a process that starts while the registry is away goes on with what another one knew last', async () => {
  await using town = await Town.open();
  const copies = memoryCopies();
  const before = await program(town, { copies });
  const registration = await before.registry.register({ service: 'orders', id: 'a', address, weight: 4 });
  const old = await before.registry.view('orders');
  await until(() => idsOf(old) === 'a' && copies.kept.has('orders'), 'it is kept');
  before.engine.clock.advance(60_000);
  await until(() => copies.kept.get('orders')?.includes(0x34) === true, 'with what is known');

  const after = await program(town, { copies });
  after.engine.clock.set(before.engine.clock.wall() + 600_000);
  const watches = new ToldWatches(after.engine);
  after.engine.fault = 'refused';
  const registry = serviceRegistry(watches.engine, { copies });
  using view = await registry.view('orders');
  assert.deepEqual([idsOf(view), view.origin, view.snapshot.instances[0]?.weight], ['a', 'copy', 4]);
  assert.ok(view.staleMs >= 600_000 && view.staleMs < 700_000, `${view.staleMs}`);
  await view.ready();

  const tooOld = serviceRegistry(watches.engine, { copies, staleAfterMax: '5m' });
  using none = await tooOld.view('orders');
  assert.deepEqual([idsOf(none), none.origin], ['', 'nothing']);
  const [item_] = await town.items('services/orders');
  watches.begun[0]?.tell({ kind: 'present', items: item_ === undefined ? [] : [item_], mark: undefined });
  await until(() => view.origin === 'registry', 'the registry is back');
  assert.equal(view.staleMs, 0);
  await registration.close();
  old.close();
  await Promise.all([registry.close(), tooOld.close()]);
});

test('a copy that is none, or cannot be read or kept, costs the copy and nothing else', async () => {
  await using town = await Town.open();
  const broken: SnapshotCopies = {
    load: () => Promise.resolve(new TextEncoder().encode('{"format":1,"service":"users"}')),
    save: () => Promise.reject(new Error('no room')),
  };
  const { registry } = await program(town, { copies: broken });
  using view = await registry.view('orders');
  await view.ready();
  await registry.register({ service: 'orders', id: 'a', address });
  await until(() => idsOf(view) === 'a', 'it follows');
  await until(() => registry.figures.copyProblems >= 2, 'it is counted');
});

test('copies lie in a directory, one file for each service, whatever it is called', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'quorate-copies-')), 'made/here');
  try {
    const copies = copiesIn(directory);
    assert.equal(await copies.load('orders'), undefined);
    await copies.save('orders', Uint8Array.of(1, 2, 3));
    await copies.save('orders', Uint8Array.of(4));
    await copies.save('w h/ü:?', Uint8Array.of(5));
    // One view of a service goes while another one comes.
    const [long, short] = [new Uint8Array(300_000).fill(1), Uint8Array.of(6)];
    await Promise.all([copies.save('users', long), copies.save('users', short)]);
    assert.deepEqual(await copies.load('users'), short, 'the last one, whole');
    assert.deepEqual(await copies.load('orders'), Uint8Array.of(4));
    assert.deepEqual(await copies.load('w h/ü:?'), Uint8Array.of(5));
    assert.equal(readdirSync(directory).length, 3);
  } finally {
    rmSync(join(directory, '../..'), { recursive: true });
  }
});

test('a watch that ends with what no engine may throw is begun anew like any other', async () => {
  await using town = await Town.open();
  const [here, there] = [await program(town), await program(town)];
  await toldOf(async (told) => {
    const watch = here.engine.watch.bind(here.engine);
    here.engine.watch = () => {
      throw new TypeError('the engine is broken');
    };
    using view = await here.registry.view('orders');
    await using _ = await there.registry.register({ service: 'orders', id: 'a', address });
    await until(() => told.includes('problem'), 'the broken watch to be told of');
    here.engine.watch = watch;
    await here.engine.pass(5_000);
    assert.equal(idsOf(view), 'a');
  });
});
