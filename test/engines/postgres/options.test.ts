/** The URL and the options of an engine on PostgreSQL: what they mean, and what is refused without showing a password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../../src/base/index.ts';
import { type PostgresOptions, postgresSettings } from '../../../src/engines/postgres/options.ts';

const url = 'postgres://me:s%40cret@db.example:6543/app';

test('a URL names host, port, user, password and database', async () => {
  const { client, address } = postgresSettings(url, {});
  const { host, port, user, database, ssl } = client;
  assert.deepEqual(
    { host, port, user, database, ssl },
    { host: 'db.example', port: 6543, user: 'me', database: 'app', ssl: false },
  );
  assert.equal(await client.password(), 's@cret');
  assert.equal(address, 'db.example:6543');
});

test('what a URL leaves out is filled in', () => {
  const { client } = postgresSettings('postgresql://me@localhost', {});
  assert.deepEqual([client.port, client.database, client.password()], [5432, 'me', '']);
  assert.equal(postgresSettings('postgres://me@[::1]:1/x', {}).client.host, '::1');
  const socket = postgresSettings('postgres://me@localhost/x?host=/run/postgresql', {});
  assert.deepEqual([socket.client.host, socket.address], ['/run/postgresql', '/run/postgresql']);
});

test('encryption is asked for by sslmode or by certificates, and checked unless it says otherwise', () => {
  const ssl = (mode: string, options: PostgresOptions = {}): unknown =>
    postgresSettings(`${url}?sslmode=${mode}`, options).client.ssl;
  assert.equal(ssl('disable'), false);
  assert.deepEqual(ssl('require'), { rejectUnauthorized: true });
  assert.deepEqual(ssl('no-verify'), { rejectUnauthorized: false });
  const tls = { authorities: ['A'], certificate: 'C', key: 'K', serverName: 'N' };
  assert.deepEqual(ssl('disable', { tls }), {
    rejectUnauthorized: true,
    ca: ['A'],
    cert: 'C',
    key: 'K',
    servername: 'N',
  });
});

const refusals: readonly {
  readonly name: string;
  readonly url?: string;
  readonly options?: PostgresOptions;
  readonly option: string;
}[] = [
  { name: 'another scheme', url: 'mysql://me:secret@h/d', option: 'url' },
  { name: 'no URL', url: 'me:secret@h', option: 'url' },
  { name: 'two hosts', url: 'postgres://me:secret@a,b/d', option: 'url' },
  { name: 'no user', url: 'postgres://h/d', option: 'url' },
  { name: 'a parameter that is not known', url: `${url}?ssl_mode=x`, option: 'url' },
  { name: 'a mode that is not known', url: `${url}?sslmode=maybe`, option: 'sslmode' },
  { name: 'a schema that would need quoting', options: { schema: 'Mine"; --' }, option: 'schema' },
  { name: 'a schema that is too long', options: { schema: 'x'.repeat(41) }, option: 'schema' },
  { name: 'no connections', options: { connections: 0 }, option: 'connections' },
  { name: 'half a connection', options: { connections: 1.5 }, option: 'connections' },
  { name: 'a deadline of nothing', options: { deadline: 0 }, option: 'deadline' },
  { name: 'changes kept too shortly', options: { keep: '59s' }, option: 'keep' },
  { name: 'looking all the time', options: { pollInterval: 0 }, option: 'pollInterval' },
];

for (const { name, url: own = url, options = {}, option } of refusals) {
  test(`${name} is refused as ${option}`, () => {
    assert.throws(
      () => postgresSettings(own, options),
      (error: unknown) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });
}
