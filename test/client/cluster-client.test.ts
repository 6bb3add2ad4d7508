import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { ClusterClient } from '../../src/client/index.ts';
import { helloRefused } from '../../src/net/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { FakeCluster, notLeader } from './fake-cluster.ts';

const body = Uint8Array.of(1, 2, 3);
const done = Uint8Array.of(9);

/** Lets time pass until the call has settled. */
async function inTime<T>(cluster: FakeCluster, call: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  call.then(settled, settled);
  await until(() => {
    if (!isSettled) cluster.clock.advance(1);
    return isSettled;
  }, 'the end of the call');
  return await call;
}

function busy(): QuorateError {
  const data = { group: 0, what: 'bytes', limit: 1 };
  return new QuorateError({ code: 'group-busy', message: 'slow down', data });
}

function lost(outcome: 'unknown' | 'not-applied'): QuorateError {
  return new QuorateError({
    code: 'proposal-lost',
    message: 'lost',
    data: { group: 0, reason: 'lost' },
    outcome,
    retryable: outcome === 'not-applied',
  });
}

/** A signal whose listeners can be counted. */
function countedSignal(): { readonly controller: AbortController; readonly listeners: () => number } {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...call: Parameters<typeof add>) => {
    listeners += 1;
    add(...call);
  };
  signal.removeEventListener = (...call: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...call);
  };
  return { controller, listeners: () => listeners };
}

test('a client says hello, sends what a turn brings in one write, and matches the replies', async () => {
  const cluster = new FakeCluster(1);
  cluster.node(0).answer = ({ body: [first = 0] }) => Uint8Array.of(first * 2);
  await cluster.client.command(0, Uint8Array.of(0));
  const { writes } = cluster.node(0).last;
  const calls = [5, 6, 7].map((value) => cluster.client.read(3, Uint8Array.of(value)));
  assert.deepEqual(await Promise.all(calls), [Uint8Array.of(10), Uint8Array.of(12), Uint8Array.of(14)]);
  assert.equal(cluster.node(0).last.writes, writes + 1);
  assert.deepEqual(cluster.node(0).hellos, [
    { purpose: 'client', cluster: '', from: 0, to: 0, asksFeatures: true },
  ]);
  assert.deepEqual(cluster.node(0).requests.at(-1)?.group, 3);
  await cluster.client.close();
});

test('a node that does not lead sends the client on, and the next call goes straight to the leader', async () => {
  const cluster = new FakeCluster(3);
  for (const place of [0, 1]) cluster.node(place).answer = () => notLeader();
  cluster.node(2).answer = () => done;
  assert.deepEqual(await inTime(cluster, cluster.client.command(0, body)), done);
  assert.deepEqual(await inTime(cluster, cluster.client.command(0, body)), done);
  assert.deepEqual(
    cluster.nodes.map(({ requests }) => requests.length),
    [1, 1, 2],
  );
});

test('a node that is down, or does not even answer the knock, costs little', async () => {
  const cluster = new FakeCluster(3);
  cluster.node(0).mode = 'refuses';
  cluster.node(1).mode = 'hangs';
  cluster.node(2).answer = () => done;
  const before = cluster.clock.now();
  assert.deepEqual(await inTime(cluster, cluster.client.command(0, body)), done);
  assert.ok(cluster.clock.now() - before < 1_200);
  assert.equal(cluster.clock.timers, 0);
});

test('a leader that is busy is asked again; it is still the leader', async () => {
  const cluster = new FakeCluster(3);
  let answers = 0;
  cluster.node(0).answer = () => {
    answers += 1;
    return answers < 4 ? busy() : done;
  };
  assert.deepEqual(await inTime(cluster, cluster.client.command(0, body)), done);
  assert.deepEqual(
    cluster.nodes.map(({ requests }) => requests.length),
    [4, 0, 0],
  );
});

test('a command whose outcome is unknown is not sent twice; one that certainly was not applied is', async () => {
  const unknown = new FakeCluster(2);
  for (const node of unknown.nodes) node.answer = () => lost('unknown');
  assert.equal(
    (await failsWith('proposal-lost', inTime(unknown, unknown.client.command(0, body)))).outcome,
    'unknown',
  );
  assert.equal(unknown.node(0).requests.length + unknown.node(1).requests.length, 1);

  const known = new FakeCluster(2);
  known.node(0).answer = () => lost('not-applied');
  known.node(1).answer = () => done;
  assert.deepEqual(await inTime(known, known.client.command(0, body)), done);
});

