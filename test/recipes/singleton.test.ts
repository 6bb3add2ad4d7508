/** The singleton on a real store in memory: each time is run once, by whoever leads then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import type { SingletonOptions, SingletonRun } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import { type Program, Town } from './town.ts';

const minute = 60_000;

/** Time passes for all of them. */
async function pass(programs: readonly Program[], milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1_000)
    for (const { engine } of programs) await engine.pass(Math.min(1_000, milliseconds - passed));
}

test('each time is run once, by one of all programs', async () => {
  await using town = await Town.open();
  const programs = [await town.program(), await town.program(), await town.program()];
  const runs: SingletonRun[] = [];
  const singletons = programs.map(({ coordination }) =>
    coordination.singleton('report', { every: '1m' }, (run) => runs.push(run)),
  );
  await town.untilItems('singletons/report', 3);
  await until(() => singletons.some(({ isLeading }) => isLeading), 'a leader');
  for (let count = 1; count <= 3; count += 1) {
    await pass(programs, minute);
    await until(() => runs.length === count, 'a run');
  }
  assert.deepEqual(
    runs.map(({ due, attempt }) => [due, attempt]),
    [
      [minute, 1],
      [2 * minute, 1],
      [3 * minute, 1],
    ],
  );
  const last = await singletons[1]?.lastRun();
  assert.equal(last?.due, 3 * minute);
});

test('on a clean stop the next one takes over, and runs nothing twice', async () => {
  await using town = await Town.open();
  const [one, two] = [await town.program(), await town.program()];
  const runs: string[] = [];
  const first = one.coordination.singleton('report', { every: '1m' }, ({ due }) => runs.push(`one ${due}`));
  await until(() => first.isLeading, 'the first leads');
  const second = two.coordination.singleton('report', { every: '1m' }, ({ due }) => runs.push(`two ${due}`));
  await town.untilItems('singletons/report', 2);
  await pass([one, two], minute);
  await until(() => runs.length === 1, 'a run');
  await first.close();
  await first.close();
  await until(() => second.isLeading, 'the second leads');
  await pass([one, two], minute);
  await until(() => runs.length === 2, 'a run');
  assert.deepEqual(runs, [`one ${minute}`, `two ${2 * minute}`]);
});

test('a leader that stood still while another took over begins nothing', async () => {
  await using town = await Town.open();
  const [one, two] = [await town.program(), await town.program()];
  const runs: string[] = [];
  const first = one.coordination.singleton('report', { every: '1m' }, () => runs.push('one'));
  await until(() => first.isLeading, 'the first leads');
  const second = two.coordination.singleton('report', { every: '1m' }, () => runs.push('two'));
  await town.untilItems('singletons/report', 2);
  await one.engine.sessions[0]?.endUnheard();
  await until(() => second.isLeading, 'the second leads');
  assert.equal(first.isLeading, true, 'it has not heard');
  await pass([two], minute);
  await until(() => runs.length === 1, 'a run');
  await pass([one], minute);
  await one.engine.pass(5_000);
  assert.deepEqual(runs, ['two']);
});

test('a run that was cut short is begun again where that is wanted', async () => {
  await using town = await Town.open();
  const [one, two] = [await town.program(), await town.program()];
  const options = { every: '1m', missed: 'once' } as const;
  const cut = Promise.withResolvers<void>();
  let begun = 0;
  const first = one.coordination.singleton('report', options, () => {
    begun += 1;
    return cut.promise;
  });
  await until(() => first.isLeading, 'the first leads');
  await pass([one, two], minute);
  await until(() => begun === 1, 'a run');
  await one.engine.sessions[0]?.endUnheard();
  const runs: SingletonRun[] = [];
  const second = two.coordination.singleton('report', options, (run) => runs.push(run));
  await until(() => second.isLeading && runs.length === 1, 'the run is begun again');
  assert.deepEqual([runs[0]?.due, runs[0]?.attempt], [minute, 2]);
  cut.resolve();
});

test('to close it tells the run, waits for it, and lets nobody begin before', async () => {
  await using town = await Town.open();
  const [one, two] = [await town.program(), await town.program()];
  const working = Promise.withResolvers<void>();
  const runs: SingletonRun[] = [];
  const first = one.coordination.singleton('report', { every: '1m' }, (run) => {
    runs.push(run);
    return working.promise;
  });
  await until(() => first.isLeading, 'the first leads');
  await pass([one, two], minute);
  await until(() => runs.length === 1, 'a run');
  const second = two.coordination.singleton('report', { every: '1m' }, () => 0);
  await town.untilItems('singletons/report', 2);
  const closing = first.close();
  assert.equal(runs[0]?.signal.aborted, true);
  await pass([two], 2_000);
  assert.equal(second.isLeading, false);
  working.resolve();
  await closing;
  await until(() => second.isLeading, 'the second leads');
  assert.equal((await second.lastRun())?.isOver, true);
});

test('a task that fails is noted, and run again when it is due again', async () => {
  await using town = await Town.open();
  const program = await town.program();
  let runs = 0;
  const singleton = program.coordination.singleton('report', { cron: '* * * * *' }, () => {
    runs += 1;
    if (runs === 1) throw new Error('no paper');
  });
  await until(() => singleton.isLeading, 'it leads');
  await pass([program], minute);
  await until(() => runs === 1, 'a run');
  let noted = await singleton.lastRun();
  while (noted?.isOver !== true) noted = await singleton.lastRun();
  assert.equal(noted.failure, 'Error: no paper');
  await pass([program], minute);
  await until(() => runs === 2, 'another run');
});

