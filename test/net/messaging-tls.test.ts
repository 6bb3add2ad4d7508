/** Messages over real sockets, with TLS on both sides: who is let in, who is told why not, and what a reload changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type MessagingTls,
  type Messenger,
  type OpenMessengerOptions,
  openMessenger,
} from '../../src/net/messaging/index.ts';
import { makeAuthority } from '../ports/certificates.ts';
import { failsWith, patterned, sameBytes } from '../ports/expectations.ts';
import { all, bytes, take, textOf } from './messaging-scene.ts';

const host = '127.0.0.1';
const authority = makeAuthority('known authority');
const stranger = makeAuthority('unknown authority');
const authorities = [authority.certificate];
const serverTls: MessagingTls = { ...authority.issue({ commonName: 'server', names: [host] }), authorities };
const clientTls: MessagingTls = { ...authority.issue({ commonName: 'worker' }), authorities };

/** Two programs that talk, until the story is over. */
async function between(
  server: OpenMessengerOptions,
  client: OpenMessengerOptions,
  story: (server: Messenger, client: Messenger) => Promise<void>,
): Promise<void> {
  await using listening = await openMessenger({ listen: { host, port: 0 }, ...server });
  listening.answer('who', (_, { caller }) => bytes(caller.name ?? 'somebody'));
  await using asking = await openMessenger(client);
  await story(listening, asking);
}

function peerOf(server: Messenger, client: Messenger): ReturnType<Messenger['peer']> {
  assert.ok(server.address !== undefined);
  return client.peer(server.address);
}

test('requests, streams and publications go through TLS, and a handler knows by whose certificate', async () => {
  await between({ tls: serverTls }, { tls: clientTls }, async (server, client) => {
    const peer = peerOf(server, client);
    server.accept('back', async (incoming, { caller }) => {
      assert.equal(caller.name, 'worker');
      for await (const piece of incoming) await incoming.write(piece);
    });
    assert.equal(textOf(await peer.request('who', bytes(''))), 'worker');
    const sent = patterned(2_000_000);
    const stream = await peer.open('back');
    const writing = stream.write(sent).then(() => stream.end());
    sameBytes(await all(stream), sent, 'what came back');
    await writing;
    const subscription = await peer.subscribe('news.>');
    server.publish('news.art', bytes('seen'));
    const [item] = await take(subscription, 1);
    assert.ok(item?.kind === 'message');
    assert.equal(textOf(item.body), 'seen');
  });
});

test('whoever shows no certificate, one of an unknown authority, or another name is refused, not applied', async () => {
  const wrongs: readonly (readonly [MessagingTls, RegExp])[] = [
    [{ authorities }, /certificate/],
    [{ ...stranger.issue({ commonName: 'worker' }), authorities }, /certificate was refused/],
    [{ ...authority.issue({ commonName: 'visitor' }), authorities }, /"visitor", and only certain names/],
  ];
  for (const [tls, words] of wrongs) {
    await between({ tls: { ...serverTls, names: ['worker'] } }, { tls }, async (server, client) => {
      const error = await peerOf(server, client)
        .request('who', bytes(''))
        .then(
          () => assert.fail('it was let in'),
          (reason: unknown) => reason as Error & { readonly outcome: string },
        );
      assert.match(error.message, words);
      assert.equal(error.outcome, 'not-applied');
    });
  }
  const optional: MessagingTls = { ...serverTls, clientCertificates: 'optional' };
  await between({ tls: optional }, { tls: { authorities } }, async (server, client) => {
    assert.equal(textOf(await peerOf(server, client).request('who', bytes(''))), 'somebody');
  });
});

test('TLS on one side only is told as what it is', async () => {
  await between({ tls: serverTls }, {}, async (server, client) => {
    const error = await failsWith('frame-refused', peerOf(server, client).request('who', bytes('')));
    assert.match(error.message, /TLS/);
  });
  await between({}, { tls: clientTls }, async (server, client) => {
    const error = await failsWith('network-failed', peerOf(server, client).request('who', bytes('')));
    assert.match(error.message, /TLS/);
  });
});

test('certificates that are renewed are shown from the next connection on; those that cannot be change nothing', async () => {
  await between({ tls: serverTls }, { tls: clientTls }, async (server, client) => {
    const peer = peerOf(server, client);
    const next: MessagingTls = { ...authority.issue({ commonName: 'worker 2' }), authorities };
    assert.equal(textOf(await peer.request('who', bytes(''))), 'worker');
    client.reloadTls(next);
    assert.equal(textOf(await peer.request('who', bytes(''))), 'worker', 'the connection lives on');
    server.reloadTls({ ...serverTls, authorities: [stranger.certificate] });
    await using later = await openMessenger({ tls: next });
    await assert.rejects(peerOf(server, later).request('who', bytes('')));
    assert.throws(() => server.reloadTls({ authorities }), { code: 'invalid-option' });
    server.reloadTls(serverTls);
    assert.equal(textOf(await peerOf(server, later).request('who', bytes(''))), 'worker 2');
  });
  await between({}, {}, async (server) => {
    assert.throws(() => server.reloadTls(serverTls), { code: 'invalid-option' });
    await Promise.resolve();
  });
});

test('a port that is taken is said so', async () => {
  await between({}, {}, async (server) => {
    assert.ok(server.address !== undefined);
    await failsWith('in-use', openMessenger({ listen: server.address }));
  });
});