test('a refusal of a later try does not make up for an earlier one that may have been applied', async () => {
  const refusals: readonly QuorateError[] = [
    new QuorateError({ code: 'permission-denied', message: 'not any more', data: { right: 'write' } }),
    new QuorateError({ code: 'command-unknown', message: 'too old', data: { version: 1, kind: 9 } }),
  ];
  for (const refusal of refusals) {
    const cluster = new FakeCluster(2);
    cluster.node(0).answer = () => 'break';
    cluster.node(1).answer = () => refusal;
    const call = cluster.client.command(0, body, { isRepeatable: true });
    const error = await failsWith(refusal.code, inTime(cluster, call));
    assert.deepEqual([error.outcome, error.data], ['unknown', refusal.data]);
    assert.match(error.message, /^(not any more|too old); an earlier try may have been applied/);

    const sure = new FakeCluster(2);
    sure.node(0).answer = () => lost('not-applied');
    sure.node(1).answer = () => refusal;
    const known = await failsWith(
      refusal.code,
      inTime(sure, sure.client.command(0, body, { isRepeatable: true })),
    );
    assert.equal(known.outcome, 'not-applied');
  }
});

test('a connection that breaks leaves a command unknown, and a read is asked elsewhere', async () => {
  const cluster = new FakeCluster(2);
  cluster.node(0).answer = () => 'break';
  cluster.node(1).answer = () => done;
  const error = await failsWith('network-failed', inTime(cluster, cluster.client.command(0, body)));
  assert.equal(error.outcome, 'unknown');
  assert.equal(cluster.node(1).requests.length, 0);

  const reading = new FakeCluster(2);
  reading.node(0).answer = () => 'break';
  reading.node(1).answer = () => done;
  assert.deepEqual(await inTime(reading, reading.client.read(0, body)), done);
});

test('after a break the next call makes a new connection', async () => {
  const cluster = new FakeCluster(1);
  cluster.node(0).answer = () => done;
  await cluster.client.command(0, body);
  cluster.node(0).last.lose();
  await turn();
  assert.deepEqual(await inTime(cluster, cluster.client.command(0, body)), done);
  assert.equal(cluster.node(0).connects, 2);
});

test('a call without an answer ends at its deadline, and says what it knows', async () => {
  const silent = new FakeCluster(1, { timeout: '2s' });
  const command = await failsWith('deadline-exceeded', inTime(silent, silent.client.command(0, body)));
  assert.equal(command.outcome, 'unknown');
  const read = await failsWith('deadline-exceeded', inTime(silent, silent.client.read(0, body)));
  assert.equal(read.outcome, 'not-applied');

  const refusing = new FakeCluster(2, { timeout: '2s' });
  for (const node of refusing.nodes) node.mode = 'refuses';
  const unsent = await failsWith('deadline-exceeded', inTime(refusing, refusing.client.command(0, body)));
  assert.equal(unsent.outcome, 'not-applied');
  assert.match(
    unsent.message,
    /nothing was applied; the last try failed: connect node:\d failed: nobody listens/,
  );

  const leaderless = new FakeCluster(2, { timeout: '2s' });
  for (const node of leaderless.nodes) node.answer = () => notLeader();
  const refused = await failsWith(
    'deadline-exceeded',
    inTime(leaderless, leaderless.client.command(0, body)),
  );
  assert.equal(refused.outcome, 'not-applied');
  for (const { clock } of [silent, refusing, leaderless]) assert.equal(clock.timers, 0);
});

test('a node that hangs costs one call its deadline, and not every call after it', async () => {
  const cluster = new FakeCluster(2, { timeout: '2s' });
  cluster.node(1).answer = () => done;
  await failsWith('deadline-exceeded', inTime(cluster, cluster.client.command(0, body)));
  assert.deepEqual(await cluster.client.command(0, body), done);
});

