/** Configurations: nobody goes by what does not fit, everybody by what was published, and every step can be undone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Config, type ConfigOptions } from '../../src/recipes/config.ts';
import { type ConfigScope, layersFor, nothingPublished } from '../../src/recipes/config-document.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { MemoryGround, type ProgramOptions } from './memory-ground.ts';

const schema = z.object({
  level: z.enum(['debug', 'info']),
  limits: z.object({ rate: z.number().max(100), names: z.array(z.string()) }),
});
type Settings = z.infer<typeof schema>;

const defaults = { level: 'info', limits: { rate: 10, names: ['a', 'b'] } };

function open(
  ground: MemoryGround,
  options: Partial<ConfigOptions<Settings>> = {},
  program: ProgramOptions = {},
): Config<Settings> {
  return new Config<Settings>(ground.program(program), 'shop', { schema, defaults, ...options });
}

/** Whether this one goes by what is rolled out to the share. */
function isAmong(name: string, scope: ConfigScope, share: number): boolean {
  const layers = { ...nothingPublished.stable };
  return layersFor({ ...nothingPublished, staged: { layers, share } }, name, scope) === layers;
}

test('layers lie on top of each other: defaults, cluster, service, instance', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  assert.deepEqual(await operator.get(), { value: defaults, revision: 0 });
  assert.equal(await operator.publish({ limits: { rate: 20 } }), 1);
  await operator.publish({ limits: { names: ['c'] } }, { to: { service: 'api' } });
  await operator.publish({ level: 'debug' }, { to: { service: 'api', instance: 'api-1' } });
  const read = async (options: Partial<ConfigOptions<Settings>>): Promise<Settings> =>
    (await open(ground, options).get()).value;
  assert.deepEqual(await read({}), { level: 'info', limits: { rate: 20, names: ['a', 'b'] } });
  assert.deepEqual(await read({ service: 'api' }), { level: 'info', limits: { rate: 20, names: ['c'] } });
  assert.deepEqual(await read({ service: 'api', instance: 'api-1' }), {
    level: 'debug',
    limits: { rate: 20, names: ['c'] },
  });
  assert.deepEqual(await read({ service: 'web', instance: 'api-1' }), await read({}));
});

test('a layer says what was published last for it, and nothing of what it said before', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  await operator.publish({ level: 'debug' });
  await operator.publish({ limits: { rate: 20 } });
  assert.equal((await operator.get()).value.level, 'info');
});

test('what would not fit for anybody is not published', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  await operator.publish({ limits: { rate: 90 } }, { to: { service: 'api', instance: 'api-1' } });
  const error = await failsWith('value-invalid', operator.publish({ limits: { rate: 'much' } }));
  assert.equal(error.data.key, 'shop');
  const other = new Config(ground.program(), 'shop', {
    schema: z.object({ level: z.string(), limits: z.object({ rate: z.number().max(50) }).loose() }),
    defaults,
  });
  const theirs = await failsWith('value-invalid', other.publish({ level: 'debug' }));
  assert.equal(theirs.data.key, 'shop/api/api-1');
  assert.equal((await operator.get()).revision, 1);
});

test('a watch begins with what holds, and tells what changes for its instance and nothing else', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  await using watch = open(ground, { service: 'api' }).watch();
  assert.equal((await watch.next()).value?.revision, 0);
  await operator.publish({ level: 'debug' }, { to: { service: 'web' } });
  await operator.publish({ limits: { rate: 20 } });
  const { value: reading } = await watch.next();
  assert.deepEqual([reading?.revision, reading?.value.limits.rate], [2, 20]);
});

test('a program that what is published does not fit goes on with what it had, and is told', async () => {
  await using ground = await MemoryGround.open();
  const newer = new Config(ground.program(), 'shop', { schema: z.object({}).loose(), defaults });
  await using watch = open(ground).watch();
  await watch.next();
  await newer.publish({ level: 'trace' });
  const { value: reading } = await watch.next();
  assert.deepEqual([reading?.value.level, reading?.revision], ['info', 0]);
  assert.equal(reading?.refused?.code, 'value-invalid');
  await failsWith('value-invalid', open(ground).get());
  await failsWith('value-invalid', open(ground).watch().next());
  await newer.publish({ level: 'debug' });
  const { value: after } = await watch.next();
  assert.deepEqual([after?.value.level, after?.revision, after?.refused], ['debug', 2, undefined]);
});

test('a roll-out begins with a share of the instances, the same ones each time, and goes on to all', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  const names = Array.from({ length: 20 }, (_, at) => `api-${at}`);
  const instances = names.map((instance) => open(ground, { service: 'api', instance }));
  const chosen = async (): Promise<string[]> => {
    const readings = await Promise.all(instances.map((instance) => instance.get()));
    return names.filter((_, at) => readings[at]?.value.level === 'debug');
  };
  await operator.publish({ level: 'debug' }, { share: 0.2 });
  const first = await chosen();
  assert.deepEqual(
    first,
    names.filter((instance) => isAmong('shop', { service: 'api', instance }, 0.2)),
  );
  assert.ok(first.length > 0 && first.length < 20, `${first.length} of 20`);
  assert.equal((await operator.get()).value.level, 'info');

  const error = await failsWith('rollout-open', operator.publish({ level: 'info' }));
  assert.deepEqual(error.data, { config: 'shop', share: 0.2 });
  await operator.rollOut(0.6);
  const second = await chosen();
  assert.ok(first.every((name) => second.includes(name)) && second.length > first.length);
  await operator.rollOut(1);
  assert.equal((await chosen()).length, 20);
  assert.equal((await operator.get()).value.level, 'debug');
  await failsWith('rollout-none', operator.rollOut(0.5));
  await failsWith('rollout-none', operator.abandon());

  await operator.publish({ level: 'info' }, { share: 0.5 });
  await operator.abandon();
  assert.equal((await chosen()).length, 20);
});

