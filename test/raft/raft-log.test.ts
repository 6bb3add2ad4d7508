import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entry } from '../../src/raft/index.ts';
import { entryBytes, RaftLog } from '../../src/raft/raft-log.ts';
import { commandEntry, entriesOf } from './logs.ts';

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly newTerm: boolean }
  | { readonly kind: 'overwrite'; readonly back: number; readonly count: number }
  | { readonly kind: 'persist' }
  | { readonly kind: 'answer'; readonly count: number }
  | { readonly kind: 'compact'; readonly share: number }
  | { readonly kind: 'reset'; readonly ahead: number };

const count = fc.integer({ min: 1, max: 4 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('append' as const), count, newTerm: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('overwrite' as const), back: fc.nat(6), count }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('persist' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), count }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), share: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), ahead: count }) },
  ),
  { maxLength: 60 },
);

/** A log as arrays, and a disk that holds what the answered writes have put there. */
class Model {
  readonly log: RaftLog = new RaftLog({ index: 0, term: 0 }, []);
  base: { index: number; term: number } = { index: 0, term: 0 };
  entries: Entry[] = [];
  disk: Entry[] = [];
  diskBase = 0;
  /** Everything at or before is applied somewhere, so it is neither overwritten nor lost. */
  settled = 0;
  term = 1;
  readonly #writes: { sequence: number; reset: number | undefined; entries: readonly Entry[] }[] = [];
  #sequence = 0;
  #reset: number | undefined;

  get last(): number {
    return this.base.index + this.entries.length;
  }

  append(added: number): void {
    for (let left = added; left > 0; left -= 1) {
      const entry = commandEntry(this.last + 1, this.term);
      this.entries.push(entry);
      this.log.append(entry);
    }
  }

  overwrite(back: number, added: number): void {
    const after = Math.max(this.settled, this.last - back);
    if (after === this.last) return;
    this.entries.splice(after - this.base.index);
    this.log.truncateAfter(after);
    this.term += 1;
    this.append(added);
  }

