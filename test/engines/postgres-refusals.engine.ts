/** What a real PostgreSQL refuses before anything is done: one connection more than it takes, and words in the clear. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { openPostgres } from '../../src/engines/postgres/index.ts';
import { mayRead, postgresAccount } from '../../tools/peers/postgres-server.ts';
import { nothing } from './postgres-scene.ts';
import { postgresStage } from './postgres-stage.ts';
import { tlsFiles } from './tls-files.ts';

const stage = await postgresStage(['max_connections=12']);
after(() => stage[Symbol.asyncDispose]());

test('a server that takes no more connections is full, within the deadline, and serves again when there is room', async () => {
  const { url } = stage.server;
  await using engine = await openPostgres(url, { deadline: '20s' });
  const put = { kind: 'put', key: 'full/a', value: nothing } as const;
  await engine.transact({ operations: [put] });
  {
    await using crowd = new AsyncDisposableStack();
    const fill = async (): Promise<void> => {
      while (true) crowd.use(await stage.connection());
    };
    await assert.rejects(fill(), { code: '53300' });
    await assert.rejects(openPostgres(url, { deadline: '1s' }), {
      code: 'engine-full',
      outcome: 'not-applied',
      message: /raise max_connections, or use a pooler/,
    });
    await engine.transact({ operations: [put], deadline: '20s' });
  }
  await using late = await openPostgres(url, { deadline: '20s' });
  await late.transact({ operations: [put] });
});

test('TLS is spoken where the address says so, and only with who is known', async () => {
  const { authority, certificateFile, keyFile, strange } = tlsFiles();
  const { url } = stage.server;
  await assert.rejects(openPostgres(`${url}?sslmode=require`, { deadline: '5s' }), {
    code: 'engine-protocol',
    outcome: 'not-applied',
    message: /sslmode/,
  });
  const account = await postgresAccount();
  const readable = (file: string): string => {
    const copy = `${stage.directory}/${file.split('/').at(-1)}`;
    copyFileSync(file, copy);
    mayRead(copy, account);
    return copy;
  };
  const files = [`ssl_cert_file=${readable(certificateFile)}`, `ssl_key_file=${readable(keyFile)}`];
  await stage.server.stop();
  await stage.server.start(['ssl=on', ...files]);
  const tls = { authorities: [authority.certificate] };
  await using engine = await openPostgres(url, { tls, deadline: '20s' });
  await engine.transact({ operations: [{ kind: 'put', key: 'tls/a', value: nothing }] });
  const encrypted = await stage.server.sql(
    "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND backend_type = 'client backend'",
  );
  assert.ok(Number(encrypted) > 0, `${encrypted} connections are encrypted`);
  for (const unknown of [{}, { authorities: [strange] }])
    await assert.rejects(openPostgres(url, { tls: unknown, deadline: '5s' }), {
      code: 'engine-protocol',
      outcome: 'not-applied',
      message: /option tls/,
    });
});
