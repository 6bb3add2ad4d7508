/** Users and rights on a real cluster: who gets in, what a change of rights does to those who are in, and how they come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import { ClusterClient, type ConnectOptions, connect, type Store } from '../../src/client/index.ts';
import { encodeCommand, inEnvelope } from '../../src/mvcc/index.ts';
import { type NodeOptions, StoreMachine } from '../../src/node/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import { TestCluster } from '../node/test-cluster.ts';
import { makeAuthority } from '../ports/certificates.ts';
import { failsWith } from '../ports/expectations.ts';

const rootLogin = { user: 'root', password: 'the root of all' };
const aliceLogin = { user: 'alice', password: 'in wonderland' };

interface Scene {
  readonly cluster: TestCluster;
  /** Logged in as root; users count. */
  readonly root: Store;
  readonly open: (options?: ConnectOptions) => Promise<Store>;
}

async function withUsers(
  story: (scene: Scene) => Promise<void>,
  more: Partial<NodeOptions> = {},
): Promise<void> {
  const cryptography = realCryptography();
  const options = { stateMachine: () => new StoreMachine(), cryptography, ...more };
  await using cluster = await TestCluster.make([1, 2, 3], options);
  await cluster.begin();
  const scheme = more.tls === undefined ? 'quorate' : 'quorates';
  const places = [...cluster.addresses.values()].map(({ host, port }) => `${host}:${port}`);
  await using stack = new AsyncDisposableStack();
  const tls = more.tls === undefined ? {} : { tls: { authorities: more.tls.authorities } };
  const open = async (given: ConnectOptions = {}): Promise<Store> =>
    stack.use(await connect(`${scheme}://${places.join(',')}`, { timeout: '30s', ...tls, ...given }));
  const anyone = await open();
  await insist(() => anyone.security.addUser('root', rootLogin.password));
  await insist(() => anyone.security.grantRole('root', 'root'));
  await insist(() => anyone.security.enable());
  // A node that does not lead judges stale reads, and who may see its status, by what it has applied so far.
  await cluster.untilEqual();
  await story({ cluster, root: await open(rootLogin), open });
  assert.deepEqual(cluster.failures, []);
}

/** A busy machine may cost a leader its place; what was done already is refused when it is done again. */
async function insist(change: () => Promise<unknown>): Promise<void> {
  await change().catch((error: QuorateError) => {
    if (error.outcome !== 'unknown') throw error;
    return change().catch((again: QuorateError) => assert.equal(again.code, 'security-refused'));
  });
}

async function addAlice({ security }: Store, prefix = 'alice/'): Promise<void> {
  await insist(() => security.addUser('alice', aliceLogin.password));
  await insist(() => security.addRole('writer'));
  await insist(() => security.grant('writer', { access: 'read-write', prefix }));
  await insist(() => security.grantRole('alice', 'writer'));
}

test('once users count, nobody may do anything, root everything, and a user what its roles allow', async () => {
  await withUsers(async ({ cluster, root, open }) => {
    const nobody = await open();
    await failsWith('unauthenticated', nobody.get('a'));
    await failsWith('unauthenticated', nobody.get('a', { consistency: 'stale' }));
    await failsWith('unauthenticated', nobody.put('a', '1'));
    await failsWith('unauthenticated', nobody.security.disable());
    await failsWith('unauthenticated', nobody.session({ ttl: '10s' }));
    await failsWith('unauthenticated', cluster.client().status(0));
    await addAlice(root);
    await root.put('other', '1');
    const alice = await open(aliceLogin);
    await alice.put('alice/a', '1');
    await cluster.untilEqual();
    assert.equal((await alice.get('alice/a'))?.text, '1');
    const denied = await failsWith('permission-denied', alice.put('other', '2'));
    assert.deepEqual([denied.data.right, denied.outcome], ['write', 'not-applied']);
    await failsWith('permission-denied', alice.get('other'));
    await failsWith('permission-denied', alice.get('other', { consistency: 'stale' }));
    await failsWith('permission-denied', alice.list({ prefix: '' }));
    await failsWith('permission-denied', alice.security.describe());
    assert.equal((await root.get('other'))?.text, '1');
    const { isOn, users } = await root.security.describe();
    assert.deepEqual(
      [isOn, users],
      [
        true,
        [
          { name: 'root', roles: ['root'] },
          { name: 'alice', roles: ['writer'] },
        ],
      ],
    );
  });
});

