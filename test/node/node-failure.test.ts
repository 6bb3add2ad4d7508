import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, isQuorateError } from '../../src/base/index.ts';
import { type NodeObserver, type NodeOptions, QuorateNode } from '../../src/node/index.ts';
import { turn } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { diskFailed, diskFull } from '../storage/fault-disk.ts';
import { RegisterMachine } from './register-machine.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

/** What escapes a callback would end a real process; here it is caught, and every story looks that there was none. */
const escaped: unknown[] = [];
process.on('unhandledRejection', (error) => escaped.push(error));
process.on('uncaughtException', (error) => escaped.push(error));

function story(title: string, tell: () => Promise<void>): void {
  test(title, async () => {
    await tell();
    await turn();
    await turn();
    assert.deepEqual(escaped.splice(0), [], 'nothing escapes into the event loop');
  });
}

async function alone(options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const cluster = await TestCluster.make([7], options);
  await cluster.begin();
  await cluster.until(() => cluster.leader === 7);
  return cluster;
}

function nodeOf(cluster: TestCluster): QuorateNode {
  const node = cluster.nodes.get(7);
  assert.ok(node !== undefined);
  return node;
}

/** The node has stopped by itself, once, and given everything back. */
async function expectStopped(cluster: TestCluster): Promise<unknown> {
  await cluster.until(() => cluster.failures.length > 0);
  assert.equal(cluster.failures.length, 1);
  cluster.expectClosed();
  await failsWith('closed', nodeOf(cluster).propose(0, bytes('late')));
  await failsWith('closed', nodeOf(cluster).read(0, bytes('')));
  const disk = cluster.disks.get(7);
  const operations = disk?.operations;
  for (let turns = 0; turns < 20; turns += 1) await turn();
  assert.equal(disk?.operations, operations, 'no work goes on');
  return cluster.failures[0];
}

story('a log that cannot be written ends the node; who waits is told that nobody knows', async () => {
  await using cluster = await alone();
  await using client = cluster.client();
  await client.command(0, bytes('before'));
  const disk = cluster.disks.get(7);
  assert.ok(disk !== undefined);
  disk.fail = (operation, path) => {
    if (operation === 'write') throw diskFailed(operation, path);
  };
  const told = await Promise.allSettled([
    nodeOf(cluster).propose(0, bytes('a')),
    nodeOf(cluster).propose(0, bytes('b')),
    client.command(0, bytes('c')),
  ]);
  for (const outcome of told) {
    assert.ok(outcome.status === 'rejected' && isQuorateError(outcome.reason));
    assert.equal(outcome.reason.outcome, 'unknown', outcome.reason.message);
  }
  const failure = await expectStopped(cluster);
  assert.ok(isQuorateError(failure) && failure.code === 'log-failed');
  disk.fail = () => undefined;
  await cluster.start(7);
  await cluster.until(() => cluster.leader === 7);
  assert.match(text(await nodeOf(cluster).read(0, bytes(''))), /^(before|a|b|c)$/);
});

story('a log that fails while nobody waits for it ends the node all the same', async () => {
  await using cluster = await alone();
  await nodeOf(cluster).propose(0, bytes('the last for a while'));
  const disk = cluster.disks.get(7);
  assert.ok(disk !== undefined);
  disk.fail = (operation, path) => {
    if (operation === 'write') throw diskFailed(operation, path);
  };
  const failure = await expectStopped(cluster);
  assert.ok(isQuorateError(failure) && failure.code === 'log-failed');
});

story('a full disk is waited out: nothing is lost, nothing is told twice, and the node stays', async () => {
  await using cluster = await alone();
  const disk = cluster.disks.get(7);
  assert.ok(disk !== undefined);
  let isFull = true;
  disk.fail = (operation, path) => {
    if (operation !== 'write' || !path.endsWith('.wal') || !isFull) return;
    isFull = false;
    throw diskFull(path);
  };
  assert.equal(text(await nodeOf(cluster).propose(0, bytes('patient'))), '1');
  assert.equal(cluster.logs.get(7)?.count('disk is full'), 1);
  assert.deepEqual(cluster.failures, []);
});

