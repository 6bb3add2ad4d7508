/** A list that shares with the one before it says what a plain table of the same instances says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/base/index.ts';
import type { Instance } from '../../src/discovery/index.ts';
import { InstanceList } from '../../src/discovery/instance-list.ts';

function instance(id: string, weight = 1): Instance {
  return {
    ...{ service: 'orders', id, address: { host: id, port: 7000 }, status: 'passing', weight, token: 0 },
    ...{ zone: undefined, region: undefined, version: undefined, tags: [], metadata: {} },
  };
}

function idsOf(list: InstanceList): string {
  return list.instances.map(({ id }) => id).join('');
}

test('what was there before a change stays as it was, whoever is read first', () => {
  const [b, d] = [instance('b'), instance('d')];
  const first = InstanceList.of([b, d]);
  const second = first.with(new Map([['c', instance('c')]]));
  const third = second.with(new Map([['b', undefined]]));
  assert.equal(idsOf(third), 'cd');
  assert.equal(idsOf(first), 'bd');
  assert.equal(idsOf(second), 'bcd');
  assert.deepEqual(
    [first, second, third].map((list) => list.get('b')),
    [b, b, undefined],
  );
  assert.deepEqual(
    [first, second, third].map(({ length }) => length),
    [2, 3, 2],
  );
});

test('a read makes the array once, and what changes nothing is the same list', () => {
  const b = instance('b');
  const list = InstanceList.of([b]).with(new Map([['a', instance('a')]]));
  assert.equal(list.instances, list.instances);
  const nothing = new Map([
    ['b', b],
    ['c', undefined],
  ]);
  assert.equal(list.with(nothing), list);
});

test('by any course of changes and reads it says what a table says', () => {
  const chance = new Prng(7);
  for (let course = 0; course < 40; course += 1) {
    let list = InstanceList.of([]);
    const table = new Map<string, Instance>();
    for (let step = 0; step < 60; step += 1) {
      const changes = new Map<string, Instance | undefined>();
      const size = chance.uint32() % 8 === 0 ? 30 : 1 + (chance.uint32() % 3);
      for (let one = 0; one < size; one += 1) {
        const id = `i${String(chance.uint32() % 60).padStart(2, '0')}`;
        changes.set(id, chance.uint32() % 3 === 0 ? undefined : instance(id, 1 + step));
      }
      for (const [id, told] of changes) {
        if (told === undefined) table.delete(id);
        else table.set(id, told);
      }
      list = list.with(changes);
      assert.equal(list.length, table.size);
      for (const id of changes.keys()) assert.equal(list.get(id), table.get(id));
      if (chance.uint32() % 4 > 0) continue;
      const sorted = [...table.keys()].sort().map((id) => table.get(id));
      assert.deepEqual([...list.instances], sorted);
    }
  }
});
