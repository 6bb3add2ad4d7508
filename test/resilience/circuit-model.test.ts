/** The circuit against a naive reference, over random sequences of calls that overlap, of orders, and of time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Circuit } from '../../src/resilience/circuit.ts';
import { circuitSettings } from '../../src/resilience/circuit-settings.ts';
import type { BreakerRule, CircuitOptions } from '../../src/resilience/index.ts';

type Step =
  | { readonly do: 'begin' }
  | {
      readonly do: 'end';
      readonly which: number;
      readonly how: 'success' | 'failure' | 'given up';
      readonly isSlow: boolean;
    }
  | { readonly do: 'wait'; readonly forMs: number }
  | { readonly do: 'order'; readonly order: 'isolate' | 'forceClosed' | 'reset' | 'quorum' };

interface Outcome {
  readonly atMs: number;
  readonly isFailure: boolean;
  readonly isSlow: boolean;
}

interface RunningCall {
  readonly stretch: number;
  readonly lentUntilMs: number;
  isGone: boolean;
}

const wait = { base: 100, factor: 2, max: 300 };
const probes = { calls: 2, successes: 2, lentFor: 50 };
const bucketMs = 20;

/** Keeps all that ever happened, and looks through it each time. */
class Reference {
  state: Circuit['state'] = 'closed';
  nowMs = 0;
  stretch = 0;
  readonly #options: CircuitOptions;
  readonly #rule: BreakerRule;
  #outcomes: Outcome[] = [];
  #untilMs = 0;
  #openings = 0;
  #successes = 0;
  readonly #calls: RunningCall[] = [];

  constructor(options: CircuitOptions, rule: BreakerRule) {
    this.#options = options;
    this.#rule = rule;
  }

  begin(): RunningCall | undefined {
    if (this.state === 'open' && this.nowMs >= this.#untilMs) {
      this.#enter('half-open');
      this.#successes = 0;
    }
    if (this.state === 'open' || this.state === 'isolated') return undefined;
    if (this.state === 'half-open') {
      const inPlace = this.#calls.filter(
        ({ stretch, isGone, lentUntilMs }) => stretch === this.stretch && !isGone && lentUntilMs > this.nowMs,
      );
      if (inPlace.length >= probes.calls) return undefined;
    }
    const call = { stretch: this.stretch, lentUntilMs: this.nowMs + probes.lentFor, isGone: false };
    this.#calls.push(call);
    return call;
  }

  end(call: RunningCall, how: 'success' | 'failure' | 'given up', isSlow: boolean): void {
    call.isGone = true;
    if (call.stretch !== this.stretch || how === 'given up') return;
    const ownRatio = this.#options.slowCall?.ratio;
    if (this.state === 'closed') {
      const isFailure = how === 'failure' || (isSlow && ownRatio === undefined);
      this.#outcomes.push({ atMs: this.nowMs, isFailure, isSlow });
      if ((isFailure || isSlow) && this.#isTooMuch(ownRatio)) this.#open(1);
    } else if (this.state === 'half-open') {
      if (how === 'failure' || isSlow) {
        this.#open(this.#openings + 1);
        return;
      }
      this.#successes += 1;
      if (this.#successes >= probes.successes) this.#enter('closed');
    }
  }

  order(order: 'isolate' | 'forceClosed' | 'reset' | 'quorum'): void {
    if (order === 'quorum') {
      if (this.state === 'closed') this.#open(1);
    } else if (order === 'reset') {
      if (this.state === 'closed') this.#outcomes = [];
      else this.#enter('closed');
    } else {
      const state = order === 'isolate' ? 'isolated' : 'forced-closed';
      if (this.state !== state) this.#enter(state);
    }
  }

  #open(openings: number): void {
    this.#enter('open');
    this.#openings = openings;
    this.#untilMs = this.nowMs + Math.min(wait.max, wait.base * wait.factor ** (openings - 1));
  }

  #enter(state: Circuit['state']): void {
    this.state = state;
    this.stretch += 1;
    this.#outcomes = [];
  }

  #isTooMuch(slowRatio: number | undefined): boolean {
    const rule = this.#rule;
    const outcomes = this.#outcomes;
    if (rule.kind === 'consecutive') {
      return outcomes.length - 1 - outcomes.findLastIndex(({ isFailure }) => !isFailure) >= rule.failures;
    }
    const bucketOf = (atMs: number): number => Math.floor(atMs / bucketMs);
    const seen =
      rule.kind === 'count-window'
        ? outcomes.slice(-rule.calls)
        : outcomes.filter(({ atMs }) => bucketOf(this.nowMs) - bucketOf(atMs) < (rule.buckets ?? 10));
    if (seen.length < rule.minimum) return false;
    const failures = seen.filter(({ isFailure }) => isFailure).length;
    const slow = seen.filter(({ isSlow }) => isSlow).length;
    return (
      failures / seen.length >= rule.ratio || (slowRatio !== undefined && slow / seen.length >= slowRatio)
    );
  }
}

