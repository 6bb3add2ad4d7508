/**
 * The list of what must never happen is kept by tests that bear its numbers, and by planted bugs that bear them
 * too: a number that nobody bears any more is a promise that nobody keeps. The same holds for the figures and
 * rules of the Raft paper (Ongaro and Ousterhout 2014: figures 2 to 13, §5 and §7) and of the dissertation
 * (Ongaro 2014: the other sections, figure 4.6).
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCatalogue } from '../../tools/mutants/catalogue.ts';

const root = join(import.meta.dirname, '../..');

/** Bugs 1 to 34 concern consensus, its log, its snapshots and its disk; 35 to 38 watches, leases and locks; 45 gossip. */
const bugs = [...Array.from({ length: 38 }, (_, place) => place + 1), 45];

/** What was found in naive versions, as far as there is something here that could have it. */
const naiveBugs = {
  101: 'an election timer that is never reset on a granted vote',
  102: 'a match index that begins where an entry is',
  103: 'a log that is truncated on any append',
  104: 'a candidate that votes without persisting',
  105: 'a proposal that is answered before it is committed',
  106: 'a loop that waits only for the first answer of a quorum',
};

const figures = ['2, AppendEntries', '2, RequestVote', '4.6', '7', '8 (c)', '8 (d)', '8 (e)', '13'];
const sections = [
  ...[
    '3.8',
    '3.10',
    '4.1',
    '4.2.1',
    '4.2.2',
    '4.2.3',
    '4.3',
    '6.2',
    '6.4',
    '6.4.1',
    '9.6',
    '10.2.1',
    '10.2.2',
  ],
  ...['5.1', '5.2', '5.4.1', '7'],
];

/** What tests and the rows of their tables are called. */
function titles(pattern: string): string[] {
  const files = globSync(pattern, { cwd: root });
  const quoted = /(?:test\(|name: )(?:'([^'\n]*)'|`([^`\n]*)`)/g;
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(quoted)].map(
      ([, plain, template]) => plain ?? template ?? '',
    ),
  );
}

function numbersOf(title: string): number[] {
  const [, numbers = ''] = /(?:^|· |: )(\d+(?:, \d+)*) · /.exec(title) ?? [];
  return numbers.split(', ').map(Number);
}

test('every known bug has a scenario that bears its number', () => {
  const kept = new Set(titles('test/**/*.test.ts').flatMap(numbersOf));
  assert.deepEqual(
    bugs.filter((number) => !kept.has(number)),
    [],
  );
});

test('every known bug is planted, and so are those of naive versions', async () => {
  const planted = new Set((await readCatalogue()).map(({ number }) => number));
  const wanted = [...bugs, ...Object.keys(naiveBugs).map(Number)];
  assert.deepEqual(
    wanted.filter((number) => !planted.has(number)),
    [],
  );
});

test('the figures and rules of Raft have scenarios that name them', () => {
  const told = titles('test/raft/*.test.ts');
  const missing = [
    ...figures.filter(
      (figure) =>
        !told.some((title) => title.startsWith(`figure ${figure}`) || title.includes(`· figure ${figure}`)),
    ),
    ...sections.filter(
      (section) =>
        !told.some((title) => new RegExp(`§${section.replaceAll('.', '\\.')}(?![.\\d])`).test(title)),
    ),
  ];
  assert.deepEqual(missing, []);
});
