/** Groups: who is there, under one name each, for as long as his session lives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Group } from '../../src/recipes/group.ts';
import { until } from '../net/manual-clock.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { MemoryGround } from './memory-ground.ts';
import { Town } from './town.ts';

interface Address {
  readonly port: number;
}
const address = z.object({ port: z.number() });

test('members are listed in the order in which they joined, with what they tell of themselves', async () => {
  await using ground = await MemoryGround.open();
  const groups = [1, 2].map(() => new Group<Address>(ground.program(), 'web', { schema: address }));
  const first = await groups[0]?.join('zoe', { port: 1 });
  await groups[1]?.join('adam', { port: 2 });
  await first?.update({ port: 11 });
  const members = (await groups[1]?.list()) ?? [];
  assert.deepEqual(
    members.map(({ name, data }) => [name, data.port]),
    [
      ['zoe', 11],
      ['adam', 2],
    ],
  );
  assert.ok((members[0]?.joined ?? 0) < (members[1]?.joined ?? 0));
  assert.equal(first?.fence.token, members[0]?.joined);
});

test('who leaves is gone, and so is everybody whose program ends', async () => {
  await using ground = await MemoryGround.open();
  const [here, there] = [ground.program(), ground.program()];
  const group = new Group<Address>(here, 'web');
  const ours = await group.join('ours', { port: 1 });
  const theirs = await new Group<Address>(there, 'web').join('theirs', { port: 2 });
  await using view = await group.view();
  assert.deepEqual([...view.current.keys()], ['ours', 'theirs']);
  const changes = view.changes();
  await changes.next();

  await there.close();
  assert.deepEqual(
    [...((await changes.next()).value ?? [])].map(([name]) => name),
    ['ours'],
  );
  assert.equal(theirs.isMember, false);
  assert.equal(theirs.signal.aborted, true);
  await failsWith('session-expired', theirs.update({ port: 3 }));

  await ours.leave();
  await ours.leave();
  assert.equal(ours.signal.aborted, true);
  await failsWith('session-expired', ours.update({ port: 3 }));
  assert.deepEqual(await group.list(), []);
});

test('a name belongs to one member at a time; who waits has it when the one before is gone', async () => {
  await using ground = await MemoryGround.open();
  const [old, young] = [ground.program(), ground.program()];
  const before = await new Group<Address>(old, 'web').join('a', { port: 1 });
  const group = new Group<Address>(young, 'web');
  const error = await failsWith('name-taken', group.join('a', { port: 2 }));
  assert.equal(error.data.key, 'groups/web/a');
  const waiting = group.join('a', { port: 2 }, { wait: '10s' });
  await before.leave();
  const after = await waiting;
  assert.ok(after.fence.token > before.fence.token);
  assert.deepEqual(
    (await group.list()).map(({ data }) => data.port),
    [2],
  );
  const leaving = new AbortController();
  const given = group.join('a', { port: 3 }, { wait: '10s', signal: leaving.signal });
  leaving.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
});

test('who waits for a name in vain hears that it is taken', async () => {
  await using town = await Town.open();
  const { coordination: other } = await town.program();
  await other.group('web').join('a', 1);
  const { engine, coordination } = await town.program();
  const taken = failsWith('name-taken', coordination.group('web').join('a', 2, { wait: '3s' }));
  await until(() => engine.watched.length === 1, 'it waits for the name');
  await engine.pass(3_000);
  const { message } = await taken;
  assert.match(message, /not gone within 3000 ms/);
});

test('a member whose joining got no answer does not stand in its own way', async () => {
  await using ground = await MemoryGround.open();
  let losses = 1;
  const losesAnswer = (): boolean => losses-- > 0;
  const group = new Group<Address>(ground.program({ losesAnswer }), 'web');
  await failsWith('engine-unreachable', group.join('a', { port: 1 }));
  await using again = await group.join('a', { port: 2 }, { wait: '10s' });
  assert.equal(again.isMember, true);
  assert.deepEqual(
    (await group.list()).map(({ data }) => data.port),
    [2],
  );
});

test('a member that tells what does not fit is kept apart, and hides nobody', async () => {
  await using ground = await MemoryGround.open();
  await new Group<unknown>(ground.program(), 'web').join('odd', 'nonsense');
  const group = new Group(ground.program(), 'web', { schema: address });
  await failsWith('value-invalid', group.join('bad', { port: 'x' } as never));
  await group.join('good', { port: 1 });
  await failsWith('value-invalid', group.list());
  await using view = await group.view();
  assert.deepEqual([...view.current.keys()], ['good']);
  assert.deepEqual([...view.misfits.keys()], ['odd']);
  throwsWith('invalid-option', () => new Group(ground.program(), 'a/b'));
  await failsWith('invalid-option', group.join('', { port: 1 }));
});
