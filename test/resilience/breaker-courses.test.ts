/**
 * Random courses of calls through a breaker and a limit of time: some answer, some fail, some hang, some are given up,
 * and time passes. Whatever came before, nothing but what was meant reaches a caller, nothing is left behind, and when
 * all has become well again the circuit closes.
 */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import { type BreakerRule, breaker, policy, timeout } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

type Step =
  | { readonly do: 'call'; readonly canGiveUp: boolean }
  | { readonly do: 'answer' | 'fail' | 'give up'; readonly which: number }
  | { readonly do: 'wait'; readonly forMs: number };

const failure = new RangeError('no');
const enough = new Error('enough');
const limitMs = 300;
const longestWaitMs = 800;
const probes = { calls: 1, successes: 2, lentFor: 5000 };

/** What callers of the course may hear. */
function isMeant(error: unknown): boolean {
  if (error === failure || error === enough) return true;
  return isQuorateError(error) && (error.code === 'circuit-open' || error.code === 'deadline-exceeded');
}

class Course {
  readonly clock: ManualClock = new ManualClock();
  readonly #answers: Promise<void>[] = [];
  readonly #running: PromiseWithResolvers<string>[] = [];
  readonly #callers: AbortController[] = [];
  readonly #circuit;
  readonly #stack;

  constructor(rule: BreakerRule) {
    const { clock } = this;
    this.#circuit = breaker({ clock, rule, probes, openFor: { base: 100, max: longestWaitMs } });
    this.#stack = policy(this.#circuit, timeout({ after: limitMs, clock }));
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'call':
        this.#answers.push(this.#call(step.canGiveUp));
        break;
      case 'answer':
        this.#running.splice(step.which, 1)[0]?.resolve('well');
        break;
      case 'fail':
        this.#running.splice(step.which, 1)[0]?.reject(failure);
        break;
      case 'give up':
        this.#callers.splice(step.which, 1)[0]?.abort(enough);
        break;
      case 'wait':
        this.clock.advance(step.forMs);
    }
    await turn();
  }

  /** Everything that hangs is over its time, and from now on all is well. */
  async recover(): Promise<void> {
    this.clock.advance(limitMs);
    await Promise.all(this.#answers);
    this.clock.advance(longestWaitMs);
    for (let call = 0; call < probes.successes; call += 1) {
      assert.equal(await this.#stack.execute(() => 'well'), 'well');
    }
    await turn();
    assert.equal(this.#circuit.state, 'closed');
    assert.equal(this.clock.timers, 0);
  }

  async #call(canGiveUp: boolean): Promise<void> {
    const caller = new AbortController();
    const { signal } = caller;
    if (canGiveUp) this.#callers.push(caller);
    const task = (): Promise<string> => {
      const work = Promise.withResolvers<string>();
      this.#running.push(work);
      return work.promise;
    };
    const answer = this.#stack.execute(task, canGiveUp ? { signal } : undefined);
    await answer.then(
      (value) => assert.equal(value, 'well'),
      (error: unknown) => assert.ok(isMeant(error), String(error)),
    );
    const at = this.#callers.indexOf(caller);
    if (at >= 0) this.#callers.splice(at, 1);
    await turn();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
}

const stepOf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('call' as const), canGiveUp: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('answer' as const, 'fail' as const, 'fail' as const, 'give up' as const),
      which: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), forMs: fc.constantFrom(1, 100, 300, 800) }),
  },
);

const rules: readonly BreakerRule[] = [
  { kind: 'consecutive', failures: 2 },
  { kind: 'count-window', calls: 4, ratio: 0.5, minimum: 2 },
  { kind: 'time-window', span: 200, ratio: 0.5, minimum: 2 },
];
for (const rule of rules) {
  test(`after any course a circuit closes when all is well again: ${rule.kind}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf, { maxLength: 40, size: 'max' }), async (steps) => {
        const course = new Course(rule);
        for (const step of steps) await course.take(step);
        await course.recover();
      }),
      { numRuns: 200 },
    );
  });
}
