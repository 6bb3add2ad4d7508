/** A cluster whose connections are encrypted: who gets in, what a refusal says on both sides, what a renewal changes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { QuorateError } from '../../src/base/index.ts';
import { type ConnectOptions, connect } from '../../src/client/index.ts';
import { type NodeOptions, type NodeTls, StoreMachine } from '../../src/node/index.ts';
import { makeAuthority } from '../ports/certificates.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { TestCluster } from './test-cluster.ts';

const host = '127.0.0.1';
const hourMs = 3_600_000;
const authority = makeAuthority('cluster');
const stranger = makeAuthority('somebody else');
const authorities = [authority.certificate];
const memberTls: NodeTls = { ...authority.issue({ commonName: 'member', names: [host] }), authorities };
const shown = authority.issue({ commonName: 'alice' });
const expired = { notBefore: new Date(Date.now() - 2 * hourMs), notAfter: new Date(Date.now() - hourMs) };
const tomorrow = { notBefore: new Date(Date.now() + hourMs), notAfter: new Date(Date.now() + 2 * hourMs) };

type Story = (cluster: TestCluster) => Promise<void>;

async function withCluster(
  members: readonly number[],
  tls: NodeTls | undefined,
  story: Story,
): Promise<void> {
  const options: Partial<NodeOptions> = { stateMachine: () => new StoreMachine(), ...(tls && { tls }) };
  await using cluster = await TestCluster.make(members, options);
  await cluster.begin();
  await story(cluster);
  assert.deepEqual(cluster.failures, []);
}

function urlOf(cluster: TestCluster, scheme = 'quorates'): string {
  const places = [...cluster.addresses.values()]
    .filter(({ port }) => port > 0)
    .map((address) => `${address.host}:${address.port}`);
  return `${scheme}://${places.join(',')}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Puts the same again when nobody knows what became of it: a busy machine may cost a leader its place. */
async function written(put: () => Promise<unknown>): Promise<void> {
  await put().catch((error: QuorateError) =>
    error.outcome === 'unknown' ? written(put) : assert.fail(error),
  );
}

/** What one request through `options` fails with. */
async function refusal(cluster: TestCluster, options: ConnectOptions): Promise<Error> {
  const scheme = options.tls === undefined ? 'quorate' : 'quorates';
  await using store = await connect(urlOf(cluster, scheme), { timeout: '20s', ...options });
  return await store.get('key').then(
    () => assert.fail('it was let in'),
    (error: Error) => error,
  );
}

function logged(cluster: TestCluster, member: number): string {
  return (cluster.logs.get(member)?.told ?? [])
    .map(
      ({ event, fields }) =>
        `${event} ${Object.values(fields ?? {})
          .map(String)
          .join(' ')}`,
    )
    .join('\n');
}

/** Another client works before, during and after whatever `story` does to the node. */
async function othersDoNotNotice(
  cluster: TestCluster,
  tls: ConnectOptions['tls'],
  story: () => Promise<void>,
): Promise<void> {
  const scheme = tls === undefined ? 'quorate' : 'quorates';
  await using store = await connect(urlOf(cluster, scheme), { timeout: '20s', ...(tls && { tls }) });
  await written(() => store.put('other', 'before'));
  await story();
  assert.equal((await store.get('other'))?.text, 'before');
  await written(() => store.put('other', 'after'));
}

