import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type NodeOptions, QuorateNode, startFromDirectory, writeBirthRecord } from '../../src/node/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { diskFailed } from '../storage/fault-disk.ts';
import { RegisterMachine } from './register-machine.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

const identityOf = (member: number): NodeOptions['identity'] => ({
  cluster: 'test',
  member,
  log: new Uint8Array(16).fill(member),
});

/** A node of one that has written something. */
async function begun(options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const cluster = await TestCluster.make([7], options);
  await cluster.begin();
  await cluster.until(() => cluster.leader === 7);
  await cluster.nodes.get(7)?.propose(0, bytes('something'));
  return cluster;
}

/** After a start that failed everything is given back, and a proper start finds all that was there. */
async function expectIntact(cluster: TestCluster): Promise<void> {
  cluster.expectClosed();
  const node = await cluster.start(7);
  await cluster.until(() => cluster.leader === 7);
  assert.equal(text(await node.read(0, bytes(''))), 'something');
}

test('a directory in use is refused, and whoever uses it does not notice', async () => {
  await using cluster = await begun();
  const error = await failsWith('in-use', QuorateNode.start(cluster.options(7)));
  assert.match(error.message, /is held by process \d+ on .*; stop it, or choose another directory/);
  assert.equal(cluster.disks.get(7)?.locks, 1);
  await cluster.nodes.get(7)?.propose(0, bytes('something else'));
});

test('a directory of another node is refused', async () => {
  await using cluster = await begun();
  await cluster.stop(7);
  const stranger = cluster.options(7, { identity: { ...identityOf(7), log: new Uint8Array(16).fill(8) } });
  const error = await failsWith('identity-mismatch', QuorateNode.start(stranger));
  assert.match(error.message, /belongs to|another/);
  await expectIntact(cluster);
});

test('11 · a directory whose log is gone is refused: the node has forgotten its promises', async () => {
  await using cluster = await begun();
  await cluster.stop(7);
  await rm(join(cluster.directory, '7', 'log'), { recursive: true });
  const error = await failsWith('log-damaged', QuorateNode.start(cluster.options(7)));
  assert.match(error.message, /had a log in .*, and it is gone; add the node to its cluster as a new member/);
  cluster.expectClosed();
});

test('a port in use is refused, and nothing stays open', async () => {
  await using cluster = await begun();
  await cluster.stop(7);
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as { port: number };
  const listen = { host: '127.0.0.1', port };
  const error = await failsWith('in-use', QuorateNode.start(cluster.options(7, { listen })));
  assert.match(error.message, /another socket has this port; stop its process or choose another port/);
  await expectIntact(cluster);
  await new Promise((resolve) => squatter.close(resolve));
});

test('options that cannot work are refused before anything is touched, or with everything given back', async () => {
  await using cluster = await begun();
  await cluster.stop(7);
  const wrongs: readonly Partial<NodeOptions>[] = [
    { raft: { electionTicksMin: 0 } },
    { raft: { commandBytesMax: 2 << 20 } },
    { segmentBytes: 12_345 },
    { listen: { host: '', port: 0 } },
    { identity: { ...identityOf(7), log: new Uint8Array(3) } },
  ];
  for (const wrong of wrongs) await failsWith('invalid-option', QuorateNode.start(cluster.options(7, wrong)));
  await expectIntact(cluster);
});

test('a snapshot that is damaged or missing is refused, and its log stays as it is', async () => {
  await using cluster = await begun({ snapshotBytes: 1_000, raft: { tailBytesMax: 0 } });
  const node = cluster.nodes.get(7);
  await node?.propose(0, new Uint8Array(2_000));
  await cluster.until(() => cluster.status(7).base > 0);
  await cluster.stop(7);
  await rm(join(cluster.directory, '7', 'snapshots'), { recursive: true });
  const error = await failsWith('snapshot-damaged', QuorateNode.start(cluster.options(7)));
  assert.match(error.message, /it is missing; the member must be repaired from its peers or replaced/);
  cluster.expectClosed();
});

test('a state machine that cannot be made, or cannot take its snapshot, leaves nothing open', async () => {
  await using cluster = await begun({ snapshotBytes: 1_000, raft: { tailBytesMax: 0 } });
  await cluster.nodes.get(7)?.propose(0, new Uint8Array(2_000));
  await cluster.until(() => cluster.status(7).base > 0);
  await cluster.nodes.get(7)?.propose(0, bytes('something'));
  await cluster.stop(7);
  const broken = new Error('no state machine today');
  class Failing extends RegisterMachine {
    override restore(): Promise<void> {
      return Promise.reject(broken);
    }
  }
  class Forgetful extends RegisterMachine {
    override restore(): Promise<void> {
      return Promise.resolve();
    }
  }
  const make = (): RegisterMachine => {
    throw broken;
  };
  await assert.rejects(QuorateNode.start(cluster.options(7, { stateMachine: make })), broken);
  await assert.rejects(QuorateNode.start(cluster.options(7, { stateMachine: () => new Failing() })), broken);
  await assert.rejects(
    QuorateNode.start(cluster.options(7, { stateMachine: () => new Forgetful() })),
    /knows what was restored into it/,
  );
  await expectIntact(cluster);
});

