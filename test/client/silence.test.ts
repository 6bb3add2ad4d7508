import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from '../../src/net/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { FakeCluster } from './fake-cluster.ts';

const body = Uint8Array.of(1, 2, 3);
const done = Uint8Array.of(9);

function status(role: 'leader' | 'follower', term: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ groups: [{ group: 0, role, term }] }));
}

interface Told {
  readonly role: 'leader' | 'follower';
  readonly term: number;
}

/** Three nodes, of which the first takes everything and answers nothing. */
function withSilentFirst(second: Told, third: Told): FakeCluster {
  const cluster = new FakeCluster(3, { timeout: '5s' });
  for (const [place, { role, term }] of [second, third].entries()) {
    cluster.node(place + 1).answer = ({ kind }: Request) => (kind === 'status' ? status(role, term) : done);
  }
  return cluster;
}

/** Lets time pass until the call has settled; resolves to how long it took by the cluster's clock. */
async function timeOf(cluster: FakeCluster, call: Promise<unknown>): Promise<number> {
  const began = cluster.clock.now();
  let endedAt: number | undefined;
  const settled = (): void => {
    endedAt = cluster.clock.now();
  };
  call.then(settled, settled);
  await until(() => {
    if (endedAt === undefined) cluster.clock.advance(1);
    return endedAt !== undefined;
  }, 'the end of the call');
  return (endedAt ?? 0) - began;
}

/** Lets so much time pass, with everything that it brings. */
async function pass(cluster: FakeCluster, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1) {
    cluster.clock.advance(1);
    await turn();
  }
}

test('a leader that was stopped costs a short while: the others are asked, and the new one is found', async () => {
  const cluster = withSilentFirst({ role: 'follower', term: 2 }, { role: 'leader', term: 2 });
  const repeatable = cluster.client.command(0, body, { isRepeatable: true });
  const read = cluster.client.read(0, body);
  const once = cluster.client.command(0, body);
  const failed = failsWith('network-failed', once);
  const tookMs = await timeOf(cluster, Promise.all([repeatable, read, failed]));
  assert.ok(tookMs < 400, `it took ${tookMs} ms`);
  assert.deepEqual(await repeatable, done);
  assert.deepEqual(await read, done);
  assert.equal((await failed).outcome, 'unknown', 'it may have been applied, and is not sent again');
  assert.deepEqual(await cluster.client.command(0, body), done);
  assert.equal(cluster.node(1).requests.filter(({ kind }) => kind !== 'status').length, 0);
  assert.equal(cluster.clock.timers, 0);
});

test('nobody is left on suspicion: while the others know of no other leader, the silent one is waited for', async () => {
  const cluster = withSilentFirst({ role: 'follower', term: 1 }, { role: 'follower', term: 1 });
  const call = cluster.client.command(0, body);
  await pass(cluster, 1_000);
  const [, request] = [cluster.node(0).hellos, cluster.node(0).requests[0]];
  assert.ok(request !== undefined && cluster.node(1).requests.length > 0, 'the others were asked');
  cluster.node(0).reply(cluster.node(0).last, request.id, done);
  assert.deepEqual(await call, done);
  assert.equal(cluster.node(0).connects, 1);
  assert.equal(cluster.clock.timers, 0);
});

test('a leader whose term is over is not believed', async () => {
  const cluster = withSilentFirst({ role: 'leader', term: 1 }, { role: 'follower', term: 2 });
  const call = cluster.client.command(0, body, { isRepeatable: true });
  await pass(cluster, 1_000);
  assert.equal(cluster.node(1).requests.filter(({ kind }) => kind !== 'status').length, 0);
  // It learns of the new term, and the other one is elected.
  cluster.node(1).answer = () => status('follower', 2);
  cluster.node(2).answer = ({ kind }) => (kind === 'status' ? status('leader', 2) : done);
  await timeOf(cluster, call);
  assert.deepEqual(await call, done);
});

test('a node that says anything at all is not silent', async () => {
  const cluster = withSilentFirst({ role: 'leader', term: 2 }, { role: 'follower', term: 2 });
  let isFirst = true;
  cluster.node(0).answer = () => {
    if (!isFirst) return done;
    isFirst = false;
    return 'nothing';
  };
  const slow = cluster.client.command(0, body);
  for (let round = 0; round < 20; round += 1) {
    await pass(cluster, 100);
    await timeOf(cluster, cluster.client.read(0, body));
  }
  assert.equal(cluster.node(1).requests.length + cluster.node(2).requests.length, 0);
  const failed = failsWith('closed', slow);
  await cluster.client.close();
  await failed;
  assert.equal(cluster.clock.timers, 0);
});

test('a silence that lasts is asked about more and more rarely, and not at all when nobody waits', async () => {
  const cluster = withSilentFirst({ role: 'follower', term: 1 }, { role: 'follower', term: 1 });
  const failed = failsWith('deadline-exceeded', cluster.client.command(0, body));
  await timeOf(cluster, failed);
  const asked = cluster.node(1).requests.length;
  assert.ok(asked > 5 && asked < 40, `it asked ${asked} times in five seconds`);
  await pass(cluster, 3_000);
  assert.equal(cluster.node(1).requests.length, asked);
  assert.equal(cluster.clock.timers, 0);
});
