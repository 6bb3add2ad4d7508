/** Real datagrams against the suite that all of them pass, on loopback, and what only real ones have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realDatagrams, realNetwork } from '../../src/ports/real/index.ts';
import { datagramConformance } from './datagram-conformance.ts';
import { failsWith, patterned } from './expectations.ts';

const host = '127.0.0.1';

datagramConformance('real, UDP', () => ({
  near: realDatagrams(),
  far: realDatagrams(),
  network: realNetwork(),
  nearHost: host,
  farHost: host,
  run: (story) => story(),
}));

test('an address that this machine does not have is explained', async () => {
  // 192.0.2.0/24 is set aside for documents (RFC 5737); binding to it sends nothing.
  const address = { host: '192.0.2.1', port: 0 };
  const foreign = await failsWith(
    'network-failed',
    realDatagrams().open({ address }, () => undefined),
  );
  assert.match(foreign.message, /this machine does not have that address/);
});

test('more than may wait is dropped and counted', async () => {
  const datagrams = realDatagrams({ queueBytesMax: 1_000 });
  const far = await datagrams.open({ address: { host, port: 0 } }, () => undefined);
  const near = await datagrams.open({ address: { host, port: 0 } }, () => undefined);
  // The callbacks of the sends come in a later turn, so that all of these wait.
  for (let count = 0; count < 5; count += 1) near.send(patterned(300), far.address);
  assert.equal(near.dropped, 2);
  await Promise.all([near.close(), far.close()]);
});

test('a socket that hears both kinds of addresses calls an IPv4 sender by his name', async (context) => {
  const datagrams = realDatagrams();
  const heard = Promise.withResolvers<string>();
  const both = await datagrams
    .open({ address: { host: '::', port: 0 } }, (_bytes, from) => heard.resolve(from.host))
    .catch(() => undefined);
  if (both === undefined) return context.diagnostic('this machine has no IPv6');
  const answered = Promise.withResolvers<void>();
  const near = await datagrams.open({ address: { host, port: 0 } }, () => answered.resolve());
  near.send(patterned(1), { host, port: both.address.port });
  assert.equal(await heard.promise, host);
  both.send(patterned(1), near.address);
  await answered.promise;
  await Promise.all([both.close(), near.close()]);
});