  persist(): void {
    this.#sequence += 1;
    this.#writes.push({
      sequence: this.#sequence,
      reset: this.#reset,
      entries: this.log.takeUnsaved(this.#sequence),
    });
    this.#reset = undefined;
  }

  answer(answered: number): void {
    for (const { sequence, reset, entries } of this.#writes.splice(0, answered)) {
      if (reset !== undefined) this.diskBase = reset;
      if (reset !== undefined) this.disk = [];
      const first = entries[0];
      if (first !== undefined) {
        assert(first.index <= this.diskBase + this.disk.length + 1, 'a write leaves no hole');
        this.disk.splice(first.index - this.diskBase - 1);
        this.disk.push(...entries);
      }
      this.log.persisted(sequence);
    }
  }

  compact(share: number): void {
    const index = Math.floor((this.log.durable * share) / 3);
    this.settled = Math.max(this.settled, index);
    this.log.compact(index);
    if (index <= this.base.index) return;
    const gone = this.entries.splice(0, index - this.base.index);
    this.base = { index, term: gone.at(-1)!.term };
  }

  reset(ahead: number): void {
    this.term += 1;
    this.base = { index: this.last + ahead, term: this.term };
    this.entries = [];
    this.settled = this.base.index;
    this.#reset = this.base.index;
    this.log.reset(this.base);
  }

  /** How much of the log the disk really holds. */
  get safe(): number {
    if (this.#reset !== undefined || this.diskBase > this.base.index) return 0;
    if (this.#writes.some(({ reset }) => reset !== undefined)) return 0;
    let index = this.base.index;
    for (const entry of this.entries) {
      if (this.disk[entry.index - this.diskBase - 1] !== entry) break;
      index = entry.index;
    }
    return index;
  }

  check(): void {
    const { log, base, entries } = this;
    assert.deepEqual(log.base, base);
    assert.equal(log.lastIndex, this.last);
    assert.equal(
      log.bytes,
      entries.reduce((sum, entry) => sum + entryBytes(entry), 0),
    );
    assert(log.durable <= this.safe, `${log.durable} is said to be durable, and ${this.safe} is`);
    for (let index = base.index - 1; index <= this.last + 1; index += 1) {
      const expected = index === base.index ? base.term : entries[index - base.index - 1]?.term;
      assert.equal(log.term(index), expected);
      assert.equal(log.holds({ index, term: expected ?? 77 }), expected !== undefined);
    }
  }
}

test('the log is what was appended, and durable is only what the disk holds of it (ABA included)', () => {
  let answered = 0;
  fc.assert(
    fc.property(steps, (script) => {
      const model = new Model();
      for (const step of script) {
        if (step.kind === 'append') {
          if (step.newTerm) model.term += 1;
          model.append(step.count);
        } else if (step.kind === 'overwrite') model.overwrite(step.back, step.count);
        else if (step.kind === 'persist') model.persist();
        else if (step.kind === 'answer') model.answer(step.count);
        else if (step.kind === 'compact') model.compact(step.share);
        else model.reset(step.ahead);
        model.check();
      }
      model.persist();
      model.answer(100);
      model.check();
      assert.equal(model.log.durable, model.last, 'with all writes answered all is durable');
      answered += model.last;
    }),
    { numRuns: 1500 },
  );
  assert(answered > 1500);
});

const termRows = fc.tuple(fc.nat(4), fc.array(fc.nat(2), { maxLength: 12 })).map(([base, rises]) => {
  const terms: number[] = [];
  for (const rise of rises) terms.push((terms.at(-1) ?? base) + rise);
  return { base, terms };
});

test('where two logs may agree is the last place whose term is not above', () => {
  fc.assert(
    fc.property(termRows, fc.nat(20), fc.nat(20), ({ base, terms }, index, term) => {
      const log = new RaftLog({ index: 5, term: base }, entriesOf(terms, 6));
      const all = [{ index: 5, term: base }, ...entriesOf(terms, 6)];
      const expected = all.findLast((each) => each.index <= index && each.term <= term) ?? all[0]!;
      const found = log.lastNotAbove(index, term);
      assert.deepEqual(found, { index: expected.index, term: expected.term });
    }),
    { numRuns: 1000 },
  );
});

test('a slice is what fits into its bytes, and never nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(90), { minLength: 1, maxLength: 12 }),
      fc.nat(600),
      fc.nat(11),
      (sizes, bytesMax, at) => {
        const entries = sizes.map((size, place) => commandEntry(place + 1, 1, 'x'.repeat(size)));
        const log = new RaftLog({ index: 0, term: 0 }, entries);
        const from = 1 + (at % sizes.length);
        const slice = log.slice(from, bytesMax);
        assert.deepEqual(slice, entries.slice(from - 1, from - 1 + slice.length));
        const bytes = (list: readonly Entry[]): number =>
          list.reduce((sum, entry) => sum + entryBytes(entry), 0);
        assert(slice.length >= 1);
        assert(slice.length === 1 || bytes(slice) <= bytesMax);
        const more = entries.slice(from - 1, from + slice.length);
        assert(more.length === slice.length || bytes(more) > bytesMax, 'as much as fits');
        assert.deepEqual(log.slice(from, bytesMax, from), [entries[from - 1]]);
      },
    ),
    { numRuns: 500 },
  );
});

test('a tail keeps as many bytes as it may, and compaction leaves nothing out', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(90), { maxLength: 12 }), fc.nat(1500), (sizes, bytesMax) => {
      const entries = sizes.map((size, place) => commandEntry(place + 1, 1, 'x'.repeat(size)));
      const log = new RaftLog({ index: 0, term: 0 }, entries);
      const cut = log.indexBeforeTail(bytesMax);
      log.compact(cut);
      assert(log.bytes <= bytesMax || log.lastIndex === cut);
      assert(cut === 0 || log.bytes + entryBytes(entries[cut - 1]!) > bytesMax, 'no more than needed goes');
    }),
    { numRuns: 500 },
  );
});

test('what must not happen to a log stops the program', () => {
  const make = (): RaftLog => new RaftLog({ index: 2, term: 1 }, entriesOf([1, 2], 3));
  const rows: readonly (readonly [string, (log: RaftLog) => void])[] = [
    ['a hole', (log) => log.append(commandEntry(6, 2))],
    ['an entry twice', (log) => log.append(commandEntry(4, 2))],
    ['a term that falls', (log) => log.append(commandEntry(5, 1))],
    ['truncation of what was compacted', (log) => log.truncateAfter(1)],
    ['a snapshot behind the base', (log) => log.reset({ index: 2, term: 1 })],
    ['compaction beyond what is durable', (log) => log.compact(5)],
  ];
  for (const [name, mistake] of rows)
    assert.throws(() => mistake(make()), { name: 'AssertionFailure' }, name);
});
