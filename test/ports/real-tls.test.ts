/** Certificates on the real network: who is let in, what a refusal says, and what a reload changes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ClientTls, Connection, Listener, LogFields, ServerTls } from '../../src/ports/index.ts';
import { realNetwork, silentLog } from '../../src/ports/real/index.ts';
import { type Certificate, makeAuthority } from './certificates.ts';
import { failsWith, throwsWith } from './expectations.ts';
import { RecordingEnd } from './recording-end.ts';

const host = '127.0.0.1';
const hourMs = 3_600_000;
const authority = makeAuthority('known authority');
const stranger = makeAuthority('unknown authority');
const authorities = [authority.certificate];
const serverCertificate = authority.issue({ commonName: 'server', names: [host, 'db.example'] });
const clientCertificate = authority.issue({ commonName: 'client' });

/** A TLS listener that records its connections and the warnings of its network. */
class Scene implements AsyncDisposable {
  readonly warnings: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  readonly accepted: RecordingEnd[] = [];
  readonly #awaited: ((end: RecordingEnd) => void)[] = [];
  readonly ends: RecordingEnd[] = [];
  readonly network = realNetwork({
    log: { ...silentLog(), warn: (event, fields) => void this.warnings.push({ event, fields }) },
  });
  #listener: Listener | undefined;

  get listener(): Listener {
    assert.ok(this.#listener !== undefined);
    return this.#listener;
  }

  async listen(tls: ServerTls): Promise<void> {
    this.#listener = await this.network.listen({ address: { host, port: 0 }, tls }, (connection) => {
      const end = new RecordingEnd(connection);
      this.accepted.push(end);
      this.#awaited.shift()?.(end);
    });
  }

  dial(tls: ClientTls): Promise<Connection> {
    return this.network.connect({ address: this.listener.address, tls });
  }

  nextAccepted(): Promise<RecordingEnd> {
    return new Promise((resolve) => this.#awaited.push(resolve));
  }

  /** Connects; the server's end of it, once a byte has come through. */
  async meet(tls: ClientTls): Promise<{ readonly near: RecordingEnd; readonly far: RecordingEnd }> {
    const accepted = this.nextAccepted();
    const near = new RecordingEnd(await this.dial(tls));
    this.ends.push(near);
    const far = await accepted;
    far.connection.write(new Uint8Array(1));
    await near.until((end) => end.receivedBytes > 0);
    return { near, far };
  }

  /** The refusal that a client hears, when it connects or, with TLS 1.3, right after it. */
  async refused(tls: ClientTls): Promise<Error> {
    try {
      const end = new RecordingEnd(await this.dial(tls));
      this.ends.push(end);
      await end.until(() => end.endedCount + end.closedCount > 0);
      assert.equal(end.receivedBytes, 0);
      return end.cause ?? new Error('ended without a reason');
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of [...this.ends, ...this.accepted]) end.connection.destroy();
    await this.#listener?.close();
  }
}

test('with mutual TLS each side knows the name that the other has shown', async () => {
  await using scene = new Scene();
  await scene.listen({ ...serverCertificate, clientAuthorities: authorities });
  const { near, far } = await scene.meet({ authorities, ...clientCertificate });
  assert.equal(near.connection.peerName, 'server');
  assert.equal(far.connection.peerName, 'client');
});

test('where clients need no certificate, the server knows no name, even if one was shown', async () => {
  await using scene = new Scene();
  await scene.listen(serverCertificate);
  const { near, far } = await scene.meet({ authorities, ...clientCertificate });
  assert.equal(near.connection.peerName, 'server');
  assert.equal(far.connection.peerName, undefined);
});

interface RefusedServer {
  readonly name: string;
  readonly shown: Certificate;
  readonly client?: ClientTls;
  readonly says: RegExp;
}

const anHourAgo = new Date(Date.now() - hourMs);
const inAnHour = new Date(Date.now() + hourMs);
const expired = { notBefore: new Date(Date.now() - 2 * hourMs), notAfter: anHourAgo };
const notYetValid = { notBefore: inAnHour, notAfter: new Date(Date.now() + 2 * hourMs) };

