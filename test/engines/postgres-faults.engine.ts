/** PostgreSQL as an engine, on a real server: what goes wrong, and what is peculiar to it. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import { openPostgres, type PostgresOptions, postgresSchema } from '../../src/engines/postgres/index.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { nothing, openedOn, ownSchema, put, taken } from './postgres-scene.ts';
import { type PostgresStage, postgresStage } from './postgres-stage.ts';

let stage: PostgresStage;
before(async () => {
  stage = await postgresStage();
});
after(() => stage[Symbol.asyncDispose]());

function opened(schema: string, options: PostgresOptions = {}): Promise<AnyEngine> {
  return openedOn(stage, schema, options);
}

test('many that are opened at once make the tables once', async () => {
  const schema = ownSchema();
  const engines = await Promise.all(Array.from({ length: 10 }, () => opened(schema)));
  await Promise.all(engines.map((engine, at) => put(engine, `many/${at}`)));
  assert.equal((await engines[0]?.list('many'))?.items.length, 10);
  await Promise.all(engines.map((engine) => engine.close()));
});

test('who may not make the tables is told what to run, and can work when it was run', async () => {
  const schema = ownSchema();
  await stage.server.sql(`CREATE ROLE guest LOGIN PASSWORD 'guest'`);
  const url = stage.server.url.replace('quorate:quorate@', 'guest:guest@');
  const refused = await openPostgres(url, { schema }).catch((error: unknown) => error);
  assert.ok(refused instanceof Error && 'code' in refused && refused.code === 'engine-unauthenticated');
  const statement = /`(CREATE SCHEMA [^`]+)`/.exec(refused.message)?.[1];
  assert.equal(statement, `CREATE SCHEMA "${schema}" AUTHORIZATION "guest"`);
  await stage.server.sql(statement);
  await using engine = (await openPostgres(url, { schema })) as unknown as AnyEngine;
  await put(engine, 'guests/a');
});

test('tables that somebody else made serve whoever was granted what the page names', async () => {
  const schema = ownSchema();
  await stage.server.sql(postgresSchema(schema));
  const closed = await openPostgres(stage.server.url, { schema }).catch((error: unknown) => error);
  assert.ok(closed instanceof Error && 'code' in closed && closed.code === 'engine-unauthenticated');
  await stage.server.sql(`GRANT USAGE ON SCHEMA ${schema} TO quorate`);
  await stage.server.sql(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO quorate`);
  await using engine = await opened(schema);
  const session = await engine.session({ ttlMs: 10_000 });
  await engine.transact({
    operations: [
      { kind: 'append', directory: 'granted', label: 'x', id: 'abcdefgh', value: nothing, session },
    ],
  });
  await session.close();
  assert.deepEqual((await engine.list('granted')).items, []);
});

test('a wrong password, a database that is not there and a server that is not there are told apart', async () => {
  const { url, port } = stage.server;
  const rows = [
    [url.replace(':quorate@', ':wrong@'), 'engine-unauthenticated'],
    [url.replace(':quorate@', '@'), 'engine-unauthenticated'],
    [url.replace(/quorate$/, 'nowhere'), 'engine-failed'],
    [url.replace(`:${port}/`, ':1/'), 'engine-unreachable'],
  ] as const;
  for (const [wrong, code] of rows) {
    await assert.rejects(openPostgres(wrong, { deadline: '500ms' }), { code, outcome: 'not-applied' });
  }
});

function listening(onConnection: Parameters<typeof createServer>[1]): Promise<Server> {
  return new Promise((resolve) => {
    const server: Server = createServer({}, onConnection).listen(0, '127.0.0.1', () => resolve(server));
  });
}

test('another protocol on the port is named as such, and one that says nothing as away', async () => {
  const greetings = [
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '-ERR unknown command\r\n',
    '\0\0\u0012\u0004\0\0\0\0\0',
  ];
  for (const greeting of [...greetings, undefined]) {
    const server = await listening((socket) => {
      socket.on('error', () => undefined).on('data', () => greeting !== undefined && socket.write(greeting));
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const open = openPostgres(`postgres://me:x@127.0.0.1:${port}/d`, { deadline: '1s' });
    const code = greeting === undefined ? 'engine-unreachable' : 'engine-protocol';
    await assert.rejects(open, { code, outcome: 'not-applied' });
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a database that takes no writes is read-only', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await put(engine, 'a/b');
  await stage.server.sql('ALTER DATABASE quorate SET default_transaction_read_only = on');
  try {
    await using late = await opened(schema);
    await assert.rejects(put(late, 'a/b'), { code: 'engine-read-only', outcome: 'not-applied' });
  } finally {
    await stage.server.sql(
      'BEGIN READ WRITE; ALTER DATABASE quorate RESET default_transaction_read_only; COMMIT',
    );
  }
});

test('a directory that somebody holds costs others their deadline and nothing else', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await put(engine, 'held/a');
  await using holder = await stage.connection();
  await holder.query(`BEGIN; SELECT ${schema}.lock_directory('held', false)`);
  const write = engine.transact({
    operations: [{ kind: 'put', key: 'held/a', value: nothing }],
    deadline: '1s',
  });
  await assert.rejects(write, { code: 'deadline-exceeded', outcome: 'not-applied' });
  await put(engine, 'free/a');
  assert.ok((await engine.get('held/a')) !== undefined);
  await holder.query('COMMIT');
  await put(engine, 'held/a');
});

test('numbers follow commits without gaps, whoever writes, and a watch brings them all', async () => {
  const schema = ownSchema();
  const engines = await Promise.all([opened(schema), opened(schema), opened(schema)]);
  const first = engines[0] as AnyEngine;
  const { mark } = await first.list('order');
  const watch = first.watch({ directory: 'order' }, { from: mark as string });
  const told: number[] = [];
  const reading = (async () => {
    while (told.length < 45) {
      const batch = await taken(watch.next());
      assert.equal(batch.kind, 'changes');
      if (batch.kind !== 'changes') return;
      for (const event of batch.events) if (event.kind === 'put') told.push(event.item.modified);
    }
  })();
  const writes = Array.from({ length: 45 }, (_, at) => put(engines[at % 3] as AnyEngine, `order/${at % 7}`));
  await Promise.all([...writes, reading]);
  assert.deepEqual(
    told,
    Array.from({ length: 45 }, (_, at) => at + 1),
  );
  await watch.return();
  await Promise.all(engines.map((engine) => engine.close()));
});

test('additions and appends are carried out once each, while the server stops, dies and comes back', async () => {
  const schema = ownSchema();
  const engines = await Promise.all([opened(schema), opened(schema)]);
  const adds = engines.map(async (engine, at) => {
    for (let count = 0; count < 40; count += 1) {
      const id = `abcdefgh${at}x${count}`;
      await engine.transact({
        operations: [
          { kind: 'add', key: 'storm/counter', amount: 1 },
          { kind: 'append', directory: 'storm', label: 'x', id, value: nothing },
        ],
        deadline: '60s',
      });
    }
  });
  const first = engines[0] as AnyEngine;
  const counted = async (): Promise<number> => (await first.list('storm', { deadline: '60s' })).items.length;
  for (const [least, end] of [
    [10, () => stage.server.stop()],
    [30, () => stage.server.kill()],
    [50, () => stage.server.kill()],
  ] as const) {
    while ((await counted()) < least) await new Promise((resolve) => setImmediate(resolve));
    await end();
    await stage.server.start();
  }
  await Promise.all(adds);
  const { value } = (await first.get('storm/counter')) ?? {};
  assert.equal(Buffer.from(value ?? []).toString(), '80');
  assert.equal(await counted(), 81);
  await Promise.all(engines.map((engine) => engine.close()));
});

test('a watch hears through the loss of every connection, and listens again', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema, { pollInterval: '1h' });
  await using other = await opened(schema);
  const watch = engine.watch({ directory: 'cut' });
  assert.equal((await taken(watch.next())).kind, 'present');
  const listeners = (): Promise<string> =>
    stage.server.sql(`SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %quorate_${schema}%'`);
  for (let round = 0; round < 3; round += 1) {
    while ((await listeners()) !== '1') await new Promise((resolve) => setImmediate(resolve));
    await put(other, `cut/${round}`);
    assert.equal((await taken(watch.next())).kind, 'changes');
    await stage.server.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'quorate'",
    );
  }
  await watch.return();
});

test('an engine that is closed waits for no timer, whatever it was doing', async () => {
  const clock = new ManualClock();
  const engine = await opened(ownSchema(), { clock });
  const session = await engine.session({ ttlMs: 60_000 });
  const watch = engine.watch({ directory: 'closing' });
  assert.equal((await taken(watch.next())).kind, 'present');
  const waiting = assert.rejects(watch.next(), { code: 'closed' });
  await engine.close();
  await waiting;
  assert.equal(session.isLive, false);
});

test('no function lets the server compile machine code, which it would do at each call', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await put(engine, 'a/b');
  const ofSchema = `FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace`;
  assert.ok(Number(await stage.server.sql(`SELECT count(*) ${ofSchema}`)) > 5);
  assert.equal(
    await stage.server.sql(`SELECT count(*) ${ofSchema} AND NOT coalesce('jit=off' = ANY(proconfig), false)`),
    '0',
  );
});

test('a commit waits for the disk where the database says that it need not', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await put(engine, 'durable/a');
  await using raw = await stage.connection();
  const store = await stage.server.sql(`SELECT id FROM ${schema}.store`);
  const request = `{"store":"${store}","session":"s","ttlMs":1000}`;
  const commits = await raw.query(
    `SET LOCAL synchronous_commit = off; SELECT ${schema}.open_session('${request}'); ` +
      `SELECT current_setting('synchronous_commit') AS commits`,
  );
  assert.deepEqual(commits, [{ commits: 'on' }]);
});

test('survives-failover is stated where commits wait for a standby, or by the word of the user', async () => {
  const schema = ownSchema();
  await assert.rejects(openPostgres(stage.server.url, { schema, failover: 'synchronous' }), {
    code: 'capability-missing',
  });
  await using plain = await openPostgres(stage.server.url, { schema });
  await using allowed = await openPostgres(stage.server.url, { schema, allow: 'failover-loss' });
  assert.deepEqual(
    ['survives-failover' in plain.provides, 'survives-failover' in allowed.provides],
    [false, true],
  );
  await stage.server.stop();
  await stage.server.start(['synchronous_standby_names=*']);
  await using synchronous = await openPostgres(stage.server.url, { schema, failover: 'synchronous' });
  assert.equal(synchronous.provides['survives-failover'], true);
  // There is no standby, so nothing is acknowledged.
  const unheard = synchronous.transact({
    operations: [{ kind: 'put', key: 'a/b', value: nothing }],
    deadline: '4s',
  });
  await assert.rejects(unheard, { code: 'deadline-exceeded', outcome: 'unknown' });
  await stage.server.stop();
  await stage.server.start();
});

test('a standby is not even read', async () => {
  const schema = ownSchema();
  await using engine = await opened(schema);
  await stage.server.stop();
  stage.server.makeStandby();
  await stage.server.start();
  await assert.rejects(engine.get('a/b', { deadline: '30s' }), { code: 'engine-read-only' });
  await assert.rejects(put(engine, 'a/b'), { code: 'engine-read-only', outcome: 'not-applied' });
  await assert.rejects(openPostgres(stage.server.url, { schema }), { code: 'engine-read-only' });
});
