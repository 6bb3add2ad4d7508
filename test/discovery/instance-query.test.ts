/** Questions to a snapshot: what fits, in which order, and that asking again makes nothing new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Instance,
  InstanceQuery,
  type InstanceQueryOptions,
  type ServiceSnapshot,
} from '../../src/discovery/index.ts';
import { throwsWith } from '../ports/expectations.ts';

function instance(id: string, told: Partial<Instance> = {}): Instance {
  return {
    ...{ service: 'orders', id, address: { host: id, port: 7000 }, status: 'passing', weight: 1, token: 0 },
    ...{ zone: undefined, region: undefined, version: undefined, tags: [], metadata: {} },
    ...told,
  };
}

const snapshot: ServiceSnapshot = {
  service: 'orders',
  version: 1,
  instances: [
    instance('a', { zone: 'us-1', region: 'us', version: '1.2.0', tags: ['http', 'canary'] }),
    instance('b', { zone: 'eu-1', region: 'eu', version: '1.4.0', tags: ['http'] }),
    instance('c', { zone: 'eu-2', region: 'eu', version: '2.0.0-rc.1', metadata: { shard: '1' } }),
    instance('d', { zone: 'eu-2', region: 'eu', version: 'latest', status: 'warning', tags: ['http'] }),
    instance('e', { status: 'critical' }),
    instance('f', { zone: 'eu-2', region: 'eu', status: 'draining', metadata: { shard: '2' } }),
    instance('g'),
  ],
};

const rows: readonly (readonly [name: string, options: InstanceQueryOptions, tiers: string])[] = [
  ['only what passes', {}, 'abcg'],
  ['what warns too', { status: 'warning' }, 'abcdg'],
  ['whatever its status', { status: 'any' }, 'abcdefg'],
  ['by a tag', { tags: ['http'] }, 'ab'],
  ['by all of several tags', { tags: ['http', 'canary'] }, 'a'],
  ['by a range of versions', { version: '^1.2.0' }, 'ab'],
  ['by a version before its release', { version: '2.0.0-rc.1 || 1.4' }, 'bc'],
  ['by metadata', { status: 'any', metadata: { shard: '2' } }, 'f'],
  ['by metadata that every object seems to have', { metadata: { constructor: 'x' } }, ''],
  ['nearest first', { near: { zone: 'eu-2', region: 'eu' } }, 'c b ag'],
  ['by region alone', { near: { region: 'us' } }, 'a bcg'],
  ['by zone alone', { near: { zone: 'eu-1' } }, 'b acg'],
  ['in an order of zones', { near: { zone: 'eu-2', region: 'eu' }, failover: ['us-1'] }, 'c a b g'],
  ['in an order without an own zone', { failover: ['eu-1', 'us-1'] }, 'b a cg'],
];

for (const [name, options, tiers] of rows) {
  test(`instances are found: ${name}`, () => {
    const query = new InstanceQuery(options);
    const found = query.tiers(snapshot).map((tier) => tier.map(({ id }) => id).join(''));
    assert.equal(found.join(' '), tiers);
    assert.equal(
      query
        .select(snapshot)
        .map(({ id }) => id)
        .join(''),
      tiers.replaceAll(' ', ''),
    );
    assert.equal(
      query
        .nearest(snapshot)
        .map(({ id }) => id)
        .join(''),
      tiers.split(' ')[0],
    );
  });
}

test('the answer about a snapshot is made once, and another snapshot has another', () => {
  const query = new InstanceQuery({ near: { region: 'eu' } });
  assert.equal(query.select(snapshot), query.select(snapshot));
  assert.equal(query.tiers(snapshot), query.tiers(snapshot));
  const next = { ...snapshot, version: 2, instances: snapshot.instances.slice(1) };
  assert.equal(query.select(next).length, 3);
  assert.equal(query.select(snapshot).length, 4);
  assert.deepEqual(query.nearest({ service: 'orders', version: 3, instances: [] }), []);
});

test('a query that makes no sense is refused when it is made', () => {
  throwsWith('invalid-option', () => new InstanceQuery({ status: 'ok' as never }));
  throwsWith('invalid-option', () => new InstanceQuery({ version: 'latest' }));
});
