/** What a registry stands on ends first, or is broken: whoever waits hears of it, and nothing goes on for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SnapshotCopies, serviceRegistry } from '../../src/discovery/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { Town } from '../recipes/town.ts';

const address = { host: '10.0.0.1', port: 7000 };

test('an engine that was closed ends what stands on it: no wait stays, and nothing asks it any more', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const registry = serviceRegistry(coordination, { hearEvery: '1s' });
  const other = serviceRegistry((await town.program()).coordination);
  await other.register({ service: 'orders', id: 'a', address });
  const registration = await registry.register({ service: 'mail', id: 'm', address });
  using known = await registry.view('orders');
  await known.ready();
  using unknown = await registry.view('bills');
  const changes = known.changes();
  await changes.next();
  const next = changes.next();
  const ended = failsWith('closed', unknown.ready());
  await engine.close();
  await engine.pass(120_000);
  assert.equal((await next).done, true);
  await ended;
  assert.deepEqual(
    known.snapshot.instances.map(({ id }) => id),
    ['a'],
    'what was known last is there to be read',
  );
  await until(() => registration.signal.aborted, 'the registration hears of it');
  assert.equal((registration.signal.reason as { readonly code: string }).code, 'closed');
  await registry.close();
  await until(() => engine.clock.timers === 0, 'no timer is set');
});

test('copies that throw cost the copy and nothing else', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const broken = (): never => {
    throw new TypeError('no disk');
  };
  for (const copies of [
    { load: broken, save: broken },
    { load: () => Promise.resolve('a text' as never), save: () => Promise.reject(new Error('full')) },
  ] satisfies SnapshotCopies[]) {
    const registry = serviceRegistry(coordination, { copies });
    const registration = await registry.register({ service: 'orders', address });
    using view = await registry.view('orders');
    await view.ready();
    await until(() => view.snapshot.instances.length === 1, 'it is seen');
    await turn();
    assert.ok(registry.figures.copyProblems >= 2, `${registry.figures.copyProblems}`);
    await registration.close();
    await registry.close();
  }
});

test('copies that hang keep neither a view nor the end waiting', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const hang = (): Promise<never> => new Promise(() => undefined);
  for (const [load, save] of [
    [hang, hang],
    [() => Promise.resolve(undefined), hang],
  ] as const) {
    const registry = serviceRegistry(coordination, { copies: { load, save } });
    const opening = registry.view('orders');
    await engine.pass(6_000);
    const view = await opening;
    await view.ready();
    const closed = registry.close();
    await engine.pass(6_000);
    await closed;
    assert.ok(registry.figures.copyProblems > 0);
  }
  await coordination.close();
  await until(() => engine.clock.timers === 0, 'no timer is set');
});
