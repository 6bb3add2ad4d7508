/** Pauses between tries: tables without chance, and what holds with it for any rule and any number of tries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorDataByCode, isQuorateError, Prng } from '../../src/base/index.ts';
import { type Backoff, backoffFrom, type Jitter } from '../../src/resilience/backoff.ts';

/** The pauses that a rule says one after the other. */
function pauses(backoff: Backoff, count: number, random: Prng): readonly number[] {
  const rule = backoffFrom(backoff, 'backoff');
  const said: number[] = [];
  for (let failed = 1; failed <= count; failed += 1) said.push(rule(failed, said.at(-1) ?? 0, random));
  return said;
}

/** Draws what a row says, over and over. */
function drawing(float: number): Prng {
  const random = new Prng(1);
  random.float = () => float;
  return random;
}

const tables: readonly [string, Backoff, number, readonly number[]][] = [
  ['a duration alone', '50ms', 0.9, [50, 50, 50]],
  ['no pause', 0, 0.9, [0, 0, 0]],
  ['constant', { kind: 'constant', delay: 80 }, 0.9, [80, 80, 80]],
  ['constant with full jitter', { kind: 'constant', delay: 80, jitter: 'full' }, 0.25, [20, 20, 20]],
  ['linear', { kind: 'linear', base: 100, jitter: 'none' }, 0.9, [100, 200, 300, 400]],
  [
    'linear with a step and a bound',
    { kind: 'linear', base: 100, step: 30, max: 150, jitter: 'none' },
    0.9,
    [100, 130, 150, 150],
  ],
  ['linear jitters by default', { kind: 'linear', base: 100 }, 0.5, [50, 100, 150]],
  ['exponential', { kind: 'exponential', base: 100, jitter: 'none' }, 0.9, [100, 200, 400, 800]],
  [
    'exponential with a factor and a bound',
    { kind: 'exponential', base: '100ms', factor: 3, max: '1s', jitter: 'none' },
    0.9,
    [100, 300, 900, 1000, 1000],
  ],
  ['exponential, anything up to it', { kind: 'exponential', base: 100 }, 0.5, [50, 100, 200]],
  [
    'exponential, never less than half',
    { kind: 'exponential', base: 100, jitter: 'equal' },
    0,
    [50, 100, 200],
  ],
  ['exponential, half and more', { kind: 'exponential', base: 100, jitter: 'equal' }, 0.5, [75, 150, 300]],
  ['decorrelated, at its least', { kind: 'decorrelated-jitter', base: 100 }, 0, [100, 100, 100]],
  ['decorrelated, in the middle', { kind: 'decorrelated-jitter', base: 100 }, 0.5, [200, 350, 575]],
  [
    'decorrelated with a bound',
    { kind: 'decorrelated-jitter', base: 100, max: 300, factor: 4 },
    0.5,
    [250, 300, 300],
  ],
  [
    'decorrelated beyond all numbers',
    { kind: 'decorrelated-jitter', base: 100, max: Number.MAX_VALUE, factor: Number.MAX_VALUE },
    0,
    [100, 100],
  ],
  ['a rule of the user', (failed, previousMs) => failed * 10 + previousMs, 0.9, [10, 30, 60]],
];
for (const [name, backoff, float, expected] of tables) {
  test(`pauses: ${name}`, () => {
    assert.deepEqual(pauses(backoff, expected.length, drawing(float)), expected);
  });
}

const jitters = fc.constantFrom<Jitter>('none', 'full', 'equal');
const bounds = fc
  .tuple(fc.double({ min: 0.01, max: 1e9, noNaN: true }), fc.double({ min: 1, max: 1e6, noNaN: true }))
  .map(([base, times]) => ({ base, max: base * times }));
