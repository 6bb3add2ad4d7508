/** A watch whose node says nothing any more goes on at another one, behind what it has heard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreWatch } from '../../src/client/index.ts';
import { decodeWatchQuery, encodeWatchMark } from '../../src/mvcc/index.ts';
import type { Request } from '../../src/net/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { FakeCluster } from './fake-cluster.ts';

interface Scene {
  readonly cluster: FakeCluster;
  readonly watch: StoreWatch;
  /** Every request to watch, in the order in which they came. */
  readonly asked: { readonly place: number; readonly request: Request }[];
}

/** Both nodes begin at revision 7 and say nothing more by themselves. */
async function watching(): Promise<Scene> {
  const cluster = new FakeCluster(2);
  const asked: Scene['asked'] = [];
  for (const [place, node] of cluster.nodes.entries()) {
    node.answer = (request) => {
      if (request.kind !== 'watch') return 'nothing';
      asked.push({ place, request });
      return encodeWatchMark('started', Math.max(7, decodeWatchQuery(request.body).from - 1));
    };
  }
  const range = { start: Uint8Array.of(1), end: undefined };
  const watch = new StoreWatch({ client: cluster.client, clock: cluster.clock, group: 0, range });
  assert.equal(await watch.began, 7);
  return { cluster, watch, asked };
}

async function pass({ clock }: FakeCluster, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    clock.advance(1_000);
    await turn();
  }
}

test('a node that is silent for sixteen seconds is left, counted from its last word', async () => {
  const { cluster, watch, asked } = await watching();
  const [first] = asked;
  assert.ok(first !== undefined);
  await pass(cluster, 10);
  const { place, request } = first;
  cluster.node(place).reply(cluster.node(place).last, request.id, encodeWatchMark('progress', 9));
  await turn();
  await turn();
  await pass(cluster, 15);
  assert.equal(asked.length, 1, 'its last word is fifteen seconds ago');
  await pass(cluster, 1);
  await until(() => asked.length === 2, 'another node is asked');
  assert.notEqual(asked[1]?.place, place);
  assert.equal(decodeWatchQuery(asked[1]?.request.body ?? new Uint8Array()).from, 10);
  await watch.return();
  await cluster.client.close();
  assert.equal(cluster.clock.timers, 0);
});

test('a watch that is over listens to nobody', async () => {
  const { cluster, watch, asked } = await watching();
  await watch.return();
  await pass(cluster, 40);
  assert.equal(asked.length, 1);
  await cluster.client.close();
  assert.equal(cluster.clock.timers, 0);
});
