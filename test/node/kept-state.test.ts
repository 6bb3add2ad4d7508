/** Whole nodes whose state lies on disk beside the log: restarts, snapshots for those who lag, losses and repairs. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import type { ClusterClient } from '../../src/client/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import { type NodeOptions, StoreMachine, storesOnDisk } from '../../src/node/index.ts';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import type { Recovery } from '../../src/raft/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { failsWith } from '../ports/expectations.ts';
import { bytes, TestCluster } from './test-cluster.ts';

const onDisk = storesOnDisk({ disk: realDisk(), clock: realClock(), log: new RecordingLog(), commitMs: 100 });
/** The log forgets early, and keeps no tail. */
const forgetful: Partial<NodeOptions> = {
  stateMachine: onDisk,
  snapshotBytes: 20_000,
  raft: { tailBytesMax: 0 },
};

function put(key: string, value: string): Uint8Array {
  const writer = new ByteWriter(64);
  const body = { kind: 'put', key: bytes(key), value: bytes(value) } as const;
  encodeCommand(writer, {
    session: undefined,
    fences: [],
    body: { ...body, lease: 0, keepLease: false, wantPrevious: false },
  });
  return writer.copy();
}

async function write(client: ClusterClient, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, more) => from + more);
  await Promise.all(
    numbers.map((number) => client.command(0, put(`k${number}`, `v${number}`.padEnd(500, '.')))),
  );
}

/** What a member brings back from its disk at this start. */
async function restart(cluster: TestCluster, member: number): Promise<Recovery> {
  const told: Recovery[] = [];
  const look = (): void => cluster.look();
  const observer = {
    event: look,
    sent: look,
    recovered: (_: number, recovery: Recovery) => told.push(recovery),
  };
  await cluster.start(member, { observer });
  return told[0] ?? assert.fail('it recovered something');
}

function directoryOf(cluster: TestCluster, member: number): string {
  return join(cluster.directory, String(member));
}

function base(cluster: TestCluster, member: number): number {
  return cluster.status(member).base;
}

test('members with their state on disk and in memory are equal at equal indexes, and a restart replays nothing', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], { ...forgetful });
  await cluster.start(1, { create: true });
  await cluster.start(2, { create: true, stateMachine: () => new StoreMachine() });
  await cluster.start(3, { create: true });
  await using client = cluster.client();
  await write(client, 0, 200);
  await cluster.untilEqual();
  await cluster.until(() => [1, 2, 3].every((member) => base(cluster, member) > 0));
  for (const member of [1, 3]) {
    const { applied } = cluster.nodes.get(member)?.stateHash(0) ?? assert.fail();
    await cluster.stop(member);
    const recovery = await restart(cluster, member);
    assert.ok((recovery.applied ?? 0) >= applied);
    assert.equal(recovery.damaged, false);
    await write(client, 1_000 * member, 50);
    await cluster.untilEqual();
  }
  assert.deepEqual(cluster.failures, []);
});

test('26 · the log forgets no entry that the state on disk does not hold', async () => {
  await using cluster = await TestCluster.make([1], forgetful);
  await cluster.start(1, { create: true });
  await using client = cluster.client();
  for (let round = 0; round < 10; round += 1) {
    await write(client, round * 100, 100);
    const copy = join(cluster.directory, `copy-${round}`);
    // The log is copied last, so it is the newer of the two: what it has forgotten is in the older state.
    const forgotten = base(cluster, 1);
    await cp(join(directoryOf(cluster, 1), 'state-0'), join(copy, 'state-0'), { recursive: true });
    const machine = await onDisk(0, {
      directory: join(copy, 'state-0'),
      owner: '01'.repeat(16),
      isLost: false,
      onFailure: (error) => assert.fail(String(error)),
    });
    assert.ok(machine.applied >= forgotten, `${machine.applied} kept, ${forgotten} forgotten`);
    await machine.durable?.close();
  }
  assert.ok(base(cluster, 1) > 0);
  const names = await readdir(join(directoryOf(cluster, 1), 'snapshots'));
  assert.deepEqual(names, [], 'no snapshot file is written for oneself');
});

test('the log forgets although no life of the node is long enough to fill it', async () => {
  await using cluster = await TestCluster.make([1], forgetful);
  await cluster.start(1, { create: true });
  for (let life = 0; base(cluster, 1) === 0; life += 1) {
    assert.ok(life < 10, 'five lives have written more than a snapshot is due for');
    await using client = cluster.client();
    await write(client, life * 8, 8);
    await client.close();
    await cluster.stop(1);
    await cluster.start(1);
    await cluster.until(() => cluster.leader === 1);
  }
  const forgotten = base(cluster, 1);
  await cluster.stop(1);
  const { base: begins } = await restart(cluster, 1);
  assert.ok((begins?.index ?? 0) >= forgotten, 'and does not remember it at the next start');
});

test('a member that had its state in memory goes on with it on disk, and needs nobody for that', async () => {
  await using cluster = await TestCluster.make([1], { ...forgetful, stateMachine: () => new StoreMachine() });
  await cluster.start(1, { create: true });
  await using client = cluster.client();
  await write(client, 0, 200);
  await cluster.until(() => base(cluster, 1) > 0);
  const before = cluster.nodes.get(1)?.stateHash(0);
  await cluster.stop(1);
  await cluster.start(1, { stateMachine: onDisk });
  await write(client, 200, 1);
  await cluster.stop(1);
  const machine = await onDisk(0, {
    directory: join(directoryOf(cluster, 1), 'state-0'),
    owner: '01'.repeat(16),
    isLost: false,
    onFailure: (error) => assert.fail(String(error)),
  });
  assert.ok(machine.applied > (before?.applied ?? 0));
  await machine.durable.close();
});

