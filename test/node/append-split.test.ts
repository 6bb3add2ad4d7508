import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { appendBytes, splitAppend } from '../../src/node/append-split.ts';
import { type Entry, emptyConfiguration } from '../../src/raft/index.ts';
import type { GroupAppend } from '../../src/storage/index.ts';

const mark = { index: 9, term: 1, configuration: { ...emptyConfiguration, voters: [1] } };

/** Appends as a core makes them: entries without a gap, and a commit index that they, or what was before, reach. */
const appends: fc.Arbitrary<GroupAppend> = fc
  .record({
    sizes: fc.array(fc.nat(400), { maxLength: 20 }),
    first: fc.integer({ min: 10, max: 50 }),
    hasHardState: fc.boolean(),
    isInstalled: fc.boolean(),
    behind: fc.nat(30),
  })
  .map(({ sizes, first, hasHardState, isInstalled, behind }) => {
    const start = isInstalled ? 10 : first;
    const entries = sizes.map(
      (size, place): Entry => ({
        index: start + place,
        term: 2,
        kind: 'command',
        data: new Uint8Array(size),
      }),
    );
    const commit = Math.max(isInstalled ? 9 : 0, start + sizes.length - 1 - behind);
    return {
      group: 3,
      entries,
      hardState: hasHardState ? { term: 2, vote: 1, commit } : undefined,
      installed: isInstalled ? mark : undefined,
    };
  });

test('an append that is cut says, in parts that follow each other, what it said as a whole', () => {
  fc.assert(
    fc.property(appends, fc.integer({ min: 300, max: 3_000 }), (append, bytesMax) => {
      const parts = splitAppend(append, bytesMax);
      assert.deepEqual(
        parts.flatMap(({ entries }) => entries ?? []),
        append.entries,
      );
      assert.deepEqual(parts.at(-1)?.hardState, append.hardState);
      assert.equal(parts[0]?.installed, append.installed);
      for (const [place, part] of parts.entries()) {
        assert.equal(part.group, 3);
        assert.ok(place === 0 || part.installed === undefined, 'a snapshot is installed once');
        assert.ok(appendBytes(part) <= bytesMax || (part.entries ?? []).length <= 1);
      }
    }),
    { numRuns: 300 },
  );
});

test('a crash between two parts leaves a log that a member may start from', () => {
  fc.assert(
    fc.property(appends, fc.integer({ min: 300, max: 1_000 }), (append, bytesMax) => {
      let last = append.installed?.index ?? (append.entries?.[0]?.index ?? 10) - 1;
      let term = 0;
      for (const { entries = [], hardState } of splitAppend(append, bytesMax)) {
        last += entries.length;
        term = hardState?.term ?? term;
        if (append.hardState === undefined) continue;
        assert.equal(term, 2, 'no entry without the term that it was made in');
        assert.ok(
          entries.length === 0 || (hardState?.commit ?? 0) <= last,
          'nothing is committed that is not there',
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('what fits is left as it is', () => {
  const append: GroupAppend = { group: 1, compactTo: 4 };
  assert.deepEqual(splitAppend(append, 1), [append]);
});
