/** What a node that cannot join says, and how it goes on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
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
