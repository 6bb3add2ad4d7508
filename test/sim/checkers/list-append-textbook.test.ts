/**
 * Isolation of list-append transactions: one small history for each anomaly by name, with the levels that
 * forbid it. Names and examples follow Adya (1999) and Elle (Kingsbury and Alvaro 2020).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkHistory,
  checkListAppend,
  checkListSessions,
  explainVerdict,
  type IsolationLevel,
} from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';

const levels: readonly IsolationLevel[] = [
  'read-committed',
  'causal',
  'snapshot-isolation',
  'serializable',
  'sequential',
  'strict-serializable',
];

interface Row {
  readonly anomaly: string;
  readonly name: string;
  readonly text: string;
  /** The levels that forbid it. */
  readonly forbiddenBy: readonly IsolationLevel[];
}

const rows: readonly Row[] = [
  {
    anomaly: 'thin-air-read',
    name: 'an element that nobody appended',
    text: '0: txn [["r","x",null]]; ok [["r","x",[1]]]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'duplicate-elements',
    name: 'an element that stands twice',
    text: '0: append x 1; ok\n0: read x; ok [1,1]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'incompatible-order',
    name: 'two reads that show two orders',
    text: '0: append x 1; ok\n0: append x 2; ok\n1: read x; ok [1,2]\n1: read x; ok [2,1]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'future-read',
    name: 'a transaction that sees what it appends only afterwards',
    text: '0: txn [["r","x",null],["append","x",1]]; ok [["r","x",[1]],["append","x",1]]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'G1a',
    name: 'a read of a failed transaction',
    text: '0: append x 1; fail\n1: read x; ok [1]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'G1b',
    name: 'a read from the middle of a transaction',
    text: '0: txn [["append","x",1],["append","x",2]]\n1: read x; ok [1]\n0: ok [["append","x",1],["append","x",2]]\n1: read x; ok [1,2]',
    forbiddenBy: levels,
  },
  {
    anomaly: 'G0',
    name: 'writes in a circle',
    text: `
      0: txn [["append","x",1],["append","y",1]]
      1: txn [["append","x",2],["append","y",2]]
      0: ok [["append","x",1],["append","y",1]]
      1: ok [["append","x",2],["append","y",2]]
      2: txn [["r","x",null],["r","y",null]]; ok [["r","x",[1,2]],["r","y",[2,1]]]`,
    forbiddenBy: levels,
  },
  {
    anomaly: 'G1c',
    name: 'each transaction reads what the other appended',
    text: `
      0: txn [["append","x",1],["r","y",null]]
      1: txn [["append","y",1],["r","x",null]]
      0: ok [["append","x",1],["r","y",[1]]]
      1: ok [["append","y",1],["r","x",[1]]]`,
    forbiddenBy: levels,
  },
  {
    anomaly: 'internal',
    name: 'a transaction that does not see its own append',
    text: '0: txn [["append","x",1],["r","x",null]]; ok [["append","x",1],["r","x",[]]]',
    forbiddenBy: ['causal', 'snapshot-isolation', 'serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'internal',
    name: 'a read that cannot be repeated',
    text: `
      0: append x 1; ok
      1: txn [["r","x",null],["r","x",null]]; ok [["r","x",[]],["r","x",[1]]]`,
    forbiddenBy: ['causal', 'snapshot-isolation', 'serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'lost-update',
    name: 'two transactions that append to the same version, as nobody sees later',
    text: `
      0: txn [["r","x",null],["append","x",1]]
      1: txn [["r","x",null],["append","x",2]]
      0: ok [["r","x",[]],["append","x",1]]
      1: ok [["r","x",[]],["append","x",2]]`,
    forbiddenBy: ['snapshot-isolation', 'serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G-single',
    name: 'a transaction that sees one half of another (read skew)',
    text: `
      0: txn [["append","x",1],["append","y",1]]
      1: txn [["r","x",null],["r","y",null]]
      0: ok [["append","x",1],["append","y",1]]
      1: ok [["r","x",[]],["r","y",[1]]]
      2: read x; ok [1]`,
    forbiddenBy: ['causal', 'snapshot-isolation', 'serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G2-item',
    name: 'two transactions that read what the other appends (write skew)',
    text: `
      0: txn [["r","x",null],["append","y",1]]
      1: txn [["r","y",null],["append","x",1]]
      0: ok [["r","x",[]],["append","y",1]]
      1: ok [["r","y",[]],["append","x",1]]
      2: txn [["r","x",null],["r","y",null]]; ok [["r","x",[1]],["r","y",[1]]]`,
    forbiddenBy: ['serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G2-item',
    name: 'write skew whose appends nobody saw afterwards',
    text: `
      0: txn [["r","x",null],["append","y",1]]
      1: txn [["r","y",null],["append","x",1]]
      0: ok [["r","x",[]],["append","y",1]]
      1: ok [["r","y",[]],["append","x",1]]`,
    forbiddenBy: ['serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G-nonadjacent',
    name: 'two readers that see two writes in two orders (long fork)',
    text: `
      0: append x 1
      1: append y 1
      2: txn [["r","x",null],["r","y",null]]; ok [["r","x",[1]],["r","y",[]]]
      3: txn [["r","x",null],["r","y",null]]; ok [["r","x",[]],["r","y",[1]]]
      0: ok
      1: ok
      4: txn [["r","x",null],["r","y",null]]; ok [["r","x",[1]],["r","y",[1]]]`,
    forbiddenBy: ['snapshot-isolation', 'serializable', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G-single-process',
    name: 'a process that does not see what it did before',
    text: '0: append x 1; ok\n0: read x; ok []\n1: read x; ok [1]',
    forbiddenBy: ['causal', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G-single-realtime',
    name: 'a stale read, in real time',
    text: '0: append x 1; ok\n1: read x; ok []\n0: read x; ok [1]',
    forbiddenBy: ['strict-serializable'],
  },
  {
    anomaly: 'G1c-process',
    name: 'a process that sees what follows from what it does next',
    text: '0: read y; ok [1]\n0: append x 1; ok\n1: read x; ok [1]\n1: append y 1; ok',
    forbiddenBy: ['causal', 'sequential', 'strict-serializable'],
  },
  {
    anomaly: 'G0-realtime',
    name: 'two appends whose order is against real time',
    text: '0: append x 1; ok\n1: append x 2; ok\n2: read x; ok [2,1]',
    forbiddenBy: ['strict-serializable'],
  },
  {
    anomaly: 'G0-process',
    name: 'two appends of one process in the wrong order',
    text: '0: append x 1; ok\n0: append x 2; ok\n2: read x; ok [2,1]',
    forbiddenBy: ['causal', 'sequential', 'strict-serializable'],
  },
];

for (const { anomaly, name, text, forbiddenBy } of rows) {
  for (const level of levels) {
    const forbidden = forbiddenBy.includes(level);
    test(`${name} is ${forbidden ? `refused as ${anomaly}` : 'allowed'} at ${level}`, () => {
      const verdict = checkListAppend(story(text).operations, level);
      assert.equal(verdict.verdict, forbidden ? 'invalid' : 'valid', explainVerdict(verdict));
      if (verdict.verdict !== 'invalid') return;
      const names = verdict.anomalies.map((found) => found.name as string);
      assert(names.includes(anomaly), `found ${names.join(', ')}`);
    });
  }
}

test('a cycle is told as a story that a person can check', () => {
  const row = rows.find(({ anomaly }) => anomaly === 'G2-item');
  const text = explainVerdict(checkListAppend(story(row?.text ?? '').operations, 'serializable'));
  assert.match(text, /^G2-item: T1 comes before itself/);
  assert.match(text, /T1 did not see that T2 appended 1 to [xy]; T2 did not see that T1 appended 1 to [xy]/);
  assert.match(text, /process 0 {2}txn read x \[\], append y 1 → done/);
});

test('a lost transaction that was seen has happened; one that nobody saw may not have', () => {
  const seen = story('0: append x 1; info\n1: read x; ok [1]\n1: read x; ok []');
  assert.equal(checkListAppend(seen.operations, 'strict-serializable').verdict, 'invalid');
  const unseen = story('0: append x 1; info\n1: read x; ok []\n1: read x; ok []');
  assert.equal(checkListAppend(unseen.operations, 'strict-serializable').verdict, 'valid');
});

test('an append that certainly failed may be tried again with the same element', () => {
  const retried = story('0: append x 1; fail\n0: append x 1; ok\n1: read x; ok [1]');
  assert.equal(checkListAppend(retried.operations, 'strict-serializable').verdict, 'valid');
  const early = story('0: append x 1; ok\n0: append x 1; fail\n1: read x; ok [1]');
  assert.equal(checkListAppend(early.operations, 'strict-serializable').verdict, 'valid');
});

test('an element that is appended twice is more than the judge can tell apart', () => {
  const { operations } = story('0: append x 1; ok\n1: append x 1; ok\n1: read x; ok [1]');
  const verdict = checkListAppend(operations, 'serializable');
  assert.equal(verdict.verdict === 'gave-up' && verdict.reason, 'values-repeat');
});

const sessions: readonly { readonly guarantee: string | undefined; readonly text: string }[] = [
  { guarantee: undefined, text: '0: append x 1; ok\n1: read x; ok []\n1: read x; ok [1]' },
  { guarantee: 'read-your-writes', text: '0: append x 1; ok\n0: read x; ok []\n1: read x; ok [1]' },
  { guarantee: 'monotonic-reads', text: '0: append x 1; ok\n1: read x; ok [1]\n1: read x; ok []' },
  { guarantee: 'monotonic-writes', text: '0: append x 1; ok\n0: append x 2; ok\n1: read x; ok [2,1]' },
  {
    guarantee: 'writes-follow-reads',
    text: '0: append x 1; ok\n1: read x; ok [1]\n1: append x 2; ok\n2: append x 3; ok\n2: read x; ok [2,1,3]',
  },
  {
    guarantee: 'incompatible-order',
    text: '0: append x 1; ok\n0: append x 2; ok\n1: read x; ok [2]\n2: read x; ok [1,2]',
  },
];

for (const { guarantee, text } of sessions) {
  test(`sessions over lists: ${guarantee ?? 'nothing'} is told`, () => {
    const history = story(text);
    const verdict = checkListSessions(history.operations);
    assert.deepEqual(checkHistory(history, { model: 'list-append', level: 'session' }), verdict);
    if (guarantee === undefined) assert.equal(verdict.verdict, 'valid', explainVerdict(verdict));
    else assert(verdict.verdict === 'invalid' && verdict.anomalies.some(({ name }) => name === guarantee));
  });
}
