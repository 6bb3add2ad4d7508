/** Durations: every accepted form by table, every refused one, and the agreement of units by property. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Duration, durationMs, isQuorateError } from '../../src/base/index.ts';

const accepted: readonly (readonly [Duration, number])[] = [
  [0, 0],
  [1, 1],
  [0.25, 0.25],
  ['0s', 0],
  ['1ms', 1],
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0.5h', 1_800_000],
];

for (const [duration, milliseconds] of accepted) {
  test(`${JSON.stringify(duration)} is ${milliseconds} ms`, () => {
    assert.equal(durationMs(duration, 'timeout'), milliseconds);
  });
}

const refused: readonly unknown[] = [
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '5',
  's',
  '-5s',
  '+5s',
  '5 s',
  ' 5s',
  '5s ',
  '5s5s',
  '5sec',
  '5S',
  '1e3ms',
  '0x10ms',
  '.5s',
  '5.s',
  '5d',
  `${'9'.repeat(400)}h`,
  undefined,
  null,
  {},
  [5],
  5n,
];

for (const duration of refused) {
  test(`${typeof duration} ${String(duration).slice(0, 20)} is refused, and the option is named`, () => {
    assert.throws(
      () => durationMs(duration as Duration, 'electionTimeout'),
      (error) =>
        isQuorateError(error) &&
        error.code === 'invalid-option' &&
        error.data.option === 'electionTimeout' &&
        Object.is(error.data.value, duration) &&
        error.message.startsWith('electionTimeout is '),
    );
  });
}

test('a number of units is that many times one unit', () => {
  const unit = fc.constantFrom('ms' as const, 's' as const, 'm' as const, 'h' as const);
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), unit, (amount, of) => {
      assert.equal(durationMs(`${amount}${of}`, 'timeout'), amount * durationMs(`1${of}`, 'timeout'));
    }),
  );
});

test('any text is a number of milliseconds or an invalid option, and nothing else', () => {
  const nearMiss = fc
    .tuple(fc.stringMatching(/^[0-9.eE+-]{0,6}$/), fc.constantFrom('', 'ms', 's', 'm', 'h', 'd', ' s'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearMiss), (text) => {
      try {
        const milliseconds = durationMs(text as Duration, 'timeout');
        assert.ok(Number.isFinite(milliseconds) && milliseconds >= 0);
      } catch (error) {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option', String(error));
      }
    }),
  );
});
