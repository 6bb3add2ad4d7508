/** What is made of rows of changes: whole transactions in their order, or the word that something is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from '../../../src/engines/postgres/changes-page.ts';
import { KnownNumbers, wentBack } from '../../../src/engines/postgres/known-numbers.ts';
import type { Row } from '../../../src/engines/postgres/pg-module.ts';

function row(sequence: number, through = sequence, last = 9, kind = 'put'): Row {
  return {
    last: String(last),
    sequence: String(sequence),
    through: String(through),
    kind,
    name: 'n',
    value: kind === 'put' ? Buffer.from('v') : null,
    created: '1',
    session: null,
  };
}

function sequences(after: number, rows: readonly Row[]): unknown {
  const page = pageOf('d', after, rows);
  if (page.kind === 'gap') return `gap to ${page.last}`;
  return [page.changes.map(({ sequence }) => sequence), page.last, page.hasMore];
}

test('changes behind a number come in their order, and say how far they reach', () => {
  assert.deepEqual(sequences(6, [row(7), row(8), row(9)]), [[7, 8, 9], 9, false]);
  assert.deepEqual(sequences(6, [row(7), row(8)]), [[7, 8], 8, true]);
});

test('a transaction that was cut off is left for the next page', () => {
  assert.deepEqual(sequences(6, [row(7), row(8, 9)]), [[7], 7, true]);
  assert.deepEqual(sequences(6, [row(7, 9), row(8, 9)]), [[], 6, true]);
});

test('what is forgotten is a gap: at the beginning, in between, or all of it', () => {
  assert.equal(sequences(5, [row(7), row(8), row(9)]), 'gap to 9');
  assert.equal(sequences(6, [row(7), row(9)]), 'gap to 9');
  assert.equal(sequences(5, [{ last: '9', name: null }]), 'gap to 9');
});

test('no changes are no gap where there were none', () => {
  assert.deepEqual(sequences(9, [{ last: '9', name: null }]), [[], 9, false]);
  assert.deepEqual(sequences(0, [{ last: null, name: null }]), [[], 0, false]);
});

test('a directory that is behind the number is one that lost something', () => {
  assert.equal(sequences(12, [{ last: '9', name: null }]), 'gap to 9');
  assert.equal(sequences(12, [{ last: null, name: null }]), 'gap to 0');
});

test('each kind of change is told as the port has it', () => {
  const page = pageOf('d', 6, [row(7), row(8, 8, 9, 'deleted'), row(9, 9, 9, 'expired')]);
  assert.deepEqual(page.kind === 'changes' && page.changes.map(({ event }) => event), [
    {
      kind: 'put',
      key: 'd/n',
      item: { key: 'd/n', value: Uint8Array.of(118), created: 1, modified: 7, session: undefined },
    },
    { kind: 'deleted', key: 'd/n' },
    { kind: 'expired', key: 'd/n' },
  ]);
});

test('a number that is smaller than what was known went back, an answer that was overtaken did not', () => {
  const known = new KnownNumbers();
  known.note({ a: 5, b: 3 });
  const before = known.of(['a', 'c']);
  known.note({ a: 8 });
  assert.equal(wentBack(before, { a: 5, c: 1 }), undefined);
  assert.equal(wentBack(known.of(['a']), { a: 5 }), 'a');
  known.note({ a: 2 });
  assert.deepEqual(known.of(['a']), { a: 8 });
  known.clear();
  assert.deepEqual(known.of(['a', 'b']), { a: 0, b: 0 });
});
