/** Membership as people administer it, on real nodes: how a cluster grows, moves, shrinks, and refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMemberRequest } from '../../src/net/index.ts';
import { drawIdentity, prepareToJoin, writeBirthRecord } from '../../src/node/index.ts';
import type { Address } from '../../src/ports/index.ts';
import { MembersCluster, namesIn } from './members-cluster.ts';
import { bytes, text } from './test-cluster.ts';

test('a cluster grows from one to five and shrinks to one again, while it is written to', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  for (const [place, name] of ['b', 'c', 'd', 'e'].entries()) {
    await cluster.join(name);
    await cluster.until(() => cluster.status('a').configuration.voters.length === place + 2);
    await cluster.node(cluster.leader as string).propose(0, bytes(name));
  }
  await cluster.untilEqual();
  assert.deepEqual(cluster.names, ['a', 'b', 'c', 'd', 'e']);
  for (const name of cluster.nodes.keys()) assert.deepEqual(namesIn(cluster.listOf(name)), cluster.names);
  // Whoever leads is among those who go.
  for (const name of ['a', 'b', 'c', 'd']) {
    const member = cluster.id(name);
    assert.equal(await cluster.change({ kind: 'remove', member }), 'done');
    await cluster.until(() => cluster.removed.has(name));
    await cluster.stop(name);
  }
  await cluster.until(() => cluster.leader === 'e');
  assert.deepEqual(cluster.names, ['e']);
  assert.equal(text(await cluster.node('e').read(0, bytes(''))), 'e');
});

test('a learner stays one until somebody promotes it, and asking twice changes nothing', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b', { part: 'learner' });
  const member = cluster.id('b');
  assert.deepEqual(cluster.listOf('a').members.find(({ id }) => id === member)?.part, 'learner');
  await cluster.untilEqual();
  assert.equal(await cluster.change({ kind: 'promote', member }), 'done');
  assert.equal(await cluster.change({ kind: 'promote', member }), 'unchanged');
  await cluster.untilEqual();
  assert.equal(cluster.listOf('b').members.find(({ id }) => id === member)?.part, 'voter');
  assert.equal(await cluster.change({ kind: 'remove', member }), 'done');
  assert.equal(await cluster.change({ kind: 'remove', member }), 'unchanged');
});

test('a learner that does not answer is not promoted, and who asks hears why', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b', { part: 'learner' });
  const member = cluster.id('b');
  await cluster.stop('b');
  await cluster.until(() => !cluster.status('a').answering.has(member));
  await assert.rejects(cluster.change({ kind: 'promote', member }), {
    code: 'not-caught-up',
    outcome: 'not-applied',
  });
});

test('a name or an address that another member has is refused to a newcomer, for good', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  const before = cluster.status('a').configuration;
  await assert.rejects(cluster.join('second', { name: 'a' }), { code: 'member-exists', retryable: false });
  assert.deepEqual(cluster.status('a').configuration, before);
  await cluster.stop('second');
  // The same directory under a name that is free.
  const again = await cluster.start('second', { name: 'b' });
  await again.joined;
  assert.deepEqual(cluster.names, ['a', 'b']);
  const address = cluster.node('a').address as Address;
  await assert.rejects(cluster.join('third', { name: 'c', advertise: address }), { code: 'member-exists' });
});

test('nobody takes the name of a node that has just begun a cluster', async () => {
  await using cluster = await MembersCluster.make();
  const identity = drawIdentity(cluster.machine.random, 'test');
  await writeBirthRecord(cluster.machine.disk, cluster.home('a'), {
    identity,
    started: false,
    bootstrap: [identity.member],
    addresses: new Map(),
  });
  await cluster.start('a');
  const card = { name: 'a', address: { host: '127.0.0.1', port: 9 }, part: 'learner' } as const;
  await assert.rejects(cluster.change({ kind: 'add', member: 7, card }), { code: 'member-exists' });
});

test('nodes of two clusters are not joined, and neither is one that nobody answers for', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await using other = await MembersCluster.make();
  await other.bootstrap('x', 'another');
  await assert.rejects(cluster.join('b', {}, [...cluster.addresses, ...other.addresses]), {
    code: 'invalid-option',
    message: /nodes of one cluster; .* belongs to test, and .* to another/,
  });
  const gone = other.addresses;
  await other.stop('x');
  await assert.rejects(cluster.join('b', {}, gone), { code: 'network-failed', outcome: 'not-applied' });
  assert.equal(await cluster.record('b'), undefined, 'the directory is as empty as before');
});

test('a directory that was prepared for one cluster hears so from a node of another', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a', 'another');
  const { machine } = cluster;
  await writeBirthRecord(machine.disk, cluster.home('b'), {
    identity: drawIdentity(machine.random, 'test'),
    started: false,
    bootstrap: [],
    addresses: new Map(),
    joining: cluster.addresses,
  });
  const node = await cluster.start('b');
  await assert.rejects(node.joined, {
    code: 'hello-refused',
    message: /cluster test, and this node to another/,
  });
});

test('a directory that has run is not asked to join again, wherever that would lead', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  const { identity } = (await cluster.record('b')) ?? {};
  await cluster.stop('b');
  await cluster.join('b', {}, [{ host: '127.0.0.1', port: 9 }]);
  assert.deepEqual((await cluster.record('b'))?.identity, identity);
  await cluster.until(() => cluster.names.join() === 'a,b');
});

test('30 · a crash between drawing an identity and being added leaves no ghost: the next start goes on under it', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  const { machine } = cluster;
  const signal = new AbortController().signal;
  await prepareToJoin({ machine, directory: cluster.home('b'), nodes: cluster.addresses, signal });
  const drawn = (await cluster.record('b'))?.identity;
  // Added, and gone before it could write that down.
  assert(drawn !== undefined);
  const card = { name: 'b', address: { host: '127.0.0.1', port: 9 }, part: 'voter' } as const;
  await cluster.change({ kind: 'add', member: drawn.member, card });
  await cluster.join('b');
  assert.equal(cluster.id('b'), drawn.member);
  assert.deepEqual(cluster.names, ['a', 'b']);
  await cluster.until(() => cluster.status('a').configuration.voters.length === 2);
  assert.equal((await cluster.record('b'))?.joining, undefined);
});

test('a node whose directory was wiped comes back as another member, and the dead one is taken out', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 3);
  const member = cluster.id('c');
  await cluster.stop('c');
  await cluster.wipe('c');
  await assert.rejects(cluster.join('c'), { code: 'member-exists', message: /name c belongs to member/ });
  assert.equal(await cluster.change({ kind: 'remove', member }), 'done');
  // Its directory knows who it is and whom to ask, so a plain start goes on.
  await cluster.stop('c');
  const again = await cluster.start('c');
  await again.joined;
  await cluster.until(() => cluster.status('a').configuration.voters.length === 3);
  assert.notEqual(cluster.id('c'), member);
  await cluster.untilEqual();
});

test('a member that was removed while it was down hears so when it comes back, and its name is free', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status(cluster.leader ?? 'a').configuration.voters.length === 3);
  const member = cluster.id('c');
  const listen = cluster.node('c').address as Address;
  await cluster.stop('c');
  await cluster.until(() => cluster.leader !== undefined && cluster.leader !== 'c');
  assert.equal(await cluster.change({ kind: 'remove', member }), 'done');
  // The one that leads from now on does not know whom another one has removed.
  const heir = cluster.leader === 'a' ? 'b' : 'a';
  await cluster.change({ kind: 'transfer', member: cluster.id(heir) });
  // Where it was: so there is nothing that it would tell the others by itself.
  await cluster.start('c', {}, { listen });
  await cluster.until(() => cluster.removed.has('c'));
  assert.deepEqual([...cluster.removed], ['c']);
  assert.equal(cluster.leader, heir, 'nobody was disturbed');
  await cluster.stop('c');
  await cluster.wipe('c');
  await cluster.join('c');
  assert.deepEqual(cluster.names, ['a', 'b', 'c']);
});

test('a dead member is replaced in one step while it is written, and asking again changes nothing', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 3);
  const member = cluster.id('c');
  await cluster.stop('c');
  await cluster.wipe('c');
  await cluster.join('d', { part: 'learner' });
  const by = cluster.id('d');
  const over = new AbortController();
  let written = 0;
  const load = (async () => {
    while (!over.signal.aborted) {
      await cluster.until(() => cluster.leader !== undefined);
      const done = await cluster
        .node(cluster.leader as string)
        .propose(0, bytes(`${written}`))
        .then(
          () => 1,
          () => 0,
        );
      written += done;
    }
  })();
  const replace = { kind: 'replace', member, by } as const;
  await cluster.until(() => written > 5);
  let result: string | undefined;
  while (result === undefined) {
    result = await cluster.change(replace).catch((error: { code: string }) => {
      assert.equal(error.code, 'not-caught-up');
      return undefined;
    });
  }
  assert.equal(result, 'done');
  const { voters } = cluster.status(cluster.leader ?? 'a').configuration;
  assert.deepEqual([...voters].sort(), [cluster.id('a'), cluster.id('b'), by].sort());
  assert.equal(await cluster.change(replace), 'unchanged');
  const before = written;
  // The newcomer's vote counts: with the leader's it is a majority.
  const other = cluster.leader === 'a' ? 'b' : 'a';
  await cluster.stop(other);
  await cluster.until(() => written > before + 5);
  over.abort();
  await load;
  assert.deepEqual(cluster.names.sort(), ['a', 'b', 'd']);
});

test('a replacement that would leave no majority alive, or by nobody, is refused', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 3);
  await cluster.join('d', { part: 'learner' });
  const [b, c, d] = ['b', 'c', 'd'].map((name) => cluster.id(name)) as [number, number, number];
  await cluster.change({ kind: 'transfer', member: cluster.id('a') });
  await cluster.until(() => cluster.leader === 'a');
  await cluster.stop('c');
  await cluster.stop('d');
  await cluster.until(() => !cluster.status('a').answering.has(c) && !cluster.status('a').answering.has(d));
  await assert.rejects(cluster.change({ kind: 'replace', member: b, by: d }), { code: 'quorum-at-risk' });
  await assert.rejects(cluster.change({ kind: 'replace', member: c, by: d }), { code: 'not-caught-up' });
  await assert.rejects(cluster.change({ kind: 'replace', member: c, by: 12_345 }), {
    code: 'unknown-member',
  });
  await assert.rejects(cluster.change({ kind: 'replace', member: c, by: c }), { code: 'invalid-option' });
  assert.equal(cluster.status('a').configuration.voters.length, 3);
});

test('a removal that would leave no majority alive is refused, and one of a dead member is not', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status(cluster.leader ?? 'a').configuration.voters.length === 3);
  const [leader, alive, dead] = [
    cluster.leader as string,
    ...['a', 'b', 'c'].filter((name) => name !== cluster.leader),
  ] as [string, string, string];
  const [aliveId, deadId] = [cluster.id(alive), cluster.id(dead)];
  await cluster.stop(dead);
  await cluster.until(() => !cluster.status(leader).answering.has(deadId));
  await assert.rejects(cluster.change({ kind: 'remove', member: aliveId }), {
    code: 'quorum-at-risk',
    outcome: 'not-applied',
  });
  assert.equal(await cluster.change({ kind: 'remove', member: deadId }), 'done');
  assert.deepEqual(cluster.names, [leader, alive].sort());
  assert.equal(await cluster.change({ kind: 'remove', member: aliveId }), 'done');
  await assert.rejects(cluster.change({ kind: 'remove', member: cluster.id(leader) }), {
    code: 'quorum-at-risk',
  });
});

test('a node that moves tells the cluster itself, even where its word is needed to agree on it', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 2);
  const before = cluster.node('b').address as Address;
  await cluster.stop('b');
  await cluster.start('b');
  const after = cluster.node('b').address as Address;
  assert.notDeepEqual(after, before);
  const known = (name: string): Address | undefined =>
    cluster.listOf(name).members.find(({ id }) => id === cluster.id('b'))?.card?.address;
  await cluster.until(() => ['a', 'b'].every((name) => known(name)?.port === after.port));
  await cluster.node(cluster.leader as string).propose(0, bytes('together'));
  await cluster.untilEqual();
});

test('what is known of a member that is down can be set right for it', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b', { part: 'learner' });
  const member = cluster.id('b');
  await cluster.stop('b');
  const address = { host: '127.0.0.1', port: 65_001 };
  assert.equal(await cluster.change({ kind: 'update', member, card: { address } }), 'done');
  assert.equal(await cluster.change({ kind: 'update', member, card: { address } }), 'unchanged');
  const updated = cluster.listOf('a').members.find(({ id }) => id === member);
  assert.deepEqual(updated?.card, { name: 'b', address, part: 'learner' });
  await assert.rejects(cluster.change({ kind: 'update', member, card: { name: 'a' } }), {
    code: 'member-exists',
  });
  await assert.rejects(cluster.change({ kind: 'update', member: 5, card: { name: 'e' } }), {
    code: 'unknown-member',
  });
});

test('leadership goes where it is sent, and a follower sends who asks it to the leader', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c', { part: 'learner' });
  await cluster.until(() => cluster.status('a').configuration.voters.length === 2);
  assert.equal(await cluster.change({ kind: 'transfer', member: cluster.id('b') }), 'done');
  assert.equal(cluster.leader, 'b');
  assert.equal(await cluster.change({ kind: 'transfer', member: cluster.id('b') }), 'unchanged');
  await assert.rejects(cluster.change({ kind: 'transfer', member: cluster.id('c') }), {
    code: 'transfer-refused',
  });
  const asked = cluster.change({ kind: 'transfer', member: cluster.id('a') }, 'c');
  await assert.rejects(asked, {
    code: 'not-leader',
    data: { group: 0, leader: cluster.id('b'), address: cluster.node('b').address },
  });
});

test('a leader that stops hands over first, so nobody has to miss it', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.join('c');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 3);
  await cluster.untilEqual();
  const { term } = cluster.status('a');
  const stopping = cluster.node('a');
  await cluster.stop('a');
  assert.equal(stopping.status().groups.get(0)?.role, 'follower', 'it has seen its successor');
  assert(cluster.leader !== undefined, 'the successor led before the old leader was gone');
  assert.equal(cluster.status(cluster.leader).term, term + 1, 'the first who was asked has won');
});

test('who asks for a change without a majority learns that its outcome is not known', async () => {
  await using cluster = await MembersCluster.make();
  await cluster.bootstrap('a');
  await cluster.join('b');
  await cluster.until(() => cluster.status('a').configuration.voters.length === 2);
  const leader = cluster.leader as string;
  const other = leader === 'a' ? 'b' : 'a';
  const address = cluster.node(leader).address as Address;
  await cluster.stop(other);
  const card = { name: 'c', address: { host: '127.0.0.1', port: 9 }, part: 'voter' } as const;
  const asked = cluster.ask(address, 'change', encodeMemberRequest({ kind: 'add', member: 7, card }));
  await assert.rejects(asked, (error: { code: string }) =>
    ['proposal-lost', 'read-lost', 'not-leader'].includes(error.code),
  );
});
