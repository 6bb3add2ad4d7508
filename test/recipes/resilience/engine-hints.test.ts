/** Breakers of several processes that hear of each other over an engine, and go on without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineHints, engineHints } from '../../../src/recipes/resilience/index.ts';
import {
  type BreakerPolicy,
  breaker,
  type HintListener,
  type KeyedBreakersPolicy,
  keyedBreakers,
  type OthersReport,
  type PolicyEvent,
  type ShareOptions,
} from '../../../src/resilience/index.ts';
import { turn, until } from '../../net/manual-clock.ts';
import type { FaultyEngine } from '../faulty-engine.ts';
import { Town } from '../town.ts';

const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));
const directory = 'breakers/orders';

interface Process {
  readonly engine: FaultyEngine;
  readonly hints: EngineHints;
  readonly circuit: BreakerPolicy;
  readonly told: string[];
  readonly stop: () => void;
}

/** Its breaker opens at three failures in a row. Closed with its town, by the engine. */
async function processOf(town: Town, options: ShareOptions = {}): Promise<Process> {
  const { engine } = await town.program();
  const hints = engineHints(engine);
  const { clock } = engine;
  const circuit = breaker({
    name: 'orders',
    clock,
    rule: { kind: 'consecutive', failures: 3 },
    openFor: '5s',
  });
  const told: string[] = [];
  circuit.onEvent((event: PolicyEvent) => told.push(event.type === 'opened' ? event.cause : event.type));
  return { engine, hints, circuit, told, stop: circuit.share(hints, options) };
}

async function failing(circuit: BreakerPolicy, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await assert.rejects(circuit.execute(wrong), RangeError);
}

/** Hears as a breaker would, and lets a story wait for what it hears. */
class Ear implements HintListener {
  readonly #heard = new Map<string | undefined, readonly OthersReport[]>();
  readonly losses: unknown[] = [];
  isFound = false;

  /** Of the circuit without a key. */
  get heard(): readonly OthersReport[] | undefined {
    return this.isFound ? this.of(undefined) : undefined;
  }

  of(key: string | undefined): readonly OthersReport[] {
    return this.#heard.get(key) ?? [];
  }

  reports(key: string | undefined, reports: readonly OthersReport[]): void {
    this.#heard.set(key, reports);
  }

  found(): void {
    this.isFound = true;
  }

  lost(reason: unknown): void {
    this.isFound = false;
    this.#heard.clear();
    this.losses.push(reason);
  }

  states(key?: string): string {
    return this.isFound
      ? this.of(key)
          .map(({ state }) => state)
          .join()
      : 'lost';
  }
}

async function ear(
  town: Town,
): Promise<{ readonly ear: Ear; readonly hints: EngineHints; readonly engine: FaultyEngine }> {
  const { engine } = await town.program();
  const hints = engineHints(engine);
  const listening = new Ear();
  hints.watch('orders', listening);
  await until(() => listening.heard !== undefined, 'the first picture');
  return { ear: listening, hints, engine };
}

test('what one process has found lowers what another one needs, and opens nothing there', async () => {
  await using town = await Town.open();
  const [one, other] = [await processOf(town), await processOf(town)];
  const listening = await ear(town);
  await failing(one.circuit, 3);
  await until(() => listening.ear.states() === 'open', 'the report');
  assert.equal(listening.ear.heard?.[0]?.forMs, 5000);
  assert.equal(other.circuit.state, 'closed');
  assert.equal(await other.circuit.execute(() => 'well'), 'well');
  await until(() => other.engine.changes > 0, 'the report at the other');
  await failing(other.circuit, 1);
  assert.equal(other.circuit.state, 'open');
  assert.deepEqual(other.told, ['hint']);
  for (const { hints } of [one, other, listening]) await hints.close();
});

test('a quorum of others opens it', async () => {
  await using town = await Town.open();
  const [first, second] = [await processOf(town, { failures: 3 }), await processOf(town, { failures: 3 })];
  const third = await processOf(town, { quorum: 2 });
  await failing(first.circuit, 3);
  await town.untilItems(directory, 1);
  assert.equal(third.circuit.state, 'closed');
  await failing(second.circuit, 3);
  await until(() => third.circuit.state === 'open', 'the quorum');
  assert.deepEqual(third.told, ['quorum']);
  assert.equal((await town.items(directory)).length, 2, 'it does not pass on what it was told');
  for (const { hints } of [first, second, third]) await hints.close();
});

