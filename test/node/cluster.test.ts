import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClusterClient } from '../../src/client/index.ts';
import { QuorateNode } from '../../src/node/index.ts';
import type { Address } from '../../src/ports/index.ts';
import { realMachine, silentLog } from '../../src/ports/real/index.ts';
import { RegisterMachine } from './register-machine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

test('three nodes agree over real sockets and disks, survive the loss of their leader, and remember', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-node-'));
  const members = [11, 22, 33];
  const addresses = new Map<number, Address>();
  for (const member of members) addresses.set(member, { host: '127.0.0.1', port: 0 });
  const failures: unknown[] = [];
  const start = async (member: number, create: boolean): Promise<QuorateNode> => {
    const node = await QuorateNode.start({
      machine: realMachine({ log: silentLog() }),
      directory: join(directory, String(member)),
      identity: { cluster: 'test', member, log: new Uint8Array(16).fill(member) },
      create,
      bootstrap: members,
      addresses,
      listen: addresses.get(member) as Address,
      stateMachine: () => new RegisterMachine(),
      segmentBytes: 1 << 20,
      snapshotBytes: 20_000,
      raft: { tailBytesMax: 1000 },
      onFailure: (error) => failures.push(error),
    });
    addresses.set(member, node.address as Address);
    return node;
  };
  const nodes = new Map<number, QuorateNode>();
  for (const member of members) nodes.set(member, await start(member, true));
  const machine = realMachine({ log: silentLog() });
  const client = new ClusterClient({ ...machine, endpoints: [...addresses.values()], timeout: '20s' });
  try {
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(
        [1, 2, 3, 4].map((part) => client.command(0, bytes(`value ${round}.${part} ${'x'.repeat(300)}`))),
      );
    }
    assert.match(text(await client.read(0, bytes(''))), /^value 49/);
    const leader = [...nodes.values()].find((node) => node.status().groups.get(0)?.role === 'leader');
    assert(leader !== undefined);
    const member = leader.status().member;
    await leader.close();
    const answered = await client.command(0, bytes('after the loss')).catch((error: { outcome: string }) => {
      assert.equal(error.outcome, 'unknown');
      return client.command(0, bytes('after the loss'));
    });
    assert(Number(text(answered)) >= 201);
    nodes.set(member, await start(member, false));
    assert.equal(text(await client.read(0, bytes(''))), 'after the loss');
  } finally {
    await client.close();
    for (const node of nodes.values()) await node.close();
    await rm(directory, { recursive: true, force: true });
  }
  assert.deepEqual(failures, []);
});