async function withOneBehind(wipe: (directory: string) => Promise<void>): Promise<void> {
  await using cluster = await TestCluster.make([1, 2, 3], forgetful);
  await cluster.begin();
  await using client = cluster.client();
  await write(client, 0, 200);
  await cluster.untilEqual();
  const { leader } = cluster;
  const victim = [1, 2, 3].find((member) => member !== leader) ?? assert.fail();
  await cluster.stop(victim);
  await write(client, 200, 200);
  await wipe(directoryOf(cluster, victim));
  await cluster.start(victim);
  await cluster.untilEqual();
  await cluster.until(() => cluster.status(victim).damage === 'none');
  await write(client, 400, 50);
  await cluster.untilEqual();
  // What came is kept: the next start needs nobody.
  await cluster.stop(victim);
  const recovery = await restart(cluster, victim);
  assert.ok((recovery.applied ?? 0) > 400);
  assert.equal(recovery.damaged, false);
  await cluster.untilEqual();
  assert.deepEqual(cluster.failures, []);
}

test('a member that fell behind the log is sent the state as it is on the leader’s disk', async () => {
  await withOneBehind(async () => undefined);
});

test('a member whose state is gone gets it from the others', async () => {
  await withOneBehind((directory) => rm(join(directory, 'state-0'), { recursive: true }));
});

test('31 · a member whose state is damaged gets it from the others', async () => {
  await withOneBehind(async (directory) => {
    await writeFile(join(directory, 'state-0', 'a', 'state.mdb'), new Uint8Array(100_000).fill(3));
  });
});

test('31 · a flipped bit that is met while the node runs stops it; the next start is repaired', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], forgetful);
  await cluster.begin();
  await using client = cluster.client();
  await write(client, 0, 200);
  await client.command(0, put('precious', 'PRECIOUS'.repeat(20)));
  await cluster.untilEqual();
  const victim = [1, 2, 3].find((member) => member !== cluster.leader) ?? assert.fail();
  await cluster.stop(victim);
  await spoil(join(directoryOf(cluster, victim), 'state-0', 'a', 'state.mdb'), 'PRECIOUS');
  await cluster.start(victim);
  await cluster.until(() => cluster.nodes.get(victim)?.stateHash(0).applied !== undefined);
  // Its head is read before it is written, and its old value when somebody wants it.
  const before = { kind: 'put', key: bytes('precious'), value: bytes('next'), lease: 0 } as const;
  const writer = new ByteWriter(64);
  const body = { ...before, keepLease: false, wantPrevious: true };
  encodeCommand(writer, { session: undefined, fences: [], body });
  await client.command(0, writer.copy());
  await cluster.until(() => cluster.failures.length > 0);
  await failsWith('ordered-store-damaged', Promise.reject(cluster.failures[0]));
  await cluster.stop(victim);
  await cluster.start(victim);
  await cluster.untilEqual();
  await cluster.until(() => cluster.status(victim).damage === 'none');
});

/** Changes one byte of the first place where `word` stands. */
async function spoil(path: string, word: string): Promise<void> {
  const content = await readFile(path);
  const at = content.indexOf(word);
  assert.ok(at > 0, `${word} is in the file`);
  content[at] = (content[at] as number) ^ 1;
  await writeFile(path, content);
}

test('a member that nobody could repair refuses to start with a damaged state, a foreign one, or one of a later moment', async () => {
  await using cluster = await TestCluster.make([1], forgetful);
  await cluster.start(1, { create: true });
  await using client = cluster.client();
  await write(client, 0, 200);
  await cluster.until(() => base(cluster, 1) > 0);
  await cluster.stop(1);
  const home = directoryOf(cluster, 1);
  const early = join(cluster.directory, 'early');
  await cp(join(home, 'log'), early, { recursive: true });
  await cluster.start(1);
  await write(client, 200, 200);
  await cluster.stop(1);
  const late = join(cluster.directory, 'late');
  await cp(join(home, 'log'), late, { recursive: true });
  const state = join(home, 'state-0', 'a', 'state.mdb');
  const whole = await readFile(state);

  await writeFile(state, whole.subarray(0, 3_000));
  await failsWith('ordered-store-damaged', cluster.start(1));
  await writeFile(state, whole);

  await rm(join(home, 'log'), { recursive: true });
  await cp(early, join(home, 'log'), { recursive: true });
  await failsWith('recovery-refused', cluster.start(1));
  await rm(join(home, 'log'), { recursive: true });
  await cp(late, join(home, 'log'), { recursive: true });

  const record = join(home, 'state-0', 'state.json');
  const mine = await readFile(record);
  const foreign = JSON.stringify({ version: 1, owner: 'ff'.repeat(16), current: 'a' });
  const { crc32 } = await import('node:zlib');
  await writeFile(record, `${foreign}\n${crc32(foreign).toString(16)}\n`);
  await failsWith('identity-mismatch', cluster.start(1));
  await writeFile(record, mine);

  await cluster.start(1);
  await cluster.untilEqual();
  assert.equal((await client.command(0, put('k', 'v'))).length > 0, true);
});
