/** A cluster that loses members, and how people help it: one is replaced; and where only one is left, it begins anew with it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { runHere } from './command.ts';
import { type Served, Servers, status, until } from './servers.ts';

async function kill({ child }: Served): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function expectDone(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(words);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('a dead member is replaced by one command, and then two of three are lost and the third begins anew', async () => {
  await using servers = await Servers.make();
  const a = await servers.serve('a', '--bootstrap');
  const b = await servers.serve('b', '--join', a.address);
  const c = await servers.serve('c', '--join', a.address);
  await until(a.address, (all) => all.filter(({ role }) => role === 'follower').length === 2);
  await kill(c);
  const at = ['--endpoints', `${a.address},${b.address}`, '--timeout', '60s'];
  await expectDone('put', 'before', '1', ...at);

  const early = await runHere(['members', 'replace', 'c', 'd', ...at]);
  assert.equal(early.code, 2);
  assert.match(early.stderr, /"d" is no member yet; on its machine run: quorate serve .*--join .* --learner/);
  const d = await servers.serve('d', '--join', a.address, '--learner');
  assert.equal(await expectDone('members', 'replace', 'c', 'd', ...at), 'c replaced by d\n');
  assert.match(await expectDone('members', 'replace', 'c', 'd', ...at), /^c is no member, and d has a vote/);
  const told = JSON.parse(await expectDone('members', 'replace', 'c', 'd', '--json', ...at)) as object;
  assert.deepEqual(
    { ...told, by: 0 },
    { action: 'replace', name: 'c', id: null, by: 0, result: 'unchanged' },
  );
  assert.deepEqual((await status(a.address)).map(({ name }) => name).sort(), ['a', 'b', 'd']);
  await expectDone('put', 'behind', '2', ...at);

  // What it is left with is then all that was acknowledged.
  await until(a.address, (all) => all.every(({ lag }) => lag === 0));
  const data = join(servers.directory, 'd');
  const into = join(servers.directory, 'new');
  const running = await runHere(['recover', '--data', data]);
  assert.deepEqual([running.code, running.stdout], [1, '']);
  assert.match(running.stderr, /in-use/);
  for (const node of [a, b, d]) await kill(node);
  const looked = await runHere(['recover', '--data', data]);
  assert.equal(looked.code, 0);
  assert.match(looked.stdout, /^member +\d+; without [ab], [ab]$/m);
  assert.match(looked.stderr, /nothing was done; --into DIR --accept-data-loss/);
  for (const words of [['--into', into], ['--accept-data-loss']]) {
    const half = await runHere(['recover', '--data', data, ...words]);
    assert.equal(half.code, 2);
    assert.match(half.stderr, /say both where, --into DIR, and that data may be lost/);
  }
  const done = JSON.parse(
    await expectDone('recover', '--data', data, '--into', into, '--accept-data-loss', '--json'),
  ) as { cluster: string; keys: number; survivor: { cluster: string } };
  assert.equal(done.keys, 2);
  assert.notEqual(done.cluster, done.survivor.cluster);
  const again = await servers.serve('new', '--listen', '127.0.0.1:0');
  assert.equal(await expectDone('get', 'behind', '--endpoints', again.address, '--timeout', '20s'), '2\n');
  const shown = await runHere(['status', '--endpoints', again.address]);
  assert.match(shown.stderr, /the cluster was recovered by force from one node of cluster/);
  const e = await servers.serve('e', '--join', again.address);
  await until(again.address, (all) => all.some(({ name, role }) => name === 'e' && role === 'follower'));
  assert.equal(await expectDone('get', 'before', '--endpoints', e.address, '--timeout', '20s'), '1\n');
});
