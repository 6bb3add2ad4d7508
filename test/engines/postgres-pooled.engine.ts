/** PostgreSQL as an engine, through a pooler that gives a connection for a transaction: the conformance suite. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openPostgres } from '../../src/engines/postgres/index.ts';
import { conforms } from './conformance.ts';
import { pooledUrl, postgresStage } from './postgres-stage.ts';

const stage = await postgresStage();
const pooler = await pooledUrl(stage.server);
after(async () => {
  await pooler[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

conforms('postgres through a pooler', {
  // The machine may be busy, and all clients share three connections.
  open: () => openPostgres(pooler.url, { deadline: '20s' }),
  provided: ['fencing', 'linearizable-reads', 'transactions', 'watch-resume', 'expiry-events'],
});

test('behind a pooler nobody listens, and watches hear of others all the same', async () => {
  const listeners = async (): Promise<number> =>
    Number(await stage.server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"));
  await using other = await openPostgres(stage.server.url);
  const heard = async (url: string): Promise<number> => {
    await using engine = await openPostgres(url);
    const watch = engine.watch({ directory: 'pooled' });
    await watch.next();
    const value = new Uint8Array(0);
    await other.transact({ operations: [{ kind: 'put', key: 'pooled/a', value }], deadline: '20s' });
    assert.equal((await watch.next()).value?.kind, 'changes');
    if (url === stage.server.url) await until(async () => (await listeners()) > 0);
    const found = await listeners();
    await watch.return();
    return found;
  };
  assert.equal(await heard(stage.server.url), 1);
  await until(async () => (await listeners()) === 0);
  assert.equal(await heard(pooler.url), 0);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
