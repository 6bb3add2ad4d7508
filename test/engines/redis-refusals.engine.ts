/** What a real Redis refuses, and what is told of it: its disk is full or gone, it has no room for one more, it wants TLS. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Engine } from '../../src/engines/port/index.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { type OwnServer, ownServer } from './redis/servers.ts';
import { tlsFiles } from './tls-files.ts';

function put(engine: Engine, key: string): Promise<unknown> {
  return engine.transact({ operations: [{ kind: 'put', key, value: new Uint8Array(0) }], deadline: '20s' });
}

/** Resolves when the server has tried to save, with whether it could. */
async function saved({ raw }: OwnServer): Promise<boolean> {
  await raw('BGSAVE');
  while (true) {
    const told = String(await raw('INFO', 'persistence'));
    if (/rdb_bgsave_in_progress:0/.test(told)) return /rdb_last_bgsave_status:ok/.test(told);
  }
}

test('a server that cannot save to its disk takes no writes, and says so until it can', async () => {
  await using server = await ownServer(17_660, ['--save', '3600 1']);
  await using engine = await openRedis(server.url);
  await put(engine, 'disk/a');
  const told = (await server.raw('CONFIG', 'GET', 'dir')) as readonly string[];
  // A directory stands where the file belongs, which also root cannot write over.
  const file = join(String(told[1]), 'dump.rdb');
  mkdirSync(file);
  assert.equal(await saved(server), false);
  await assert.rejects(put(engine, 'disk/b'), {
    code: 'engine-read-only',
    outcome: 'not-applied',
    message: /MISCONF.*see in its log why it cannot write to its disk/,
  });
  rmSync(file, { recursive: true });
  assert.equal(await saved(server), true);
  await put(engine, 'disk/c');
  assert.equal(await engine.get('disk/b'), undefined);
});

test('a server that takes no more connections is full, within the deadline', async () => {
  await using server = await ownServer(17_661);
  await using engine = await openRedis(server.url);
  await put(engine, 'clients/a');
  // That of the engine and that of its watches are there already, and the one that says this.
  await server.raw('CONFIG', 'SET', 'maxclients', '1');
  await assert.rejects(openRedis(server.url, { deadline: '500ms' }), {
    code: 'engine-full',
    outcome: 'not-applied',
    message: /max number of clients reached.*raise its maxclients/,
  });
  await put(engine, 'clients/b');
});

test('TLS is spoken where the address says so, and only with who is known', async () => {
  const { authority, certificateFile, keyFile, authorityFile, strange } = tlsFiles();
  await using _server = await ownServer(17_662, [
    ...['--tls-port', '17663', '--tls-cert-file', certificateFile, '--tls-key-file', keyFile],
    ...['--tls-ca-cert-file', authorityFile, '--tls-auth-clients', 'optional'],
  ]);
  const url = 'rediss://127.0.0.1:17663';
  const tls = { authorities: [authority.certificate] };
  await using engine = await openRedis(url, { tls });
  await put(engine, 'tls/a');
  assert.notEqual(await engine.get('tls/a'), undefined);
  const client = authority.issue({ commonName: 'client' });
  await using known = await openRedis(url, {
    tls: { ...tls, certificate: client.certificate, key: client.key },
  });
  assert.notEqual(await known.get('tls/a'), undefined);
  for (const unknown of [{}, { authorities: [strange] }])
    await assert.rejects(openRedis(url, { tls: unknown }), {
      code: 'engine-unreachable',
      outcome: 'not-applied',
      message: /give the authority that signed its certificate/,
    });
  await assert.rejects(openRedis('redis://127.0.0.1:17663', { deadline: '2s' }), { outcome: 'not-applied' });
  // It takes the beginning of TLS for a command that is not whole yet, and waits for more.
  await assert.rejects(openRedis('rediss://127.0.0.1:17662', { tls, deadline: '2s' }), {
    code: 'deadline-exceeded',
    outcome: 'not-applied',
  });
});
