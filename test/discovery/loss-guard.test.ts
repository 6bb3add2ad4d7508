/** Losses of nearly all at once are not believed for a while; all others are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../../src/discovery/index.ts';
import { LossGuard } from '../../src/discovery/loss-guard.ts';
import { withChanges } from '../../src/discovery/sorted-instances.ts';

function instance(id: string): Instance {
  return {
    ...{ service: 'orders', id, address: { host: id, port: 7000 }, status: 'passing', weight: 1, token: 0 },
    ...{ zone: undefined, region: undefined, version: undefined, tags: [], metadata: {} },
  };
}

function idsOf(instances: readonly Instance[]): string {
  return instances.map(({ id }) => id).join('');
}

test('one after the other is believed until nearly all are gone; then those of the last while stay', () => {
  const guard = new LossGuard({ share: 0.8, holdMs: 30_000 });
  const seen = 'abcde'.split('').map((id, at) => {
    guard.lose(instance(id), at * 100);
    return idsOf(guard.held(4 - at, at * 100));
  });
  assert.deepEqual(seen, ['', '', '', 'abcd', 'abcde']);
});

test('each is held for its own time, and no longer', () => {
  const guard = new LossGuard({ share: 0.8, holdMs: 1_000 });
  guard.lose(instance('a'), 0);
  guard.lose(instance('b'), 500);
  assert.equal(guard.nextMs, 1_000);
  assert.equal(idsOf(guard.held(0, 999)), 'ab');
  assert.equal(idsOf(guard.held(0, 1_000)), 'b');
  assert.equal(idsOf(guard.held(0, 1_500)), '');
  assert.equal(guard.nextMs, undefined);
});

test('who comes back, or says that he goes, is held no longer; when enough are back, nobody is', () => {
  const guard = new LossGuard({ share: 0.8, holdMs: 30_000 });
  for (const id of 'abcdefghij') guard.lose(instance(id), 0);
  guard.forget('a');
  assert.equal(idsOf(guard.held(1, 1)), 'bcdefghij');
  for (const id of 'bcde') guard.forget(id);
  assert.equal(idsOf(guard.held(5, 1)), 'fghij', 'half of them are back, and the rest may be on its way');
  // Others under new ids are as good as those that were there.
  assert.equal(idsOf(guard.held(8, 1)), '');
  assert.equal(idsOf(guard.held(2, 1)), '', 'few are missed, and nobody is held because of them');
});

test('lists with changes are new lists in order, and the same list where nothing changes', () => {
  const none: readonly Instance[] = [];
  const some = 'bdf'.split('').map(instance);
  const list = withChanges(none, new Map([...some].reverse().map((one) => [one.id, one])));
  assert.equal(idsOf(list), 'bdf');
  const changes: readonly (readonly [string, Instance | undefined])[] = [
    ['a', instance('a')],
    ['d', undefined],
    ['e', instance('e')],
    ['g', instance('g')],
    ['z', undefined],
  ];
  assert.equal(idsOf(withChanges(list, new Map(changes))), 'abefg');
  assert.equal(idsOf(list), 'bdf');
  const same = new Map([
    ['b', some[0]],
    ['c', undefined],
  ]);
  assert.equal(withChanges(list, same), list);
  const many = Array.from({ length: 40 }, (_, at) => instance(`c${String(at).padStart(2, '0')}`));
  const merged = withChanges(list, new Map([['b', undefined], ...many.map((one) => [one.id, one] as const)]));
  assert.deepEqual(merged, [...many, ...list.slice(1)]);
  assert.equal(idsOf(withChanges(merged, new Map(many.map(({ id }) => [id, undefined])))), 'df');
  const other = instance('d');
  assert.equal(withChanges(list, new Map([['d', other]]))[1], other);
});
