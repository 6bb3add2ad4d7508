/** So many calls at a time: who runs, who waits, who is refused, and when a place is free again. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  type Bulkhead,
  type BulkheadOptions,
  bulkhead,
  type ExecuteOptions,
  type PolicyEvent,
  type Priority,
  policy,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

/** Calls by name that end when the test says so, and the order in which they began. */
class Yard {
  readonly clock = new ManualClock();
  readonly began: string[] = [];
  readonly outcomes = new Map<string, string>();
  readonly events: PolicyEvent[] = [];
  readonly bulkhead: Bulkhead;
  readonly #ends = new Map<string, () => void>();

  constructor(options: Omit<BulkheadOptions, 'clock'>) {
    this.bulkhead = bulkhead({ ...options, clock: this.clock });
    this.bulkhead.onEvent((event) => this.events.push(event));
  }

  async call(name: string, options?: ExecuteOptions | Priority): Promise<void> {
    const work = Promise.withResolvers<void>();
    this.#ends.set(name, work.resolve);
    const task = (): Promise<void> => {
      this.began.push(name);
      return work.promise;
    };
    this.bulkhead.execute(task, typeof options === 'string' ? { priority: options } : options).then(
      () => this.outcomes.set(name, 'done'),
      (error: unknown) => this.outcomes.set(name, isQuorateError(error) ? error.code : String(error)),
    );
    await turn();
  }

  async calls(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.call(name);
  }

  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#ends.get(name)?.();
      await turn();
    }
  }

  get counts(): readonly [running: number, waiting: number] {
    return [this.bulkhead.running, this.bulkhead.waiting];
  }
}

test('so many run, so many wait in the order of coming, and who comes then is refused', async () => {
  const yard = new Yard({ running: 2, queued: 2 });
  await yard.calls('a', 'b', 'c', 'd', 'e');
  assert.deepEqual(yard.began, ['a', 'b']);
  assert.deepEqual(yard.counts, [2, 2]);
  assert.equal(yard.outcomes.get('e'), 'bulkhead-full');
  await yard.end('b', 'a');
  assert.deepEqual(yard.began, ['a', 'b', 'c', 'd']);
  await yard.end('c', 'd');
  assert.deepEqual(yard.counts, [0, 0]);
  assert.equal(yard.clock.timers, 0);
});

test('without a queue nobody waits, and the refusal says what is full', async () => {
  const yard = new Yard({ running: 1, name: 'orders' });
  await yard.call('a');
  await assert.rejects(
    yard.bulkhead.execute(() => 1, { priority: 'critical' }),
    {
      ...{ code: 'bulkhead-full', outcome: 'not-applied', retryable: true },
      data: { bulkhead: 'orders', running: 1, queued: 0 },
    },
  );
  const [refused] = yard.events;
  assert.deepEqual(refused, {
    ...{ type: 'bulkhead-refused', kind: 'bulkhead', policy: 'orders', reason: 'full' },
    ...{ priority: 'critical', running: 1, waiting: 0 },
  });
});

test('what a task throws, at once or later, goes through as it is and frees its place once', async () => {
  const yard = new Yard({ running: 1 });
  for (const thrown of [undefined, 'text', null, new RangeError('mine')]) {
    const throwing = (): never => {
      throw thrown;
    };
    for (const task of [throwing, () => Promise.reject(thrown)]) {
      const outcome = await yard.bulkhead.execute(task).then(
        () => ({ resolved: true }),
        (error: unknown) => ({ error }),
      );
      assert.deepEqual(outcome, { error: thrown });
      assert.deepEqual(yard.counts, [0, 0]);
    }
  }
});

test('higher priorities go first, within one the order of coming', async () => {
  const yard = new Yard({ running: 1, queued: 9 });
  await yard.call('first');
  for (const priority of ['low', 'normal', 'critical', 'high'] as const) {
    await yard.call(`${priority} 1`, priority);
    await yard.call(`${priority} 2`, priority);
  }
  await yard.end('first');
  for (let index = 1; index < 9; index += 1) await yard.end(yard.began[index] as string);
  assert.deepEqual(yard.began, [
    ...['first', 'critical 1', 'critical 2', 'high 1', 'high 2'],
    ...['normal 1', 'normal 2', 'low 1', 'low 2'],
  ]);
});

test('in a full queue the last of the lowest priority goes for a higher one, and both are told', async () => {
  const yard = new Yard({ running: 1, queued: 3 });
  await yard.call('running');
  await yard.call('low 1', 'low');
  await yard.call('low 2', 'low');
  await yard.call('normal', 'normal');
  await yard.call('high', 'high');
  assert.equal(yard.outcomes.get('low 2'), 'bulkhead-full');
  await yard.call('late low', 'low');
  assert.equal(yard.outcomes.get('late low'), 'bulkhead-full', 'nobody goes for an equal');
  const told = yard.events.map((event) =>
    event.type === 'bulkhead-refused'
      ? `${event.reason} ${event.priority}`
      : event.type === 'bulkhead-queued'
        ? `queued ${event.priority} ${event.waiting}`
        : event.type,
  );
  assert.deepEqual(told, [
    ...['queued low 1', 'queued low 2', 'queued normal 3'],
    ...['displaced low', 'queued high 3', 'full low'],
  ]);
  await yard.end('running', 'high', 'normal', 'low 1');
  assert.deepEqual(yard.began, ['running', 'high', 'normal', 'low 1']);
  assert.deepEqual(yard.counts, [0, 0]);
});

