import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuorateError } from '../../src/base/index.ts';
import type { ClusterClient } from '../../src/client/index.ts';
import type { Address, LoopDelay } from '../../src/ports/index.ts';
import type { RaftEvent } from '../../src/raft/index.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

/** Writes so many values, four at a time, in vain never. */
async function fill(client: ClusterClient, name: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const values = [1, 2, 3, 4].map((part) => bytes(`${name} ${round}.${part} ${'x'.repeat(300)}`));
    await Promise.all(values.map((value) => client.command(0, value)));
  }
}

test('three nodes agree over real sockets and disks, survive the loss of their leader, and remember', async () => {
  await using cluster = await TestCluster.make([11, 22, 33], {
    snapshotBytes: 20_000,
    raft: { tailBytesMax: 1_000 },
  });
  await cluster.begin();
  await using client = cluster.client();
  await fill(client, 'value', 50);
  assert.match(text(await client.read(0, bytes(''))), /^value 49/);
  const { leader } = cluster;
  assert.ok(leader !== undefined);
  await cluster.stop(leader);
  const answered = await client.command(0, bytes('after the loss')).catch((error: QuorateError) => {
    assert.equal(error.outcome, 'unknown');
    return client.command(0, bytes('after the loss'));
  });
  assert.ok(Number(text(answered)) >= 201);
  await cluster.start(leader);
  assert.equal(text(await client.read(0, bytes(''))), 'after the loss');
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

test('a follower that was down while the log was compacted catches up by a snapshot, and then by the log', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], {
    snapshotBytes: 8_000,
    raft: { tailBytesMax: 500 },
  });
  await cluster.begin();
  await using client = cluster.client();
  await fill(client, 'before', 2);
  await cluster.untilEqual();
  const late = cluster.members.find((member) => member !== cluster.leader);
  assert.ok(late !== undefined);
  const { last } = cluster.status(late);
  await cluster.stop(late);
  await fill(client, 'meanwhile', 30);
  await cluster.until(() =>
    [...cluster.nodes.keys()].some((member) => cluster.status(member).base > last + 1),
  );
  await cluster.start(late);
  assert.equal(cluster.status(late).last, last);
  await fill(client, 'after', 5);
  await cluster.untilEqual();
  assert.ok(cluster.status(late).base > last + 1, 'the log that it lacked is nowhere any more');

  await cluster.stop(late);
  await cluster.start(late);
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

test('32 · a node that restarts from its snapshot and the log behind it holds the same state as the others', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], {
    snapshotBytes: 5_000,
    raft: { tailBytesMax: 2_000 },
  });
  await cluster.begin();
  await using client = cluster.client();
  await fill(client, 'value', 25);
  await cluster.untilEqual();
  for (const member of cluster.members) {
    const { base } = cluster.status(member);
    assert.ok(base > 0);
    await cluster.stop(member);
    await cluster.start(member);
  }
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

test('a leader whose followers are gone answers no strong read, for nobody knows what they have committed', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], {
    raft: { electionTicksMin: 40, electionTicksMax: 50 },
  });
  await cluster.begin();
  await using writer = cluster.client();
  await writer.command(0, bytes('old'));
  const { leader } = cluster;
  assert.ok(leader !== undefined);
  for (const member of cluster.members) if (member !== leader) await cluster.stop(member);
  await using reader = cluster.client({ endpoints: [cluster.addresses.get(leader) as Address] });
  let answers = 0;
  const reading = reader.read(0, bytes('')).then(
    () => {
      answers += 1;
    },
    () => undefined,
  );
  await cluster.until(() => cluster.leader === undefined);
  // Replies come in order, so the one to the read would be here.
  await reader.status(0);
  assert.equal(answers, 0);
  await reader.close();
  await reading;
});

test('a leader whose event loop stood still steps down as soon as it runs again', async () => {
  await using cluster = await TestCluster.make([1, 2, 3]);
  const listeners = new Map<number, (stallMs: number) => void>();
  const deposed: RaftEvent[] = [];
  for (const member of cluster.members) {
    const machine = cluster.machine(member);
    const loopDelay: LoopDelay = {
      takeMaxMs: () => 0,
      onStall: (_, listener) => {
        listeners.set(member, listener);
        return { [Symbol.dispose]: () => listeners.delete(member) };
      },
      close: () => undefined,
    };
    const event = (_: number, what: RaftEvent): void => {
      if (what.kind === 'role-changed' && /stood still for 5000 ms/.test(what.reason)) deposed.push(what);
    };
    const observer = { event, sent: () => cluster.look() };
    await cluster.start(member, { create: true, machine: { ...machine, loopDelay }, observer });
  }
  await cluster.until(() => cluster.leader !== undefined);
  const { leader = 0 } = cluster;
  listeners.get(leader)?.(5000);
  assert.equal(cluster.status(leader).role, 'follower');
  await cluster.until(() => deposed.length === 1);
});

test('a node of one needs no others, and no listener', async () => {
  await using cluster = await TestCluster.make([7]);
  const { listen: _, ...alone } = cluster.options(7, { create: true });
  const { QuorateNode } = await import('../../src/node/index.ts');
  const node = await QuorateNode.start(alone);
  cluster.nodes.set(7, node);
  assert.equal(node.address, undefined);
  await cluster.until(() => cluster.leader === 7);
  assert.equal(text(await node.propose(0, bytes('alone'))), '1');
  assert.equal(text(await node.read(0, bytes(''))), 'alone');
  assert.equal(text(node.readStale(0, bytes(''))), 'alone');
});

test('more than one append of the log holds is taken in one turn all the same', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], { segmentBytes: 128 * 1024 });
  await cluster.begin();
  await using client = cluster.client();
  const values = Array.from({ length: 40 }, (_, place) => new Uint8Array(20_000).fill(place));
  await Promise.all(values.map((value) => client.command(0, value)));
  await cluster.untilEqual();
  const large = await client.command(0, new Uint8Array(70_000)).catch((error: QuorateError) => error.code);
  assert.equal(large, 'command-too-large', 'what would end every node that it reaches is refused');
  assert.deepEqual(cluster.failures, []);
});
