/**
 * A history file is evidence. These tests hold the parser to its promise that no broken one gets through, and
 * that each is refused with its line and the name of its fault.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HistoryFault, isQuorateError } from '../../../src/base/index.ts';
import { HistoryBuilder, parseHistory } from '../../../src/sim/history/index.ts';

const write = '{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}';
const written = '{"process":0,"type":"ok","f":"write","key":"x","value":1,"time":20,"revision":7}';
const lost = '{"process":0,"type":"info","f":"write","key":"x","value":null,"time":20}';

function invoke(f: string, value: unknown, key: unknown = 'x'): string {
  return JSON.stringify({ process: 0, type: 'invoke', f, key, value, time: 10 });
}

function ok(f: string, value: unknown, key: unknown = 'x'): string {
  return JSON.stringify({ process: 0, type: 'ok', f, key, value, time: 20 });
}

interface Refusal {
  readonly name: string;
  readonly lines: readonly string[];
  readonly line: number;
  readonly fault: HistoryFault;
}

const refusals: readonly Refusal[] = [
  { name: 'a line that is not JSON', lines: [write, '{oops'], line: 2, fault: 'not-json' },
  { name: 'a line cut in the middle', lines: [write.slice(0, 30)], line: 1, fault: 'not-json' },
  { name: 'an empty line between two', lines: [write, '', written], line: 2, fault: 'not-json' },
  { name: 'a list instead of an event', lines: ['[1]'], line: 1, fault: 'not-an-event' },
  { name: 'null instead of an event', lines: ['null'], line: 1, fault: 'not-an-event' },
  {
    name: 'a field nobody knows',
    lines: ['{"process":0,"type":"invoke","f":"read","key":"x","value":null,"time":1,"node":"a"}'],
    line: 1,
    fault: 'unknown-field',
  },
  {
    name: 'a process that is a text',
    lines: [write.replace('"process":0', '"process":"0"')],
    line: 1,
    fault: 'bad-process',
  },
  {
    name: 'a process below zero',
    lines: [write.replace('"process":0', '"process":-1')],
    line: 1,
    fault: 'bad-process',
  },
  {
    name: 'a missing process',
    lines: [write.replace('"process":0,', '')],
    line: 1,
    fault: 'bad-process',
  },
  { name: 'an unknown type', lines: [write.replace('invoke', 'begin')], line: 1, fault: 'bad-type' },
  { name: 'an unknown function', lines: [invoke('increment', 1)], line: 1, fault: 'bad-function' },
  { name: 'a function named like a method', lines: [invoke('toString', 1)], line: 1, fault: 'bad-function' },
  { name: 'a write without a key', lines: [invoke('write', 1, null)], line: 1, fault: 'bad-key' },
  { name: 'a key that is an object', lines: [invoke('write', 1, {})], line: 1, fault: 'bad-key' },
  { name: 'a transaction with a key', lines: [invoke('txn', [])], line: 1, fault: 'bad-key' },
  { name: 'a time with a fraction', lines: [write.replace('10', '10.5')], line: 1, fault: 'bad-time' },
  { name: 'a missing time', lines: [write.replace(',"time":10', '')], line: 1, fault: 'bad-time' },
  {
    name: 'time that goes back',
    lines: [write, written.replace('"time":20', '"time":9')],
    line: 2,
    fault: 'time-went-back',
  },
  {
    name: 'a revision on an invoke',
    lines: [write.replace('}', ',"revision":1}')],
    line: 1,
    fault: 'bad-revision',
  },
  {
    name: 'a revision below zero',
    lines: [write, written.replace(':7', ':-7')],
    line: 2,
    fault: 'bad-revision',
  },
  { name: 'two invokes of one process', lines: [write, write], line: 2, fault: 'duplicate-invoke' },
  { name: 'an ok without an invoke', lines: [written], line: 1, fault: 'completion-without-invoke' },
  { name: 'a second ok', lines: [write, written, written], line: 3, fault: 'completion-without-invoke' },
  {
    name: 'a process that acts after an unknown outcome',
    lines: [write, lost, write.replace('"time":10', '"time":30')],
    line: 3,
    fault: 'process-reused',
  },
  {
    name: 'an ok after an unknown outcome',
    lines: [write, lost, written],
    line: 3,
    fault: 'completion-without-invoke',
  },
  {
    name: 'an ok of another function',
    lines: [write, ok('read', 1)],
    line: 2,
    fault: 'completion-mismatch',
  },
  {
    name: 'an ok of another key',
    lines: [write, ok('write', 1, 'y')],
    line: 2,
    fault: 'completion-mismatch',
  },
  { name: 'a read with an argument', lines: [invoke('read', 1)], line: 1, fault: 'bad-value' },
  { name: 'a write of an object', lines: [invoke('write', {})], line: 1, fault: 'bad-value' },
  {
    name: 'a write of a number that JSON rounds',
    lines: [write.replace('"value":1', '"value":9007199254740993')],
    line: 1,
    fault: 'bad-value',
  },
  { name: 'a write answered by another value', lines: [write, ok('write', 2)], line: 2, fault: 'bad-value' },
  {
    name: 'a read answered by an object',
    lines: [invoke('read', null), ok('read', {})],
    line: 2,
    fault: 'bad-value',
  },
  { name: 'a cas of three values', lines: [invoke('cas', [1, 2, 3])], line: 1, fault: 'bad-value' },
  { name: 'a cas of one value', lines: [invoke('cas', 1)], line: 1, fault: 'bad-value' },
  {
    name: 'a cas answered by another pair',
    lines: [invoke('cas', [1, 2]), ok('cas', [1, 3])],
    line: 2,
    fault: 'bad-value',
  },
  { name: 'an append of nothing', lines: [invoke('append', null)], line: 1, fault: 'bad-value' },
  {
    name: 'a token that is a text',
    lines: [invoke('acquire', null), ok('acquire', '7')],
    line: 2,
    fault: 'bad-value',
  },
  { name: 'a release of a text', lines: [invoke('release', '7')], line: 1, fault: 'bad-value' },
  { name: 'an add of a fraction', lines: [invoke('add', 0.5)], line: 1, fault: 'bad-value' },
  {
    name: 'an add answered by a text',
    lines: [invoke('add', 1), ok('add', '1')],
    line: 2,
    fault: 'bad-value',
  },
  {
    name: 'a transaction with an unknown step',
    lines: [invoke('txn', [['w', 'x', 1]], null)],
    line: 1,
    fault: 'bad-value',
  },
  {
    name: 'a transaction that knows its reads before it asks',
    lines: [invoke('txn', [['r', 'x', [1]]], null)],
    line: 1,
    fault: 'bad-value',
  },
  {
    name: 'a transaction answered by fewer steps',
    lines: [invoke('txn', [['r', 'x', null]], null), ok('txn', [], null)],
    line: 2,
    fault: 'bad-value',
  },
  {
    name: 'a transaction answered by another key',
    lines: [invoke('txn', [['r', 'x', null]], null), ok('txn', [['r', 'y', []]], null)],
    line: 2,
    fault: 'bad-value',
  },
  {
    name: 'a transaction whose append changed',
    lines: [invoke('txn', [['append', 'x', 1]], null), ok('txn', [['append', 'x', 2]], null)],
    line: 2,
    fault: 'bad-value',
  },
  {
    name: 'a failure that tells of another argument',
    lines: [
      write,
      written.replace('"ok"', '"fail"').replace(',"revision":7', '').replace(':1,"time', ':2,"time'),
    ],
    line: 2,
    fault: 'bad-value',
  },
];

for (const refusal of refusals) {
  test(`a history with ${refusal.name} is refused as ${refusal.fault}`, () => {
    assert.throws(
      () => parseHistory(refusal.lines.join('\n')),
      (error) => {
        assert(isQuorateError(error) && error.code === 'malformed-history', String(error));
        assert.deepEqual(error.data, { line: refusal.line, fault: refusal.fault });
        assert(error.message.startsWith(`history line ${refusal.line}: `));
        return true;
      },
    );
  });
}

test('an answer may repeat the argument, be absent or be null', () => {
  const absent = '{"process":0,"type":"ok","f":"write","key":"x","time":20}';
  for (const answer of [written, absent, ok('write', null)])
    assert.equal(parseHistory(`${write}\n${answer}\n`).operations[0]?.outcome, 'applied');
});

test('an empty text is an empty history', () => {
  assert.deepEqual(parseHistory(''), { events: [], operations: [] });
});

test('an event that is refused changes nothing: the right one can follow', () => {
  const builder = new HistoryBuilder();
  const read = { process: 0, f: 'read', key: 'x', value: null } as const;
  builder.add({ ...read, type: 'invoke', time: 10 });
  assert.throws(() => builder.add({ ...read, type: 'invoke', time: 11 }), /line 2/);
  assert.throws(() => builder.add({ ...read, type: 'ok', time: 9 }), /line 2/);
  builder.add({ ...read, type: 'ok', time: 10 });
  assert.equal(builder.size, 2);
  assert.equal(builder.history().operations[0]?.outcome, 'applied');
});
