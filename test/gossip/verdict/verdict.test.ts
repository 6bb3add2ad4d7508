/** Which side goes on: each rule by rows, and that no two sides of any split do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkStrategy, type PartitionStrategy } from '../../../src/gossip/verdict/strategy.ts';
import { type Sides, verdictOf } from '../../../src/gossip/verdict/verdict.ts';
import { refuses } from '../../time/refusals.ts';

const majority: PartitionStrategy = { kind: 'keep-majority' };
const oldest: PartitionStrategy = { kind: 'keep-oldest' };
const oldestAnyway: PartitionStrategy = { kind: 'keep-oldest', downIfAlone: false };
const lease: PartitionStrategy = { kind: 'lease-majority', minorityWait: '3s' };
const all: PartitionStrategy = { kind: 'down-all' };
const quorum = (size: number): PartitionStrategy => ({ kind: 'static-quorum', size });

/** Who is here, who is not; the oldest is in capitals. */
type Row = readonly [strategy: PartitionStrategy, here: string, lost: string, verdict: string];

const rows: readonly Row[] = [
  [majority, 'Ab', '', 'stay majority'],
  [all, 'A', '', 'yield down-all'],
  [quorum(3), 'Ab', '', 'yield no-quorum'],
  [majority, '', 'A', 'yield unsettled'],
  [majority, '', '', 'yield unsettled'],
  [quorum(1), '', 'A', 'yield unsettled'],
  [oldest, '', 'A', 'yield unsettled'],
  [lease, '', 'A', 'ask 3000 unsettled'],
  [all, '', 'A', 'yield down-all'],
  [majority, 'Abc', 'de', 'stay majority'],
  [majority, 'de', 'Abc', 'yield minority'],
  [majority, 'ab', 'cD', 'stay half-with-lowest-id'],
  [majority, 'cD', 'ab', 'yield half-without-lowest-id'],
  [majority, 'a', 'B', 'stay half-with-lowest-id'],
  [majority, 'B', 'a', 'yield half-without-lowest-id'],
  [majority, 'ad', 'bceF', 'yield minority'],
  [quorum(3), 'Abc', 'de', 'stay quorum'],
  [quorum(3), 'de', 'Abc', 'yield no-quorum'],
  [quorum(3), 'Abc', 'def', 'yield quorum-too-small'],
  [quorum(3), 'Abcde', 'f', 'yield quorum-too-small'],
  [quorum(1), 'A', 'b', 'yield quorum-too-small'],
  [quorum(2), 'bc', 'A', 'stay quorum'],
  [oldest, 'bC', 'ade', 'stay oldest-here'],
  [oldest, 'ade', 'bC', 'yield oldest-elsewhere'],
  [oldest, 'C', 'abde', 'yield oldest-alone'],
  [oldest, 'abde', 'C', 'stay all-but-oldest'],
  [oldest, 'abd', 'Ce', 'yield oldest-elsewhere'],
  [oldest, 'B', 'a', 'stay oldest-here'],
  [oldest, 'a', 'B', 'yield oldest-elsewhere'],
  [oldestAnyway, 'C', 'abde', 'stay oldest-here'],
  [oldestAnyway, 'abde', 'C', 'yield oldest-elsewhere'],
  [lease, 'Abc', 'de', 'ask 0 majority'],
  [lease, 'de', 'Abc', 'ask 3000 minority'],
  [lease, 'ab', 'cD', 'ask 0 half-with-lowest-id'],
  [lease, 'cD', 'ab', 'ask 3000 half-without-lowest-id'],
  [all, 'Abcd', 'e', 'yield down-all'],
];

for (const [strategy, here, lost, expected] of rows) {
  const size = strategy.kind === 'static-quorum' ? ` of ${strategy.size}` : '';
  const alone = strategy.kind === 'keep-oldest' && strategy.downIfAlone === false ? ' even alone' : '';
  test(`${strategy.kind}${size}${alone}: ${here || 'nobody'} against ${lost || 'nobody'}: ${expected}`, () => {
    const verdict = verdictOf(checkStrategy(strategy), sidesOf(here, lost));
    const wait = verdict.kind === 'ask' ? ` ${verdict.waitMs}` : '';
    const why = verdict.kind === 'whole' ? '' : ` ${verdict.why}`;
    assert.equal(`${verdict.kind}${wait}${why}`, expected);
  });
}

