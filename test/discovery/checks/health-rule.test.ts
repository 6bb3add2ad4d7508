/** The rule by which sights become a status, row by row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HealthRule,
  type HealthRuleSettings,
  type HealthStatus,
  worstOf,
} from '../../../src/discovery/index.ts';

const marks: Readonly<Record<string, HealthStatus>> = { p: 'passing', w: 'warning', c: 'critical' };
const plain: HealthRuleSettings = { failing: 1, passing: 1, initial: 'critical', graceMs: 0 };

interface Row {
  readonly name: string;
  readonly rule: Partial<HealthRuleSettings>;
  /** One sight a second: p, w, c. */
  readonly seen: string;
  /** The status after each of them. */
  readonly leads: string;
}

const rows: readonly Row[] = [
  { name: 'thresholds of one follow at once', rule: {}, seen: 'pcwp', leads: 'pcwp' },
  {
    name: 'three bad ones bring it down',
    rule: { failing: 3, initial: 'passing' },
    seen: 'cccc',
    leads: 'ppcc',
  },
  { name: 'two bad ones between good ones do not', rule: { failing: 3 }, seen: 'pccpcc', leads: 'pppppp' },
  { name: 'two good ones bring it up', rule: { passing: 2 }, seen: 'ppcpp', leads: 'cpccp' },
  {
    name: 'a warning among bad ones makes it a warning',
    rule: { failing: 3 },
    seen: 'pcwccc',
    leads: 'pppwwc',
  },
  { name: 'a warning grows to critical', rule: { failing: 2 }, seen: 'pwwcc', leads: 'ppwwc' },
  { name: 'critical recovers to a warning first', rule: { passing: 2 }, seen: 'wpp', leads: 'cwp' },
  {
    name: 'at the edge it does not flap',
    rule: { failing: 2, passing: 2 },
    seen: 'ppcpcpcp',
    leads: 'cppppppp',
  },
  {
    name: 'in its grace bad ones do not count',
    rule: { initial: 'passing', graceMs: 3500 },
    seen: 'cccc',
    leads: 'pppc',
  },
  {
    name: 'the first good one ends the grace',
    rule: { initial: 'passing', graceMs: 9000 },
    seen: 'cpc',
    leads: 'ppc',
  },
  {
    name: 'what failed in its grace is not counted later',
    rule: { initial: 'passing', graceMs: 2500, failing: 3 },
    seen: 'ccccc',
    leads: 'ppppc',
  },
];

for (const { name, rule, seen, leads } of rows) {
  test(name, () => {
    const health = new HealthRule({ ...plain, ...rule }, 0);
    const told = [...seen].map((mark, at) => health.observe(marks[mark] as HealthStatus, (at + 1) * 1000));
    assert.deepEqual(
      told,
      [...leads].map((mark) => marks[mark]),
    );
  });
}

test('critical since the look that decided, and, never well, since the end of the grace', () => {
  const ill = new HealthRule({ ...plain, graceMs: 500 }, 1000);
  assert.equal(ill.criticalSinceMs, 1500);
  ill.observe('critical', 1600);
  assert.equal(ill.criticalSinceMs, 1500);
  ill.observe('passing', 1700);
  assert.equal(ill.criticalSinceMs, undefined);
  ill.observe('critical', 1800);
  ill.observe('critical', 1900);
  assert.equal(ill.criticalSinceMs, 1800);
});

test('the worst of several wins', () => {
  assert.equal(worstOf(['passing', 'critical', 'warning']), 'critical');
  assert.equal(worstOf(['warning', 'passing']), 'warning');
  assert.equal(worstOf(['passing', 'passing']), 'passing');
});
