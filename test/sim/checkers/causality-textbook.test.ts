/**
 * Consistency below linearizability: small histories whose verdict at each level is known, most of them from
 * the papers that define the levels. Each row gives the verdict for all levels, so the hierarchy shows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkCausal,
  checkHistory,
  checkSequential,
  checkSessions,
  explainVerdict,
  type Verdict,
} from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  /** The levels that hold: L linearizable, S sequential, M causal memory, V convergent, C causal, G session guarantees. */
  readonly holds: string;
}

const rows: readonly Row[] = [
  { name: 'nothing at all', text: '', holds: 'LSMVCG' },
  { name: 'one after the other', text: '0: write x 1; ok\n1: read x; ok 1', holds: 'LSMVCG' },
  { name: 'a read that lags behind', text: '0: write x 1; ok\n1: read x; ok null', holds: 'SMVCG' },
  {
    name: 'each process sees its own write and not the other (store buffering)',
    text: '0: write x 1; ok\n0: read y; ok null\n1: write y 1; ok\n1: read x; ok null',
    holds: 'MVCG',
  },
  {
    name: 'two readers see two independent writes in two orders (Bouajjani et al., figure 3a)',
    text: `
      0: write x 1; ok
      1: write x 2; ok
      2: read x; ok 1
      2: read x; ok 2
      3: read x; ok 2
      3: read x; ok 1`,
    holds: 'MCG',
  },
  {
    name: 'a causal store that no single order explains (Ahamad et al. 1995; Tanenbaum and van Steen)',
    text: `
      0: write x 1; ok
      1: read x; ok 1
      1: write x 2; ok
      0: write x 3; ok
      2: read x; ok 1
      2: read x; ok 3
      2: read x; ok 2
      3: read x; ok 1
      3: read x; ok 2
      3: read x; ok 3`,
    holds: 'MCG',
  },
  {
    name: 'an answer seen before its question',
    text: `
      0: write x 1; ok
      1: read x; ok 1
      1: write y 1; ok
      2: read y; ok 1
      2: read x; ok null`,
    holds: 'G',
  },
  {
    name: 'a process that goes back and forth between two writes',
    text: `
      0: write x 1; ok
      1: write x 2; ok
      2: read x; ok 1
      2: read x; ok 2
      2: read x; ok 1`,
    holds: 'C',
  },
  {
    name: 'converging, but no memory (Bouajjani et al., figure 3b)',
    text: `
      0: write z 1; ok
      0: write x 1; ok
      0: write y 1; ok
      1: write x 2; ok
      1: read z; ok null
      1: read y; ok 1
      1: read x; ok 2`,
    holds: 'VCG',
  },
  {
    name: 'a process that forgets its own write',
    text: '0: write x 1; ok\n0: read x; ok null',
    holds: '',
  },
  {
    name: 'a process that reads and then reads what was there before',
    text: '0: write x 1; ok\n0: write x 2; ok\n1: read x; ok 2\n1: read x; ok 1',
    holds: '',
  },
  {
    name: 'a process whose writes arrive in the wrong order, on two keys',
    text: '0: write x 1; ok\n0: write y 1; ok\n1: read y; ok 1\n1: read x; ok null',
    holds: 'G',
  },
  {
    name: 'a write that follows a read and is seen before it',
    text: `
      0: write x 1; ok
      1: read x; ok 1
      1: write x 2; ok
      2: read x; ok 2
      2: read x; ok 1`,
    holds: '',
  },
  { name: 'a value out of thin air', text: '0: read x; ok 1', holds: '' },
  {
    name: 'two reads that are each the cause of the other',
    text: '0: read x; ok 1\n0: write y 1; ok\n1: read y; ok 1\n1: write x 1; ok',
    holds: 'G',
  },
  {
    name: 'a lost write that was seen',
    text: '0: write x 1; info\n1: read x; ok null\n1: read x; ok 1',
    holds: 'LSMVCG',
  },
  {
    name: 'a swap that saw an old value',
    text: '0: write x 1; ok\n0: write x 2; ok\n1: read x; ok 2\n1: cas x [1,3]; ok',
    holds: '',
  },
];

for (const { name, text, holds } of rows) {
  test(`${name}: ${holds === '' ? 'nothing' : holds} holds`, () => {
    const history = story(text);
    const { operations } = history;
    const verdicts: readonly (readonly [string, Verdict])[] = [
      ['L', checkHistory(history, { model: 'register' })],
      ['S', checkSequential(operations)],
      ['M', checkCausal(operations, { kind: 'CM' })],
      ['V', checkCausal(operations, { kind: 'CCv' })],
      ['C', checkCausal(operations, { kind: 'CC' })],
      ['G', checkSessions(operations)],
    ];
    for (const [level, verdict] of verdicts) {
      const expected = holds.includes(level) ? 'valid' : 'invalid';
      assert.equal(verdict.verdict, expected, `${level}: ${explainVerdict(verdict)}`);
    }
    assert.deepEqual(checkHistory(history, { model: 'register', level: 'sequential' }), verdicts[1]?.[1]);
    assert.deepEqual(checkHistory(history, { model: 'register', level: 'causal' }), verdicts[2]?.[1]);
    assert.deepEqual(
      checkHistory(history, { model: 'register', level: 'causal', causal: 'CC' }),
      verdicts[4]?.[1],
    );
    assert.deepEqual(checkHistory(history, { model: 'register', level: 'session' }), verdicts[5]?.[1]);
  });
}