test('a wrong password, and one of nobody, are refused alike, and the right one is good on every node', async () => {
  await withUsers(async ({ cluster, root, open }) => {
    await addAlice(root);
    for (const login of [
      { user: 'alice', password: 'wrong' },
      { user: 'nobody', password: 'x' },
    ]) {
      const store = await open(login);
      const refused = await failsWith('unauthenticated', store.get('alice/a'));
      assert.match(refused.message, /there is no user ".*" with this password/);
      assert.equal(refused.retryable, false);
    }
    for (const address of cluster.addresses.values()) {
      const one = await open({ ...aliceLogin });
      await one.get('alice/a');
      const { network, clock, random } = cluster.machine(1);
      await using client = new ClusterClient({
        network,
        clock,
        random,
        endpoints: [address],
        credentials: aliceLogin,
        timeout: '30s',
      });
      await client.status(0);
    }
    await failsWith('invalid-option', open({ user: 'alice' }));
  });
});

test('a password that changes ends what was logged in with the old one, and nothing else', async () => {
  await withUsers(async ({ root, open }) => {
    await addAlice(root);
    const alice = await open(aliceLogin);
    await alice.put('alice/a', '1');
    await insist(() => root.security.setPassword('alice', 'through the looking-glass'));
    const refused = await failsWith('unauthenticated', alice.put('alice/a', '2'));
    assert.equal(refused.outcome, 'not-applied');
    assert.equal((await root.get('alice/a'))?.text, '1');
    const again = await open({ user: 'alice', password: 'through the looking-glass' });
    await again.put('alice/a', '3');
    await insist(() => again.security.setPassword('alice', 'her own choice'));
    const last = await open({ user: 'alice', password: 'her own choice' });
    assert.equal((await last.get('alice/a'))?.text, '3');
  });
});

test('who came in while nobody was asked logs in when it is asked, without its caller noticing', async () => {
  await withUsers(async ({ root, open }) => {
    await addAlice(root);
    await insist(() => root.security.disable());
    const alice = await open(aliceLogin);
    await alice.put('alice/a', '1');
    const watch = alice.watch('alice/a');
    await watch.began;
    await insist(() => root.security.enable());
    await alice.put('alice/a', '2');
    const { value } = await watch.next();
    assert.equal(value?.events.length, 1);
    await watch.return();
  });
});

test('rights that are taken away end a watch, those of others go on', async () => {
  await withUsers(async ({ root, open }) => {
    await addAlice(root);
    const alice = await open(aliceLogin);
    const other = root.watch({ prefix: 'alice/' });
    const own = alice.watch({ prefix: 'alice/' });
    await Promise.all([other.began, own.began]);
    await root.put('alice/a', '1');
    await own.next();
    await insist(() => root.security.revoke('writer', { access: 'read-write', prefix: 'alice/' }));
    await failsWith('permission-denied', own.next());
    await root.put('alice/a', '2');
    await other.next();
    await other.next();
    await other.return();
    const beyond = alice.watch('other');
    await failsWith('permission-denied', beyond.next());
  });
});

test('a session belongs to who opened it, and its answers to nobody else', async () => {
  await withUsers(async ({ root, open }) => {
    await addAlice(root);
    await insist(() => root.security.addUser('bob', 'builder'));
    await insist(() => root.security.grantRole('bob', 'writer'));
    const [alice, bob] = [await open(aliceLogin), await open({ user: 'bob', password: 'builder' })];
    const session = await alice.session({ ttl: '10s' });
    await alice.put('alice/a', '1', { session });
    await failsWith('permission-denied', bob.put('alice/a', '2', { lease: session.id }));
    await failsWith('permission-denied', bob.watch('other').next());
    await session.close();
  });
});

