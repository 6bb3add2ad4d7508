/** Listings of our own store that may be old: never older than the mark that they name, whoever is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../src/client/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { RevisionedStore } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { FakeCluster } from '../client/fake-cluster.ts';

const put = { kind: 'put', key: 'a/x', value: new Uint8Array(1) } as const;

test('a listing since a mark is not answered by a state that has not come so far', async () => {
  const { client, clock, ...cluster } = new FakeCluster(1);
  const state = new RevisionedStore(new MemoryOrderedStore());
  const old = new RevisionedStore(new MemoryOrderedStore());
  let lags = false;
  let commands = 0;
  const asked: string[] = [];
  for (const node of cluster.nodes) {
    node.answer = ({ kind, body }) => {
      asked.push(kind);
      if (kind !== 'command') return (lags && kind === 'stale-read' ? old : state).read(body).slice();
      commands += 1;
      return state.apply(commands, body).reply.slice();
    };
  }
  const engine = await openQuorate(new Store({ client, clock }), { clock, ownsStore: true });
  const answer = await engine.transact({ operations: [put] });
  assert.ok(answer.succeeded && answer.mark !== undefined);
  for (const [isOld, questions] of [
    [false, ['stale-read']],
    [true, ['stale-read', 'read']],
  ] as const) {
    lags = isOld;
    asked.length = 0;
    const { items } = await engine.list('a', { since: answer.mark });
    assert.deepEqual([items.map(({ key }) => key), asked], [['a/x'], questions]);
  }
  for (const since of ['', 'x', '1e3', '99999999999999999'])
    await assert.rejects(engine.list('a', { since }), { code: 'invalid-option' });
  await engine.close();
});