function sidesOf(here: string, lost: string): Sides {
  const members = (text: string): string[] => text.toLowerCase().split('').sort();
  return {
    alive: members(here),
    lost: members(lost),
    oldest: /[A-Z]/.exec(here + lost)?.[0].toLowerCase() ?? '',
  };
}

test('of two or three sides at most one goes on, whatever the split and the strategy', () => {
  const strategies: readonly PartitionStrategy[] = [
    majority,
    oldest,
    oldestAnyway,
    all,
    ...[1, 2, 3, 4, 5].map(quorum),
  ];
  const cluster = fc.integer({ min: 1, max: 9 }).chain((size) =>
    fc.record({
      sides: fc.array(fc.nat(2), { minLength: size, maxLength: size }),
      oldestAt: fc.nat(size - 1),
    }),
  );
  const stayed = new Map<string, number>();
  fc.assert(
    fc.property(cluster, fc.constantFrom(...strategies), ({ sides, oldestAt }, strategy) => {
      const ids = sides.map((_, place) => `n${place}`);
      const verdicts = [0, 1, 2].flatMap((side) => {
        const alive = ids.filter((_, place) => sides[place] === side);
        const lost = ids.filter((_, place) => sides[place] !== side);
        if (alive.length === 0) return [];
        return [verdictOf(checkStrategy(strategy), { alive, lost, oldest: ids[oldestAt] as string })];
      });
      const staying = verdicts.filter(({ kind }) => kind === 'stay' || kind === 'whole');
      assert.ok(staying.length <= 1, JSON.stringify(verdicts));
      if (verdicts.length > 1) stayed.set(strategy.kind, (stayed.get(strategy.kind) ?? 0) + staying.length);
    }),
    { numRuns: 2_000 },
  );
  for (const { kind } of [majority, oldest, quorum(2)])
    assert.ok((stayed.get(kind) ?? 0) > 20, `${kind} was met`);
  assert.equal(stayed.get('down-all'), 0);
});

test('of two sides exactly one goes on by majority and by the oldest', () => {
  const split = fc.integer({ min: 2, max: 9 }).chain((size) =>
    fc.record({
      here: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
      oldestAt: fc.nat(size - 1),
    }),
  );
  fc.assert(
    fc.property(split, fc.constantFrom(majority, oldest, oldestAnyway), ({ here, oldestAt }, strategy) => {
      const ids = here.map((_, place) => `n${place}`);
      const [one, other] = [ids.filter((_, place) => here[place]), ids.filter((_, place) => !here[place])];
      fc.pre(one.length > 0 && other.length > 0);
      const eldest = ids[oldestAt] as string;
      const kinds = [
        verdictOf(checkStrategy(strategy), { alive: one, lost: other, oldest: eldest }).kind,
        verdictOf(checkStrategy(strategy), { alive: other, lost: one, oldest: eldest }).kind,
      ];
      assert.deepEqual(kinds.sort(), ['stay', 'yield']);
    }),
  );
});

test('strategies that make no sense are refused by name', () => {
  refuses(() => checkStrategy({ kind: 'static-quorum', size: 0 }), 'invalid-option');
  refuses(() => checkStrategy({ kind: 'lease-majority', lease: '' }), 'invalid-option');
  refuses(() => checkStrategy({ kind: 'lease-majority', askEvery: 0 }), 'invalid-option');
  refuses(
    () => checkStrategy({ kind: 'lease-majority', askEvery: '5s', leaseTime: '9999ms' }),
    'invalid-option',
  );
  refuses(() => checkStrategy({ kind: 'keep-the-best' } as never), 'invalid-option');
});
