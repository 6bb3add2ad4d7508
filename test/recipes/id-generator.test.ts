/** Ids: never twice, whatever the clocks say and whoever stood still. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '../../src/engines/port/index.ts';
import { IdGenerator, type IdGeneratorOptions } from '../../src/recipes/id-generator.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { byClock, MemoryGround } from './memory-ground.ts';

/** A program whose wall clock says what the story wants. */
class Program {
  readonly generator: IdGenerator;
  wallMs: number;

  constructor(ground: MemoryGround, wallMs: number, options: IdGeneratorOptions = {}) {
    this.wallMs = wallMs;
    const engine = byClock(ground.engine, { wall: () => this.wallMs });
    this.generator = new IdGenerator(ground.program({ engine }), 'orders', options);
  }

  async ids(count: number): Promise<bigint[]> {
    const ids: bigint[] = [];
    for (let made = 0; made < count; made += 1) ids.push(await this.generator.next());
    return ids;
  }
}

const noonMs = Date.UTC(2026, 10, 30, 12);

function grow(ids: readonly bigint[]): boolean {
  return ids.every((id, at) => at === 0 || id > (ids[at - 1] as bigint));
}

test('ids grow, tell when and by whom they were made, and are unlike those of others', async () => {
  await using ground = await MemoryGround.open();
  const programs = [1, 2, 3].map(() => new Program(ground, noonMs));
  const all = await Promise.all(programs.map((program) => program.ids(50)));
  assert.ok(all.every(grow));
  assert.equal(new Set(all.flat()).size, 150);
  const parts = all.map(([first]) => programs[0]?.generator.partsOf(first as bigint));
  assert.deepEqual(parts.map((part) => part?.worker).toSorted(), [0, 1, 2]);
  assert.ok(parts.every((part) => part?.timeMs === noonMs && part.count === 0));
  assert.ok((all[0]?.[0] as bigint) < 2n ** 63n);
});

test('within one millisecond the count goes up, and then the next millisecond begins early', async () => {
  await using ground = await MemoryGround.open();
  const program = new Program(ground, noonMs);
  const ids = await program.ids(4_100);
  assert.ok(grow(ids));
  const last = program.generator.partsOf(ids.at(-1) as bigint);
  assert.deepEqual(last, { timeMs: noonMs + 1, worker: 0, count: 3 });
});

test('a clock that goes back repeats nothing, in one program and from one to the next', async () => {
  await using ground = await MemoryGround.open();
  const first = new Program(ground, noonMs, { workers: 1 });
  const before = await first.ids(10);
  first.wallMs -= 3_600_000;
  const during = await first.ids(10);
  assert.ok(grow([...before, ...during]));
  await first.generator.close();

  const second = new Program(ground, noonMs - 7_200_000, { workers: 1 });
  const after = await second.ids(10);
  assert.ok(grow([...before, ...during, ...after]));
  assert.equal(second.generator.partsOf(after[0] as bigint).worker, 0);
});

test('a program that believes in a session which is over gives out nothing that its successor gives out', async () => {
  await using ground = await MemoryGround.open();
  const options = { workers: 1 };
  const old = new Program(ground, noonMs, options);
  const first = await old.ids(5);
  // The server has let the lease expire, and the old program does not know it yet.
  await ground.engine.transact({ operations: [{ kind: 'delete', key: 'ids/orders/workers/0' }] });
  const young = new Program(ground, noonMs, options);
  const mixed = [...first];
  for (let turn = 0; turn < 5; turn += 1) mixed.push(...(await young.ids(1)), ...(await old.ids(1)));
  assert.equal(new Set(mixed).size, mixed.length);
  // What it had reserved is used up, and it finds out.
  old.wallMs += 60_000;
  const error = await failsWith(
    'name-taken',
    (async () => {
      while (true) await old.generator.next({ deadline: 2_000 });
    })(),
  );
  assert.equal(error.outcome, 'not-applied');
});

test('a reservation whose answer is lost is not relied on', async () => {
  await using ground = await MemoryGround.open();
  let losses = 0;
  const losesAnswer = ({ operations }: { readonly operations: readonly object[] }): boolean => {
    const [operation] = operations as readonly { readonly key?: string }[];
    return operation?.key?.includes('/marks/') === true && losses-- > 0;
  };
  const generator = new IdGenerator(ground.program({ losesAnswer }), 'orders');
  losses = 1;
  await failsWith('engine-unreachable', generator.next());
  const ids = [await generator.next(), await generator.next()];
  assert.ok(grow(ids));
  assert.equal(generator.partsOf(ids[0] as bigint).worker, 1);
});

test('one who gives up takes nothing from those who wait with him, and a closed generator says so', async () => {
  await using ground = await MemoryGround.open();
  const { generator } = new Program(ground, noonMs);
  const leaving = new AbortController();
  const [gone, stays] = [generator.next({ signal: leaving.signal }), generator.next()];
  leaving.abort(new Error('enough'));
  await assert.rejects(gone, /enough/);
  assert.ok((await stays) > 0n);
  await generator.close();
  await generator.close();
  await failsWith('closed', generator.next());
});

test('when all numbers of workers are taken the next one is refused, and what cannot be is refused at once', async () => {
  await using ground = await MemoryGround.open();
  const [first, second] = [1, 2].map(() => new Program(ground, noonMs, { workers: 1 })) as [Program, Program];
  await first.ids(1);
  await failsWith('name-taken', second.generator.next());
  await first.generator.close();
  await second.ids(1);
  for (const workers of [0, 1_025])
    throwsWith('invalid-option', () => new IdGenerator(ground.program(), 'orders', { workers }));
  throwsWith('invalid-option', () => new IdGenerator(ground.program(), 'orders', { epochMs: 0.5 }));
  const far = new Program(ground, noonMs + 70 * 365 * 86_400_000);
  await failsWith('invalid-option', far.generator.next());
});

test('a number whose mark cannot be read is given back', async () => {
  await using ground = await MemoryGround.open();
  let isFailing = true;
  const get = async (key: string, options: object): Promise<Item | undefined> => {
    if (isFailing && key.includes('/marks/')) throw new Error('no answer');
    return await ground.engine.get(key, options);
  };
  const engine = new Proxy(ground.program().engine, {
    get: (target, name) => (name === 'get' ? get : Reflect.get(target, name)),
  });
  const generator = new IdGenerator(ground.program({ engine }), 'orders', { workers: 1 });
  await assert.rejects(generator.next(), /no answer/);
  await ground.untilItems('ids/orders/workers', 0);
  isFailing = false;
  assert.ok((await generator.next()) > 0n);
});

test('one who is in a hurry ends his own wait and that of nobody else', async () => {
  await using ground = await MemoryGround.open();
  const answered = Promise.withResolvers<void>();
  const generator = new IdGenerator(ground.program({ before: () => answered.promise }), 'orders');
  const [hasty, calm] = [generator.next({ deadline: 1 }), generator.next()];
  await failsWith('deadline-exceeded', hasty);
  answered.resolve();
  assert.ok((await calm) > 0n);
});
