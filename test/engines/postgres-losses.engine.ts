/** PostgreSQL as an engine, on a real server: sessions that end, data that is lost, and what is forgotten. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import { WithholdingRelay } from './postgres/withholding-relay.ts';
import { nothing, openedOn, ownSchema, put, taken } from './postgres-scene.ts';
import { type PostgresStage, postgresStage } from './postgres-stage.ts';
import { usedAndLeft } from './used-and-left.ts';

let stage: PostgresStage;
before(async () => {
  stage = await postgresStage();
});
after(() => stage[Symbol.asyncDispose]());

function opened(schema: string): Promise<AnyEngine> {
  return openedOn(stage, schema);
}

test('what has expired never comes back once somebody has seen that it is gone', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await using other = await opened(schema);
  const session = await engine.session({ ttlMs: 60_000 });
  await engine.transact({ operations: [{ kind: 'put', key: 'dead/a', value: nothing, session }] });
  const watch = other.watch({ directory: 'dead' });
  assert.equal((await taken(watch.next())).kind, 'present');
  // As if the clock of the server were set forward, and back again.
  const move = (interval: string): Promise<string> =>
    stage.server.sql(`UPDATE ${schema}.sessions SET expires_at = expires_at ${interval}`);
  await move(`- interval '1 hour'`);
  assert.equal(await other.get('dead/a'), undefined);
  await move(`+ interval '1 hour'`);
  assert.equal(await other.get('dead/a'), undefined);
  const batch = await taken(watch.next());
  assert.deepEqual(batch.kind === 'changes' && batch.events, [{ kind: 'expired', key: 'dead/a' }]);
  await assert.rejects(
    engine.transact({ operations: [{ kind: 'put', key: 'dead/a', value: nothing, session }] }),
    { code: 'session-expired', outcome: 'not-applied' },
  );
  await watch.return();
});

test('who watches hears of a session that nobody comes across', async () => {
  const schema = ownSchema();
  const engine = await opened(schema);
  await using other = await opened(schema);
  const watch = other.watch({ directory: 'sweep' });
  assert.equal((await taken(watch.next())).kind, 'present');
  const session = await engine.session({ ttlMs: 2_000 });
  await engine.transact({ operations: [{ kind: 'put', key: 'sweep/a', value: nothing, session }] });
  assert.equal((await taken(watch.next())).kind, 'changes');
  // Nothing more is heard of its owner.
  await stage.server.sql(`UPDATE ${schema}.sessions SET expires_at = clock_timestamp()`);
  const batch = await taken(watch.next());
  assert.deepEqual(batch.kind === 'changes' && batch.events, [{ kind: 'expired', key: 'sweep/a' }]);
  await engine.close();
  await watch.return();
});

for (const [what, statement] of [
  ['dropped', (schema: string) => `DROP SCHEMA ${schema} CASCADE`],
  ['said to be restored', (schema: string) => `SELECT ${schema}.restored()`],
  [
    'as it was before',
    (schema: string) =>
      `UPDATE ${schema}.directories SET last = 0; DELETE FROM ${schema}.items; DELETE FROM ${schema}.changes`,
  ],
] as const) {
  test(`data that is ${what} is lost: sessions are over, watches begin anew, calls go on`, async () => {
    const schema = ownSchema();
    await using engine = await opened(schema);
    const session = await engine.session({ ttlMs: 60_000 });
    await put(engine, 'lost/a');
    const watch = engine.watch({ directory: 'lost' });
    assert.equal((await taken(watch.next())).kind, 'present');
    await stage.server.sql(statement(schema));
    await assert.rejects(
      (async () => {
        while (session.isLive) await engine.get('lost/a');
        throw session.over.reason;
      })(),
      (error: Error & { code?: string }) => /engine-data-lost|session-expired/.test(error.code ?? ''),
    );
    assert.equal(session.isLive, false);
    assert.equal((await taken(watch.next())).kind, 'present');
    await put(engine, 'lost/b');
    assert.ok((await engine.get('lost/b')) !== undefined);
    await watch.return();
  });
}

test('tokens grow through a restored backup, and through a directory that was tidied away', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  const created = async (): Promise<number> => {
    await engine.transact({ operations: [{ kind: 'delete', key: 'tokens/a' }] });
    await put(engine, 'tokens/a');
    return (await engine.get('tokens/a'))?.created ?? 0;
  };
  const first = await created();
  await engine.transact({ operations: [{ kind: 'delete', key: 'tokens/a' }] });
  const store = await stage.server.sql(`SELECT id FROM ${schema}.store`);
  await stage.server.sql(`SELECT ${schema}.tidy('{"store":"${store}","keepMs":0}')`);
  await stage.server.sql(`SELECT ${schema}.tidy('{"store":"${store}","keepMs":0}')`);
  assert.equal(await stage.server.sql(`SELECT count(*) FROM ${schema}.directories`), '0');
  const second = await created();
  assert.ok(second > first);
  await stage.server.sql(`SELECT ${schema}.restored()`);
  await assert.rejects(engine.get('tokens/a'), { code: 'engine-data-lost' });
  assert.ok((await created()) > second);
});

test('what is deleted and what went with its session leaves no row that is not tidied away', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await usedAndLeft(engine, 'used');
  const rows = async (...tables: readonly string[]): Promise<string[]> =>
    await Promise.all(tables.map((table) => stage.server.sql(`SELECT count(*) FROM ${schema}.${table}`)));
  assert.deepEqual(await rows('items', 'sessions'), ['0', '0']);
  const store = await stage.server.sql(`SELECT id FROM ${schema}.store`);
  await stage.server.sql(`SELECT ${schema}.tidy('{"store":"${store}","keepMs":0}')`);
  await stage.server.sql(`SELECT ${schema}.tidy('{"store":"${store}","keepMs":0}')`);
  assert.deepEqual(await rows('changes', 'requests', 'directories'), ['0', '0', '0']);
});

test('a request that is sent again is carried out once, and refused for good when it was refused', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await using raw = await stage.connection();
  const store = await stage.server.sql(`SELECT id FROM ${schema}.store`);
  const add = { kind: 'add', directory: 'again', name: 'n', amount: 1, least: 0, most: 100 };
  const sent = async (request: string, isAgain: boolean, when: readonly object[] = []): Promise<unknown> => {
    const whole = {
      ...{ store, request, isAgain, when, sessions: [], fences: [], operations: [add] },
      ...{ keys: [['again', 'n']], directories: [{ directory: 'again', shared: false }] },
    };
    const [row] = await raw.query(`SELECT ${schema}.transact('${JSON.stringify(whole)}') AS answer`);
    return (row as { readonly answer: unknown }).answer;
  };
  const first = await sent('a', false);
  assert.deepEqual(await sent('a', true), first);
  // The second sending overtakes the first, which would have been carried out by now.
  const absent = [{ directory: 'again', name: 'n', is: 'absent' }];
  assert.deepEqual(await sent('b', true, absent), { outcome: 'condition' });
  await engine.transact({ operations: [{ kind: 'delete', key: 'again/n' }] });
  assert.deepEqual(await sent('b', false, absent), { outcome: 'condition' });
  assert.equal(await engine.get('again/n'), undefined);
});

test('what is answered as of an earlier sending is no sign that data was lost', async () => {
  const schema = ownSchema();
  const { url } = stage.server;
  const { port } = new URL(url);
  await using relay = await WithholdingRelay.open(Number(port));
  await using other = await opened(schema);
  const relayed = { server: { url: url.replace(`:${port}`, `:${relay.port}`) } };
  await using engine = await openedOn(relayed, schema);
  const seen = async (by: AnyEngine, count: number): Promise<void> => {
    while ((await by.list('sent')).items.length < count)
      await new Promise((resolve) => setImmediate(resolve));
  };
  await put(engine, 'sent/before');
  relay.withhold();
  const written = put(engine, 'sent/mine');
  await seen(other, 2);
  await put(other, 'sent/theirs');
  await seen(engine, 3);
  relay.cut();
  await written;
  assert.equal((await engine.list('sent')).items.length, 3);
});

test('a mark whose changes are forgotten begins anew', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  const { mark } = await engine.list('old');
  await put(engine, 'old/a');
  await put(engine, 'old/b');
  await stage.server.sql(`DELETE FROM ${schema}.changes`);
  const watch = engine.watch({ directory: 'old' }, { from: mark as string });
  const batch = await taken(watch.next());
  assert.deepEqual([batch.kind, batch.kind === 'present' && batch.items.length], ['present', 2]);
  await watch.return();
});
