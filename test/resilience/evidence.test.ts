/** Windows over calls and over time, and what another rule takes over of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakerRule, checkRule } from '../../src/resilience/circuit-rule.ts';
import type { Evidence } from '../../src/resilience/evidence.ts';
import type { EvidenceData } from '../../src/resilience/evidence-data.ts';
import { evidenceFor } from '../../src/resilience/evidence-for.ts';

function evidence(rule: BreakerRule, data?: EvidenceData, nowMs = 0): Evidence {
  return evidenceFor(checkRule(rule, undefined), data, nowMs);
}

const lastFour: BreakerRule = { kind: 'count-window', calls: 4, ratio: 0.5, minimum: 3 };
const lastSpan: BreakerRule = { kind: 'time-window', span: 300, buckets: 3, ratio: 0.5, minimum: 3 };

test('a share of a few calls says nothing before there are enough', () => {
  const window = evidence(lastFour);
  assert.equal(window.note(true, false, 0), undefined);
  assert.equal(window.note(true, false, 0), undefined);
  assert.equal(window.note(true, false, 0), 'failures');
});

test('with the minimum reached by a success the next failure opens, not the success', () => {
  const window = evidence(lastFour);
  window.note(true, false, 0);
  window.note(true, false, 0);
  assert.equal(window.note(false, false, 0), undefined);
  assert.equal(window.note(true, false, 0), 'failures');
});

test('an outcome leaves the window when so many have come after it', () => {
  const window = evidence(lastFour);
  window.note(true, true, 0);
  for (let call = 0; call < 3; call += 1) window.note(false, false, 0);
  assert.equal(window.failures(0), 1);
  window.note(false, false, 0);
  assert.equal(window.failures(0), 0);
  assert.deepEqual(window.export(0), { rule: 'count-window', outcomes: 'ssss' });
});

test('a share that is exact is reached exactly', () => {
  const window = evidence({ kind: 'count-window', calls: 30, ratio: 0.1, minimum: 30 });
  for (let call = 0; call < 27; call += 1) window.note(false, false, 0);
  window.note(true, false, 0);
  window.note(true, false, 0);
  assert.equal(window.note(true, false, 0), 'failures');
});

test('what was longer ago than the span counts no more, bucket by bucket', () => {
  const window = evidence(lastSpan);
  window.note(true, false, 50);
  window.note(true, false, 150);
  assert.equal(window.failures(299), 2);
  assert.equal(window.failures(300), 1);
  assert.equal(window.failures(400), 0);
});

test('after a long silence nothing of before is left', () => {
  const window = evidence(lastSpan);
  for (const nowMs of [0, 100, 200]) window.note(nowMs > 0, true, nowMs);
  assert.equal(window.failures(1e9), 0);
  assert.equal(window.note(true, false, 1e9), undefined);
});

test('a clock may begin below its zero', () => {
  const window = evidence(lastSpan, undefined, -1000);
  window.note(true, false, -950);
  assert.equal(window.failures(-750), 1);
  assert.equal(window.failures(-700), 0);
});

const takeovers: readonly [string, BreakerRule, EvidenceData, EvidenceData][] = [
  [
    'a count goes on',
    { kind: 'consecutive', failures: 9 },
    { rule: 'consecutive', failures: 4 },
    { rule: 'consecutive', failures: 4 },
  ],
  [
    'of a longer window the last calls',
    lastFour,
    { rule: 'count-window', outcomes: 'fffsSFs' },
    { rule: 'count-window', outcomes: 'sSFs' },
  ],
  [
    'of a shorter window all',
    lastFour,
    { rule: 'count-window', outcomes: 'fs' },
    { rule: 'count-window', outcomes: 'fs' },
  ],
  [
    'the same buckets',
    lastSpan,
    {
      rule: 'time-window',
      bucketMs: 100,
      buckets: [
        [3, 1, 0],
        [0, 0, 0],
        [5, 2, 1],
      ],
    },
    {
      rule: 'time-window',
      bucketMs: 100,
      buckets: [
        [3, 1, 0],
        [0, 0, 0],
        [5, 2, 1],
      ],
    },
  ],
  [
    'smaller buckets by their age',
    lastSpan,
    {
      rule: 'time-window',
      bucketMs: 50,
      buckets: [
        [1, 0, 0],
        [1, 1, 0],
        [2, 0, 0],
        [4, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [9, 9, 9],
      ],
    },
    {
      rule: 'time-window',
      bucketMs: 100,
      buckets: [
        [2, 1, 0],
        [6, 0, 0],
        [0, 0, 0],
      ],
    },
  ],
  [
    'nothing of another kind',
    lastSpan,
    { rule: 'consecutive', failures: 4 },
    {
      rule: 'time-window',
      bucketMs: 100,
      buckets: [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    },
  ],
];
for (const [name, rule, before, after] of takeovers) {
  test(`taken over by a rule: ${name}`, () => {
    assert.deepEqual(evidence(rule, before, 1234).export(1234), after);
  });
}

test('what is taken over is judged with what comes', () => {
  const window = evidence(lastFour, { rule: 'count-window', outcomes: 'sf' });
  assert.equal(window.note(true, false, 0), 'failures');
});