test('a call that is given up by who hears whom it displaces takes no place', async () => {
  const yard = new Yard({ running: 1, queued: 1 });
  await yard.call('running');
  await yard.call('low', 'low');
  const giving = new AbortController();
  yard.bulkhead.onEvent(({ type }) => type === 'bulkhead-refused' && giving.abort('enough'));
  await yard.call('high', { priority: 'high', signal: giving.signal });
  assert.deepEqual([yard.outcomes.get('high'), yard.outcomes.get('low')], ['enough', 'bulkhead-full']);
  assert.deepEqual(yard.counts, [1, 0]);
  await yard.end('running');
  assert.deepEqual(yard.counts, [0, 0]);
});

test('places kept for higher priorities stay free for them', async () => {
  const yard = new Yard({ running: 10, queued: 10, reserve: { high: 0.2, critical: 0.1 } });
  for (let index = 0; index < 8; index += 1) await yard.call(`normal ${index}`);
  assert.deepEqual(yard.counts, [7, 1]);
  await yard.call('high 1', 'high');
  await yard.call('high 2', 'high');
  await yard.call('high 3', 'high');
  assert.deepEqual(yard.counts, [9, 2]);
  await yard.call('critical 1', 'critical');
  await yard.call('critical 2', 'critical');
  assert.deepEqual(yard.counts, [10, 3]);
  await yard.end('normal 0');
  assert.equal(yard.began.at(-1), 'critical 2');
  await yard.end('normal 1');
  assert.deepEqual(yard.counts, [9, 2], 'what is kept is kept from who waits, too');
  await yard.end('normal 2');
  assert.equal(yard.began.at(-1), 'high 3');
  await yard.end('normal 3', 'normal 4');
  assert.deepEqual(yard.counts, [7, 1]);
  await yard.end('normal 5');
  assert.equal(yard.began.at(-1), 'normal 7');
});

test('who gives up while he waits is answered at once, and leaves no entry, watcher or timer', async () => {
  const yard = new Yard({ running: 1, queued: 2, queueTimeout: '1s' });
  const giving = new AbortController();
  await yard.call('a');
  await yard.call('b', { signal: giving.signal });
  await yard.call('c');
  assert.deepEqual(yard.counts, [1, 2]);
  giving.abort('enough');
  await turn();
  assert.equal(yard.outcomes.get('b'), 'enough');
  assert.deepEqual(yard.counts, [1, 1]);
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
  await yard.call('d');
  assert.deepEqual(yard.counts, [1, 2], 'the place in the queue is free again');
  await yard.end('a', 'c', 'd');
  assert.deepEqual(yard.began, ['a', 'c', 'd']);
  assert.equal(yard.clock.timers, 0);
});

test('who had given up before waits for nothing, and a limit of time within the wait ends it', async () => {
  const yard = new Yard({ running: 1, queued: 5 });
  await yard.call('a');
  await yard.call('b', { timeout: 100 });
  yard.clock.advance(100);
  await turn();
  assert.equal(yard.outcomes.get('b'), 'deadline-exceeded');
  assert.deepEqual(yard.counts, [1, 0]);
});

test('given a place and given up in the same turn: the task does not begin and the place is free', async () => {
  const yard = new Yard({ running: 1, queued: 1 });
  const giving = new AbortController();
  await yard.call('a');
  await yard.call('b', { signal: giving.signal });
  yard.bulkhead.configure({ running: 2, queued: 1 });
  giving.abort('enough');
  await turn();
  assert.equal(yard.outcomes.get('b'), 'enough');
  assert.deepEqual([yard.began, yard.counts], [['a'], [1, 0]]);
});

test('a call whose time is over when its turn comes is not begun, although no timer has run yet', async () => {
  const yard = new Yard({ running: 1, queued: 2 });
  await yard.call('a');
  await yard.call('b', { timeout: 100 });
  await yard.call('c');
  yard.clock.stall(100);
  await yard.end('a');
  assert.equal(yard.outcomes.get('b'), 'deadline-exceeded');
  assert.deepEqual(yard.began, ['a', 'c']);
});