const factors = fc.double({ min: 1, max: 1e6, noNaN: true });
const rules: fc.Arbitrary<{ readonly backoff: Backoff; readonly max: number }> = bounds.chain(
  ({ base, max }) =>
    fc
      .oneof(
        jitters.map((jitter): Backoff => ({ kind: 'constant', delay: max, jitter })),
        fc
          .tuple(fc.double({ min: 0, max: 1e12, noNaN: true }), jitters)
          .map(([step, jitter]): Backoff => ({ kind: 'linear', base, step, max, jitter })),
        fc
          .tuple(factors, jitters)
          .map(([factor, jitter]): Backoff => ({ kind: 'exponential', base, factor, max, jitter })),
        factors.map((factor): Backoff => ({ kind: 'decorrelated-jitter', base, factor, max })),
      )
      .map((backoff) => ({ backoff, max })),
);

test('in a thousand tries no pause is above its bound, below nothing, or no number', () => {
  fc.assert(
    fc.property(rules, fc.integer(), ({ backoff, max }, seed) => {
      for (const pauseMs of pauses(backoff, 1000, new Prng(seed))) assert.ok(pauseMs >= 0 && pauseMs <= max);
    }),
  );
});

test('the same generator says the same pauses', () => {
  fc.assert(
    fc.property(rules, fc.integer(), ({ backoff }, seed) => {
      assert.deepEqual(pauses(backoff, 20, new Prng(seed)), pauses(backoff, 20, new Prng(seed)));
    }),
  );
});

test('with full jitter those who failed together come back spread over the whole pause', () => {
  const random = new Prng(7);
  const firsts = Array.from({ length: 1000 }, () =>
    backoffFrom({ kind: 'exponential', base: 100 }, 'backoff')(1, 0, random),
  );
  const inTenths = new Array<number>(10).fill(0);
  for (const pauseMs of firsts)
    inTenths[Math.floor(pauseMs / 10)] = (inTenths[Math.floor(pauseMs / 10)] ?? 0) + 1;
  assert.ok(
    inTenths.every((count) => count > 50),
    `about a hundred in each tenth: ${inTenths}`,
  );
});

type Refused = Pick<ErrorDataByCode['invalid-option'], 'option' | 'value'>;
const refusals: readonly [string, unknown, Refused][] = [
  ['a kind that there is not', { kind: 'random' }, { option: 'backoff.kind', value: 'random' }],
  ['nothing', null, { option: 'backoff', value: null }],
  ['a text that is no duration', 'soon', { option: 'backoff', value: 'soon' }],
  ['a negative pause', { kind: 'constant', delay: -1 }, { option: 'backoff.delay', value: -1 }],
  [
    'a jitter that there is not',
    { kind: 'constant', delay: 1, jitter: 'some' },
    { option: 'backoff.jitter', value: 'some' },
  ],
  ['a base of nothing', { kind: 'exponential', base: 0 }, { option: 'backoff.base', value: 0 }],
  [
    'a bound below the base',
    { kind: 'linear', base: 100, max: '50ms' },
    { option: 'backoff.max', value: '50ms' },
  ],
  ['a negative step', { kind: 'linear', base: 1, step: -1 }, { option: 'backoff.step', value: -1 }],
  [
    'a factor below one',
    { kind: 'exponential', base: 1, factor: 0.5 },
    { option: 'backoff.factor', value: 0.5 },
  ],
  [
    'an endless factor',
    { kind: 'decorrelated-jitter', base: 1, factor: Number.POSITIVE_INFINITY },
    { option: 'backoff.factor', value: Number.POSITIVE_INFINITY },
  ],
  ['no base', { kind: 'decorrelated-jitter' }, { option: 'backoff.base', value: undefined }],
];
for (const [name, backoff, refused] of refusals) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => backoffFrom(backoff as Backoff, 'backoff'),
      (error) => refusal(error, refused),
    );
  });
}

for (const said of [Number.NaN, -1, Number.POSITIVE_INFINITY, '5']) {
  test(`a rule of the user that says ${JSON.stringify(said)} is refused when it says so`, () => {
    const rule = backoffFrom(() => said as number, 'backoff');
    assert.throws(
      () => rule(4, 0, new Prng(1)),
      (error) => refusal(error, { option: 'what backoff says after 4 tries', value: said }),
    );
  });
}

function refusal(error: unknown, refused: Refused): true {
  assert.ok(isQuorateError(error) && error.code === 'invalid-option');
  const { option, value } = error.data;
  assert.deepEqual({ option, value }, refused);
  return true;
}
