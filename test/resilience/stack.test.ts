/** Several policies as one: their order, what reaches the task, and orders that are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Call,
  deadline,
  idempotencyKeys,
  Policy,
  type PolicyEvent,
  type PolicyKind,
  policy,
  singleFlight,
  type Task,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

/** Tells when it is entered and left. */
class Noted<Kind extends PolicyKind> extends Policy<Kind> {
  readonly #notes: string[];

  constructor(kind: Kind, name: string, notes: string[] = []) {
    super([kind], name);
    this.#notes = notes;
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    this.#notes.push(`into ${this.name}`);
    try {
      return await task(call);
    } finally {
      this.#notes.push(`out of ${this.name}`);
    }
  }
}

const retry = new Noted('retry', 'retry');
const fallback = new Noted('fallback', 'fallback');
const breaker = new Noted('breaker', 'breaker');
const chaos = new Noted('chaos', 'chaos');
const hedge = new Noted('hedge', 'hedge');
const cache = new Noted('cache', 'cache');

test('the first policy is outermost', async () => {
  const notes: string[] = [];
  const named = (name: string): Policy<'custom'> => new Noted('custom', name, notes);
  await policy(named('a'), policy(named('b'), named('c'))).execute(() => notes.push('task'));
  assert.deepEqual(notes, ['into a', 'into b', 'into c', 'task', 'out of c', 'out of b', 'out of a']);
});

test('a stack in a stack is taken apart', () => {
  const inner = policy(new Noted('custom', 'b'), new Noted('custom', 'c'));
  const outer = policy(new Noted('custom', 'a'), inner);
  assert.deepEqual(
    outer.policies.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.equal(outer.name, 'a > b > c');
});

test('one listener hears all policies of a stack, until it is taken away', async () => {
  const clock = new ManualClock();
  const stack = policy(deadline({ after: 500, mode: 'cooperative', clock }), timeout({ after: 100, clock }));
  const heard: PolicyEvent['kind'][] = [];
  const remove = stack.onEvent(({ kind }) => heard.push(kind));
  const late = (): Promise<unknown> =>
    stack.execute(() => {
      clock.advance(500);
      return new Promise(() => undefined);
    });
  await assert.rejects(late(), { code: 'deadline-exceeded' });
  remove();
  await assert.rejects(late(), { code: 'deadline-exceeded' });
  assert.deepEqual(heard.toSorted(), ['deadline', 'timeout']);
});

const order = (...policies: readonly Policy[]): unknown =>
  (policy as (...all: readonly Policy[]) => unknown)(...policies);

const refused: readonly [string, () => unknown, RegExp][] = [
  // @ts-expect-error: tries multiply
  ['a retry in a retry', () => policy(retry, retry), /tries multiply/],
  // @ts-expect-error: a deadline is for all tries together
  ['a deadline in a retry', () => policy(retry, deadline(500)), /for all tries together/],
  // @ts-expect-error: a retry never sees the failure
  ['a fallback in a retry, with another one between', () => policy(retry, breaker, fallback), /never sees/],
  // @ts-expect-error: a breaker never sees the failure
  ['a cache in a breaker', () => policy(breaker, cache), /never sees/],
  [
    'a retry in a hedge, in a stack of its own',
    // @ts-expect-error: each hedged call would be tried again
    () => policy(hedge, policy(retry, breaker)),
    /tried again by itself/,
  ],
  // @ts-expect-error: hedged calls would be one
  ['a single-flight in a hedge', () => policy(hedge, singleFlight()), /share one execution/],
  // @ts-expect-error: the second would wait for the first
  ['idempotency keys in a hedge', () => policy(hedge, idempotencyKeys()), /would wait for the first/],
  // @ts-expect-error: chaos is innermost
  ['chaos around a breaker', () => policy(chaos, breaker), /innermost/],
  [
    'a retry in a retry, where types are not at hand',
    () => order(retry, timeout(5), retry),
    /tries multiply/,
  ],
  ['no policy at all', () => order(), /at least one policy/],
  [
    'policies with different clocks',
    () =>
      policy(
        timeout({ after: 5, clock: new ManualClock() }),
        timeout({ after: 5, clock: new ManualClock() }),
      ),
    /deadlines are compared/,
  ],
];
for (const [name, make, why] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(make, (error) => {
      assert.equal((error as { code?: string }).code, 'invalid-option');
      assert.match((error as Error).message, why);
      return true;
    });
  });
}

test('what may stand inside compiles and is made', () => {
  assert.equal(
    policy(fallback, cache, deadline('2s'), retry, breaker, hedge, timeout('1s'), chaos).policies.length,
    8,
  );
});
