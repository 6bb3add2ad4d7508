/** Calls on a registry: what registers is called, what drains or goes is not, and a registry that is away is not needed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discover, type Services, serviceRegistry } from '../../../src/discovery/index.ts';
import { until } from '../../net/manual-clock.ts';
import { Town } from '../../recipes/town.ts';

const address = { host: '10.0.0.1', port: 7000 };

async function called(q: Services, calls = 6): Promise<string> {
  const ids = new Set<string>();
  for (let call = 0; call < calls; call += 1) ids.add(await q.service('orders').call(({ id }) => id));
  return [...ids].sort().join('');
}

test('who registers is called, who drains or is gone is not', async () => {
  await using town = await Town.open();
  const [here, there] = [await town.program(), await town.program()];
  const registry = serviceRegistry(there.coordination);
  await using q = discover(here.coordination, { clock: here.engine.clock });
  const orders = q.service('orders', { picker: 'round-robin' });
  const first = orders.call(({ id }) => id);
  const a = await registry.register({ service: 'orders', id: 'a', address });
  // Nothing was registered when it was heard of first: found by a try behind that.
  await until(() => {
    here.engine.clock.advance(10);
    return orders.figures.calls.succeeded === 1;
  }, 'the call that came before the instance is answered');
  assert.equal(await first, 'a');
  const b = await registry.register({ service: 'orders', id: 'b', address });
  await until(() => orders.figures.availability.usable === 2, 'both are heard of');
  assert.equal(await called(q), 'ab');
  await b.setStatus('draining');
  await until(() => orders.figures.availability.draining === 1, 'it is heard that one drains');
  assert.equal(await called(q), 'a');
  await a.close();
  await until(() => orders.figures.availability.known === 1, 'it is heard that one is gone');
  const none = orders.call(() => 'never', { timeout: 50 });
  const failed = assert.rejects(none, { code: 'no-instance' });
  await until(() => {
    here.engine.clock.advance(5);
    return orders.figures.calls.failed.size === 1;
  }, 'nobody is left to be called');
  await failed;
  await registry.close();
});

test('calls go on while the registry is away', async () => {
  await using town = await Town.open();
  const { coordination, engine } = await town.program();
  const registry = serviceRegistry(coordination);
  await registry.register({ service: 'orders', id: 'a', address });
  const q = discover(registry, { clock: engine.clock });
  assert.equal(await called(q, 1), 'a');
  engine.isHeard = false;
  engine.fault = 'refused';
  engine.clock.advance(60_000);
  assert.equal(await called(q, 1), 'a');
  engine.fault = 'none';
  engine.isHeard = true;
  // It is not this one's to close.
  await q.close();
  assert.equal(registry.figures.registrations, 1);
  await registry.close();
});
