/** What stands in the way of `quorate up`, and what it leaves behind when it is killed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { joinMembership } from '../../src/membership/index.ts';
import { down, freePorts, quorate, runHere, up } from './command.ts';

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a second cluster on the same ports says who is in the way, and never that it is ready', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-up-'));
  const port = await freePorts();
  try {
    const { child } = await up(`${directory}/first`, port);
    const other = await quorate('up', '--data', `${directory}/second`, '--port', String(port));
    assert.equal(other.stdout, '');
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      /^quorate up: node\d ended: in-use: listen on 127\.0\.0\.1:\d+: another socket/,
    );
    await down(child);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('nodes whose starter was killed stop too, and give ports and data back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-up-'));
  const port = await freePorts();
  try {
    const first = await up(directory, port);
    const { members } = JSON.parse(
      (await runHere(['status', '--json', '--endpoints', first.endpoints])).stdout,
    ) as { members: { pid: number }[] };
    const killed = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await killed;
    while (members.some(({ pid }) => runs(pid))) await nextTurn();
    const second = await up(directory, port);
    await down(second.child);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('nodes that are told to gossip are seeds for a program on their machine', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-up-'));
  const [port, gossip] = [await freePorts(), await freePorts()];
  try {
    const keyless = await quorate('up', '--data', directory, '--gossip', String(gossip));
    assert.equal(keyless.code, 2);
    assert.match(keyless.stderr, /^quorate up: gossip needs --gossip-keys/);
    const { child, endpoints } = await up(
      directory,
      port,
      '--gossip',
      String(gossip),
      '--gossip-keys',
      'none',
    );
    const { cluster } = JSON.parse(
      (await runHere(['status', '--json', '--endpoints', endpoints])).stdout,
    ) as {
      cluster: string;
    };
    const seeds = [`127.0.0.1:${gossip + 1}`];
    const worker = await joinMembership({
      id: 'worker',
      cluster,
      keys: 'none',
      listen: '127.0.0.1:0',
      seeds,
    });
    await worker.until((members) => members.map(({ id }) => id).join() === 'node1,node2,node3,worker');
    await worker.close();
    await down(child);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