test("a caller's own signal ends a call with its reason, in every state, and leaves no listener", async () => {
  const reason = new Error('the caller has lost interest');
  const stories: readonly ((cluster: FakeCluster) => void)[] = [
    () => undefined,
    (cluster) => {
      cluster.node(0).mode = 'hangs';
    },
    (cluster) => {
      cluster.node(0).answer = () => notLeader();
    },
    (cluster) => {
      cluster.node(0).mode = 'refuses';
    },
  ];
  for (const begin of stories) {
    const cluster = new FakeCluster(1);
    begin(cluster);
    const { controller, listeners } = countedSignal();
    const call = cluster.client.command(0, body, { signal: controller.signal });
    const rejected = assert.rejects(call, reason);
    await turn();
    await turn();
    controller.abort(reason);
    await rejected;
    await turn();
    // A listener that heard the abort removed itself.
    assert.ok(listeners() <= 1);
    await assert.rejects(cluster.client.command(0, body, { signal: controller.signal }), reason);
    await cluster.client.close();
    assert.equal(cluster.clock.timers, 0);
  }
});

test('calls that succeed leave no listener on a long-lived signal', async () => {
  const cluster = new FakeCluster(2);
  cluster.node(0).answer = () => notLeader();
  cluster.node(1).answer = () => done;
  const { controller, listeners } = countedSignal();
  for (let calls = 0; calls < 20; calls += 1)
    await inTime(cluster, cluster.client.read(0, body, { signal: controller.signal }));
  assert.equal(listeners(), 0);
  assert.equal(cluster.clock.timers, 0);
});

test('a caller who gives up on a silent node moves the client on, one who gives up on a live node does not', async () => {
  const cluster = new FakeCluster(2);
  cluster.node(1).answer = () => done;
  const silent = new AbortController();
  const call = assert.rejects(cluster.client.command(0, body, { signal: silent.signal }));
  await turn();
  silent.abort(new Error('too slow'));
  await call;
  assert.deepEqual(await cluster.client.command(0, body), done);

  const live = new FakeCluster(2);
  live.node(0).answer = ({ kind }) => (kind === 'read' ? done : 'nothing');
  const patience = new AbortController();
  const command = assert.rejects(live.client.command(0, body, { signal: patience.signal }));
  await turn();
  await live.client.read(0, body);
  patience.abort(new Error('too slow'));
  await command;
  await live.client.read(0, body);
  assert.equal(live.node(1).requests.length, 0);
});

test('closing settles everybody, whatever they wait for', async () => {
  const cluster = new FakeCluster(4, { connectTimeout: '1h', timeout: '2h' });
  cluster.node(1).mode = 'hangs';
  const sent = failsWith('closed', cluster.client.command(0, body));
  const read = failsWith('closed', cluster.client.read(0, body));
  const status = failsWith('closed', cluster.client.status(0));
  const connecting = failsWith('closed', cluster.client.status(1));
  await turn();
  await cluster.client.close();
  await cluster.client.close();
  assert.equal((await sent).outcome, 'unknown');
  for (const call of [read, status, connecting]) assert.equal((await call).outcome, 'not-applied');
  const late = await failsWith('closed', cluster.client.command(0, body));
  assert.equal(late.outcome, 'not-applied');
  assert.equal(cluster.clock.timers, 0);
  assert.ok(cluster.nodes.flatMap(({ connections }) => connections).every(({ isDestroyed }) => isDestroyed));
});

test('a call that waits between two tries hears of a close at once', async () => {
  const cluster = new FakeCluster(1, { retryPause: '1h', timeout: '2h' });
  cluster.node(0).answer = () => notLeader();
  const call = failsWith('closed', cluster.client.command(0, body));
  await until(() => cluster.node(0).requests.length === 1, 'the first try');
  await turn();
  await turn();
  await cluster.client.close();
  assert.equal((await call).outcome, 'not-applied');
  assert.equal(cluster.clock.timers, 0);
});

