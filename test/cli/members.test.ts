/** The membership verbs with real processes, as a person types them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { quorate, Servers, status, until } from './servers.ts';

test('people grow a cluster, move its leader, take members out, and see all of it from one address', async () => {
  await using servers = await Servers.make();
  const a = await servers.serve('a', '--bootstrap');
  const b = await servers.serve('b', '--join', a.address);
  const c = await servers.serve('c', '--join', `127.0.0.1:1,${b.address}`, '--learner');
  const at = ['--endpoints', c.address];
  await until(c.address, (all) => all.filter(({ role }) => role !== 'learner').length === 2);
  const seen = await status(c.address);
  assert.deepEqual(seen.map(({ name, address, pid, health }) => [name, address, pid, health]).sort(), [
    ['a', a.address, a.child.pid, 'healthy'],
    ['b', b.address, b.child.pid, 'healthy'],
    ['c', c.address, c.child.pid, 'healthy'],
  ]);
  // Everything is asked of the learner, and done by whoever leads.
  assert.equal((await quorate('put', 'greeting', 'hello', ...at)).code, 0);
  assert.deepEqual((await quorate('members', 'promote', 'c', ...at)).stdout, 'c promoted\n');
  assert.deepEqual((await quorate('members', 'promote', c.address, ...at)).stdout, 'c promoted already\n');
  const id = seen.find(({ name }) => name === 'b')?.id;
  assert.equal((await quorate('transfer', String(id), ...at)).stdout, 'b leads\n');
  const listed = await quorate('members', '--json', ...at);
  const { members } = JSON.parse(listed.stdout) as {
    members: { name: string; part: string; leads: boolean }[];
  };
  assert.deepEqual(members.map(({ name, part, leads }) => `${name} ${part} ${leads}`).sort(), [
    'a voter false',
    'b voter true',
    'c voter false',
  ]);
  const gone = once(b.child, 'exit');
  assert.equal((await quorate('members', 'remove', 'b', ...at)).stdout, 'b removed\n');
  assert.deepEqual(await gone, [0, null], 'who was removed ends by itself');
  assert.deepEqual((await status(c.address)).map(({ name }) => name).sort(), ['a', 'c']);
  assert.equal((await quorate('get', 'greeting', '--endpoints', a.address)).stdout, 'hello\n');

  const rows: readonly (readonly [words: string[], code: number, message: RegExp])[] = [
    [['members', 'remove', 'b'], 1, /unknown-member: there is no member "b".*: .*[ac], [ac]/],
    [['members', 'add', 'd'], 2, /a node adds itself.*serve --name NAME .* --join 127\.0\.0\.1:\d+/],
    [['members', 'update', 'a'], 2, /say what changes/],
    [['members', 'update', 'a', '--name', 'c'], 1, /member-exists: the name c belongs to/],
  ];
  for (const [words, code, message] of rows) {
    const ended = await quorate(...words, ...at);
    assert.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
  }
});
