/** The lock of the recipes on a real ensemble: among programs of ours, and with one that does as Curator does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openZookeeper } from '../../src/engines/zookeeper/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { RawClient } from './zookeeper/raw-client.ts';
import { startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_090 });

test('of many who want a lock one has it at a time, with growing tokens', async () => {
  const engines = await Promise.all([1, 2, 3].map(() => openZookeeper(urlOf(members), { deadline: '30s' })));
  const locks = engines.map((engine) => coordinate(engine).lock('orders'));
  const tokens: number[] = [];
  let holders = 0;
  await Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      const lock = locks[at % locks.length] as (typeof locks)[number];
      await lock.run(async (held) => {
        holders += 1;
        assert.equal(holders, 1);
        tokens.push(held.token);
        await (engines[at % 3] as (typeof engines)[number]).get('some/thing');
        holders -= 1;
      });
    }),
  );
  assert.deepEqual(
    tokens,
    tokens.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(tokens).size, 30);
  await Promise.all(engines.map((engine) => engine.close()));
});

test('a lock that a Curator service holds is waited for, and one that we hold is seen by it', async () => {
  await using raw = new RawClient(members.endpoints);
  await using engine = await openZookeeper(urlOf(members, '/curator'), { prefix: '', deadline: '30s' });
  const lock = coordinate(engine).lock('orders');
  await raw.make('/curator');
  await raw.make('/curator/locks');
  await raw.make('/curator/locks/orders');
  const path = '/curator/locks/orders/_c_5a1f9a2e-6d0c-4a3e-8f2b-1c2d3e4f5a6b-lock-';
  const theirs = await raw.queue(path);
  assert.equal(await lock.tryAcquire(), undefined);
  const acquiring = lock.acquire();
  const inLine = async (): Promise<readonly string[]> =>
    (await engine.list('locks/orders')).items.map(({ key }) => key);
  while ((await inLine()).length < 2);
  const behind = await raw.queue(path);
  await raw.transact([{ do: 'delete', path: theirs, version: -1 }]);
  const held = await acquiring;
  const keys = await inLine();
  assert.match(keys[0] ?? '', /_c_\w+-lock-\d{10}$/);
  assert.equal(keys[1], behind.slice('/curator/'.length));
  await held.release();
  assert.deepEqual(await inLine(), [keys[1]]);
});
