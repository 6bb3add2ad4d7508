/** In which order servers are tried. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import { ServerOrder } from '../../../src/engines/zookeeper/connection/index.ts';

const servers = [1, 2, 3].map((port) => ({ host: 'zk', port }));

function ports(order: ServerOrder, now: number, seed: number): number[] {
  return order.round(now, new Prng(seed)).map(({ port }) => port);
}

test('chance decides who comes first, and each is tried', () => {
  const order = new ServerOrder(servers);
  const firsts = new Set<number | undefined>();
  for (let seed = 0; seed < 50; seed += 1) {
    const round = ports(order, 0, seed);
    firsts.add(round[0]);
    assert.deepEqual(round.toSorted(), [1, 2, 3]);
  }
  assert.equal(firsts.size, 3);
});

test('who failed a moment ago comes last, until it serves or time has passed', () => {
  const order = new ServerOrder(servers);
  const [, second] = servers as [unknown, { host: string; port: number }];
  order.failed(second, 1_000);
  for (let seed = 0; seed < 20; seed += 1) assert.equal(ports(order, 2_000, seed).at(-1), 2);
  const lasts = (now: number): Set<number | undefined> =>
    new Set(Array.from({ length: 50 }, (_, seed) => ports(order, now, seed).at(-1)));
  assert.equal(lasts(12_000).size, 3);
  order.failed(second, 12_000);
  order.served(second);
  assert.equal(lasts(12_001).size, 3);
});