const stepOf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(5),
      how: fc.constantFrom('success' as const, 'failure' as const, 'failure' as const, 'given up' as const),
      isSlow: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      forMs: fc.constantFrom(0, 7, 20, 50, 100, 300),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      order: fc.constantFrom('isolate' as const, 'forceClosed' as const, 'reset' as const, 'quorum' as const),
    }),
  },
);

function agree(options: CircuitOptions, rule: BreakerRule, steps: readonly Step[]): void {
  const circuit = new Circuit(circuitSettings({ ...options, rule, openFor: wait, probes }), 0);
  const reference = new Reference(options, rule);
  const running: { readonly ticket: number; readonly call: RunningCall }[] = [];
  const reached = { isolate: 'isolated', forceClosed: 'forced-closed', reset: 'closed', quorum: 'open' };
  for (const step of steps) {
    const before = circuit.state;
    const { nowMs } = reference;
    switch (step.do) {
      case 'begin': {
        const admission = circuit.admit(nowMs);
        const call = reference.begin();
        assert.equal(admission.passes, call !== undefined);
        if (admission.passes && call !== undefined) running.push({ ticket: admission.ticket, call });
        break;
      }
      case 'end': {
        const [one] = running.splice(step.which, 1);
        if (one === undefined) break;
        const { ticket, call } = one;
        // Where nobody looks for slow calls, none is.
        const isSlow = step.isSlow && options.slowCall !== undefined;
        if (step.how === 'given up') circuit.withdraw(ticket);
        else {
          const change =
            step.how === 'success'
              ? circuit.succeed(ticket, isSlow, nowMs)
              : circuit.fail(ticket, isSlow, nowMs);
          assert.equal(change?.to ?? before, circuit.state, 'a change is told when there is one');
        }
        reference.end(call, step.how, isSlow);
        break;
      }
      case 'wait':
        reference.nowMs += step.forMs;
        break;
      case 'order': {
        if (step.order === 'quorum') circuit.openByQuorum(nowMs);
        else assert.equal(circuit[step.order]()?.to ?? before, reached[step.order]);
        reference.order(step.order);
      }
    }
    assert.equal(circuit.state, reference.state);
  }
}

const rules: readonly [string, CircuitOptions, BreakerRule][] = [
  ['failures in a row', {}, { kind: 'consecutive', failures: 3 }],
  [
    'failures in a row, slow ones among them',
    { slowCall: { after: 1 } },
    { kind: 'consecutive', failures: 3 },
  ],
  ['a share of the last calls', {}, { kind: 'count-window', calls: 5, ratio: 0.5, minimum: 3 }],
  [
    'a share of the last calls, and one of slow ones',
    { slowCall: { after: 1, ratio: 0.7 } },
    { kind: 'count-window', calls: 5, ratio: 0.9, minimum: 3 },
  ],
  ['a share of the last span', {}, { kind: 'time-window', span: 60, buckets: 3, ratio: 0.5, minimum: 3 }],
  [
    'a share of the last span, and one of slow ones',
    { slowCall: { after: 1, ratio: 0.7 } },
    { kind: 'time-window', span: 60, buckets: 3, ratio: 0.9, minimum: 3 },
  ],
];
for (const [name, options, rule] of rules) {
  test(`as the reference over any sequence: ${name}`, () => {
    fc.assert(
      fc.property(fc.array(stepOf, { maxLength: 80, size: 'max' }), (steps) => agree(options, rule, steps)),
      { numRuns: 300 },
    );
  });
}