test('a client cannot say by itself whose a request is', async () => {
  await withUsers(async ({ cluster, root }) => {
    await addAlice(root);
    const writer = new ByteWriter(64);
    encodeCommand(writer, { session: undefined, fences: [], body: { kind: 'security-show' } });
    const { network, clock, random } = cluster.machine(1);
    const endpoints = [...cluster.addresses.values()];
    await using forger = new ClusterClient({ network, clock, random, endpoints, timeout: '30s' });
    for (let credential = 0; credential < 12; credential += 1) {
      const forged = inEnvelope(credential, writer.copy());
      await failsWith('not-for-clients', forger.read(0, forged));
      await failsWith('not-for-clients', forger.readStale(0, forged));
      await failsWith('not-for-clients', forger.readBounded(0, forged, 1000));
      await failsWith('not-for-clients', forger.command(0, forged));
      const ended = Promise.withResolvers<QuorateError>();
      const watch = await forger.watch(0, forged, {
        item: () => ended.reject(new Error('told')),
        ended: ended.resolve,
      });
      assert.equal((await ended.promise).code, 'not-for-clients');
      watch.close();
    }
  });
});

test('rights outlive the leader, and a member that was away knows them from a snapshot', async () => {
  await withUsers(
    async ({ cluster, root, open }) => {
      await addAlice(root);
      await cluster.untilEqual();
      const late = cluster.members.find((member) => member !== cluster.leader) as number;
      const { last } = cluster.status(late);
      await cluster.stop(late);
      for (let round = 0; round < 40; round += 1)
        await insist(() => root.put(`key ${round}`, 'x'.repeat(300)));
      await cluster.until(() =>
        [...cluster.nodes.keys()].some((member) => cluster.status(member).base > last + 1),
      );
      await cluster.start(late);
      await cluster.untilEqual();
      await cluster.until(() => cluster.leader !== undefined);
      await cluster.stop(cluster.leader as number);
      const alice = await open(aliceLogin);
      await insist(() => alice.put('alice/a', '1'));
      await failsWith('permission-denied', alice.put('other', '1'));
      const nobody = await open();
      await failsWith('unauthenticated', nobody.get('other'));
    },
    { snapshotBytes: 8_000, raft: { tailBytesMax: 500 } },
  );
});

test('a certificate is as good as a password where its name is that of a user', async () => {
  const authority = makeAuthority('cluster');
  const authorities = [authority.certificate];
  const own = authority.issue({ commonName: 'member', names: ['127.0.0.1'] });
  await withUsers(
    async ({ root, open }) => {
      await addAlice(root);
      const alice = await open({ tls: { authorities, ...authority.issue({ commonName: 'alice' }) } });
      await alice.put('alice/a', '1');
      await failsWith('permission-denied', alice.put('other', '1'));
      const stranger = await open({ tls: { authorities, ...authority.issue({ commonName: 'mallory' }) } });
      await failsWith('unauthenticated', stranger.get('alice/a'));
    },
    { tls: { ...own, authorities } },
  );
});

test('a store in this process has users too', async () => {
  await using store = await connect('memory:');
  await store.security.addUser('root', 'secret');
  await failsWith('security-refused', store.security.enable());
  await store.security.grantRole('root', 'root');
  await store.security.enable();
  await failsWith('unauthenticated', store.get('a'));
});

test('a backup, which holds everything, is for root alone, and ends with the right to it', async () => {
  await withUsers(async ({ cluster, root, open }) => {
    for (let count = 0; count < 20; count += 1)
      await insist(() => root.put(`k${count}`, 'v'.repeat(200_000)));
    await addAlice(root, '');
    await insist(() => root.security.grant('writer', { access: 'admin', prefix: '' }));
    // A member that has not heard of alice yet would not know who asks.
    await cluster.untilEqual();
    const alice = await open(aliceLogin);
    assert.match(
      (await failsWith('permission-denied', alice.backup())).message,
      /for users with the role root/,
    );
    await failsWith('unauthenticated', (await open()).backup());
    await insist(() => root.security.grantRole('alice', 'root'));
    // A member that has not heard of the right yet refuses it.
    const begun = async (): Promise<Awaited<ReturnType<Store['backup']>>> => {
      while (true) {
        try {
          return await alice.backup();
        } catch (error) {
          assert.equal((error as QuorateError).code, 'permission-denied');
        }
      }
    };
    const backup = await begun();
    const stream = backup[Symbol.asyncIterator]();
    await stream.next();
    await insist(() => root.security.revokeRole('alice', 'root'));
    await cluster.untilEqual();
    const rest = async (): Promise<void> => {
      for (let next = await stream.next(); next.done !== true; ) next = await stream.next();
    };
    await failsWith('permission-denied', rest());
    assert.ok((await root.backup()).revision > 0);
  });
});
