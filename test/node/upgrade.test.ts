import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, type QuorateError } from '../../src/base/index.ts';
import { type Add, type Append, decodeReply } from '../../src/mvcc/index.ts';
import { type NodeOptions, StoreMachine } from '../../src/node/index.ts';
import { releaseLevels } from '../../src/node/options.ts';
import { RegisterMachine } from './register-machine.ts';
import { encoded, put } from './store-member.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

/**
 * The registers of a release to come: commands that begin with a mark are new, and so is the form of snapshots,
 * which it writes as soon as nobody needs to read the old one.
 */
class SecondRegisterMachine extends RegisterMachine {
  #level = 0;
  readonly levelsSeen: number[] = [];

  levelNeeded(command: Uint8Array): number {
    return command[0] === 0x2b ? 2 : 1;
  }

  atLevel(level: number): void {
    assert.ok(level >= this.#level, 'levels rise');
    this.#level = level;
    this.levelsSeen.push(level);
  }

  override snapshot(): Iterable<Uint8Array> {
    const state = [...super.snapshot()];
    return this.#level < 2 ? state : [bytes('new'), ...state];
  }

  override async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await super.restore(index, withoutMark(chunks));
  }
}

async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let joined = Buffer.alloc(0);
  for await (const chunk of chunks) joined = Buffer.concat([joined, chunk]);
  yield text(joined.subarray(0, 3)) === 'new' ? joined.subarray(3) : joined;
}

const oldRelease: Partial<NodeOptions> = { levels: { least: 1, most: 1 } };
const newRelease: Partial<NodeOptions> = {
  levels: { least: 1, most: 2 },
  stateMachine: () => new SecondRegisterMachine(),
};
const releaseAfter: Partial<NodeOptions> = { levels: { least: 3, most: 4 } };

async function install(cluster: TestCluster, member: number, release: Partial<NodeOptions>): Promise<void> {
  await cluster.stop(member);
  await cluster.start(member, release);
}

function refusalOf(error: unknown): QuorateError {
  assert.ok(isQuorateError(error), String(error));
  assert.equal(error.code, 'level-unsupported');
  return error;
}

async function oldCluster(options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const cluster = await TestCluster.make([1, 2, 3], { ...oldRelease, ...options });
  await cluster.begin();
  await cluster.until(() => cluster.leader !== undefined);
  return cluster;
}

const everybody = [1, 2, 3];

