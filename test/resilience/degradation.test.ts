/** Levels of service: by hand, by rules over signals, and what features do about them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DegradationLevel, type LevelRules } from '../../src/resilience/degradation-level.ts';
import {
  type Degradation,
  degradation,
  fallback,
  type PolicyEvent,
  policy,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const twoRules: LevelRules = {
  rules: [
    { signal: 'circuits', level: 1, from: 1, until: 0 },
    { signal: 'delay', level: 2, from: 200, until: 50 },
  ],
  recoverAfterMs: 10,
  forgetAfterMs: 100,
};

/** What was read when, and which level there was when, in order. */
type Script = readonly (
  | readonly [atMs: number, signal: string, value: number]
  | readonly [atMs: number, level: number]
)[];

const scripts: readonly [string, Script][] = [
  [
    'nothing was read',
    [
      [0, 0],
      [1000, 0],
    ],
  ],
  [
    'a reading at the bound of a rule worsens it at once',
    [
      [5, 'circuits', 1],
      [5, 1],
    ],
  ],
  [
    'a reading below it does not',
    [
      [5, 'delay', 199],
      [5, 0],
    ],
  ],
  [
    'the worst rule counts',
    [
      [5, 'circuits', 3],
      [5, 'delay', 200],
      [5, 2],
    ],
  ],
  [
    'a rule holds between its bounds',
    [
      [0, 'delay', 200],
      [10, 'delay', 51],
      [90, 'delay', 51],
      [99, 2],
    ],
  ],
  [
    'one that does not hold does not begin between its bounds',
    [
      [0, 'delay', 51],
      [0, 0],
    ],
  ],
  [
    'at its lower bound a rule ends, and the level goes up after calm, by one step each',
    [
      [0, 'delay', 200],
      [20, 'delay', 50],
      [29, 2],
      [30, 1],
      [39, 1],
      [40, 0],
    ],
  ],
  [
    'calm that is broken is counted anew',
    [
      [0, 'delay', 200],
      [20, 'delay', 50],
      [25, 'delay', 300],
      [26, 'delay', 0],
      [35, 2],
      [36, 1],
    ],
  ],
  [
    'it goes up only to what another rule allows',
    [
      [0, 'delay', 200],
      [0, 'circuits', 1],
      [20, 'delay', 0],
      [30, 1],
      [90, 1],
    ],
  ],
  [
    'a signal that is not read any more says nothing, and calm is counted from there',
    [
      [0, 'circuits', 1],
      [99, 1],
      [109, 1],
      [110, 0],
    ],
  ],
  [
    'a signal that is read again and again goes on',
    [
      [0, 'circuits', 1],
      [90, 'circuits', 1],
      [189, 1],
      [199, 1],
      [200, 0],
    ],
  ],
  [
    'the same signal for two rules',
    [
      [0, 'delay', 1000],
      [0, 2],
    ],
  ],
];
for (const [name, script] of scripts) {
  test(`a level by rules: ${name}`, () => {
    const level = new DegradationLevel(twoRules);
    for (const step of script) {
      if (step.length === 3) level.read(step[1], step[2], step[0]);
      else assert.equal(level.at(step[0]), step[1], `at ${step[0]} ms`);
    }
  });
}

test('a level by rules: however often it is asked in between, it is what a look at each millisecond makes of it', () => {
  const reading = fc.record({
    afterMs: fc.nat(30),
    signal: fc.constantFrom('circuits', 'delay'),
    value: fc.constantFrom(0, 1, 50, 51, 200, 300),
  });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 20 }), fc.nat(15), (readings, recoverAfterMs) => {
      const rules = { ...twoRules, recoverAfterMs, forgetAfterMs: 40 };
      const level = new DegradationLevel(rules);
      const reference = new EachMillisecond(rules);
      let nowMs = 0;
      for (const { afterMs, signal, value } of readings) {
        nowMs += afterMs;
        level.read(signal, value, nowMs);
        reference.read(signal, value, nowMs);
        assert.equal(level.at(nowMs), reference.at(nowMs));
      }
      nowMs += 500;
      assert.equal(level.at(nowMs), reference.at(nowMs));
      assert.equal(level.isSettled, true);
    }),
    { numRuns: 500 },
  );
});

/** The same rules in the plainest form. */
class EachMillisecond {
  readonly #rules: LevelRules;
  readonly #held = new Map<number, number>();
  #level = 0;
  #calmMs = 0;
  #atMs = 0;

