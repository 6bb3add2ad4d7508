/** Nodes that come, move and go where users count, and where members show a secret or certificates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type Store } from '../../src/client/index.ts';
import { encodeMemberRequest, type MemberRequest } from '../../src/net/index.ts';
import { type NodeTls, StoreMachine } from '../../src/node/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import { makeAuthority } from '../ports/certificates.ts';
import { failsWith } from '../ports/expectations.ts';
import { MembersCluster } from './members-cluster.ts';

const cryptography = realCryptography();
const stateMachine = (): StoreMachine => new StoreMachine();
const secret = 'what only members know';
const rootLogin = { user: 'root', password: 'the root of all' };

/** Users count from here on. */
async function withRoot(
  cluster: MembersCluster,
  story: (root: Store) => Promise<void>,
  tls?: NodeTls,
): Promise<void> {
  const scheme = tls === undefined ? 'quorate' : 'quorates';
  const url = `${scheme}://${cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(',')}`;
  const options = {
    timeout: '30s',
    ...(tls === undefined ? {} : { tls: { authorities: tls.authorities } }),
  } as const;
  await using anyone = await connect(url, options);
  await anyone.security.addUser('root', rootLogin.password);
  await anyone.security.grantRole('root', 'root');
  await anyone.security.enable();
  await failsWith('unauthenticated', anyone.get('a'));
  await using root = await connect(url, { ...options, ...rootLogin });
  await story(root);
}

/** It comes in, gets a vote and all data, and is found again at another address. */
async function comesAndMoves(cluster: MembersCluster, root: Store, name: string): Promise<void> {
  await cluster.join(name);
  await cluster.until(() => cluster.status(name).configuration.voters.includes(cluster.id(name)));
  await root.put(`told ${name}`, '1');
  await cluster.untilEqual();
  await cluster.stop(name);
  const { port } = (await cluster.start(name)).address as { port: number };
  const isThere = (): boolean =>
    cluster.leader !== undefined &&
    cluster.listOf(cluster.leader).members.some(({ card }) => card?.address.port === port);
  await cluster.until(isThere);
}

test('who knows the secret is taken in and may move, whatever users there are; who does not is refused', async () => {
  await using cluster = await MembersCluster.make({ cryptography, secrets: [secret], stateMachine });
  await cluster.bootstrap('a');
  await withRoot(cluster, async (root) => {
    for (const name of ['b', 'c']) await comesAndMoves(cluster, root, name);
    const stranger = { secrets: ['what somebody else guessed'] };
    const refused = await failsWith('network-failed', cluster.join('d', {}, cluster.addresses, stranger));
    assert.match(refused.message, /does not know the secret of the cluster/);
    const silent = await failsWith(
      'network-failed',
      cluster.join('e', {}, cluster.addresses, { secrets: [] }),
    );
    assert.match(silent.message, /does not prove that it knows the secret/);
  });
});

test('a node with a secret is told by those without one that they have none', async () => {
  await using cluster = await MembersCluster.make({ cryptography, stateMachine });
  await cluster.bootstrap('a');
  const refused = await failsWith(
    'network-failed',
    cluster.join('b', {}, cluster.addresses, { secrets: [secret] }),
  );
  assert.match(refused.message, /it proves a secret, and this node was started without one/);
});

test('a certificate of a member opens the cluster to a node, one of a client does not', async () => {
  const authority = makeAuthority('cluster');
  const shows = (commonName: string): NodeTls => ({
    ...authority.issue({ commonName, names: ['127.0.0.1'] }),
    authorities: [authority.certificate],
    memberNames: ['member'],
  });
  const tls = shows('member');
  await using cluster = await MembersCluster.make({ cryptography, tls, stateMachine });
  await cluster.bootstrap('a');
  await withRoot(
    cluster,
    async (root) => {
      await comesAndMoves(cluster, root, 'b');
      await root.security.addUser('alice');
      const refused = await failsWith(
        'network-failed',
        cluster.join('c', {}, cluster.addresses, { tls: shows('alice') }),
      );
      assert.match(refused.message, /its certificate is for "alice", which is no member's name/);
    },
    tls,
  );
});

test('a node that asks as a member may tell of itself and do nothing else', async () => {
  await using cluster = await MembersCluster.make({ cryptography, stateMachine });
  await cluster.bootstrap('a');
  await withRoot(cluster, async () => {
    const at = cluster.addresses[0] as { host: string; port: number };
    const id = cluster.id('a');
    const card = { name: 'x', address: { host: '127.0.0.1', port: 9 }, part: 'learner' } as const;
    const ask = (request: MemberRequest, asMember?: number): Promise<Uint8Array> =>
      cluster.ask(at, 'change', encodeMemberRequest(request), asMember);
    await cluster.ask(at, 'members', undefined, 0);
    await failsWith('unauthenticated', cluster.ask(at, 'members'));
    for (const asMember of [undefined, 0, 7])
      await failsWith('unauthenticated', ask({ kind: 'add', member: 8, card }, asMember));
    for (const kind of ['promote', 'remove', 'transfer'] as const)
      await failsWith('unauthenticated', ask({ kind, member: id }, id));
    assert.deepEqual(cluster.names, ['a']);
    await ask({ kind: 'add', member: 7, card }, 7);
    assert.deepEqual(cluster.names, ['a', 'x']);
  });
});
