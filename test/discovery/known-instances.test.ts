/** What a watch tells of a service, folded: documents that are no good are left out, and news from the past too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownInstances } from '../../src/discovery/known-instances.ts';
import type { Item, WatchBatch } from '../../src/engines/port/index.ts';

const utf8 = new TextEncoder();
const good = { format: 1, by: 'x.1', address: { host: '10.0.0.1', port: 7000 }, weight: 2 };

function item(id: string, created: number, { modified = created, document = good as unknown } = {}): Item {
  const value = typeof document === 'string' ? utf8.encode(document) : utf8.encode(JSON.stringify(document));
  return { key: `services/orders/${id}`, value, created, modified, session: 's' };
}

function present(...items: readonly Item[]): WatchBatch {
  return { kind: 'present', items, mark: undefined };
}

function put(one: Item): WatchBatch {
  return { kind: 'changes', events: [{ kind: 'put', key: one.key, item: one }], mark: undefined };
}

function gone(id: string, kind: 'deleted' | 'expired' = 'expired'): WatchBatch {
  return { kind: 'changes', events: [{ kind, key: `services/orders/${id}` }], mark: undefined };
}

function known(): KnownInstances {
  return new KnownInstances('orders', 'services/orders');
}

/** `+a` there now, `-a` gone; or that nothing of it was believed. */
function told(of: KnownInstances, batch: WatchBatch): string {
  const effect = of.apply(batch);
  if (effect.kind === 'from-the-past') return effect.kind;
  return [...effect.changes].map(([id, instance]) => `${instance === undefined ? '-' : '+'}${id}`).join(' ');
}

test('what is told step by step and what is listed again come to the same', () => {
  const of = known();
  assert.equal(told(of, present(item('a', 1), item('b', 2))), '+a +b');
  assert.equal(told(of, put(item('c', 3))), '+c');
  assert.equal(told(of, put(item('a', 1, { modified: 4 }))), '+a');
  assert.equal(told(of, gone('b')), '-b');
  assert.equal(told(of, present(item('a', 1, { modified: 4 }), item('c', 3))), '', 'nothing new');
  assert.equal(told(of, present(item('c', 3, { modified: 6 }), item('b', 5))), '-a +c +b');
  assert.equal(told(of, gone('z')), '');
  assert.equal(of.newest, 5);
});

const bad: readonly (readonly [what: string, document: unknown, reason: string])[] = [
  ['no JSON', '{', 'malformed'],
  ['no object', '[1]', 'malformed'],
  ['nothing', '', 'malformed'],
  ['no format', { ...good, format: undefined }, 'format'],
  ['a later format', { ...good, format: 2 }, 'format'],
  ['no address', { ...good, address: undefined }, 'address'],
  ['a port that is none', { ...good, address: { host: 'a', port: '80' } }, 'address'],
  ['a host with a path', { ...good, address: { host: 'a/b', port: 80 } }, 'address'],
  ['a weight of zero', { ...good, weight: 0 }, 'weight'],
  ['a weight beyond all bounds', '{"format":1,"address":{"host":"a","port":1},"weight":1e999}', 'weight'],
  ['a weight that is no number', { ...good, weight: '5' }, 'weight'],
  ['a status that is none', { ...good, status: 'fine' }, 'field'],
  ['tags that are none', { ...good, tags: 'a' }, 'field'],
  ['a tag of two lines', { ...good, tags: ['a\nb'] }, 'field'],
  ['metadata that is none', { ...good, metadata: { a: {} } }, 'field'],
  ['more than anything needs', `"${'x'.repeat(70_000)}"`, 'oversized'],
];

for (const [what, document, reason] of bad) {
  test(`a document of a stranger is left out, and hides nobody: ${what}`, () => {
    const of = known();
    const effect = of.apply(present(item('a', 1), item('bad', 2, { document }), item('c', 3)));
    assert.ok(effect.kind === 'applied');
    assert.deepEqual(
      [...effect.changes].filter(([, instance]) => instance !== undefined).map(([id]) => id),
      ['a', 'c'],
    );
    assert.deepEqual(effect.refusals, [{ id: 'bad', reason }]);
    assert.equal(told(of, put(item('bad', 2, { modified: 4 }))), '+bad', 'it is mended');
  });
}

test('an instance that was good and is no good any more is taken off', () => {
  const of = known();
  of.apply(present(item('a', 1)));
  assert.equal(told(of, put(item('a', 1, { modified: 2, document: { ...good, weight: 0 } }))), '-a');
});

test('fields that are not known, and names that objects have, change nothing else', () => {
  const document = `{"format":1,"address":{"host":"a","port":1},"later":{},"metadata":{"__proto__":"x","k":"v"}}`;
  const effect = known().apply(present(item('a', 1, { document })));
  assert.ok(effect.kind === 'applied');
  const instance = effect.changes.get('a');
  assert.equal(instance?.metadata['k'], 'v');
  assert.equal(Object.getPrototypeOf(instance?.metadata), Object.prototype);
  assert.throws(() => Object.assign(instance?.metadata ?? {}, { k: 'w' }), TypeError);
});

test('a listing from the past brings nobody back', () => {
  const of = known();
  of.apply(present(item('a', 1), item('b', 2)));
  of.apply(gone('a'));
  assert.equal(told(of, present(item('a', 1), item('b', 2))), 'from-the-past', 'a is known to be gone');
  assert.equal(told(of, put(item('a', 1))), '', 'nor a change');
  of.apply(put(item('b', 5)));
  assert.equal(told(of, present(item('b', 2))), 'from-the-past', 'b was replaced');
  assert.equal(told(of, present(item('a', 6), item('b', 5))), '+a', 'who came anew is believed');
});

test('a registry that says the past again and again has gone back itself', () => {
  const of = known();
  of.apply(present(item('a', 11), item('b', 12)));
  of.apply(gone('a'));
  const restored = present(item('a', 1), item('b', 2));
  for (let time = 0; time < 3; time += 1) assert.equal(told(of, restored), 'from-the-past');
  assert.equal(told(of, restored), '+a +b');
  assert.equal(told(of, put(item('b', 2, { modified: 3 }))), '+b');
  assert.equal(of.newest, 2);
});

test('what is gone is remembered for so many, the last ones first', () => {
  const of = known();
  for (let number = 1; number <= 2_000; number += 1) of.apply(put(item(`i${number}`, number)));
  for (let number = 1; number <= 2_000; number += 1) of.apply(gone(`i${number}`));
  assert.equal(told(of, put(item('i2000', 2_000))), '');
  assert.equal(told(of, put(item('i1', 1))), '+i1');
});