  constructor(rules: LevelRules) {
    this.#rules = rules;
  }

  read(signal: string, value: number, nowMs: number): void {
    this.at(nowMs);
    this.#rules.rules.forEach((rule, index) => {
      if (rule.signal !== signal) return;
      if (value >= rule.from || (value > rule.until && this.#held.has(index))) this.#held.set(index, nowMs);
      else this.#held.delete(index);
    });
    this.#look();
  }

  at(nowMs: number): number {
    while (true) {
      this.#look();
      if (this.#calmMs >= this.#rules.recoverAfterMs && this.#wanted < this.#level) {
        this.#level -= 1;
        this.#calmMs = 0;
        continue;
      }
      if (this.#atMs === nowMs) return this.#level;
      this.#atMs += 1;
      if (this.#wanted < this.#level) this.#calmMs += 1;
    }
  }

  get #wanted(): number {
    return Math.max(0, ...[...this.#held.keys()].map((index) => this.#rules.rules[index]?.level ?? 0));
  }

  #look(): void {
    for (const [index, readMs] of this.#held)
      if (this.#atMs - readMs >= this.#rules.forgetAfterMs) this.#held.delete(index);
    this.#level = Math.max(this.#level, this.#wanted);
    if (this.#wanted >= this.#level) this.#calmMs = 0;
  }
}

const levels = ['full', 'reduced', 'minimal'] as const;

function shop(clock: ManualClock, events: PolicyEvent[] = []): Degradation<'full' | 'reduced' | 'minimal'> {
  const made = degradation({
    name: 'shop',
    levels,
    rules: [
      { signal: 'open circuits', level: 'reduced', from: 1 },
      { signal: 'loop delay', level: 'minimal', from: 200, until: 50 },
    ],
    recoverAfter: '10s',
    clock,
  });
  made.onEvent((event) => events.push(event));
  return made;
}

test('a page follows its level: by rules, by hand, and by rules again', () => {
  const clock = new ManualClock();
  const events: PolicyEvent[] = [];
  const page = shop(clock, events);
  assert.equal(page.level, 'full');
  page.read('loop delay', 250);
  assert.equal(page.level, 'minimal');
  page.set('full');
  assert.equal(page.level, 'full');
  page.read('loop delay', 250);
  assert.equal(page.level, 'full', 'what was set by hand stands above the rules');
  page.release();
  assert.equal(page.level, 'minimal');
  page.read('loop delay', 10);
  clock.advance(10_000);
  assert.equal(page.level, 'reduced');
  clock.advance(10_000);
  assert.equal(page.level, 'full');
  const told = { type: 'level-changed', kind: 'degradation', policy: 'shop' } as const;
  assert.deepEqual(events, [
    { ...told, from: 'full', to: 'minimal', byHand: false },
    { ...told, from: 'minimal', to: 'full', byHand: true },
    { ...told, from: 'full', to: 'minimal', byHand: false },
    { ...told, from: 'minimal', to: 'reduced', byHand: false },
    { ...told, from: 'reduced', to: 'full', byHand: false },
  ]);
  assert.equal(clock.timers, 0);
});

test('a level that was set for a while is released by itself', () => {
  const clock = new ManualClock();
  const page = shop(clock);
  page.set('minimal', { for: '5m' });
  clock.advance(299_999);
  assert.equal(page.level, 'minimal');
  clock.advance(1);
  assert.equal(page.level, 'full');
});

test('a feature above the level is refused, or answered by a fallback around it', async () => {
  const clock = new ManualClock();
  const page = shop(clock);
  const recommendations = page.feature('recommendations', { needs: 'full' });
  const stock = page.feature('stock', { needs: 'reduced' });
  const events: PolicyEvent[] = [];
  recommendations.onEvent((event) => events.push(event));
  let calls = 0;
  const task = (): string => {
    calls += 1;
    return 'fetched';
  };
  assert.equal(await recommendations.execute(task), 'fetched');
  page.set('reduced');
  assert.equal(recommendations.isAvailable, false);
  assert.equal(stock.isAvailable, true);
  await assert.rejects(recommendations.execute(task), {
    code: 'feature-degraded',
    outcome: 'not-applied',
    data: { feature: 'recommendations', level: 'reduced', needed: 'full' },
  });
  const withFallback = policy(fallback<readonly string[]>({ value: [], clock }), recommendations);
  assert.deepEqual(await withFallback.execute(task), []);
  assert.equal(await stock.execute(task), 'fetched');
  assert.equal(calls, 2);
  const told = { type: 'feature-refused', kind: 'degradation', policy: 'recommendations' } as const;
  const refusal = { ...told, level: 'reduced', needed: 'full' };
  assert.deepEqual(events, [refusal, refusal]);
  recommendations.configure({ needs: 'reduced' });
  assert.equal(await recommendations.execute(task), 'fetched');
});

test('a choice is that of the level, or of the next worse one that has one', () => {
  const page = shop(new ManualClock());
  const choose = (): string => page.choose({ full: 'personal', minimal: 'none' });
  assert.equal(choose(), 'personal');
  page.set('reduced');
  assert.equal(choose(), 'none');
  assert.equal(page.choose({ reduced: undefined, minimal: 5 }), undefined);
  assert.throws(() => page.choose({ full: 'personal' }), { code: 'invalid-option', message: /minimal/ });
});

test('is configured anew: rules that stay go on holding, levels that go are left', () => {
  const clock = new ManualClock();
  const page = shop(clock) as unknown as Degradation<string>;
  page.read('loop delay', 250);
  const rules = [{ signal: 'loop delay', level: 'minimal', from: 200, until: 50 }];
  page.configure({ levels, rules });
  assert.equal(page.level, 'minimal');
  page.configure({ levels: ['full', 'off'], rules: [] });
  assert.equal(page.level, 'off');
  clock.advance(10_000);
  assert.equal(page.level, 'full');
  page.set('off');
  page.configure({ levels: ['full', 'reduced'] });
  assert.equal(page.level, 'full');
});

test('nobody listens, and nothing is degraded: a look at the level is no look at the clock', () => {
  const clock = new ManualClock();
  let looks = 0;
  const counting = new Proxy(clock, {
    get: (target, name) => {
      if (name === 'now') looks += 1;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const page = shop(counting);
  assert.equal(page.level, 'full');
  assert.equal(looks, 0);
});

const plainRule = { signal: 's', level: 'b', from: 10 } as const;
const refused: readonly [string, Parameters<typeof degradation<string>>[0], RegExp][] = [
  ['one level', { levels: ['a'] }, /levels/],
  ['the same level twice', { levels: ['a', 'b', 'a'] }, /levels/],
  [
    'a rule for a level that there is not',
    { levels: ['a', 'b'], rules: [{ ...plainRule, level: 'c' }] },
    /level of rule 1 is "c"/,
  ],
  [
    'a rule for the best level',
    { levels: ['a', 'b'], rules: [{ ...plainRule, level: 'a' }] },
    /not the best/,
  ],
  [
    'a rule that ends above where it begins',
    { levels: ['a', 'b'], rules: [plainRule, { ...plainRule, until: 11 }] },
    /until of rule 2 is 11/,
  ],
  [
    'a rule that always holds',
    { levels: ['a', 'b'], rules: [{ ...plainRule, from: 0 }] },
    /from of rule 1 is 0/,
  ],
  ['rules that are no list', { levels: ['a', 'b'], rules: plainRule as never }, /rules is/],
  [
    'a bound that is no number',
    { levels: ['a', 'b'], rules: [{ ...plainRule, from: '10' as unknown as number }] },
    /from of rule 1 is "10"/,
  ],
  ['no time to forget', { levels: ['a', 'b'], forgetAfter: 0 }, /forgetAfter is 0/],
];
for (const [name, options, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(() => degradation(options), { code: 'invalid-option', message });
  });
}

test('refused in use: levels and signals that there are not, and readings that are no number', () => {
  const page = shop(new ManualClock()) as unknown as Degradation<string>;
  assert.throws(() => page.set('tiny'), { code: 'invalid-option', message: /"tiny"/ });
  assert.throws(() => page.allows('tiny'), { code: 'invalid-option' });
  assert.throws(() => page.feature('x', { needs: 'tiny' }), { code: 'invalid-option' });
  assert.throws(() => page.read('weather', 1), { code: 'invalid-option', message: /open circuits/ });
  for (const reading of [Number.NaN, '250' as unknown as number])
    assert.throws(() => page.read('loop delay', reading), {
      code: 'invalid-option',
      message: /reading of loop delay/,
    });
  assert.throws(() => page.set('full', { for: 0 }), { code: 'invalid-option', message: /for is 0/ });
});