story('a state machine that fails ends the node, and not the process', async () => {
  class Fragile extends RegisterMachine {
    override apply(index: number, command: Uint8Array | undefined): Uint8Array {
      if (command !== undefined && text(command) === 'poison') throw new AssertionFailure('poisoned');
      return super.apply(index, command);
    }
  }
  await using cluster = await alone({ stateMachine: () => new Fragile() });
  const lost = await failsWith('proposal-lost', nodeOf(cluster).propose(0, bytes('poison')));
  assert.equal(lost.outcome, 'unknown');
  assert.match(String(await expectStopped(cluster)), /poisoned/);
});

story('a state machine that cannot make its snapshot ends the node, and not the process', async () => {
  const kinds: readonly (() => Iterable<Uint8Array>)[] = [
    () => {
      throw new Error('no snapshot');
    },
    () => ({
      [Symbol.iterator]: () => {
        throw new Error('no snapshot');
      },
    }),
    () => [new Uint8Array(0)],
  ];
  for (const snapshot of kinds) {
    class Fragile extends RegisterMachine {
      override snapshot(): Iterable<Uint8Array> {
        return snapshot();
      }
    }
    await using cluster = await alone({ stateMachine: () => new Fragile(), snapshotBytes: 500 });
    await nodeOf(cluster)
      .propose(0, new Uint8Array(1_000))
      .catch(() => undefined);
    assert.match(String(await expectStopped(cluster)), /no snapshot|a chunk holds something/);
  }
});

story('an observer that throws ends the node, at its start or later, and not the process', async () => {
  await using cluster = await TestCluster.make([7]);
  const broken = new Error('the observer is broken');
  let isBroken = true;
  const observer: NodeObserver = {
    event: () => {
      cluster.look();
      if (isBroken) throw broken;
    },
    sent: () => undefined,
    persists: () => cluster.look(),
  };
  const options = cluster.options(7, { create: true, observer });
  await assert.rejects(QuorateNode.start(options), broken);
  assert.deepEqual(cluster.failures, [], 'who starts a node hears it there, and only there');
  cluster.expectClosed();
  isBroken = false;
  const node = await cluster.start(7, { create: true, observer });
  await cluster.until(() => cluster.status(7).role === 'leader' && cluster.status(7).commit > 0);
  isBroken = true;
  node.change(0, [{ kind: 'add-learner', member: 8 }]);
  assert.equal(await expectStopped(cluster), broken);
});

story('closing in the middle of everything settles everybody and leaves nothing', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], {
    snapshotBytes: 2_000,
    raft: { tailBytesMax: 500 },
  });
  await cluster.begin();
  await using client = cluster.client();
  await client.command(0, bytes('ready'));
  const member = cluster.leader;
  assert.ok(member !== undefined);
  const node = cluster.nodes.get(member);
  assert.ok(node !== undefined);
  const calls: Promise<unknown>[] = [];
  for (let count = 0; count < 200; count += 1) {
    calls.push(node.propose(0, new Uint8Array(300).fill(count)), node.read(0, bytes('')));
    calls.push(client.read(0, bytes('')));
  }
  await turn();
  await turn();
  const closing = node.close();
  const settled = await Promise.allSettled(calls);
  await closing;
  cluster.nodes.delete(member);
  for (const outcome of settled) {
    if (outcome.status === 'rejected') assert.ok(isQuorateError(outcome.reason), String(outcome.reason));
  }
  const { openFiles, locks, operations } = cluster.disks.get(member) ?? {};
  assert.deepEqual({ openFiles, locks }, { openFiles: 0, locks: 0 });
  for (let turns = 0; turns < 20; turns += 1) await turn();
  assert.equal(cluster.disks.get(member)?.operations, operations);
});

story('a node can be closed at any moment of its youth', async () => {
  for (let turns = 0; turns < 30; turns += 3) {
    await using cluster = await TestCluster.make([7], { snapshotBytes: 300 });
    const node = await cluster.start(7, { create: true });
    for (let passed = 0; passed < turns; passed += 1) await turn();
    const call = node.propose(0, new Uint8Array(500)).catch(() => undefined);
    await Promise.all([node.close(), node.close()]);
    await call;
    cluster.expectClosed();
    assert.deepEqual(cluster.failures, []);
  }
});