test('shares are kept on the whole: of many instances as many are chosen as was asked for', () => {
  const among = Array.from({ length: 10_000 }, (_, at) => at).filter((at) =>
    isAmong('shop', { service: 'api', instance: `api-${at}` }, 0.25),
  );
  assert.ok(among.length > 2_300 && among.length < 2_700, `${among.length} of 10000`);
  assert.equal(isAmong('shop', { service: 'api' }, 0.99), false);
  assert.equal(isAmong('shop', {}, 1), true);
});

test('every revision can be gone back to, as a publication of its own', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  await operator.publish({ limits: { rate: 1 } }, { note: 'one' });
  await operator.publish({ limits: { rate: 2 } }, { note: 'two' });
  await operator.publish({ limits: { rate: 3 } }, { share: 0.5, note: 'three' });
  assert.equal(await operator.rollBack(1), 4);
  assert.equal((await operator.get()).value.limits.rate, 1);
  const history = await operator.history();
  assert.deepEqual(
    history.map(({ revision, note, share }) => [revision, note, share]),
    [
      [4, 'back to revision 1', undefined],
      [3, 'three', 0.5],
      [2, 'two', undefined],
      [1, 'one', undefined],
    ],
  );
  await failsWith('not-found', operator.rollBack(9));
});

test('what no longer fits is not gone back to', async () => {
  await using ground = await MemoryGround.open();
  await new Config(ground.program(), 'shop', { schema: z.object({}).loose(), defaults }).publish({
    level: 'trace',
  });
  const operator = open(ground);
  await operator.publish({ level: 'debug' });
  await failsWith('value-invalid', operator.rollBack(1));
  assert.equal((await operator.get()).revision, 2);
});

test('two who publish at once both have their say, and the history has no hole', async () => {
  await using ground = await MemoryGround.open();
  const other = open(ground);
  let isFirst = true;
  const before = async ({ operations }: { readonly operations: readonly object[] }): Promise<void> => {
    const [operation] = operations as readonly { readonly key?: string }[];
    if (!isFirst || operation?.key?.endsWith('/document') !== true) return;
    isFirst = false;
    await other.publish({ level: 'debug' }, { to: { service: 'web' } });
  };
  const operator = open(ground, {}, { before });
  assert.equal(await operator.publish({ limits: { rate: 20 } }), 2);
  const { value } = await open(ground, { service: 'web' }).get();
  assert.deepEqual([value.level, value.limits.rate], ['debug', 20]);
  assert.deepEqual(
    (await operator.history()).map(({ revision }) => revision),
    [2, 1],
  );
});

test('the history forgets what is older than its bound', async () => {
  await using ground = await MemoryGround.open();
  const program = ground.program();
  const operator = new Config<Settings>(program, 'shop', { schema, defaults, historyMax: 3 });
  for (let rate = 1; rate <= 8; rate += 1) await operator.publish({ limits: { rate } });
  await program.close();
  const history = await open(ground).history();
  assert.deepEqual(
    history.map(({ revision }) => revision),
    [8, 7, 6, 5],
  );
});

test('what cannot be is refused before anything is sent', async () => {
  await using ground = await MemoryGround.open();
  const operator = open(ground);
  throwsWith('invalid-option', () => open(ground, { instance: 'api-1' }));
  throwsWith('invalid-option', () => open(ground, { service: 'a/b' }));
  throwsWith('invalid-option', () => open(ground, { historyMax: 0 }));
  await failsWith('invalid-option', operator.publish({}, { share: 0 }));
  await failsWith('invalid-option', operator.publish({}, { to: { instance: 'x' } }));
  await ground.engine.transact({
    operations: [
      { kind: 'put', key: 'configs/shop/now/document', value: new TextEncoder().encode('{"a":1}') },
    ],
  });
  await failsWith('value-invalid', operator.get());
});

test('what is published is what JSON makes of it, and is checked as that', async () => {
  await using ground = await MemoryGround.open();
  const anything = z.object({ rate: z.unknown().optional() }).loose();
  const operator = new Config<unknown>(ground.program(), 'shop', { schema: anything });
  const lenient = new Config<unknown>(ground.program(), 'lenient', {
    schema: z.object({ rate: z.union([z.number(), z.nan()]) }),
    defaults: { rate: 1 },
  });
  await failsWith('value-invalid', lenient.publish({ rate: Number.NaN }));
  assert.deepEqual(await lenient.get(), { value: { rate: 1 }, revision: 0 });
  for (const values of [[1, 2], null, 'fast', { toJSON: () => [1] }])
    await failsWith('invalid-option', operator.publish(values as never));
  assert.equal((await operator.get()).revision, 0);
  assert.equal(await operator.publish({ rate: 2 }), 1);
});