const refusedServers: readonly RefusedServer[] = [
  {
    name: 'an expired certificate',
    shown: authority.issue({ commonName: 's', names: [host], ...expired }),
    says: /the certificate has expired; renew it/,
  },
  {
    name: 'a certificate of tomorrow',
    shown: authority.issue({ commonName: 's', names: [host], ...notYetValid }),
    says: /not valid yet; check the clocks/,
  },
  {
    name: 'a certificate of an unknown authority',
    shown: stranger.issue({ commonName: 's', names: [host] }),
    says: /not signed by an authority that this side knows/,
  },
  {
    name: 'a certificate for other names',
    shown: authority.issue({ commonName: 's', names: ['elsewhere.example'] }),
    says: /is for other names/,
  },
  {
    name: 'a name that was asked for and is not there',
    shown: serverCertificate,
    client: { authorities, serverName: 'elsewhere.example' },
    says: /is for other names/,
  },
];

for (const { name, shown, client, says } of refusedServers) {
  test(`a server with ${name} is refused with the reason and the remedy`, async () => {
    await using scene = new Scene();
    await scene.listen(shown);
    const refused = await failsWith('network-failed', scene.dial(client ?? { authorities }));
    assert.match(refused.message, says);
    assert.match(refused.message, new RegExp(`^connect ${host}:${scene.listener.address.port} failed: `));
    assert.equal(refused.retryable, false);
    assert.equal(refused.outcome, 'not-applied');
  });
}

test('a server is checked against the name that was asked for, not the address', async () => {
  await using scene = new Scene();
  await scene.listen(serverCertificate);
  const { near } = await scene.meet({ authorities, serverName: 'db.example' });
  assert.equal(near.connection.peerName, 'server');
});

const refusedClients: readonly {
  readonly name: string;
  readonly shown: Partial<Certificate>;
  readonly hears: RegExp;
  readonly logged: RegExp;
}[] = [
  {
    name: 'no certificate',
    shown: {},
    hears: /the server asks for a certificate; give `certificate` and `key`/,
    logged: /showed no certificate/,
  },
  {
    name: 'an expired certificate',
    shown: authority.issue({ commonName: 'c', ...expired }),
    hears: /without a reason/,
    logged: /has expired/,
  },
  {
    name: 'a certificate of an unknown authority',
    shown: stranger.issue({ commonName: 'c' }),
    hears: /without a reason/,
    logged: /not signed by an authority/,
  },
];

for (const { name, shown, hears, logged } of refusedClients) {
  test(`a client with ${name} is refused, and the server's log says why`, async () => {
    await using scene = new Scene();
    await scene.listen({ ...serverCertificate, clientAuthorities: authorities });
    const refusal = await scene.refused({ authorities, ...shown });
    assert.match(refusal.message, hears);
    assert.equal(scene.accepted.length, 0);
    assert.equal(scene.warnings[0]?.event, 'tls handshake failed');
    assert.match(String(scene.warnings[0]?.fields?.['error']), logged);
  });
}

test('a client that speaks TLS to a plain port, or an old TLS to ours, is told so', async () => {
  await using scene = new Scene();
  const plain = await scene.network.listen({ address: { host, port: 0 } }, (connection) => {
    const end = new RecordingEnd(connection, () =>
      connection.write(new TextEncoder().encode('what was that?\n')),
    );
    scene.ends.push(end);
  });
  const attempt = scene.network.connect({ address: plain.address, tls: { authorities } });
  const refused = await failsWith('network-failed', attempt);
  assert.match(refused.message, /does not speak TLS/);
  await plain.close();

  await scene.listen(serverCertificate);
  const { port } = scene.listener.address;
  const old = connectTls({
    host,
    port,
    ca: authorities,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'ALL@SECLEVEL=0',
  });
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /PROTOCOL/);
  assert.match(String(scene.warnings[0]?.fields?.['error']), /speaks no TLS version from 1.2 on/);
});

