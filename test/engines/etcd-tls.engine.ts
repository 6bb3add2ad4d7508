/** A real etcd that speaks TLS, and wants certificates of its clients. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openEtcd } from '../../src/engines/etcd/index.ts';
import { outputOf, ServerProcess, untilReady } from '../../tools/peers/index.ts';
import { tlsFiles } from './tls-files.ts';

const [port, peerPort] = [17_670, 17_671];
const { authority, authorityFile, certificateFile, keyFile, strange } = tlsFiles();
const directory = mkdtempSync(join(tmpdir(), 'quorate-etcd-tls-'));
const peer = `http://127.0.0.1:${peerPort}`;
const server = new ServerProcess({
  program: 'etcd',
  words: [
    ...['--name', 'one', '--data-dir', join(directory, 'one')],
    ...['--listen-client-urls', `https://127.0.0.1:${port}`],
    ...['--advertise-client-urls', `https://127.0.0.1:${port}`],
    ...[
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `one=${peer}`,
    ],
    ...['--cert-file', certificateFile, '--key-file', keyFile, '--client-cert-auth'],
    ...['--trusted-ca-file', authorityFile],
  ],
  log: join(directory, 'one.log'),
});
after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});
const proof = ['--cacert', authorityFile, '--cert', certificateFile, '--key', keyFile];
await untilReady('etcd', 30_000, [server], () =>
  outputOf('etcdctl', ['--endpoints', `https://127.0.0.1:${port}`, ...proof, 'endpoint', 'health']),
);
const url = `etcds://127.0.0.1:${port}`;

test('a server and a client that know each other by certificates agree', async () => {
  const client = authority.issue({ commonName: 'client' });
  const tls = { authorities: [authority.certificate], certificate: client.certificate, key: client.key };
  await using engine = await openEtcd(url, { tls });
  const session = await engine.session({ ttlMs: 10_000 });
  const watch = engine.watch({ directory: 'tls' });
  await watch.next();
  const put = { kind: 'put', key: 'tls/a', value: new Uint8Array(0), session } as const;
  await engine.transact({ operations: [put], deadline: '20s' });
  const { value } = await watch.next();
  assert.equal(value?.kind === 'changes' && value.events[0]?.key, 'tls/a');
  await watch.return();
});

const strangers: Readonly<Record<string, Parameters<typeof openEtcd>[1]>> = {
  'a server whose authority is not known': { tls: {} },
  'a server that another authority would have had to sign': { tls: { authorities: [strange] } },
};

for (const [name, options] of Object.entries(strangers))
  test(`${name} is refused, and nothing was sent`, async () => {
    await assert.rejects(openEtcd(url, { ...options, deadline: '20s' }), {
      code: 'engine-protocol',
      outcome: 'not-applied',
      message: /who signed its certificate/,
    });
  });

test('a client without a certificate is refused at once, and told why', async () => {
  const tls = { authorities: [authority.certificate] };
  await assert.rejects(openEtcd(url, { tls, deadline: '20s' }), {
    code: 'engine-protocol',
    outcome: 'not-applied',
    message: /bad certificate|certificate required/,
  });
});

test('plain words to a server that wants TLS are refused within the deadline', async () => {
  await assert.rejects(openEtcd(`etcd://127.0.0.1:${port}`, { deadline: '3s' }), { outcome: 'not-applied' });
});