test('a run begins later by a part of the jitter', async () => {
  await using town = await Town.open();
  const program = await town.program();
  const begun: number[] = [];
  const { engine, coordination } = program;
  const singleton = coordination.singleton('report', { every: '1m', jitter: '30s' }, () =>
    begun.push(engine.clock.wall()),
  );
  await until(() => singleton.isLeading, 'it leads');
  for (let count = 1; count <= 5; count += 1) {
    await pass([program], minute + 30_000 - (engine.clock.wall() % minute));
    await until(() => begun.length === count, 'a run');
  }
  const lateMs = begun.map((wallMs, at) => wallMs - (at + 1) * minute);
  assert.ok(
    lateMs.every((late) => late >= 0 && late <= 30_100),
    String(lateMs),
  );
  assert.ok(new Set(lateMs).size > 1, String(lateMs));
});

test('who was held up by the server goes on when it is back', async () => {
  await using town = await Town.open();
  const program = await town.program();
  let runs = 0;
  program.engine.fault = 'refused';
  const singleton = program.coordination.singleton('report', { every: '1m' }, () => {
    runs += 1;
  });
  await pass([program], 5_000);
  program.engine.fault = 'none';
  await pass([program], 3_000);
  await until(() => singleton.isLeading, 'it leads');
  await pass([program], minute);
  await until(() => runs === 1, 'a run');
  await program.coordination.close();
  assert.equal(program.engine.clock.timers, 0);
});

/** Ways in which a program that waits for a time finds itself far behind it. */
const awakenings: Readonly<Record<string, (program: Program, wallMs: number) => void>> = {
  'whose wall clock was set': ({ engine }, wallMs) => engine.clock.set(wallMs),
  'that stood still': ({ engine }, wallMs) => engine.clock.stall(wallMs - engine.clock.wall()),
};

async function leading(
  town: Town,
  options: SingletonOptions,
): Promise<{ readonly program: Program; readonly runs: number[] }> {
  const program = await town.program();
  const runs: number[] = [];
  // Longer than it stands still, so that it leads on.
  const lasting = { ttl: '1h', ...options } as const;
  const singleton = program.coordination.singleton('report', lasting, ({ due }) => runs.push(due));
  await until(() => singleton.isLeading, 'it leads');
  await program.engine.pass(5_000);
  return { program, runs };
}

for (const [name, wake] of Object.entries(awakenings)) {
  test(`a program ${name} begins no run that is later than its grace allows`, async () => {
    await using town = await Town.open();
    const { program, runs } = await leading(town, { every: '10m' });
    wake(program, 15 * minute);
    await pass([program], minute);
    assert.deepEqual(runs, []);
    await pass([program], 4 * minute + 1_000);
    assert.deepEqual(runs, [20 * minute]);
  });

  test(`a program ${name} begins a run that is within its grace, be it the first of all`, async () => {
    await using town = await Town.open();
    const { program, runs } = await leading(town, { every: '10m' });
    wake(program, 10.5 * minute);
    await pass([program], minute);
    assert.deepEqual(runs, [10 * minute]);
  });

  test(`a program ${name} makes up for the last of the missed times alone`, async () => {
    await using town = await Town.open();
    const { program, runs } = await leading(town, { every: '10m', missed: 'once' });
    wake(program, 55 * minute);
    await pass([program], minute);
    assert.deepEqual(runs, [50 * minute]);
  });
}

test('a program that is woken late, but by no more than a busy one, needs no grace', async () => {
  await using town = await Town.open();
  const { program, runs } = await leading(town, { every: '10m', grace: 0 });
  await pass([program], 9 * minute);
  awakenings['that stood still']?.(program, 10 * minute + 500);
  await pass([program], minute);
  assert.deepEqual(runs, [10 * minute]);
});

test('who has led for long and then fails is soon back, however often he failed before', async () => {
  await using town = await Town.open();
  const program = await town.program();
  const { engine, coordination } = program;
  const transact = engine.transact.bind(engine);
  let refused: 'append' | 'put' | 'nothing' = 'append';
  engine.transact = (request) => {
    const denied = new QuorateError({ code: 'permission-denied', message: 'no', data: { right: 'write' } });
    return request.operations[0]?.kind === refused ? Promise.reject(denied) : transact(request);
  };
  let runs = 0;
  const singleton = coordination.singleton('report', { every: '1m' }, () => {
    runs += 1;
  });
  await pass([program], 3 * minute);
  assert.equal(singleton.isLeading, false);
  refused = 'nothing';
  await pass([program], 2 * minute);
  await until(() => singleton.isLeading && runs > 0, 'it leads');
  refused = 'put';
  for (let seconds = 0; singleton.isLeading; seconds += 1) {
    assert.ok(seconds <= 60, 'it fails at the next run');
    await engine.pass(1_000);
  }
  refused = 'nothing';
  await engine.pass(2_000);
  assert.equal(singleton.isLeading, true);
});

test('options that cannot be are refused', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  assert.throws(() => coordination.singleton('report', {}, () => 0), { code: 'invalid-option' });
  assert.throws(() => coordination.singleton('a/b', { every: '1m' }, () => 0), { code: 'invalid-option' });
  for (const ttl of [-1, 0, 1, Number.NaN])
    assert.throws(
      () => coordination.singleton('report', { every: '1m', ttl }, () => 0),
      (error) => isQuorateError(error) && ['invalid-option', 'ttl-out-of-range'].includes(error.code),
    );
  const jitter = -1;
  assert.throws(() => coordination.singleton('report', { every: '1m', jitter }, () => 0), {
    code: 'invalid-option',
  });
});
