import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { type LocalMember, localMembers, prepareMembers } from '../../src/cli/local-members.ts';
import { UsageError } from '../../src/cli/verb.ts';
import { type BirthRecord, readBirthRecord, writeBirthRecord } from '../../src/node/index.ts';
import { realMachine, silentLog } from '../../src/ports/real/index.ts';

const machine = realMachine({ log: silentLog() });

async function threeMembers(t: TestContext): Promise<LocalMember[]> {
  const data = await mkdtemp(join(tmpdir(), 'quorate-members-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  return localMembers({ nodes: 3, port: 7700, data });
}

async function recordsOf(members: readonly LocalMember[]): Promise<(BirthRecord | undefined)[]> {
  return await Promise.all(members.map(({ directory }) => readBirthRecord(machine.disk, directory)));
}

async function prepare(members: readonly LocalMember[]): Promise<BirthRecord[]> {
  await prepareMembers(machine, members, await recordsOf(members));
  return (await recordsOf(members)) as BirthRecord[];
}

async function loseDirectory(member: LocalMember | undefined): Promise<void> {
  await rm((member as LocalMember).directory, { recursive: true });
}

async function markAsRun(member: LocalMember | undefined, record: BirthRecord | undefined): Promise<void> {
  const run = { ...(record as BirthRecord), started: true };
  await writeBirthRecord(machine.disk, (member as LocalMember).directory, run);
}

test('the first start makes one cluster of all, and the second leaves it as it is', async (t) => {
  const members = await threeMembers(t);
  const records = await prepare(members);
  const bootstrap = records.map(({ identity }) => identity.member);
  assert.equal(new Set(bootstrap).size, 3);
  assert.equal(new Set(records.map(({ identity }) => identity.cluster)).size, 1);
  for (const record of records) {
    assert.deepEqual(record.bootstrap, bootstrap);
    assert.deepEqual(
      [...record.addresses.values()].map(({ port }) => port),
      [7701, 7702, 7703],
    );
  }
  assert.deepEqual(await prepare(members), records);
});

test('a first start that was cut off between two nodes is finished by the next one', async (t) => {
  const members = await threeMembers(t);
  const [first, second, third] = await prepare(members);
  await loseDirectory(members[2]);
  const mended = await prepare(members);
  assert.deepEqual(mended.slice(0, 2), [first, second]);
  assert.equal(mended[2]?.identity.member, third?.identity.member);
  assert.equal(mended[2]?.identity.cluster, first?.identity.cluster);
  assert.deepEqual(mended[2]?.bootstrap, first?.bootstrap);
});

test('once a node has run, one that lost its directory is not made anew under its old identity', async (t) => {
  const members = await threeMembers(t);
  const records = await prepare(members);
  await markAsRun(members[0], records[0]);
  await loseDirectory(members[1]);
  await assert.rejects(prepare(members), (error: unknown) => {
    assert(isQuorateError(error) && error.code === 'directory-damaged');
    assert.match(error.message, /node2 cannot be used: its birth record is gone/);
    return true;
  });
});

test('a directory that came from another cluster is refused by name', async (t) => {
  const members = await threeMembers(t);
  await prepare(members);
  const strangers = await threeMembers(t);
  const [, stranger] = await prepare(strangers);
  await loseDirectory(members[1]);
  const { directory } = members[1] as LocalMember;
  await writeBirthRecord(machine.disk, directory, stranger as BirthRecord);
  await assert.rejects(prepare(members), /node2 cannot be used: it is the directory of another node/);
});

test('a cluster is not started with other nodes or ports than it was made with', async (t) => {
  const members = await threeMembers(t);
  await prepare(members);
  const data = join((members[0] as LocalMember).directory, '..');
  const rows: readonly (readonly [nodes: number, port: number, advice: RegExp])[] = [
    [5, 7700, /holds a cluster of 3 nodes; start it with --nodes 3/],
    [2, 7700, /holds a cluster of 3 nodes; start it with --nodes 3/],
    [3, 7800, /listens from port 7701 on; start it with --port 7700/],
  ];
  for (const [nodes, port, advice] of rows) {
    await assert.rejects(prepare(localMembers({ nodes, port, data })), (error: unknown) => {
      assert(error instanceof UsageError);
      assert.match(error.message, advice);
      return true;
    });
  }
});