test('the course of a circuit is told, and nothing is left when it is closed', async () => {
  await using town = await Town.open();
  const [one, listening] = [await processOf(town), await ear(town)];
  await failing(one.circuit, 3);
  await until(() => listening.ear.states() === 'open', 'open');
  await one.engine.pass(5000);
  const work = Promise.withResolvers<string>();
  const probe = one.circuit.execute(() => work.promise);
  await until(() => listening.ear.states() === 'half-open', 'half-open');
  work.resolve('well');
  await probe;
  await until(() => listening.ear.states() === '', 'closed');
  assert.deepEqual(await town.items(directory), []);
  for (const { hints } of [one, listening]) await hints.close();
});

test('nobody is told what he has told himself', async () => {
  await using town = await Town.open();
  const [one, other] = [await ear(town), await ear(town)];
  one.hints.report('orders', { key: undefined, state: 'open', forMs: 1 });
  other.hints.report('orders', { key: undefined, state: 'open', forMs: 2 });
  await until(() => one.ear.states() === 'open' && other.ear.states() === 'open', 'each the other');
  await town.untilItems(directory, 2);
  assert.deepEqual([one.ear.heard?.[0]?.forMs, other.ear.heard?.[0]?.forMs], [2, 1]);
  for (const { hints } of [one, other]) await hints.close();
});

test('of many changes in a row the last is told, whatever became of those before', async () => {
  await using town = await Town.open();
  const [one, listening] = [await ear(town), await ear(town)];
  for (let forMs = 1; forMs <= 100; forMs += 1)
    one.hints.report('orders', { key: undefined, state: 'open', forMs });
  await until(() => listening.ear.heard?.[0]?.forMs === 100, 'the last');
  assert.ok(one.engine.transacted.length <= 3, `${one.engine.transacted.length} requests`);
  one.engine.fault = 'lost';
  one.hints.report('orders', { key: undefined, state: 'half-open', forMs: 0 });
  await until(
    () => listening.ear.states() === 'half-open',
    'what was carried out, though its answer was lost',
  );
  one.engine.fault = 'refused';
  one.hints.report('orders', { key: undefined, state: 'open', forMs: 7 });
  await one.engine.pass(1000);
  one.engine.fault = 'none';
  one.hints.report('orders', { key: undefined, state: 'open', forMs: 8 });
  await until(() => listening.ear.heard?.[0]?.forMs === 8, 'the next chance');
  for (const { hints } of [one, listening]) await hints.close();
});

test('who stops sharing takes back what it told; who closes ends all of it, and may do so twice', async () => {
  await using town = await Town.open();
  const [one, other] = [await processOf(town), await processOf(town)];
  for (const { circuit } of [one, other]) await failing(circuit, 3);
  await town.untilItems(directory, 2);
  one.stop();
  await town.untilItems(directory, 1);
  await other.hints.close();
  await other.hints.close();
  assert.deepEqual(await town.items(directory), []);
  assert.deepEqual(other.told, ['failures', 'hints-lost']);
  assert.throws(() => other.circuit.share(other.hints), { code: 'closed' });
  other.circuit.reset();
  await one.hints.close();
});

test('what a process told vanishes when its session has ended', async () => {
  await using town = await Town.open();
  const [one, listening] = [await processOf(town), await ear(town)];
  await failing(one.circuit, 3);
  await until(() => listening.ear.states() === 'open', 'open');
  await one.engine.sessions[0]?.endUnheard();
  await until(() => listening.ear.states() === '', 'nothing');
  await one.engine.pass(5000);
  await failing(one.circuit, 1);
  await until(() => listening.ear.states() === 'open', 'told anew by another session');
  for (const { hints } of [one, listening]) await hints.close();
});

test('without the engine a breaker goes by its own evidence, says so, and hears again when it is back', async () => {
  await using town = await Town.open();
  const [one, other] = [await processOf(town), await processOf(town)];
  await failing(one.circuit, 3);
  await until(() => other.engine.changes > 0, 'the report');
  other.engine.isHeard = false;
  other.engine.fault = 'refused';
  await other.engine.pass(9000);
  assert.deepEqual(other.told, ['hints-lost']);
  await failing(other.circuit, 2);
  assert.equal(other.circuit.state, 'closed', 'what was heard before is worth nothing now');
  await failing(other.circuit, 1);
  assert.equal(other.circuit.state, 'open');
  await other.engine.pass(60_000);
  other.engine.isHeard = true;
  other.engine.fault = 'none';
  await other.engine.pass(20_000);
  assert.deepEqual(other.told, ['hints-lost', 'failures', 'hints-found']);
  for (const { hints } of [one, other]) await hints.close();
});

