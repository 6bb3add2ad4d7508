/** Values and maps: no change lost, no reader left behind, and nothing that does not fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { RecipeContext } from '../../src/recipes/recipe-context.ts';
import { SharedMap } from '../../src/recipes/shared-map.ts';
import { SharedValue, type ValueOptions } from '../../src/recipes/shared-value.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { byClock, MemoryGround } from './memory-ground.ts';

const limits = z.object({ most: z.number(), names: z.array(z.string()).default([]) });

function limitsOf<T>(program: RecipeContext, options?: ValueOptions<T>): SharedValue<T> {
  return new SharedValue<T>(program, program.pathOf('values', 'limits'), options);
}

test('a value is what was set last, typed by its schema, and absent at first', async () => {
  await using ground = await MemoryGround.open();
  const value = limitsOf(ground.program(), { schema: limits });
  assert.equal(await value.get(), undefined);
  await value.set({ most: 5, names: ['a'] });
  const found = await value.get();
  assert.equal(found?.most, 5);
  assert.equal(await value.delete(), true);
  assert.equal(await value.delete(), false);
  assert.equal(await value.get(), undefined);
});

test('what does not fit is neither written nor read', async () => {
  await using ground = await MemoryGround.open();
  const loose = limitsOf<unknown>(ground.program());
  const strict = limitsOf(ground.program(), { schema: limits });
  await failsWith('value-invalid', strict.set({ most: 'many' } as never));
  assert.equal(await loose.get(), undefined);
  for (const value of [undefined, () => 1, 12n]) await failsWith('value-invalid', loose.set(value));
  await loose.set({ most: 'many' });
  const error = await failsWith('value-invalid', strict.get());
  assert.equal(error.data.key, 'values/limits');
  await failsWith(
    'value-invalid',
    strict.update((current) => current ?? { most: 1, names: [] }),
  );
});

test('updates that meet are all carried out', async () => {
  await using ground = await MemoryGround.open();
  const values = [1, 2, 3].map(() => limitsOf<string[]>(ground.program()));
  await Promise.all(
    values.flatMap((value, program) =>
      [1, 2, 3].map((turn) => value.update((names = []) => [...names, `${program}.${turn}`])),
    ),
  );
  assert.equal(new Set(await values[0]?.get()).size, 9);
});

test('an update that never gets its turn ends at its deadline, and has changed nothing', async () => {
  await using ground = await MemoryGround.open();
  const other = limitsOf<number>(ground.program());
  let turns = 0;
  const before = async (): Promise<void> => {
    turns += 1;
    await other.set(turns);
  };
  // Each turn takes twenty seconds, by the clock of this program.
  const { clock } = ground.engine;
  const engine = byClock(ground.engine, { now: () => clock.now() + turns * 20_000 });
  const unlucky = limitsOf<number>(ground.program({ engine, before }));
  const error = await failsWith(
    'deadline-exceeded',
    unlucky.update(() => -1, { deadline: '50s' }),
  );
  assert.equal(error.outcome, 'not-applied');
  assert.equal(turns, 3);
  assert.equal(await other.get(), 3);
});

test('a watch begins with what is there and tells each change until it is given up', async () => {
  await using ground = await MemoryGround.open();
  const writer = limitsOf<string>(ground.program());
  await using watch = limitsOf<string>(ground.program()).watch();
  assert.deepEqual(await watch.next(), { done: false, value: undefined });
  await writer.set('one');
  assert.deepEqual(await watch.next(), { done: false, value: 'one' });
  await writer.set('two');
  await writer.delete();
  assert.deepEqual(await watch.next(), { done: false, value: 'two' });
  assert.deepEqual(await watch.next(), { done: false, value: undefined });
  const waiting = watch.next();
  await watch.return();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('a watch ends with its signal, with its program, and at what does not fit', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  const leaving = new AbortController();
  const watch = limitsOf(program, { schema: limits }).watch({ signal: leaving.signal });
  await watch.next();
  const waiting = watch.next();
  leaving.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);

  const misled = limitsOf(program, { schema: limits }).watch();
  await misled.next();
  await limitsOf<unknown>(program).set('nonsense');
  await failsWith('value-invalid', misled.next());
  assert.deepEqual(await misled.next(), { done: true, value: undefined });

  const orphaned = limitsOf<unknown>(program).watch();
  await orphaned.next();
  const left = orphaned.next();
  await program.close();
  await failsWith('closed', left);
});

test('a map holds each key on its own, and shows all of them', async () => {
  await using ground = await MemoryGround.open();
  const map = new SharedMap<number>(ground.program(), 'ports');
  await map.set('web', 80);
  await map.set('mail', 25);
  await map.update('web', (port = 0) => port + 8000);
  assert.deepEqual(
    [...(await map.entries())],
    [
      ['web', 8080],
      ['mail', 25],
    ],
  );
  assert.equal(await map.get('mail'), 25);
  assert.equal(await map.delete('mail'), true);
  assert.equal(await map.get('mail'), undefined);
  throwsWith('invalid-option', () => map.at('a/b'));
  assert.deepEqual([...(await new SharedMap(ground.program(), 'other').entries())], []);
});

test('a watch of one key hears nothing of the others', async () => {
  await using ground = await MemoryGround.open();
  const map = new SharedMap<number>(ground.program(), 'ports');
  await using watch = map.watch('web');
  assert.equal((await watch.next()).value, undefined);
  await map.set('website', 1);
  await map.set('web', 2);
  assert.equal((await watch.next()).value, 2);
});

test('a view follows the map, and what it showed does not change behind the reader', async () => {
  await using ground = await MemoryGround.open();
  const map = new SharedMap(ground.program(), 'limits', { schema: limits });
  await map.set('a', { most: 1, names: [] });
  await using view = await map.view();
  const first = view.current;
  assert.deepEqual([...first.keys()], ['a']);
  const changes = view.changes();
  assert.equal((await changes.next()).value, first);

  await map.set('b', { most: 2, names: [] });
  assert.deepEqual(
    [...((await changes.next()).value ?? [])].map(([key]) => key),
    ['a', 'b'],
  );
  await map.delete('a');
  assert.deepEqual(
    [...((await changes.next()).value ?? [])].map(([key]) => key),
    ['b'],
  );
  assert.deepEqual([...first.keys()], ['a']);

  await new SharedMap<unknown>(ground.program(), 'limits').set('bad', 1);
  await changes.next();
  assert.deepEqual([...view.current.keys()], ['b']);
  assert.equal(view.misfits.get('bad')?.code, 'value-invalid');
  await map.set('bad', { most: 3, names: [] });
  await changes.next();
  assert.deepEqual([...view.current.keys()], ['b', 'bad']);
  assert.equal(view.misfits.size, 0);
});

test('a view that is closed says so instead of showing what may be old', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  const map = new SharedMap<number>(program, 'ports');
  const view = await map.view();
  const changes = view.changes();
  await changes.next();
  const waiting = changes.next();
  await view.close();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  throwsWith('closed', () => view.current);

  const orphaned = await map.view();
  await program.close();
  throwsWith('closed', () => orphaned.current);
  await orphaned.close();
});
