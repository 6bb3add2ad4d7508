/** Listings of our own store that may be old: never older than the mark that they name, whoever is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../src/client/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { RevisionedStore } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { FakeCluster } from '../client/fake-cluster.ts';

test('a listing since a mark is not answered by a node that has not come so far', async () => {
  const { client, clock, ...cluster } = new FakeCluster(3);
  const state = new RevisionedStore(new MemoryOrderedStore());
  const old = new RevisionedStore(new MemoryOrderedStore());
  let commands = 0;
  const asked: string[] = [];
  for (const [place, node] of cluster.nodes.entries()) {
    node.answer = ({ kind, body }) => {
      asked.push(kind);
      if (kind === 'command') {
        commands += 1;
        return state.apply(commands, body).reply.slice();
      }
      return (kind === 'stale-read' && place > 0 ? old : state).read(body).slice();
    };
  }
  const store = new Store({ client, clock });
  const engine = await openQuorate(store, { clock, ownsStore: true });
  const put = { kind: 'put', key: 'a/x', value: new Uint8Array(1) } as const;
  const { succeeded, ...answer } = await engine.transact({ operations: [put] });
  assert.ok(succeeded && 'mark' in answer && answer.mark !== undefined);
  const stranger = new Store({ client, clock });
  for (const on of [engine, await openQuorate(stranger, { clock })]) {
    asked.length = 0;
    for (let times = 0; times < 3; times += 1) {
      const { items } = await on.list('a', { since: answer.mark });
      assert.deepEqual(
        items.map(({ key }) => key),
        ['a/x'],
      );
    }
    assert.ok(asked.includes('stale-read') && asked.includes('read'), asked.join(' '));
  }
  await engine.close();
});
