/** Which items a listing wants, told from their names or from their age. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAge, chosenByAge, chosenByName, type Wanted } from '../../../src/engines/zookeeper/ordering.ts';

function named(sequence: number, id = 'abcdefgh'): string {
  return `_c_${id}-lock-${String(sequence).padStart(10, '0')}`;
}

const queue = [named(12, 'zzzzzzzz'), named(9, 'yyyyyyyy'), named(10, 'aaaaaaaa'), named(11, 'mmmmmmmm')];
const before = { key: `locks/a/${named(11)}`, created: 500 };

interface Row {
  readonly name: string;
  readonly names?: readonly string[];
  readonly wanted: Wanted;
  readonly directoryCreated?: number;
  readonly chosen: readonly string[] | undefined;
}

const rows: readonly Row[] = [
  { name: 'all, oldest first', wanted: {}, chosen: [queue[1], queue[2], queue[3], queue[0]] as string[] },
  {
    name: 'the newest two',
    wanted: { descending: true, limit: 2 },
    chosen: [queue[0], queue[3]] as string[],
  },
  {
    name: 'the nearest before',
    wanted: { before, descending: true, limit: 1 },
    chosen: [queue[2]] as string[],
  },
  {
    name: 'nothing before who lay in an earlier life of the directory',
    wanted: { before },
    directoryCreated: 501,
    chosen: [],
  },
  {
    name: 'who was made in one transaction with its directory',
    wanted: { before, limit: 1 },
    directoryCreated: 500,
    chosen: [queue[1]] as string[],
  },
  { name: 'a plain name among them', names: [...queue, 'plain'], wanted: {}, chosen: undefined },
  { name: 'before a plain name', wanted: { before: { key: 'locks/a/x', created: 500 } }, chosen: undefined },
  {
    name: 'numbers behind the end of counting',
    names: [named(7), '_c_bbbbbbbb-lock--2147483648'],
    wanted: {},
    chosen: undefined,
  },
  { name: 'two of one number', names: [named(7), named(7, 'bbbbbbbb')], wanted: {}, chosen: undefined },
];

for (const { name, names = queue, wanted, directoryCreated = 1, chosen } of rows)
  test(`names tell ${name}${chosen === undefined ? ': not at all' : ''}`, () => {
    assert.deepEqual(chosenByName(names, directoryCreated, wanted), chosen);
  });

test('where names do not tell, age does', () => {
  const items = [
    { key: 'd/c', created: 3 },
    { key: 'd/b', created: 1 },
    { key: 'd/a', created: 3 },
    { key: 'd/d', created: 9 },
  ];
  const keys = (wanted: Wanted): string[] => chosenByAge(items, wanted).map(({ key }) => key.slice(2));
  assert.deepEqual(keys({}), ['b', 'a', 'c', 'd']);
  assert.deepEqual(keys({ before: { key: 'd/gone', created: 9 }, descending: true, limit: 1 }), ['c']);
  assert.deepEqual(
    [...items].sort(byAge).map(({ created }) => created),
    [1, 3, 3, 9],
  );
});
