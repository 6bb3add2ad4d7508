/** What the real network leaves behind, and what it says, when sockets hang, break or never speak. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { realNetwork } from '../../src/ports/real/index.ts';
import { makeAuthority } from './certificates.ts';
import { failsWith } from './expectations.ts';
import { RecordingEnd } from './recording-end.ts';

const host = '127.0.0.1';
const authority = makeAuthority('test authority');
const authorities = [authority.certificate];
const certificate = authority.issue({ commonName: 'server', names: [host] });

/** A TCP server outside the port, which does with a socket what a test needs. */
async function bareServer(accept: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer(accept).listen(0, host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name));
}

test('an attempt whose handshake never ends is stopped by its signal, socket and all', async () => {
  const arrived = Promise.withResolvers<Socket>();
  const { server, port } = await bareServer((accepted) => arrived.resolve(accepted));
  const controller = new AbortController();
  const { signal } = controller;
  const attempt = realNetwork().connect({ address: { host, port }, tls: { authorities }, signal });
  const socket = await arrived.promise;
  await once(socket, 'data');
  const reason = new Error('waited long enough');
  controller.abort(reason);
  await assert.rejects(attempt, reason);
  socket.resume();
  await once(socket, 'close');
  server.close();
});

test('no attempt leaves a listener on its signal, however it ended', async () => {
  const { signal } = new AbortController();
  const network = realNetwork();
  const far = Promise.withResolvers<RecordingEnd>();
  const listener = await network.listen({ address: { host, port: 0 } }, (connection) => {
    far.resolve(new RecordingEnd(connection));
  });
  const near = new RecordingEnd(await network.connect({ address: listener.address, signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 0, 'after success');
  near.connection.destroy();
  (await far.promise).connection.destroy();
  await listener.close();
  await failsWith('network-failed', network.connect({ address: listener.address, signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 0, 'after a failure');
});

test('a client that never begins its handshake is dropped in time, or when the listener closes', async () => {
  for (const handshakeMsMax of [20, 60_000]) {
    const network = realNetwork({ handshakeMsMax });
    const listener = await network.listen({ address: { host, port: 0 }, tls: certificate }, () => {
      assert.fail('nobody finished a handshake');
    });
    const client = connect(listener.address.port, host);
    const dropped = once(client.resume(), 'close');
    await once(client, 'connect');
    // The server has accepted it, too, once a later connection has come and gone.
    const later = connect(listener.address.port, host);
    later.write('not TLS');
    await once(later.resume(), 'close');
    if (handshakeMsMax > 1_000) await listener.close();
    await dropped;
    await listener.close();
  }
});

test('a lost connection says what happened', async () => {
  const { server, port } = await bareServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const end = new RecordingEnd(await realNetwork().connect({ address: { host, port } }));
  end.connection.write(new Uint8Array(1));
  await end.closed();
  assert.match(end.cause?.message ?? '', new RegExp(`^connection ${host}:${port} failed: the peer closed`));
  server.close();
});

test('an address that this machine does not have, or where nobody listens, is explained', async () => {
  const network = realNetwork();
  // 192.0.2.0/24 is set aside for documents (RFC 5737); binding to it sends nothing.
  const foreign = await failsWith(
    'network-failed',
    network.listen({ address: { host: '192.0.2.1', port: 0 } }, () => undefined),
  );
  assert.match(foreign.message, /this machine does not have that address/);
  assert.equal(foreign.retryable, false);
  const { server, port } = await bareServer(() => undefined);
  server.close();
  const nobody = await failsWith('network-failed', network.connect({ address: { host: 'localhost', port } }));
  assert.match(nobody.message, /nobody listens there; start the server or check host and port/);
});

test('IPv6 addresses are written with brackets', async () => {
  const { server, port } = await bareServer(() => undefined);
  server.close();
  const refused = await failsWith(
    'network-failed',
    realNetwork().connect({ address: { host: '::1', port } }),
  );
  assert.equal(refused.data.address, `[::1]:${port}`);
});

test('when all is closed nothing keeps the process alive', async () => {
  const before = openHandles().length;
  const network = realNetwork();
  for (const tls of [undefined, { server: certificate, client: { authorities } }]) {
    const far = Promise.withResolvers<RecordingEnd>();
    const listener = await network.listen(
      { address: { host, port: 0 }, ...(tls && { tls: tls.server }) },
      (connection) => far.resolve(new RecordingEnd(connection)),
    );
    const near = new RecordingEnd(
      await network.connect({ address: listener.address, ...(tls && { tls: tls.client }) }),
    );
    near.connection.write(new Uint8Array(100_000));
    const end = await far.promise;
    near.connection.end();
    end.connection.end();
    await Promise.all([near.closed(), end.closed()]);
    await listener.close();
  }
  for (let turn = 0; turn < 100 && openHandles().length > before; turn += 1) await new Promise(setImmediate);
  assert.equal(openHandles().length, before);
});