const patterns: readonly {
  readonly pattern: string;
  readonly kind: 'CC' | 'CM' | 'CCv';
  readonly text: string;
}[] = [
  { pattern: 'thin-air-read', kind: 'CC', text: '0: read x; ok 1' },
  { pattern: 'aborted-read', kind: 'CC', text: '0: write x 1; fail\n1: read x; ok 1' },
  {
    pattern: 'CyclicCO',
    kind: 'CC',
    text: '0: read x; ok 1\n0: write y 1; ok\n1: read y; ok 1\n1: write x 1; ok',
  },
  {
    pattern: 'WriteCOInitRead',
    kind: 'CC',
    text: '0: write x 1; ok\n0: write y 1; ok\n1: read y; ok 1\n1: read x; ok null',
  },
  {
    pattern: 'WriteCORead',
    kind: 'CC',
    text: '0: write x 1; ok\n0: write x 2; ok\n0: write y 1; ok\n1: read y; ok 1\n1: read x; ok 1',
  },
  {
    pattern: 'CyclicCF',
    kind: 'CCv',
    text: `
      0: write x 1; ok
      1: write x 2; ok
      2: read x; ok 1
      2: read x; ok 2
      3: read x; ok 2
      3: read x; ok 1`,
  },
  {
    pattern: 'WriteHBInitRead',
    kind: 'CM',
    text: `
      0: write z 1; ok
      0: write x 1; ok
      0: write y 1; ok
      1: write x 2; ok
      1: read z; ok null
      1: read y; ok 1
      1: read x; ok 2`,
  },
  {
    pattern: 'CyclicHB',
    kind: 'CM',
    text: `
      0: write x 1; ok
      1: write x 2; ok
      2: read x; ok 1
      2: read x; ok 2
      2: read x; ok 1`,
  },
];

for (const { pattern, kind, text } of patterns) {
  test(`causal consistency ${kind} names the bad pattern ${pattern}`, () => {
    const verdict = checkCausal(story(text).operations, { kind });
    assert(verdict.verdict === 'invalid', explainVerdict(verdict));
    assert.equal(verdict.anomalies[0]?.name, pattern);
  });
}

const guarantees: readonly { readonly guarantee: string; readonly text: string; readonly revised: string }[] =
  [
    {
      guarantee: 'read-your-writes',
      text: '0: write x 1; ok\n0: read x; ok null',
      revised: '1: write x 1; ok @1\n0: write x 1; ok @2\n0: read x; ok 1 @1',
    },
    {
      guarantee: 'monotonic-reads',
      text: '0: write x 1; ok\n0: write x 2; ok\n1: read x; ok 2\n1: read x; ok 1',
      revised: '0: write x 1; ok @1\n0: write x 1; ok @2\n1: read x; ok 1 @2\n1: read x; ok 1 @1',
    },
    {
      guarantee: 'monotonic-writes',
      text: '0: write x 1; ok @2\n0: write x 2; ok @1',
      revised: '0: write x 1; ok @2\n0: write x 1; ok @1',
    },
    {
      guarantee: 'writes-follow-reads',
      text: '0: write x 1; ok @2\n1: read x; ok 1\n1: write x 2; ok @1',
      revised: '0: write x 1; ok @2\n1: read x; ok 1 @2\n1: write x 1; ok @1',
    },
  ];

for (const { guarantee, text, revised } of guarantees) {
  test(`sessions: a broken ${guarantee} is named, by values and by revisions`, () => {
    for (const history of [text, revised]) {
      const verdict = checkSessions(story(history).operations);
      assert(verdict.verdict === 'invalid', history);
      assert.deepEqual(
        verdict.anomalies.map(({ name }) => name),
        [guarantee],
        explainVerdict(verdict),
      );
    }
  });
}

test('sessions: a later revision that shows the same version breaks nothing', () => {
  const { operations } = story(`
    0: write x 1; ok @1
    0: write x 1; ok @5
    1: read x; ok 1 @9
    1: read x; ok 1 @6`);
  assert.equal(checkSessions(operations).verdict, 'valid');
});

test('sessions: a contradiction that takes several processes is found', () => {
  const { operations } = story(`
    0: write x 1; ok
    1: read x; ok 1
    1: write x 2; ok
    2: write x 3; ok
    3: read x; ok 2
    3: write x 4; ok
    4: read x; ok 4
    4: read x; ok 1`);
  const verdict = checkSessions(operations);
  assert(verdict.verdict === 'invalid');
  assert.equal(verdict.anomalies[0]?.name, 'monotonic-reads');
  assert(verdict.anomalies[0].operations.length >= 4, 'the operations that order the versions are shown');
});

test('values that repeat, without revisions, are more than causality and sessions can judge', () => {
  const history = story('0: write x 1; ok\n1: write x 1; ok\n2: read x; ok 1');
  for (const level of ['causal', 'session'] as const) {
    const verdict = checkHistory(history, { model: 'register', level });
    assert.equal(verdict.verdict === 'gave-up' && verdict.reason, 'values-repeat');
  }
  assert.equal(checkSequential(history.operations).verdict, 'valid');
});

test('sequential consistency is judged by search where values repeat and swaps are lost', () => {
  const fine = story(`
    0: write x 1; ok
    1: write x 1; ok
    2: cas x [1,2]; info
    0: read x; ok 2
    1: read x; ok 1
    3: cas x [1,5]; ok false`);
  assert.equal(checkSequential(fine.operations).verdict, 'valid');
  const broken = story(`
    0: write x 1; ok
    0: write y 1; ok
    1: write x 1; ok
    1: read y; ok 1
    1: read x; ok null`);
  const verdict = checkSequential(broken.operations);
  assert(verdict.verdict === 'invalid');
  assert.equal(verdict.anomalies[0]?.name, 'not-sequential');
  assert.match(explainVerdict(verdict), /process 1 {2}read x → nothing/);
});
