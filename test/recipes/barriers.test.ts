/** Barrier, latch and double barrier: nobody passes too early, and nobody waits for what cannot come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Barrier } from '../../src/recipes/barrier.ts';
import { DoubleBarrier, type Inside } from '../../src/recipes/double-barrier.ts';
import { Latch } from '../../src/recipes/latch.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { MemoryGround } from './memory-ground.ts';

test('a barrier holds who comes while it is raised, and lets all through when it is lifted', async () => {
  await using ground = await MemoryGround.open();
  const [keeper, guest] = [1, 2].map(() => new Barrier(ground.program(), 'start')) as [Barrier, Barrier];
  await guest.pass();
  assert.equal(await keeper.raise(), true);
  assert.equal(await keeper.raise(), false);
  assert.equal(await guest.isRaised(), true);
  const error = await failsWith('deadline-exceeded', guest.pass({ wait: 20 }));
  assert.equal(error.outcome, 'not-applied');
  let isLifted = false;
  const passing = [1, 2, 3].map(async () => {
    await guest.pass();
    assert.ok(isLifted, 'passed too early');
  });
  await failsWith('deadline-exceeded', guest.pass({ wait: 20 }));
  isLifted = true;
  assert.equal(await keeper.lift(), true);
  await Promise.all(passing);
  assert.equal(await keeper.lift(), false);
});

test('who waits at a barrier hears his signal, and that his program is closed', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  const barrier = new Barrier(program, 'start');
  await barrier.raise();
  const leaving = new AbortController();
  const gone = barrier.pass({ signal: leaving.signal });
  const stays = barrier.pass();
  leaving.abort(new Error('enough'));
  await assert.rejects(gone, /enough/);
  await program.close();
  await failsWith('closed', stays);
});

test('a latch opens with the last step, for those who wait and those who come later', async () => {
  await using ground = await MemoryGround.open();
  const latches = [1, 2, 3].map(() => new Latch(ground.program(), 'loaded', 3)) as [Latch, Latch, Latch];
  const waiting = latches[0].wait();
  assert.equal(await latches[0].left(), 3);
  assert.equal(await latches[1].countDown(), 2);
  assert.equal(await latches[2].countDown(), 1);
  await failsWith('deadline-exceeded', latches[1].wait({ wait: 20 }));
  assert.equal(await latches[0].countDown(), 0);
  await waiting;
  await latches[2].wait();
  assert.equal(await latches[2].countDown(), 0);
  assert.equal(await latches[2].left(), 0);
});

test('who counts to another number is refused, and counts nothing', async () => {
  await using ground = await MemoryGround.open();
  const latch = new Latch(ground.program(), 'loaded', 2);
  await latch.countDown();
  const other = new Latch(ground.program(), 'loaded', 3);
  const error = await failsWith('settings-differ', other.countDown());
  assert.deepEqual(error.data, { what: 'latch loaded', asked: '3', found: '2' });
  await failsWith('settings-differ', other.wait());
  assert.equal(await latch.left(), 1);
  for (const count of [0, 1.5, 1_000_001])
    throwsWith('invalid-option', () => new Latch(ground.program(), 'loaded', count));
});

test('so many go in together and out together, and the next ones make the next round', async () => {
  await using ground = await MemoryGround.open();
  const inside = new Set<number>();
  const doors = [0, 1, 2, 3, 4, 5].map(() => new DoubleBarrier(ground.program(), 'phase', 3));
  let entered = 0;
  const left: number[] = [];
  await Promise.all(
    doors.map(async (door, at) => {
      const here: Inside = await door.enter({ wait: '20s' });
      entered += 1;
      inside.add(at);
      assert.equal(here.size, 3);
      assert.ok(inside.size <= 3, `${inside.size} inside`);
      const seen = entered;
      inside.delete(at);
      await here.leave({ wait: '20s' });
      assert.ok(entered >= 3 * Math.ceil(seen / 3), 'somebody went out before all had come in');
      left.push(at);
    }),
  );
  assert.equal(left.length, 6);
});

test('nobody goes in while one is missing, and one who gives up is not counted', async () => {
  await using ground = await MemoryGround.open();
  const door = (): DoubleBarrier => new DoubleBarrier(ground.program(), 'phase', 2);
  await failsWith('deadline-exceeded', door().enter({ wait: 50 }));
  let isIn = false;
  const first = door()
    .enter()
    .then((here) => {
      isIn = true;
      return here;
    });
  await failsWith('deadline-exceeded', new DoubleBarrier(ground.program(), 'other', 2).enter({ wait: 50 }));
  assert.equal(isIn, false);
  const second = await door().enter();
  await Promise.all([second.leave(), first.then((here) => here.leave())]);
});

test('who names another size is refused while anybody is there, and the size is free behind the last', async () => {
  await using ground = await MemoryGround.open();
  const door = (size: number): DoubleBarrier => new DoubleBarrier(ground.program(), 'phase', size);
  const first = door(2).enter();
  await ground.untilItems('double-barriers/phase', 1);
  const error = await failsWith('settings-differ', door(3).enter());
  assert.deepEqual(error.data, { what: 'double barrier phase', asked: '3 members', found: '2 members' });
  const both = await Promise.all([first, door(2).enter()]);
  await failsWith('settings-differ', door(1).enter());
  await Promise.all(both.map((here) => here.leave()));
  await (await door(1).enter()).leave();
  await ground.untilItems('double-barriers/phase', 0);
});

test('who goes out of a block goes out of the double barrier, and waits for none of the others', async () => {
  await using ground = await MemoryGround.open();
  const door = (): DoubleBarrier => new DoubleBarrier(ground.program(), 'phase', 2);
  const [first, second] = await Promise.all([door().enter(), door().enter()]);
  {
    await using _inside = first;
  }
  // The second one, and the round.
  await ground.untilItems('double-barriers/phase', 2);
  {
    await using inside = second;
    await inside.leave();
  }
  await ground.untilItems('double-barriers/phase', 0);
});

test('the last one who goes out without waiting takes the round away', async () => {
  await using ground = await MemoryGround.open();
  const door = (): DoubleBarrier => new DoubleBarrier(ground.program(), 'phase', 2);
  for (const inside of await Promise.all([door().enter(), door().enter()]))
    await inside[Symbol.asyncDispose]();
  await ground.untilItems('double-barriers/phase', 0);
});

test('one who dies inside keeps nobody in', async () => {
  await using ground = await MemoryGround.open();
  const dying = ground.program();
  const [one, two] = await Promise.all([
    new DoubleBarrier(dying, 'phase', 2).enter(),
    new DoubleBarrier(ground.program(), 'phase', 2).enter(),
  ]);
  const leaving = two.leave();
  await dying.close();
  assert.equal(one.signal.aborted, true);
  await leaving;
});

test('one who went before the round began lets nobody in, however old the others’ news', async () => {
  await using ground = await MemoryGround.open();
  const leaver = new AbortController();
  let gone: Promise<unknown> = Promise.resolve();
  // 1 the second one sees both in line, and is about to begin the round; 2 the first one gives up; 3 the round is refused.
  const before = async ({
    operations,
  }: {
    readonly operations: readonly { readonly kind: string }[];
  }): Promise<void> => {
    const [operation] = operations as readonly { readonly kind: string; readonly key?: string }[];
    if (operation?.kind !== 'put' || operation.key?.endsWith('/round') !== true || leaver.signal.aborted)
      return;
    leaver.abort(new Error('gone'));
    await gone;
  };
  const first = new DoubleBarrier(ground.program(), 'phase', 2).enter({ signal: leaver.signal });
  gone = assert.rejects(first, /gone/);
  await ground.untilItems('double-barriers/phase', 1);
  const second = new DoubleBarrier(ground.program({ before }), 'phase', 2).enter({ wait: 300 });
  await failsWith('deadline-exceeded', second);
  await gone;
});

test('who does not wait at all passes what is open, and is refused at once otherwise', async () => {
  await using ground = await MemoryGround.open();
  const [barrier, latch] = [new Barrier(ground.program(), 'start'), new Latch(ground.program(), 'loaded', 1)];
  await barrier.pass({ wait: 0 });
  await failsWith('deadline-exceeded', latch.wait({ wait: 0 }));
  await barrier.raise();
  await failsWith('deadline-exceeded', barrier.pass({ wait: 0 }));
  await latch.countDown();
  await latch.wait({ wait: 0 });
});
