/** Our own store as an engine, embedded: the conformance suite, and what is its own. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import { type Capability, capabilityMeanings } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { conforms } from './conformance.ts';

const store = await connect('memory:');
after(() => store.close());

conforms('memory', {
  open: () => openQuorate(store),
  provided: Object.keys(capabilityMeanings) as Capability[],
});

test('two engines with prefixes of their own do not see each other', async () => {
  await using one = await openQuorate(store, { prefix: 'one/' });
  await using two = await openQuorate(store, { prefix: 'two/' });
  await one.transact({ operations: [{ kind: 'put', key: 'a/b', value: new Uint8Array(1) }] });
  assert.equal(await two.get('a/b'), undefined);
  assert.deepEqual((await two.list('a')).items, []);
});

test('a counter that holds no number is refused and stays', async () => {
  await using engine = await openQuorate(store);
  const key = 'no-counter/a';
  await engine.transact({ operations: [{ kind: 'put', key, value: new TextEncoder().encode('one') }] });
  await assert.rejects(engine.transact({ operations: [{ kind: 'add', key, amount: 1 }] }), {
    code: 'engine-failed',
    outcome: 'not-applied',
  });
  assert.equal(new TextDecoder().decode((await engine.get(key))?.value), 'one');
});

test('an expired session is told as such, a closed one is not', async () => {
  await using engine = await openQuorate(store);
  const watch = engine.watch({ directory: 'expiry' });
  await watch.next();
  const session = await engine.session({ ttlMs: 60_000 });
  const id = 'abcdefgh';
  await engine.transact({
    operations: [{ kind: 'append', directory: 'expiry', label: 'x', id, value: new Uint8Array(0), session }],
  });
  assert.equal((await watch.next()).value?.kind, 'changes');
  await session.close();
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'changes' && value.events, [{ kind: 'deleted', key: `expiry/x-${id}` }]);
  await watch.return();
});