test('a reload changes the certificate for those who come, and leaves those who are here alone', async () => {
  await using scene = new Scene();
  await scene.listen(serverCertificate);
  const before = await scene.meet({ authorities });
  scene.listener.reloadTls(stranger.issue({ commonName: 'renewed', names: [host] }));
  const after = await scene.meet({ authorities: [stranger.certificate] });
  assert.equal(after.near.connection.peerName, 'renewed');
  before.far.connection.write(new Uint8Array(9));
  await before.near.until((end) => end.receivedBytes === 10);
});

test('an authority that a reload takes away opens no door, not even by a resumed session', async () => {
  await using scene = new Scene();
  await scene.listen({ ...serverCertificate, clientAuthorities: authorities });
  const { port } = scene.listener.address;
  const client = {
    host,
    port,
    ca: authorities,
    cert: clientCertificate.certificate,
    key: clientCertificate.key,
  };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const sessions: Buffer[] = [];
    const dial = async (): Promise<TLSSocket> => {
      const session = sessions.at(-1);
      const socket = connectTls({ ...client, maxVersion, ...(session && { session }) });
      socket.on('session', (given) => sessions.push(given));
      socket.on('error', () => undefined);
      await once(socket, 'secureConnect');
      return socket;
    };
    const accepted = scene.nextAccepted();
    const first = await dial();
    (await accepted).connection.write(new Uint8Array(1));
    await once(first, 'data');
    const second = await dial();
    assert.equal(second.isSessionReused(), false, maxVersion);
    first.destroy();
    second.destroy();
  }
  scene.listener.reloadTls({ ...serverCertificate, clientAuthorities: [stranger.certificate] });
  const acceptedBefore = scene.accepted.length;
  await scene.refused({ authorities, ...clientCertificate });
  assert.equal(scene.accepted.length, acceptedBefore);
  assert.match(String(scene.warnings.at(-1)?.fields?.['error']), /not signed by an authority/);
});

test('a reload that cannot be is refused, and the old certificate stays', async () => {
  await using scene = new Scene();
  await scene.listen(serverCertificate);
  const other = authority.issue({ commonName: 'other', names: [host] });
  const wrongKey = { certificate: serverCertificate.certificate, key: other.key };
  for (const bad of [wrongKey, { certificate: 'no PEM', key: 'none' }]) {
    const refused = throwsWith('invalid-option', () => scene.listener.reloadTls(bad));
    assert.match(refused.message, /in PEM that fit together/);
    assert.ok(!refused.message.includes(bad.key.slice(30)) || bad.key.length < 30, 'the key is not shown');
  }
  const mutual = { ...serverCertificate, clientAuthorities: authorities };
  throwsWith('invalid-option', () => scene.listener.reloadTls(mutual));
  await scene.meet({ authorities });

  const plain = await scene.network.listen({ address: { host, port: 0 } }, () => undefined);
  throwsWith('invalid-option', () => plain.reloadTls(serverCertificate));
  await plain.close();
});

test('certificates that do not fit together are refused before a socket exists', async () => {
  const network = realNetwork();
  const address = { host, port: 1 };
  const bad = { certificate: serverCertificate.certificate, key: clientCertificate.key };
  await failsWith('invalid-option', network.connect({ address, tls: { authorities: ['nonsense'], ...bad } }));
  await failsWith(
    'invalid-option',
    network.listen({ address, tls: bad }, () => undefined),
  );
});

test('handshakes that never end are bounded in number, and whoever comes beyond is cut', async () => {
  const warned = Promise.withResolvers<string>();
  const log = { ...silentLog(), warn: (event: string) => warned.resolve(event) };
  const network = realNetwork({ log, handshakesMax: 2 });
  const listener = await network.listen(
    { address: { host, port: 0 }, tls: serverCertificate },
    (connection) => connection.destroy(),
  );
  const silent = await Promise.all(
    [1, 2].map(async () => {
      const socket = connectTcp(listener.address);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    }),
  );
  const beyond = connectTcp(listener.address);
  beyond.on('error', () => undefined);
  await once(beyond, 'close');
  assert.equal(await warned.promise, 'too many tls handshakes');
  assert.deepEqual(
    silent.map(({ destroyed }) => destroyed),
    [false, false],
  );
  for (const socket of silent) socket.destroy();
  await listener.close();
});
