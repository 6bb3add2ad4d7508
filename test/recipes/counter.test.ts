/** Counters: nothing lost, nothing counted twice, no bound passed, and nothing hidden. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter } from '../../src/recipes/counter.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { lacking, MemoryGround } from './memory-ground.ts';

test('many who add at once: every answer has its own step, and the sum is whole', async () => {
  await using ground = await MemoryGround.open();
  const counters = [1, 2, 3, 4].map(() => new Counter(ground.program(), 'visits'));
  const additions = counters.flatMap((counter) => Array.from({ length: 10 }, () => counter.add()));
  const changes = await Promise.all(additions);
  assert.deepEqual(
    changes.map(({ after }) => after).sort((left, right) => left - right),
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
  assert.ok(changes.every(({ before, after }) => after === before + 1));
  assert.equal(await counters[0]?.get(), 40);
});

test('an addition is one command: what others add in the middle of it is not lost', async () => {
  await using ground = await MemoryGround.open();
  const other = new Counter(ground.program(), 'visits');
  let isFirst = true;
  const before = async (): Promise<void> => {
    if (!isFirst) return;
    isFirst = false;
    await other.add(10);
  };
  const counter = new Counter(ground.program({ before }), 'visits');
  assert.deepEqual(await counter.add(1), { before: 10, after: 11 });
});

test('an answer that is lost is told as unknown, and the addition is not made again', async () => {
  await using ground = await MemoryGround.open();
  let isFirst = true;
  const losesAnswer = (): boolean => {
    const loses = isFirst;
    isFirst = false;
    return loses;
  };
  const counter = new Counter(ground.program({ losesAnswer }), 'visits');
  const error = await failsWith('engine-unreachable', counter.add());
  assert.equal(error.outcome, 'unknown');
  assert.equal(await counter.get(), 1);
});

test('a bound is never passed, and who asks gently is answered gently', async () => {
  await using ground = await MemoryGround.open();
  const tickets = new Counter(ground.program(), 'tickets', { least: 0, most: 3 });
  const taken = await Promise.all(Array.from({ length: 8 }, () => tickets.tryAdd(1)));
  assert.equal(taken.filter((change) => change !== undefined).length, 3);
  const error = await failsWith('counter-bound', tickets.add(1));
  assert.deepEqual(error.data, { counter: 'counters/tickets', amount: 1, least: 0, most: 3 });
  assert.equal(error.outcome, 'not-applied');
  await failsWith('counter-bound', tickets.add(-4));
  assert.deepEqual(await tickets.add(-3), { before: 3, after: 0 });
});

test('compare and set takes place only from what was expected', async () => {
  await using ground = await MemoryGround.open();
  const counter = new Counter(ground.program(), 'level', { most: 100 });
  assert.deepEqual(await counter.compareAndSet(0, 7), { succeeded: true, value: 7 });
  assert.deepEqual(await counter.compareAndSet(0, 9), { succeeded: false, value: 7 });
  await failsWith('invalid-option', counter.compareAndSet(7, 101));
  assert.deepEqual(await counter.add(), { before: 7, after: 8 });
});

test('compare and set sees who comes in between, and who restores what was there', async () => {
  await using ground = await MemoryGround.open();
  const other = new Counter(ground.program(), 'level');
  const steps = [
    async () => {
      await other.add(5);
      await other.add(-5);
    },
    async () => {
      await other.add(1);
    },
  ];
  const counter = new Counter(ground.program({ before: async () => await steps.shift()?.() }), 'level');
  assert.deepEqual(await counter.compareAndSet(0, 50), { succeeded: false, value: 1 });
  assert.equal(await other.get(), 1);
});

test('a holder that was superseded no longer counts', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  const hold = async (): Promise<number> => {
    const operations = [{ kind: 'put', key: 'stories/holder', value: new Uint8Array() }] as const;
    const answer = await ground.engine.transact({ operations });
    assert.ok(answer.succeeded && answer.results[0]?.kind === 'put');
    return answer.results[0].created;
  };
  const counter = new Counter(program, 'guarded');
  const fence = { key: 'stories/holder', token: await hold() };
  await counter.add(1, { fence });
  await ground.engine.transact({ operations: [{ kind: 'delete', key: 'stories/holder' }] });
  await hold();
  await failsWith('fenced', counter.add(1, { fence }));
  await failsWith('fenced', counter.compareAndSet(1, 5, { fence }));
  assert.equal(await counter.get(), 1);
});

test('what cannot be is refused before anything is sent', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  throwsWith('invalid-option', () => new Counter(program, 'a/b'));
  throwsWith('invalid-option', () => new Counter(program, ''));
  throwsWith('invalid-option', () => new Counter(program, 'c', { least: 2, most: 1 }));
  await failsWith('invalid-option', new Counter(program, 'c').add(0.5));
  await ground.engine.transact({
    operations: [{ kind: 'put', key: 'counters/words', value: new TextEncoder().encode('twelve') }],
  });
  await failsWith('value-invalid', new Counter(program, 'words').get());
});

test('an engine that may lose what it acknowledged has no counters', async () => {
  await using ground = await MemoryGround.open();
  const weak = coordinate(lacking(ground.engine, 'survives-failover'));
  // @ts-expect-error: the type of the engine says so already
  const error = throwsWith('capability-missing', () => weak.counter('c'));
  assert.deepEqual(error.data, {
    engine: 'quorate',
    recipe: 'counter c',
    capability: 'survives-failover',
  });
});