test('a disk that fails at any operation of a start leaves nothing open', async () => {
  await using cluster = await begun({ snapshotBytes: 1_000, raft: { tailBytesMax: 0 } });
  await cluster.nodes.get(7)?.propose(0, new Uint8Array(2_000));
  await cluster.until(() => cluster.status(7).base > 0);
  await cluster.nodes.get(7)?.propose(0, bytes('something'));
  await cluster.stop(7);
  const disk = cluster.disks.get(7);
  assert.ok(disk !== undefined);
  const before = disk.operations;
  await cluster.start(7);
  const count = disk.operations - before;
  await cluster.stop(7);
  for (let failing = 1; failing <= count; failing += 1) {
    let left = failing;
    disk.fail = (operation, path) => {
      left -= 1;
      if (left === 0) throw diskFailed(operation, path);
    };
    const started = await QuorateNode.start(cluster.options(7)).catch(() => undefined);
    await started?.close();
    disk.fail = () => undefined;
    cluster.expectClosed();
  }
  await expectIntact(cluster);
});

test('11 · a node is born, starts, and starts again as the same node', async () => {
  await using cluster = await TestCluster.make([7]);
  const { machine, stateMachine, observer, onFailure } = cluster.options(7);
  const options = { machine, directory: join(cluster.directory, 'home'), stateMachine, onFailure };
  if (observer !== undefined) Object.assign(options, { observer });
  await failsWith('not-found', startFromDirectory(options));
  await writeBirthRecord(machine.disk, options.directory, {
    identity: identityOf(7),
    started: false,
    bootstrap: [7],
    addresses: new Map(),
  });
  for (const value of ['', 'first life', 'second life']) {
    const node = await startFromDirectory(options);
    cluster.nodes.set(7, node);
    assert.deepEqual([node.status().cluster, node.status().member], ['test', 7]);
    await cluster.until(() => cluster.leader === 7);
    assert.equal(text(await node.read(0, bytes(''))), value);
    await node.propose(0, bytes(value === '' ? 'first life' : 'second life'));
    await node.close();
    cluster.nodes.delete(7);
  }
  await rm(join(options.directory, 'node'), { recursive: true });
  await failsWith('log-damaged', startFromDirectory(options));
});

test('a birth that a crash interrupted before the log was made is taken up again', async () => {
  await using cluster = await TestCluster.make([7]);
  const { machine, stateMachine, onFailure } = cluster.options(7);
  const directory = join(cluster.directory, 'home');
  const record = { identity: identityOf(7), started: false, bootstrap: [7], addresses: new Map() };
  await writeBirthRecord(machine.disk, directory, record);
  await mkdir(join(directory, 'node', 'log'), { recursive: true });
  await writeFile(join(directory, 'birth.json.new'), 'half');
  const node = await startFromDirectory({ machine, directory, stateMachine, onFailure });
  await node.close();
  await node.close();
});

test('a newborn whose log cannot be made gives back the state that was begun beside it, then the directory', async () => {
  await using cluster = await TestCluster.make([7]);
  const { machine } = cluster.options(7);
  const disk = cluster.disks.get(7);
  assert.ok(disk !== undefined);
  const locksAtClose: number[] = [];
  let begin: () => void = () => undefined;
  const whenBegun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  class Kept extends RegisterMachine {
    readonly durable = {
      index: 0,
      room: undefined,
      flush: () => Promise.resolve(),
      close: async () => {
        locksAtClose.push(disk?.locks ?? 0);
      },
    };
  }
  disk.fail = (operation, path) => {
    if (operation !== 'open' || !path.endsWith('next.tmp')) return;
    // The state is ready only when the log has come to grief already.
    setImmediate(begin);
    throw diskFailed(operation, path);
  };
  const stateMachine = async (): Promise<Kept> => {
    await whenBegun;
    return new Kept();
  };
  await failsWith(
    'disk-failed',
    QuorateNode.start(cluster.options(7, { machine, create: true, stateMachine })),
  );
  assert.deepEqual(locksAtClose, [1], 'closed once, while nobody else could have the directory');
  cluster.expectClosed();
});

test('a newborn whose state cannot be made says so, and the log that was made beside it is given back', async () => {
  await using cluster = await TestCluster.make([7]);
  const broken = new Error('no state today');
  const stateMachine = (): Promise<never> => Promise.reject(broken);
  await assert.rejects(QuorateNode.start(cluster.options(7, { create: true, stateMachine })), broken);
  cluster.expectClosed();
  const node = await cluster.start(7, { create: true });
  await cluster.until(() => cluster.leader === 7);
  await node.propose(0, bytes('something'));
});