test('circuits of one breaker are told apart by key, and each is taken back by itself', async () => {
  await using town = await Town.open();
  const [one, listening] = [await ear(town), await ear(town)];
  const keys = ['eu/1', 'us 2', '', '*'];
  for (const key of keys) one.hints.report('orders', { key, state: 'open', forMs: 5 });
  one.hints.report('orders', { key: undefined, state: 'open', forMs: 6 });
  await until(() => [undefined, ...keys].every((key) => listening.ear.states(key) === 'open'), 'all');
  one.hints.report('orders', { key: 'eu/1', state: 'closed', forMs: 0 });
  await until(() => listening.ear.states('eu/1') === '', 'one closed');
  assert.deepEqual(
    keys.map((key) => listening.ear.states(key)),
    ['', 'open', 'open', 'open'],
  );
  one.hints.report('orders', { key: 'eu/1', state: 'open', forMs: 7 });
  await until(() => listening.ear.of('eu/1')[0]?.forMs === 7, 'open again');
  for (const key of [undefined, ...keys]) one.hints.report('orders', { key, state: 'closed', forMs: 0 });
  await until(() => [undefined, ...keys].every((key) => listening.ear.states(key) === ''), 'all closed');
  assert.deepEqual(await town.items(directory), []);
  for (const { hints } of [one, listening]) await hints.close();
});

test('where many circuits open at once, a few reports are under way at a time, and all arrive', async () => {
  await using town = await Town.open();
  const one = await ear(town);
  const gate = Promise.withResolvers<void>();
  one.engine.gate = gate.promise;
  const keys = Array.from({ length: 100 }, (_, at) => `host ${at}`);
  for (const key of keys) one.hints.report('orders', { key, state: 'open', forMs: 1 });
  await until(() => one.engine.transacted.length > 0, 'the first');
  for (let turns = 0; turns < 100; turns += 1) await turn();
  assert.equal(one.engine.transacted.length, 8);
  gate.resolve();
  await town.untilItems(directory, keys.length);
  await one.hints.close();
  assert.deepEqual(await town.items(directory), []);
});

test('keyed breakers of two processes hear of each other', async () => {
  await using town = await Town.open();
  const rule = { kind: 'consecutive', failures: 3 } as const;
  const [one, other] = await Promise.all(
    [3, 1].map(async (failures) => {
      const { engine } = await town.program();
      const hints = engineHints(engine);
      const circuits = keyedBreakers({ name: 'orders', clock: engine.clock, rule });
      circuits.share(hints, { failures });
      return { engine, hints, circuits };
    }),
  );
  assert.ok(one !== undefined && other !== undefined);
  const fail = (circuits: KeyedBreakersPolicy, key: string): Promise<void> =>
    assert.rejects(circuits.execute(wrong, { key }), RangeError);
  for (let time = 0; time < 3; time += 1) await fail(one.circuits, 'eu');
  await until(() => other.engine.changes > 0, 'the report');
  await fail(other.circuits, 'us');
  await fail(other.circuits, 'eu');
  assert.deepEqual([other.circuits.stateOf('us'), other.circuits.stateOf('eu')], ['closed', 'open']);
  for (const { hints } of [one, other]) await hints.close();
});

test('what is no report is told as a problem, and counts for nothing', async () => {
  await using town = await Town.open();
  const listening = await ear(town);
  const bad = [
    'null',
    '{"state":"ajar","forMs":1}',
    '{"state":"open"}',
    '{"state":"open","forMs":-1}',
    'no JSON',
  ];
  for (const [at, value] of bad.entries()) {
    const put = {
      kind: 'put',
      key: `${directory}/stranger.${at}`,
      value: new TextEncoder().encode(value),
    } as const;
    await town.engine.transact({ operations: [put] });
  }
  const good = {
    kind: 'put',
    key: `${directory}/friend.1`,
    value: new TextEncoder().encode('{"state":"open","forMs":1}'),
  } as const;
  await town.engine.transact({ operations: [good] });
  await until(() => listening.ear.states() === 'open', 'the one that fits');
  assert.deepEqual(
    listening.ear.heard?.map(({ reporter }) => reporter),
    ['friend'],
  );
  await listening.hints.close();
});

test('a name that is no part of a key is refused when it is shared, as is a time to live that the engine does not keep', async () => {
  await using town = await Town.open();
  const { engine } = await town.program();
  await using hints = engineHints(engine);
  assert.throws(() => breaker({ name: 'a/b', clock: engine.clock }).share(hints), { code: 'invalid-option' });
  assert.throws(() => engineHints(engine, { ttl: 0 }), { code: 'ttl-out-of-range' });
});