test('three nodes are upgraded one by one while they serve; the new commands come last', async () => {
  await using cluster = await oldCluster();
  await using client = cluster.client();
  await client.command(0, bytes('old'));
  for (const member of everybody) {
    await install(cluster, member, newRelease);
    const answer = await client.command(0, bytes(`while ${member} is new`)).catch((error: QuorateError) => {
      // The leader itself was replaced.
      assert.equal(error.outcome, 'unknown');
      return client.command(0, bytes(`while ${member} is new`));
    });
    assert.ok(Number(text(answer)) > 1);
    const isLast = member === 3;
    if (!isLast) assert.ok(everybody.every((other) => cluster.status(other).level === 1));
  }
  await cluster.until(() => everybody.every((member) => cluster.status(member).level === 2));
  await client.command(0, bytes('+new'));
  assert.equal(text(await client.read(0, bytes(''))), '+new');
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

test('the store takes appends and adds when the last node is new, and is told to wait until then', async () => {
  const stateMachine = (): StoreMachine => new StoreMachine();
  const release = { levels: releaseLevels, stateMachine };
  await using cluster = await oldCluster({ stateMachine });
  const append: Append = {
    kind: 'append',
    prefix: bytes('q/'),
    suffix: bytes(''),
    value: bytes('v'),
    lease: 0,
  };
  const add: Add = {
    kind: 'add',
    key: bytes('n'),
    amount: 1,
    least: 0,
    most: 9,
    lease: 0,
    keepLease: false,
  };
  const both = { kind: 'transaction', compares: [], onSuccess: [append, add], onFailure: [] } as const;
  const commands = [append, add, both].map((body) => encoded(body));
  for (const member of [1, 2]) await install(cluster, member, release);
  await cluster.until(() => cluster.leader !== undefined);
  for (const command of commands) {
    const early = cluster.nodes.get(cluster.leader ?? 0)?.propose(0, command);
    const told = { code: 'level-too-low', outcome: 'not-applied', retryable: false, message: /: member 3;/ };
    await assert.rejects(early ?? Promise.resolve(), told);
  }
  await cluster.nodes.get(cluster.leader ?? 0)?.propose(0, encoded(put('old', 'form')));
  await install(cluster, 3, release);
  await cluster.until(() => everybody.every((member) => cluster.status(member).level === 2));
  await using client = cluster.client();
  for (const command of commands) {
    const { body } = decodeReply(await client.command(0, command));
    assert.notEqual(body.kind, 'refused');
  }
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

test('until then a new command is refused, with the name of who is down, and a node may go back', async () => {
  await using cluster = await oldCluster();
  for (const member of [1, 2]) await install(cluster, member, newRelease);
  await cluster.stop(3);
  await cluster.until(() => cluster.leader !== undefined);
  await using client = cluster.client();
  // It waits for the one that is down until that has been silent for a while, and not until its deadline.
  const early = client.command(0, bytes('+new'), { timeoutMs: 3_600_000 });
  const error = await early.catch((cause: unknown) => cause);
  assert.ok(isQuorateError(error) && error.code === 'level-too-low', String(error));
  assert.deepEqual([error.retryable, error.outcome], [false, 'not-applied']);
  assert.deepEqual(error.data, { group: 0, needed: 2, level: 1, unfit: [], silent: [3] });
  await cluster.start(3);
  await install(cluster, 1, oldRelease);
  await client.command(0, bytes('still serving'));
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
});

async function risenCluster(options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const cluster = await oldCluster(options);
  for (const member of everybody) await install(cluster, member, newRelease);
  await cluster.until(() => everybody.every((member) => cluster.status(member).level === 2));
  return cluster;
}

test('after it an old release refuses to start, naming both and the remedy, and touches nothing', async () => {
  await using cluster = await risenCluster();
  await cluster.stop(1);
  const error = refusalOf(await cluster.start(1, oldRelease).catch((cause: unknown) => cause));
  assert.deepEqual(error.data, { level: 2, least: 1, most: 1 });
  assert.match(error.message, /level 2.*levels 1 to 1; install a release that supports level 2/);
  await cluster.start(1, newRelease);
  await using client = cluster.client();
  await client.command(0, bytes('+together'));
  await cluster.untilEqual();
});

test('nor does it from a snapshot that it cannot read: that is no damage', async () => {
  const options: Partial<NodeOptions> = { snapshotBytes: 2_000, raft: { tailBytesMax: 0 } };
  await using cluster = await risenCluster(options);
  await using client = cluster.client();
  for (let round = 0; round < 20; round += 1) await client.command(0, bytes(`+${'x'.repeat(400)} ${round}`));
  await cluster.untilEqual();
  await cluster.until(() => cluster.status(1).base > 10);
  await cluster.stop(1);
  refusalOf(await cluster.start(1, oldRelease).catch((cause: unknown) => cause));
  await cluster.start(1, newRelease);
  await client.command(0, bytes('+again'));
  await cluster.untilEqual();
  assert.equal(cluster.status(1).damage, 'none');
});

test('an old node that was away while the others rose is told so, and stops', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], oldRelease);
  for (const member of everybody) await cluster.start(member, { create: true, ...newRelease });
  await cluster.until(() =>
    everybody.every((member) => cluster.nodes.has(member) && cluster.status(member).level === 2),
  );
  // A stranger to what was agreed: its directory is as new as the cluster was.
  await cluster.stop(3);
  const leader = cluster.leader;
  assert.ok(leader !== undefined);
  await cluster.start(3, { create: true, directory: `${cluster.directory}/3-old`, ...oldRelease });
  await cluster.until(() => cluster.failures.length > 0);
  refusalOf(cluster.failures[0]);
  cluster.nodes.delete(3);
  await cluster.start(3, newRelease);
  await using client = cluster.client();
  await client.command(0, bytes('+all'));
  await cluster.untilEqual();
});

test('releases are not skipped: a node that has left the level behind refuses to start', async () => {
  await using cluster = await oldCluster();
  await cluster.stop(2);
  const error = refusalOf(await cluster.start(2, releaseAfter).catch((cause: unknown) => cause));
  assert.match(
    error.message,
    /level 1.*levels 3 to 4; releases cannot be skipped: run one that supports level 1/,
  );
  await cluster.start(2);
  await cluster.until(() => cluster.leader !== undefined);
});

test('a newcomer of a release that skips is refused by the leader, and stops', async () => {
  await using cluster = await oldCluster();
  const { leader } = cluster;
  assert.ok(leader !== undefined);
  cluster.addresses.set(4, { host: '127.0.0.1', port: 0 });
  await cluster.start(4, { create: true, bootstrap: [], ...releaseAfter });
  const verdict = cluster.nodes.get(leader)?.change(0, [{ kind: 'add-learner', member: 4 }]);
  assert.equal(verdict?.accepted, true);
  await cluster.until(() => cluster.failures.length > 0);
  refusalOf(cluster.failures[0]);
  cluster.nodes.delete(4);
});

test('directories that were prepared by different releases do not make one cluster', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], newRelease);
  for (const member of [1, 2]) await cluster.start(member, { create: true, foundingLevel: 2 });
  await cluster.until(() => cluster.leader !== undefined);
  await cluster.start(3, { create: true, foundingLevel: 1 });
  await cluster.until(() => (cluster.logs.get(3)?.count('peer refused this node') ?? 0) > 0);
  const told = cluster.logs.get(3)?.told.find(({ event }) => event === 'peer refused this node');
  assert.match(JSON.stringify(told?.fields), /prepared for a new cluster of level 1.*for level 2/);
  assert.equal(cluster.status(3).leader, 0);
});

test('a new cluster begins at the level of its release, and its machines know', async () => {
  const machines: SecondRegisterMachine[] = [];
  await using cluster = await TestCluster.make([1], {
    ...newRelease,
    foundingLevel: 2,
    stateMachine: () => {
      const machine = new SecondRegisterMachine();
      machines.push(machine);
      return machine;
    },
  });
  await cluster.begin();
  await cluster.until(() => cluster.leader === 1);
  assert.equal(cluster.status(1).level, 2);
  await cluster.nodes.get(1)?.propose(0, bytes('+at once'));
  assert.deepEqual(
    machines.map(({ levelsSeen }) => levelsSeen),
    [[2]],
  );
});

test('a level rises in the log of every machine at the same place', async () => {
  const seen: number[][] = [];
  const make = (): SecondRegisterMachine => {
    const machine = new SecondRegisterMachine();
    seen.push(machine.levelsSeen);
    return machine;
  };
  await using cluster = await TestCluster.make([1, 2, 3], { ...newRelease, stateMachine: make });
  await cluster.begin();
  await cluster.until(() =>
    everybody.every((member) => cluster.nodes.has(member) && cluster.status(member).level === 2),
  );
  await cluster.untilEqual();
  assert.deepEqual(seen, [
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});