test('three nodes agree by TLS, also by a snapshot, and serve clients with and without a certificate', async () => {
  const options: Partial<NodeOptions> = {
    tls: memberTls,
    stateMachine: () => new StoreMachine(),
    snapshotBytes: 8_000,
    raft: { tailBytesMax: 500 },
  };
  await using cluster = await TestCluster.make([1, 2, 3], options);
  await cluster.begin();
  await using anonymous = await connect(urlOf(cluster), { timeout: '20s', tls: { authorities } });
  await using named = await connect(urlOf(cluster), { timeout: '20s', tls: { authorities, ...shown } });
  await written(() => anonymous.put('a', '1'));
  assert.equal((await named.get('a'))?.text, '1');
  await cluster.untilEqual();
  const late = cluster.members.find((member) => member !== cluster.leader) as number;
  const { last } = cluster.status(late);
  await cluster.stop(late);
  for (let round = 0; round < 60; round += 1) await written(() => named.put(`key ${round}`, 'x'.repeat(300)));
  await cluster.until(() =>
    [...cluster.nodes.keys()].every((member) => cluster.status(member).base > last + 1),
  );
  await cluster.start(late);
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

interface RefusedMember {
  readonly name: string;
  readonly tls: NodeTls | undefined;
  /** What the others say of it, or it of the others. */
  readonly hostSays: RegExp;
  readonly itSays: RegExp;
}

const names = [host];
const refusedMembers: readonly RefusedMember[] = [
  {
    name: 'without TLS',
    tls: undefined,
    hostSays: /tls handshake failed.*does not speak TLS there; use TLS on both sides/,
    itSays: /that port speaks TLS, and this side plain text/,
  },
  {
    name: 'with a certificate of another authority',
    tls: { ...stranger.issue({ commonName: 'member', names }), authorities },
    hostSays: /tls handshake failed.*not signed by an authority that this side knows/,
    itSays: /peer refused this node.*certificate was refused: .*not signed by an authority/,
  },
  {
    name: 'with an expired certificate',
    tls: { ...authority.issue({ commonName: 'member', names, ...expired }), authorities },
    hostSays: /tls handshake failed.*the certificate has expired; renew it/,
    itSays: /peer refused this node.*the certificate has expired; renew it/,
  },
  {
    name: 'with a certificate of tomorrow',
    tls: { ...authority.issue({ commonName: 'member', names, ...tomorrow }), authorities },
    hostSays: /tls handshake failed.*not valid yet; check the clocks/,
    itSays: /peer refused this node.*not valid yet; check the clocks/,
  },
  {
    name: "with a client's certificate",
    tls: { ...authority.issue({ commonName: 'alice', names }), authorities },
    hostSays: /hello refused.*"alice", which is no member's name/,
    itSays: /peer refused this node.*"alice", which is no member's name/,
  },
];

for (const { name, tls, hostSays, itSays } of refusedMembers) {
  test(`a member ${name} is refused by the others, both say why, and clients do not notice`, async () => {
    await using cluster = await TestCluster.make([1, 2, 3], { stateMachine: () => new StoreMachine() });
    // They start one after the other, and each must know from the first where the others will be.
    for (const member of cluster.members) cluster.addresses.set(member, { host, port: await freePort() });
    const own = { tls: { ...memberTls, memberNames: ['member'] } };
    await cluster.start(1, { create: true, ...own });
    await cluster.start(2, { create: true, ...own });
    await cluster.until(() => cluster.leader !== undefined);
    await othersDoNotNotice(cluster, { authorities }, async () => {
      await cluster.start(3, { create: true, ...(tls && { tls }) });
      await cluster.until(() => hostSays.test(logged(cluster, 1)) && itSays.test(logged(cluster, 3)));
      assert.equal(cluster.status(3).last, 0);
    });
  });
}

interface RefusedClient {
  readonly name: string;
  readonly options: ConnectOptions;
  readonly says: RegExp;
  readonly hostSays?: RegExp;
}

const refusedClients: readonly RefusedClient[] = [
  {
    name: 'without TLS',
    options: {},
    says: /that port speaks TLS, and this side plain text; connect by quorates:/,
    hostSays: /does not speak TLS there/,
  },
  {
    name: 'without a certificate where one is needed',
    options: { tls: { authorities } },
    says: /the peer showed no certificate, but must; give it one/,
    hostSays: /the peer showed no certificate, but must/,
  },
  {
    name: 'with an expired certificate',
    options: { tls: { authorities, ...authority.issue({ commonName: 'alice', ...expired }) } },
    says: /the certificate has expired; renew it/,
    hostSays: /the certificate has expired; renew it/,
  },
  {
    name: 'with a certificate of tomorrow',
    options: { tls: { authorities, ...authority.issue({ commonName: 'alice', ...tomorrow }) } },
    says: /not valid yet; check the clocks/,
  },
  {
    name: 'with a certificate of another authority',
    options: { tls: { authorities, ...stranger.issue({ commonName: 'alice' }) } },
    says: /not signed by an authority/,
  },
  {
    name: 'that knows another authority',
    options: { tls: { authorities: [stranger.certificate], ...shown } },
    says: /not signed by an authority that this side knows/,
  },
  {
    name: 'that expects another name',
    options: { tls: { authorities, ...shown, serverName: 'elsewhere.example' } },
    says: /is for other names/,
  },
];

test('a client that TLS must refuse hears why and what to do, and others do not notice', async (t) => {
  await withCluster([1], { ...memberTls, clientCertificates: 'required' }, async (cluster) => {
    await othersDoNotNotice(cluster, { authorities, ...shown }, async () => {
      for (const { name, options, says, hostSays } of refusedClients) {
        await t.test(`a client ${name}`, async () => {
          const error = await refusal(cluster, options);
          assert.match(error.message, says);
          if (hostSays !== undefined) await cluster.until(() => hostSays.test(logged(cluster, 1)));
        });
      }
    });
  });
});

test('where a certificate is optional, a wrong one is still refused with its reason', async () => {
  await withCluster([1], memberTls, async (cluster) => {
    const old = authority.issue({ commonName: 'alice', ...expired });
    const error = await refusal(cluster, { tls: { authorities, ...old } });
    assert.match(error.message, /certificate was refused: .*the certificate has expired; renew it/);
  });
});

test('a client that speaks TLS to a port of plain text is told so at once, and so is the node', async () => {
  await withCluster([1], undefined, async (cluster) => {
    await othersDoNotNotice(cluster, undefined, async () => {
      const error = await refusal(cluster, { tls: { authorities } });
      assert.match(error.message, /does not speak TLS there; use TLS on both sides or on neither/);
      await cluster.until(() =>
        /begins a TLS handshake, and this port speaks plain text/.test(logged(cluster, 1)),
      );
    });
  });
});

test('renewed certificates are shown from the next handshake on, and open connections go on', async () => {
  await withCluster([1, 2, 3], memberTls, async (cluster) => {
    await using before = await connect(urlOf(cluster), { timeout: '20s', tls: { authorities } });
    await written(() => before.put('a', '1'));
    const both = [authority.certificate, stranger.certificate];
    const renewed = { ...stranger.issue({ commonName: 'renewed', names }), authorities: both };
    for (const node of cluster.nodes.values()) node.reloadTls(renewed);
    await using after = await connect(urlOf(cluster), {
      timeout: '20s',
      tls: { authorities: [stranger.certificate] },
    });
    assert.equal((await after.get('a'))?.text, '1');
    await written(() => before.put('a', '2'));
    // Members meet again under the new certificate too.
    const [again] = cluster.members.filter((member) => member !== cluster.leader);
    await cluster.stop(again as number);
    await cluster.start(again as number, { tls: renewed });
    await written(() => after.put('a', '3'));
    await cluster.untilEqual();
  });
});

test('a renewal that cannot be changes nothing', async () => {
  await withCluster([1], memberTls, async (cluster) => {
    const node = cluster.nodes.get(1);
    assert.ok(node !== undefined);
    throwsWith('invalid-option', () => node.reloadTls({ ...memberTls, key: shown.key }));
    throwsWith('invalid-option', () => node.reloadTls({ ...memberTls, clientCertificates: 'required' }));
    throwsWith('invalid-option', () => node.reloadTls({ ...memberTls, authorities: [] }));
    await using store = await connect(urlOf(cluster), { timeout: '20s', tls: { authorities } });
    await written(() => store.put('a', '1'));
  });
});

test('garbage on a TLS port, and a frame of 4 GiB behind a handshake, harm nobody else', async () => {
  await withCluster([1], memberTls, async (cluster) => {
    await othersDoNotNotice(cluster, { authorities }, async () => {
      const { port } = cluster.addresses.get(1) as { port: number };
      for (const garbage of [
        'GET / HTTP/1.1\r\n\r\n',
        '\u0000'.repeat(4096),
        '\u0016\u0003\u0001\u00ff\u00ff',
      ]) {
        const socket: Socket = connectTcp({ host, port });
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.end(garbage);
        socket.resume();
        await once(socket, 'close');
      }
      const secure = connectTls({ host, port, ca: authorities });
      secure.on('error', () => undefined);
      await once(secure, 'secureConnect');
      secure.write(Buffer.alloc(64, 0xff));
      secure.resume();
      await once(secure, 'close');
    });
    await cluster.until(() => /its length is 4294967295, but may be 1 to 1024/.test(logged(cluster, 1)));
    assert.match(logged(cluster, 1), /tls handshake failed/);
  });
});

test('tls is for addresses that say so', async () => {
  await failsWith('invalid-option', connect('quorate://127.0.0.1:1', { tls: {} }));
  await failsWith('invalid-option', connect('memory:', { tls: {} }));
});
