/** Many services by name: clients of those that nobody calls rest, and wake with the next call; nothing is lost by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CalledView,
  discover,
  fixedInstances,
  type ServiceSnapshot,
  type ViewSource,
} from '../../../src/discovery/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { throwsWith } from '../../ports/expectations.ts';
import { instance } from '../balancing/scene.ts';

/** Every service has one instance; how many views are open is known. */
class OpenViews implements ViewSource {
  readonly open = new Set<string>();
  opened = 0;
  /** Views come when it resolves. */
  gate: Promise<void> | undefined;

  async view(service: string): Promise<CalledView> {
    await this.gate;
    this.opened += 1;
    assert.equal(this.open.has(service), false, `one view of ${service} at a time`);
    this.open.add(service);
    const snapshot: ServiceSnapshot = { service, instances: [instance('a')], version: 1 };
    return {
      snapshot,
      staleMs: 0,
      isKnown: true,
      subscribe: () => () => undefined,
      close: () => this.open.delete(service),
    };
  }
}

const clock = new ManualClock();
const id = ({ id: called }: { readonly id: string }): string => called;

test('of many names so many clients are awake, and those go that were called the longest ago', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock, clientsMax: 3 });
  const early = q.service('early');
  for (let name = 0; name < 50; name += 1) {
    await early.call(id);
    await q.service(`s${name}`).call(id);
  }
  assert.deepEqual([...views.open].sort(), ['early', 's48', 's49']);
  assert.equal(q.figures.length, 3);
  assert.equal(early.figures.calls.succeeded, 50);
  await q.close();
  assert.equal(views.open.size, 0);
  // Deadlines share a timer that is set until it is due, for whoever comes meanwhile.
  clock.advance(20_000);
  assert.equal(clock.timers, 0);
});

test('who still has a client that rests calls it as before, and it is the same for all', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock, clientsMax: 2 });
  const orders = q.service('orders');
  await orders.call(id);
  for (const name of ['a', 'b']) await q.service(name).call(id);
  assert.deepEqual([...views.open], ['a', 'b']);
  assert.equal(q.service('orders'), orders, 'its circuits and its budget are those of all who call it');
  assert.deepEqual([...views.open], ['a', 'b'], 'asked for is not called');
  assert.equal(await orders.call(id), 'a');
  assert.deepEqual([...views.open], ['b', 'orders']);
  assert.equal(orders.figures.calls.succeeded, 2);
});

test('a client with a call under way does not rest, nor one that was given options of its own', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock, clientsMax: 2 });
  q.service('told', { tryTimeout: false });
  const { promise, resolve } = Promise.withResolvers<string>();
  const busy = q.service('busy').call(() => promise);
  await turn();
  for (const name of ['a', 'b', 'c']) await q.service(name).call(id);
  assert.deepEqual([...views.open].sort(), ['busy', 'c', 'told']);
  throwsWith('invalid-option', () => q.service('told', {}));
  resolve('done');
  assert.equal(await busy, 'done');
  await q.service('d').call(id);
  assert.deepEqual([...views.open].sort(), ['d', 'told']);
});

test('a view that is still being opened when its client goes to rest is closed when it comes', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock, clientsMax: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  views.gate = promise;
  const early = q.service('early');
  q.service('late');
  resolve();
  await turn();
  assert.deepEqual([...views.open], ['late']);
  assert.equal(await early.call(id), 'a');
  assert.deepEqual([...views.open], ['early']);
});

test('a client that its user has closed is not given to the next', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock });
  {
    using orders = q.service('orders', { tryTimeout: false });
    await orders.call(id);
  }
  assert.equal(views.open.size, 0);
  const again = q.service('orders', { deadline: '1s' });
  assert.equal(await again.call(id), 'a');
});

test('clients that their users have closed are not kept, options of their own or not, awake or at rest', async () => {
  const views = new OpenViews();
  await using q = discover(views, { clock, clientsMax: 2 });
  const early = q.service('early');
  for (let name = 0; name < 20; name += 1) {
    using told = q.service(`told${name}`, { tryTimeout: false });
    using plain = q.service(`s${name}`);
    assert.equal(await told.call(id), await plain.call(id));
  }
  assert.deepEqual(q.figures, []);
  early.close();
  const again = q.service('early', { deadline: '1s' });
  assert.equal(await again.call(id), 'a');
  early.close();
  assert.equal(q.service('early'), again, 'who closes twice takes nothing from others');
  assert.deepEqual([...views.open], ['early']);
});

test('names that stand in no list leave nothing in it', async () => {
  const instances = fixedInstances({ orders: ['10.0.0.1:80'] });
  await using q = discover(instances, { clock, clientsMax: 1 });
  for (let name = 0; name < 20; name += 1) {
    q.service(`s${name}`);
    await turn();
  }
  assert.deepEqual(instances.services, ['orders', 's19'], 'what somebody listens for, and no more');
  // Whoever listens for a name hears of it when it comes.
  await using other = discover(instances, { clock });
  const late = [q.service('late'), other.service('late')];
  await turn();
  instances.replace('late', ['10.0.0.2:81']);
  assert.deepEqual(
    late.map(({ figures }) => figures.availability.known),
    [1, 1],
  );
  throwsWith('invalid-option', () => discover(instances, { clientsMax: 0 }));
});
