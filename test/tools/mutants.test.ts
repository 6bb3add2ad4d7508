import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCatalogue } from '../../tools/mutants/catalogue.ts';
import { roomOf, scenarioFiles } from '../../tools/mutants/juries.ts';
import { planted } from '../../tools/mutants/mutant.ts';
import { foremost, isSeenElsewhere, type Outcome, partOf, totalsOf } from '../../tools/mutants/outcome.ts';
import { OutcomeFile } from '../../tools/mutants/outcome-file.ts';

const root = join(import.meta.dirname, '../..');

test('every planted bug still fits the sources, each patch in exactly one place', async () => {
  const catalogue = await readCatalogue();
  assert(catalogue.length >= 190, `${catalogue.length} bugs`);
  for (const { name, patches } of catalogue) {
    const texts = new Map<string, string>();
    for (const patch of patches) {
      const text = texts.get(patch.file) ?? readFileSync(join(root, patch.file), 'utf8');
      assert.doesNotThrow(() => texts.set(patch.file, planted(text, patch)), name);
      assert.notEqual(texts.get(patch.file), text, name);
    }
  }
});

test('the file that is asked first is there, among the scenarios that judge', async () => {
  for (const { name, room, seenBy } of await readCatalogue()) {
    assert(scenarioFiles(room, root).includes(seenBy), `${name} is not seen by ${seenBy}`);
  }
  assert.throws(() => roomOf('test/sim/cluster/fleet.test.ts'), /holds no scenarios/);
});

test('a patch whose place is gone, or is not the only one, is a loud failure', () => {
  const patch = { file: 'a.ts', find: 'one', replace: 'two' };
  assert.equal(planted('there is one place', patch), 'there is two place');
  assert.throws(() => planted('nothing here', patch), /fits 0 places/);
  assert.throws(() => planted('one or one', patch), /fits 2 places/);
});

const outcome: Outcome = {
  mutant: '24-x',
  bug: 'x',
  room: 'raft',
  seenBy: 'test/raft/a.test.ts',
  tests: [],
  seedKind: 'chaos',
  seedsMax: 20,
};

test('totals count by scenarios, by kind of seeds and by room, and a bug that nobody saw is a survivor', () => {
  const totals = totalsOf([
    { ...outcome, tests: ['a › 24 · b'], seeds: 3 },
    { ...outcome, seeds: 9 },
    { ...outcome, tests: ['a › b'] },
    { ...outcome, room: 'node', seedKind: 'simulator' },
    { ...outcome, room: 'storage', seedKind: 'simulator', seedsMax: 0, tests: ['c › b'] },
  ]);
  assert.deepEqual(totals, {
    planted: 5,
    killed: 4,
    killRate: 0.8,
    byScenarios: 3,
    elsewhere: 1,
    numbered: { planted: 5, killed: 1 },
    bySeeds: { chaos: { planted: 3, killed: 2, seedsMedian: 3 }, simulator: { planted: 1, killed: 0 } },
    byRoom: {
      node: { planted: 1, killed: 0 },
      raft: { planted: 3, killed: 3 },
      storage: { planted: 1, killed: 1 },
    },
  });
});

test('the scenario that is named is the one that bears the number of the bug', () => {
  const tests = ['a › 4 · no', 'a › 124 · no', 'b › figure 1 · 23, 24 · yes', 'a › 24 · too late'];
  assert.equal(foremost({ ...outcome, tests }), 'b › figure 1 · 23, 24 · yes');
  assert.equal(foremost({ ...outcome, tests: tests.slice(0, 2) }), 'a › 4 · no', 'otherwise the first');
});

test('a bug is seen elsewhere when no scenario of the file that was asked first is red', () => {
  assert(isSeenElsewhere({ ...outcome, tests: ['b › first', 'ab › second'] }));
  assert(!isSeenElsewhere({ ...outcome, tests: ['b › first', 'a › second'] }));
  assert(!isSeenElsewhere(outcome), 'nobody saw it');
});

test('the parts of the catalogue make up the whole, and what is no part is refused', async () => {
  const catalogue = await readCatalogue();
  const parts = Array.from({ length: 7 }, (_, place) => partOf(catalogue, `${place + 1}/7`));
  assert.deepEqual(new Set(parts.flat()), new Set(catalogue));
  assert.equal(parts.flat().length, catalogue.length);
  for (const part of ['0/7', '8/7', '7', 'x/y', ''])
    assert.throws(() => partOf(catalogue, part), /is no part/);
});

test('outcomes are kept for the sources and the seeds that they were made with, and for no others', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-outcomes-'));
  try {
    mkdirSync(join(directory, 'src'));
    writeFileSync(join(directory, 'src/a.ts'), 'one');
    const file = join(directory, 'outcomes.jsonl');
    new OutcomeFile(file, directory, 'plan').add(outcome);
    assert.deepEqual(new OutcomeFile(file, directory, 'plan').outcomeOf('24-x'), outcome);
    assert.equal(new OutcomeFile(file, directory, 'another').outcomeOf('24-x'), undefined);
    writeFileSync(join(directory, 'src/a.ts'), 'two');
    assert.equal(new OutcomeFile(file, directory, 'plan').outcomeOf('24-x'), undefined);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
