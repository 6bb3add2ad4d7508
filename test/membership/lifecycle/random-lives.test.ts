/**
 * Lives that are drawn: parts that start, fail or come late, cuts and their ends, failures, and a close in the middle of
 * any of that. However it goes, everything settles, each part that has started is stopped once and before those that it
 * needs, and no timer is left.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Component, NodeLifecycle } from '../../../src/membership/lifecycle/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { type Deferred, deferred } from './parts.ts';

type Manner = 'at once' | 'by hand' | 'fails' | 'never';

interface Plan {
  readonly start: Manner;
  readonly stop: Manner;
}

type Step =
  | { readonly kind: 'start' | 'close' | 'degrade' | 'restore' | 'fail' | 'give up' | 'turn' }
  | { readonly kind: 'answer'; readonly nth: number; readonly isGood: boolean }
  | { readonly kind: 'pass'; readonly forMs: number };

const manner = fc.constantFrom<Manner>(
  'at once',
  'at once',
  'at once',
  'by hand',
  'by hand',
  'fails',
  'never',
);
const plans = fc.array(fc.record<Plan>({ start: manner, stop: manner }), { maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'turn' }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { kind: 'degrade' },
      { kind: 'restore' },
      { kind: 'fail' },
      { kind: 'close' },
      { kind: 'give up' },
    ),
  },
  {
    weight: 8,
    arbitrary: fc.record<Step & { kind: 'answer' }>({
      kind: fc.constant('answer'),
      nth: fc.nat(5),
      isGood: fc.integer({ min: 0, max: 3 }).map((one) => one > 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { kind: 'pass' }>({ kind: fc.constant('pass'), forMs: fc.nat(20_000) }),
  },
);

/** One life, and what came of it. */
class Life {
  readonly clock = new ManualClock();
  readonly open: Deferred[] = [];
  readonly started: string[] = [];
  readonly stopped: string[] = [];
  readonly ends: Promise<unknown>[] = [];
  /** Parts that have started when they were given up. */
  late = 0;
  joined = 0;
  left = 0;
  readonly giving = new AbortController();
  readonly node: NodeLifecycle;

  constructor(plan: readonly Plan[]) {
    this.node = new NodeLifecycle({
      clock: this.clock,
      components: plan.map((one, place) => this.#component(one, place)),
      join: async () => {
        await this.#by('by hand');
        this.joined += 1;
      },
      leave: async () => {
        this.left += 1;
      },
      recoveries: [{ name: 'all', recover: () => this.#by('by hand') }],
      recoverAgainAfter: '3s',
    });
  }

  act(one: Step): Promise<void> | void {
    switch (one.kind) {
      case 'start':
        this.ends.push(this.node.start({ signal: this.giving.signal }).catch((error: unknown) => error));
        return;
      case 'close':
        this.ends.push(this.node.close());
        return;
      case 'degrade':
        this.node.degrade('a cut');
        return;
      case 'restore':
        this.node.restore();
        return;
      case 'fail':
        this.node.fail(new Error('failed by hand'));
        return;
      case 'give up':
        this.giving.abort(new Error('given up'));
        return;
      case 'answer': {
        const answer = this.open.splice(one.nth % Math.max(1, this.open.length), 1)[0];
        if (one.isGood) answer?.resolve();
        else answer?.reject(new Error('refused'));
        return;
      }
      case 'pass':
        this.clock.advance(one.forMs);
        return;
      case 'turn':
        return turn();
    }
  }

  #component({ start, stop }: Plan, place: number): Component {
    const name = `part ${place}`;
    return {
      name,
      needs: place === 0 ? [] : [`part ${place - 1}`],
      startWithin: '10s',
      stopWithin: '5s',
      start: async () => {
        await this.#by(start);
        this.started.push(name);
        if (this.node.state.kind !== 'starting') this.late += 1;
      },
      stop: () => {
        this.stopped.push(name);
        return this.#by(stop);
      },
    };
  }

  #by(how: Manner): Promise<void> {
    if (how === 'at once') return Promise.resolve();
    if (how === 'fails') return Promise.reject(new Error('it fails'));
    const one = deferred();
    // Nobody may be waiting for it any more when the story refuses it.
    one.promise.catch(() => undefined);
    if (how === 'by hand') this.open.push(one);
    return one.promise;
  }
}

test('however a life goes, it settles, and each part that has started is stopped once and in reverse', async () => {
  let ran = 0;
  let cameLate = 0;
  const life = fc.asyncProperty(
    plans,
    fc.array(step, { minLength: 12, maxLength: 30 }),
    async (plan, steps) => {
      const one = new Life(plan);
      await one.act({ kind: 'start' });
      for (const next of steps) {
        await one.act(next);
        await turn();
        if (one.node.state.kind === 'running') ran += 1;
      }
      const closing = one.node.close();
      for (let round = 0; round < 40; round += 1) {
        await turn();
        one.clock.advance(5_000);
      }
      await closing;
      await Promise.all(one.ends);
      assert.ok(['stopped', 'failed'].includes(one.node.state.kind), one.node.state.kind);
      // What was left open comes to its end after all.
      for (const late of one.open.splice(0)) late.resolve();
      for (let round = 0; round < 4; round += 1) {
        await turn();
        one.clock.advance(5_000);
      }
      cameLate += one.late;
      assert.deepEqual(one.stopped.toSorted(), one.started.toSorted(), 'who has started was stopped once');
      if (one.late === 0) assert.deepEqual(one.stopped, one.started.toReversed());
      assert.equal(one.left, one.joined, 'who has joined has left');
      assert.equal(one.clock.timers, 0);
    },
  );
  await fc.assert(life, { numRuns: 150 });
  assert.ok(ran > 10 && cameLate > 0, `${ran} steps while it ran, ${cameLate} parts that came late`);
});
