/** Topics: who listens hears, at most once; every group gets every event, at least once, and is never set back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Topic, type TopicOptions } from '../../src/recipes/topic.ts';
import type { TopicEvent } from '../../src/recipes/topic-group.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { MemoryGround, type ProgramOptions } from './memory-ground.ts';
import { Town } from './town.ts';

function open<T = number>(
  ground: MemoryGround,
  options: TopicOptions<T> = {},
  program: ProgramOptions = {},
): Topic<T> {
  return new Topic<T>(ground.program(program), 'prices', options);
}

async function next<T>(events: AsyncIterator<TopicEvent<T>, unknown>): Promise<TopicEvent<T>> {
  const step = await events.next();
  assert.ok(step.done !== true);
  return step.value as TopicEvent<T>;
}

test('all who listen are told what is told from then on, and nothing that was told before', async () => {
  await using ground = await MemoryGround.open();
  const teller = open(ground);
  await teller.tell(1);
  await using first = await open(ground).listen();
  await using second = await open(ground).listen();
  await teller.tell(2);
  await teller.tell(3);
  for (const listener of [first, second])
    assert.deepEqual([(await listener.next()).value, (await listener.next()).value], [2, 3]);
  await failsWith('value-invalid', teller.tell(undefined as never));
});

test('every group gets every event in order, and goes on behind what it has done', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.group('mail').begin();
  await topic.group('audit').begin();
  for (const value of [1, 2, 3]) await topic.publish(value);
  for (const name of ['mail', 'audit']) {
    const values: number[] = [];
    for await (const event of open(ground).group(name).events()) {
      values.push(event.value);
      if (event.value === 3) break;
      await event.done();
    }
    assert.deepEqual(values, [1, 2, 3]);
  }
  const again = open(ground).group('mail').events();
  const event = await next(again);
  assert.equal(event.value, 3);
  await event.done();
  const waiting = next(again);
  await topic.publish(4);
  assert.equal((await waiting).value, 4);
  await again.return(undefined as never);
});

test('a group begins with what is published from then on, or with all that is kept', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.publish(1);
  const late = topic.group('late').events();
  const early = topic.group('early', { from: 'start' }).events();
  assert.equal((await next(early)).value, 1);
  const waiting = next(late);
  await ground.untilItems('topics/prices/readers', 2);
  await topic.publish(2);
  assert.equal((await waiting).value, 2);
  await late.return(undefined as never);
  await early.return(undefined as never);
});

test('one reader of a group reads at a time; when it dies the next one gets what it had not done', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.group('mail').begin();
  for (const value of [1, 2]) await topic.publish(value);
  const dying = ground.program();
  const first = new Topic<number>(dying, 'prices').group('mail').events();
  const one = await next(first);
  await one.done();
  const two = await next(first);
  let hasTaken = false;
  const second = open(ground).group('mail').events();
  const taking = next(second).then((event) => {
    hasTaken = true;
    return event;
  });
  await topic.publish(3);
  assert.equal(hasTaken, false);
  await dying.close();
  const taken = await taking;
  assert.equal(taken.value, 2);
  assert.equal(two.signal.aborted, true);
  await failsWith('not-held', two.done());
  await taken.done();
  await failsWith('closed', first.next());
  await second.return(undefined as never);
});

test('a reader that does not know that it was superseded cannot set its group back, or forward', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.group('mail').begin();
  for (const value of [1, 2, 3]) await topic.publish(value);
  const stale = topic.group('mail').events();
  const theirs = await next(stale);
  await ground.engine.transact({ operations: [{ kind: 'delete', key: 'topics/prices/readers/mail' }] });
  const fresh = open(ground).group('mail').events();
  const ours = await next(fresh);
  await failsWith('not-held', theirs.done());
  await ours.done();
  const second = await next(fresh);
  assert.equal(second.value, 2);
  await failsWith('not-held', theirs.done());
  await second.done();
  assert.equal((await next(fresh)).value, 3);
  await fresh.return(undefined as never);
  await stale.return(undefined as never);
});

test('what was done later is done before it, whatever the order in which it is said', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.group('mail').begin();
  for (const value of [1, 2, 3]) await topic.publish(value);
  const events = topic.group('mail').events();
  const [one, two] = [await next(events), await next(events)];
  await Promise.all([two.done(), one.done()]);
  await one.done();
  await events.return(undefined as never);
  const again = open(ground).group('mail').events();
  assert.equal((await next(again)).value, 3);
  await again.return(undefined as never);
});

test('an answer that is lost does not undo what was done', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground);
  await topic.group('mail').begin();
  for (const value of [1, 2]) await topic.publish(value);
  let losses = 0;
  const losesAnswer = (): boolean => losses > 0 && losses-- > 0;
  const events = open(ground, {}, { losesAnswer }).group('mail').events();
  const one = await next(events);
  losses = 1;
  await failsWith('engine-unreachable', one.done());
  await one.done();
  const two = await next(events);
  await two.done();
  await events.return(undefined as never);
  const offset = await ground.engine.get('topics/prices/groups/mail');
  assert.equal(new TextDecoder().decode(offset?.value), String(two.number));
});

test('the log is bounded: what all groups have done makes room, and the slowest one holds publishers back', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground, { eventsMax: 3 });
  for (const value of [1, 2, 3, 4]) await topic.publish(value);
  await topic.group('mail').begin();
  await topic.group('slow').begin();
  for (const value of [5, 6, 7]) await topic.publish(value);
  const events = topic.group('mail').events();
  for (const value of [5, 6, 7]) {
    const event = await next(events);
    assert.equal(event.value, value);
    await event.done();
  }
  const error = await failsWith('queue-full', topic.publish(8));
  assert.deepEqual(error.data, { queue: 'topic prices', limit: 3 });
  await topic.group('slow').remove();
  await topic.publish(8);
  assert.equal((await next(events)).value, 8);
  assert.equal((await ground.engine.list('topics/prices/log')).items.length, 1);
  await events.return(undefined as never);
});

test('events that are done are taken out by readers too, each counted once', async () => {
  await using ground = await MemoryGround.open();
  const topic = open(ground, { eventsMax: 200 });
  const names = ['mail', 'audit'];
  for (const name of names) await topic.group(name).begin();
  for (let value = 1; value <= 80; value += 1) await topic.publish(value);
  const programs = names.map(() => ground.program());
  await Promise.all(
    programs.map(async (program, at) => {
      for await (const event of new Topic<number>(program, 'prices').group(names[at] ?? '').events()) {
        await event.done();
        if (event.value === 80) break;
      }
    }),
  );
  for (const program of programs) await program.close();
  const left = (await ground.engine.list('topics/prices/log')).items.length;
  const count = await ground.engine.get('topics/prices/count/events');
  assert.ok(left < 80, `${left} left`);
  assert.equal(new TextDecoder().decode(count?.value), String(left));
});

test('who gives up reading, reads what does not fit, or asks for what cannot be, hears so', async () => {
  await using ground = await MemoryGround.open();
  await open<unknown>(ground).publish('odd');
  const strict = open(ground, { schema: z.number() });
  await failsWith('value-invalid', strict.publish('odd' as never));
  await failsWith('value-invalid', strict.group('mail', { from: 'start' }).events().next());
  const leaving = new AbortController();
  const reading = open(ground).group('late').events({ signal: leaving.signal }).next();
  leaving.abort(new Error('enough'));
  await assert.rejects(reading, /enough/);
  throwsWith('invalid-option', () => open(ground, { eventsMax: 0 }));
  throwsWith('invalid-option', () => open(ground).group('a/b'));
});

test('a reader whose server was away for longer than its session reads on when it is back', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const topic = coordination.topic<number>('prices');
  const group = topic.group('mail');
  await group.begin();
  await topic.publish(1);
  const events = group.events();
  const first = await next(events);
  engine.isHeard = false;
  engine.fault = 'refused';
  const again = next(events);
  await engine.pass(12_000);
  assert.equal(first.signal.aborted, true);
  await engine.sessions[0]?.endUnheard();
  engine.isHeard = true;
  engine.fault = 'none';
  await engine.pass(2_000);
  assert.equal((await again).value, 1);
});