test('more requests or bytes than the bound wait for their turn', async () => {
  const cluster = new FakeCluster(1, { requestsMax: 2, timeout: '1h' });
  const calls = [1, 2, 3].map((value) => cluster.client.command(0, Uint8Array.of(value)));
  await until(() => cluster.node(0).requests.length === 2, 'the first two');
  cluster.clock.advance(1_000);
  await turn();
  assert.equal(cluster.node(0).requests.length, 2);
  const [first] = cluster.node(0).requests;
  cluster.node(0).answer = () => done;
  cluster.node(0).reply(cluster.node(0).last, first?.id ?? 0, done);
  assert.deepEqual(await inTime(cluster, calls[2] as Promise<Uint8Array>), done);

  const bytes = new FakeCluster(1, { requestBytesMax: 1_000, timeout: '1h' });
  const large = bytes.client.command(0, new Uint8Array(5_000));
  const small = bytes.client.command(0, new Uint8Array(10));
  await turn();
  assert.equal(bytes.node(0).requests.length, 1);
  bytes.node(0).answer = () => done;
  bytes.node(0).reply(bytes.node(0).last, 1, done);
  await large;
  await inTime(bytes, small);
  for (const open of [cluster, bytes]) {
    const rest = Promise.allSettled(calls);
    await open.client.close();
    if (open === cluster) await rest;
  }
});

test('a request that fits into no frame is refused here, and costs the others nothing', async () => {
  const cluster = new FakeCluster(1);
  cluster.node(0).answer = () => done;
  const error = await failsWith('too-large', cluster.client.command(0, new Uint8Array(64 << 20)));
  assert.equal(error.outcome, 'not-applied');
  await cluster.client.command(0, body);
  assert.equal(cluster.node(0).connects, 1);
});

test('a node that wants nothing to do with this client says why, and nothing was applied', async () => {
  const cluster = new FakeCluster(1);
  cluster.node(0).answer = () => helloRefused('it speaks protocol 1, and this node 2');
  const connect = cluster.node(0).connect.bind(cluster.node(0));
  cluster.node(0).connect = async (...call) => {
    const connection = await connect(...call);
    cluster.node(0).reply(cluster.node(0).last, 0, helloRefused('it speaks protocol 1, and this node 2'));
    return connection;
  };
  cluster.node(0).answer = () => 'nothing';
  const error = await failsWith('hello-refused', inTime(cluster, cluster.client.command(0, body)));
  assert.match(error.message, /it speaks protocol 1, and this node 2; check the address and the version/);
  assert.equal(error.outcome, 'not-applied');
});

test('a node that sends garbage is left, and what was sent to it is unknown', async () => {
  const cluster = new FakeCluster(1, { timeout: '1s' });
  const call = failsWith('network-failed', cluster.client.command(0, body));
  await turn();
  cluster.node(0).last.receive(new Uint8Array(16).fill(0xff));
  assert.equal((await call).outcome, 'unknown');
  assert.equal(cluster.node(0).last.isDestroyed, true);
});

test('a late answer to a call that has ended is nobody’s, and harms nobody', async () => {
  const cluster = new FakeCluster(1, { timeout: '1s' });
  await failsWith('deadline-exceeded', inTime(cluster, cluster.client.command(0, body)));
  cluster.node(0).reply(cluster.node(0).last, 1, done);
  cluster.node(0).reply(cluster.node(0).last, 77, done);
  await turn();
  cluster.node(0).answer = () => Uint8Array.of(1);
  assert.deepEqual(await cluster.client.command(0, body), Uint8Array.of(1));
});

test('the status is asked of one node, as it sees it', async () => {
  const cluster = new FakeCluster(2, { timeout: '1s' });
  cluster.node(1).answer = ({ kind }) => new TextEncoder().encode(kind);
  assert.equal(new TextDecoder().decode(await cluster.client.status(1)), 'status');
  cluster.node(0).mode = 'refuses';
  await failsWith('network-failed', cluster.client.status(0));
  await failsWith('invalid-option', cluster.client.status(2));
});

test('what cannot be meant is refused at once', async () => {
  const cluster = new FakeCluster(1);
  for (const group of [-1, 0.5, 2 ** 32, Number.NaN])
    await failsWith('invalid-option', cluster.client.command(group, body));
  const { clock, client } = cluster;
  const random = { uint32: () => 1, fill: () => undefined };
  throwsWith('invalid-option', () => new ClusterClient({ network: cluster, clock, random, endpoints: [] }));
  await client.close();
});
