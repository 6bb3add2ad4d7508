/** What a view must not lose on its way: its watch, whoever waits for it, and what the registry says when it is back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { type RegistryView, serviceRegistry } from '../../src/discovery/index.ts';
import type { Item } from '../../src/engines/port/index.ts';
import { until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { Town } from '../recipes/town.ts';
import { ToldWatches } from './told-watches.ts';

const address = { host: '10.0.0.1', port: 7000 };

/** As it lies in the registry. */
function item(id: string, created: number): Item {
  const value = new TextEncoder().encode(JSON.stringify({ format: 1, address }));
  return { key: `services/orders/${id}`, value, created, modified: created, session: undefined };
}

function idsOf({ snapshot }: RegistryView): string {
  return snapshot.instances.map(({ id }) => id).join('');
}

test('the end of the coordination is the end of every wait for a view', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  await using registry = serviceRegistry(coordination);
  using view = await registry.view('orders');
  const changes = view.changes();
  assert.deepEqual((await changes.next()).value?.instances, []);
  const next = changes.next();
  engine.fault = 'silent';
  using unknown = await registry.view('users');
  const ready = failsWith('closed', unknown.ready());
  engine.fault = 'none';
  await coordination.close();
  await ready;
  assert.equal((await next).done, true);
  await until(() => engine.clock.timers === 0, 'nothing is planned any more');
});

test('a listener that throws is heard of where nobody catches it, and keeps the news from nobody', async () => {
  await using town = await Town.open();
  const { engine } = await town.program();
  const watches = new ToldWatches(engine);
  await using registry = serviceRegistry(watches.engine);
  using view = await registry.view('orders');
  const thrown: unknown[] = [];
  const heard: number[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => thrown.push(error));
  try {
    view.subscribe(() => {
      throw new Error('of a listener');
    });
    view.subscribe(({ instances }) => heard.push(instances.length));
    watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1)], mark: undefined });
    watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1), item('b', 2)], mark: undefined });
    await until(() => thrown.length === 2, 'it is thrown each time');
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
  assert.deepEqual([idsOf(view), heard, watches.begun.length], ['ab', [1, 2], 1]);
});

test('a watch that breaks off after it has told something is begun anew at once, the tenth time as well', async () => {
  await using town = await Town.open();
  const { engine } = await town.program();
  const watches = new ToldWatches(engine);
  await using registry = serviceRegistry(watches.engine);
  using view = await registry.view('orders');
  const broken = new QuorateError({
    code: 'compacted',
    message: 'the history is gone',
    data: { requested: 1, compacted: 2 },
  });
  for (let turns = 1; turns <= 10; turns += 1) {
    watches.begun.at(-1)?.tell({ kind: 'present', items: [item('a', turns)], mark: undefined });
    await until(() => view.snapshot.instances[0]?.token === turns, 'it follows');
    watches.begun.at(-1)?.fail(broken);
    await engine.pass(200);
    assert.equal(watches.begun.length, turns + 1);
  }
});

test('beyond its age a view has everything again when the registry tells it, and not when it is asked next', async () => {
  await using town = await Town.open();
  const { engine } = await town.program();
  const watches = new ToldWatches(engine);
  await using registry = serviceRegistry(watches.engine, { staleAfterMax: '1m', hearEvery: '30s' });
  using view = await registry.view('orders');
  watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1)], mark: undefined });
  await until(() => view.isKnown, 'it is there');
  engine.fault = 'refused';
  await engine.pass(100_000);
  assert.deepEqual([view.origin, idsOf(view)], ['nothing', '']);
  const told = view.ready();
  watches.begun[0]?.tell({ kind: 'present', items: [item('a', 1), item('b', 2)], mark: undefined });
  await told;
  assert.deepEqual([view.origin, view.staleMs, idsOf(view)], ['registry', 0, 'ab']);
});
