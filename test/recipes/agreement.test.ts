/** Agreement: one value, the same for all, for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { agree, decided } from '../../src/recipes/agreement.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { byClock, lacking, MemoryGround } from './memory-ground.ts';

test('of many who propose at once one is chosen, and all hear the same', async () => {
  await using ground = await MemoryGround.open();
  const proposals = Array.from({ length: 12 }, (_, at) => agree(ground.program(), 'leader', `p${at}`));
  const [first, ...others] = await Promise.all(proposals);
  assert.ok(others.every((value) => value === first));
  assert.equal(await agree(ground.program(), 'leader', 'too late'), first);
  assert.equal(await decided(ground.program(), 'leader'), first);
});

test('a proposal comes in between: it is the decision, and is not overwritten', async () => {
  await using ground = await MemoryGround.open();
  const other = ground.program();
  let isFirst = true;
  const before = async (): Promise<void> => {
    if (!isFirst) return;
    isFirst = false;
    assert.equal(await agree(other, 'colour', 'red'), 'red');
  };
  assert.equal(await agree(ground.program({ before }), 'colour', 'blue'), 'red');
  assert.equal(await decided(other, 'colour'), 'red');
});

test('a proposal whose answer was lost is found decided', async () => {
  await using ground = await MemoryGround.open();
  let losses = 1;
  const losesAnswer = (): boolean => losses-- > 0;
  assert.equal(await agree(ground.program({ losesAnswer }), 'colour', 'blue'), 'blue');
  assert.equal(await agree(ground.program(), 'colour', 'red'), 'blue');
});

test('nothing is decided by asking, and nothing is decided that does not fit', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  assert.equal(await decided(program, 'size'), undefined);
  await failsWith('value-invalid', agree(program, 'size', 'big' as never, { schema: z.number() }));
  assert.equal(await decided(program, 'size'), undefined);
  await agree(program, 'size', 'big');
  await failsWith('value-invalid', agree(program, 'size', 3, { schema: z.number() }));
  await failsWith('invalid-option', agree(program, 'a/b', 1));
});

test('an engine that may lose what it acknowledged decides nothing', async () => {
  await using ground = await MemoryGround.open();
  const weak = coordinate(lacking(ground.engine, 'survives-failover'));
  // @ts-expect-error: the type of the engine says so already
  await failsWith('capability-missing', weak.agree('colour', 'blue'));
  await using whole = coordinate(ground.engine);
  assert.equal(await whole.agree('colour', 'blue'), 'blue');
  assert.equal(await whole.decided('colour'), 'blue');
});

test('who does not know whether his proposal was taken is not told that it was not', async () => {
  await using ground = await MemoryGround.open();
  let nowMs = 0;
  const losesAnswer = (): boolean => {
    nowMs += 10_000;
    return true;
  };
  const engine = byClock(ground.engine, { now: () => nowMs });
  const error = await failsWith(
    'deadline-exceeded',
    agree(ground.program({ engine, losesAnswer }), 'colour', 'blue'),
  );
  assert.equal(error.outcome, 'unknown');
  assert.equal(await decided(ground.program(), 'colour'), 'blue');
});