test('a wait longer than queueTimeout is refused, with one timer for all who wait', async () => {
  const yard = new Yard({ running: 1, queued: 9, queueTimeout: 100 });
  await yard.call('a');
  await yard.call('b');
  yard.clock.advance(50);
  await yard.call('c');
  assert.equal(yard.clock.timers, 1);
  yard.clock.advance(50);
  await turn();
  assert.deepEqual([yard.outcomes.get('b'), yard.counts], ['bulkhead-full', [1, 1]]);
  await yard.end('a');
  assert.deepEqual(yard.began, ['a', 'c']);
  await yard.end('c');
  assert.equal(yard.clock.timers, 0);
});

test('a place is held until work that a time limit within gave up has really ended, and freed once', async () => {
  const clock = new ManualClock();
  const places = bulkhead({ running: 2, clock });
  const guarded = policy(places, timeout({ after: 100, clock }));
  const works = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const answers = works.map((work) => guarded.execute(() => work.promise));
  await turn();
  clock.advance(100);
  for (const answer of answers) await assert.rejects(answer, { code: 'deadline-exceeded' });
  assert.equal(places.running, 2);
  await assert.rejects(
    guarded.execute(() => 1),
    { code: 'bulkhead-full' },
  );
  works[0]?.resolve();
  await turn();
  assert.equal(places.running, 1);
  const third = Promise.withResolvers<void>();
  const answer = guarded.execute(() => third.promise);
  await turn();
  await assert.rejects(
    guarded.execute(() => 1),
    { code: 'bulkhead-full' },
    'one end freed one place, not two',
  );
  works[1]?.reject(new Error('late'));
  third.resolve();
  await answer;
  await turn();
  assert.equal(places.running, 0);
});

test('the same behind an abort from outside: the caller is answered and the work still counts', async () => {
  const yard = new Yard({ running: 1 });
  const giving = new AbortController();
  await yard.call('a', { signal: giving.signal });
  giving.abort('enough');
  await turn();
  assert.deepEqual([yard.outcomes.get('a'), yard.counts], ['enough', [1, 0]]);
  await yard.end('a');
  assert.deepEqual(yard.counts, [0, 0]);
});

test('work left behind while other such work is waited for is waited for as well', async () => {
  const clock = new ManualClock();
  const places = bulkhead({ running: 1, clock });
  const limit = timeout({ after: 100, clock });
  const [inner, outer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const answer = policy(places, limit).execute(async (call) => {
    await limit.execute(() => inner.promise, { within: call, timeout: 500 }).catch(() => undefined);
    await outer.promise;
  });
  await turn();
  clock.advance(100);
  await assert.rejects(answer, { code: 'deadline-exceeded' });
  inner.resolve();
  await turn();
  assert.equal(places.running, 1);
  outer.resolve();
  await turn();
  assert.equal(places.running, 0);
});

test('by strict priority a low one waits for as long as higher ones come; with ageing it does not', async () => {
  for (const [ageing, lowAt] of [
    [undefined, 21],
    ['1s', 4],
  ] as const) {
    const yard = new Yard({ running: 1, queued: 5, ...(ageing === undefined ? {} : { ageing }) });
    await yard.call('0', 'critical');
    await yard.call('low', 'low');
    await yard.call('1', 'critical');
    for (let round = 0; round < 20; round += 1) {
      yard.clock.advance(1000);
      if (round < 18) await yard.call(`${round + 2}`, 'critical');
      await yard.end(yard.began.at(-1) as string);
    }
    await yard.end(yard.began.at(-1) as string);
    assert.equal(yard.began.indexOf('low') + 1 || 21, lowAt);
  }
});

test('more places let waiters in at once, fewer let what runs end', async () => {
  const yard = new Yard({ running: 1, queued: 5 });
  await yard.calls('a', 'b', 'c', 'd');
  yard.bulkhead.configure({ running: 3, queued: 5 });
  await turn();
  assert.deepEqual(yard.began, ['a', 'b', 'c']);
  yard.bulkhead.configure({ running: 1, queued: 0 });
  assert.deepEqual(yard.counts, [3, 1], 'who waits keeps his place');
  await yard.call('e');
  assert.equal(yard.outcomes.get('e'), 'bulkhead-full');
  await yard.end('a', 'b');
  assert.deepEqual(yard.began, ['a', 'b', 'c']);
  await yard.end('c');
  assert.deepEqual(yard.began, ['a', 'b', 'c', 'd']);
  assert.throws(() => yard.bulkhead.configure({ running: 0 }), { code: 'invalid-option' });
  await yard.end('d');
  assert.deepEqual(yard.counts, [0, 0]);
});

test('queueTimeout may change while calls wait: each keeps what it began with', async () => {
  const yard = new Yard({ running: 1, queued: 5, queueTimeout: 100 });
  await yard.calls('a', 'b');
  yard.bulkhead.configure({ running: 1, queued: 5, queueTimeout: 1000 });
  await yard.call('c');
  yard.clock.advance(100);
  await turn();
  assert.deepEqual([yard.outcomes.get('b'), yard.outcomes.get('c')], ['bulkhead-full', undefined]);
  yard.clock.advance(900);
  await turn();
  assert.equal(yard.outcomes.get('c'), 'bulkhead-full');
});
