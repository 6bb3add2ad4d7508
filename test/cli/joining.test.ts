/** What a node that cannot join says, and how it goes on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Interrupted } from '../../src/cli/verb.ts';
import { runHere } from './command.ts';
import { quorate, Servers, until } from './servers.ts';

test('a node that cannot join says why, and goes on when it is started right', async () => {
  await using servers = await Servers.make();
  const a = await servers.serve('a', '--bootstrap');
  const data = join(servers.directory, 'late');
  const words = ['serve', '--data', data, '--listen', '127.0.0.1:0', '--join', a.address];
  const taken = await quorate(...words, '--name', 'a');
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /member-exists: the name a belongs to member/);
  const nobody = await quorate(
    'serve',
    '--data',
    `${data}2`,
    '--listen',
    '127.0.0.1:0',
    '--join',
    '127.0.0.1:1',
  );
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /network-failed: no node of the cluster answers at 127\.0\.0\.1:1/);
  const late = await servers.serve('late', '--join', a.address);
  await until(late.address, (all) => all.length === 2);
  // Two voters, of which one is gone: nobody can be taken in until it is back.
  await until(late.address, (all) => all.every(({ role }) => role !== 'learner'));
  const killed = once(a.child, 'exit');
  a.child.kill('SIGKILL');
  await killed;
  const stuck = await quorate(
    ...['serve', '--name', 'c', '--data', `${data}3`, '--listen', '127.0.0.1:0'],
    ...['--join', late.address, '--timeout', '1s'],
  );
  assert.equal(stuck.code, 124);
  assert.match(stuck.stderr, /deadline-exceeded: the cluster did not take this node in within 1000 ms/);
});

test('a node that is told to stop while nobody has answered yet has done as it was told', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-joining-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const interrupt = new AbortController();
  const silent = createServer(() => interrupt.abort(new Interrupted('interrupted')));
  t.after(() => silent.close());
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const words = ['serve', '--data', join(directory, 'a'), '--listen', '127.0.0.1:0'];
  const { code, stderr } = await runHere([...words, '--join', `127.0.0.1:${port}`], '', interrupt);
  assert.deepEqual([code, stderr], [0, '']);
});
