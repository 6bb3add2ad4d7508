/**
 * What the log knows of a group without holding its entries, and the rules by which an append changes it:
 * enough to refuse an append that no correct host makes, and to name the term and the configuration at which
 * a compacted log begins.
 */
import { assertFigures } from '../../base/index.ts';
import {
  decodeConfiguration,
  type Entry,
  emptyConfiguration,
  type GroupId,
  type HardState,
  initialHardState,
  type SnapshotMark,
} from '../../raft/index.ts';
import { decodeSlices, type EntrySlice } from './entry-slice.ts';
import type { GroupAppend } from './group-append.ts';
import { termMax } from './record-format.ts';

export interface GroupFacts {
  hardState: HardState;
  snapshot: SnapshotMark | undefined;
  /** The entry before the first one that is kept, with the configuration in force at it. */
  base: SnapshotMark;
  /** The index of the last entry, or that of the base. */
  last: number;
  /** Where terms begin, behind the base. Replaced, never changed: copies of the facts share it. */
  terms: readonly TermStart[];
  /** The configuration entries behind the base. Replaced, never changed. */
  configurations: readonly ConfigurationEntry[];
}

interface TermStart {
  readonly index: number;
  readonly term: number;
}

interface ConfigurationEntry {
  readonly index: number;
  readonly data: Uint8Array;
}

/** The base of a log from which nothing was compacted. */
export const noBase: SnapshotMark = { index: 0, term: 0, configuration: emptyConfiguration };

export function emptyFacts(): GroupFacts {
  return {
    hardState: initialHardState,
    snapshot: undefined,
    base: noBase,
    last: 0,
    terms: [],
    configurations: [],
  };
}

/** True when nothing is known of a group, as after its removal. */
export function isEmpty(facts: Readonly<GroupFacts>): boolean {
  return facts.last === 0 && facts.snapshot === undefined && facts.hardState.term === 0;
}

export function copyFacts(from: Readonly<GroupFacts>, to: GroupFacts): void {
  to.hardState = from.hardState;
  to.snapshot = from.snapshot;
  to.base = from.base;
  to.last = from.last;
  to.terms = from.terms;
  to.configurations = from.configurations;
}

/** Adds entries behind the last one; they must follow it, and their terms must not fall. */
function addEntries(facts: GroupFacts, entries: readonly Entry[]): void {
  let index = facts.last + 1;
  let term = facts.terms.at(-1)?.term ?? facts.base.term;
  for (const entry of entries) {
    assertFigures(entry.index === index, 'an entry follows the one before it', entry.index, index);
    if (entry.term !== term) {
      const isLater = entry.term > term && entry.term <= termMax;
      assertFigures(isLater, 'terms of entries rise up to that of the group', entry.term, term);
      term = entry.term;
      facts.terms = [...facts.terms, { index, term }];
    }
    if (entry.kind === 'configuration') {
      facts.configurations = [...facts.configurations, { index, data: entry.data.slice() }];
    }
    index += 1;
  }
  facts.last = index - 1;
}

/** The same for entries that were read back; whoever wrote them has checked them. */
export function addSlice(facts: GroupFacts, slice: EntrySlice): void {
  let term = facts.terms.at(-1)?.term ?? facts.base.term;
  for (let index = slice.first; index <= slice.last; index += 1) {
    if (slice.term(index) !== term) {
      term = slice.term(index);
      facts.terms = [...facts.terms, { index, term }];
    }
    if (slice.isConfiguration(index)) {
      const [entry] = decodeSlices([slice.between(index, index)]);
      if (entry !== undefined) {
        facts.configurations = [...facts.configurations, { index, data: entry.data.slice() }];
      }
    }
  }
  facts.last = slice.last;
}

/** The append that states known facts once more. */
export function restatedFacts(group: GroupId, facts: Readonly<GroupFacts>): GroupAppend {
  const { hardState, snapshot, base } = facts;
  return { group, snapshot, compactTo: base.index, hardState };
}

/** Changes `facts` by an append, and stops the node at one that no correct host makes. */
export function applyAppend(facts: GroupFacts, append: GroupAppend): void {
  if (append.removed === true) copyFacts(emptyFacts(), facts);
  if (append.snapshot !== undefined) {
    const before = facts.snapshot?.index ?? 0;
    const { index } = append.snapshot;
    assertFigures(index >= before, 'a snapshot does not fall behind the one before', index, before);
    facts.snapshot = append.snapshot;
  }
  if (append.installed !== undefined) install(facts, append.installed);
  if (append.compactTo !== undefined) compact(facts, append.compactTo);
  if (append.hardState !== undefined) {
    checkHardState(facts.hardState, append.hardState);
    facts.hardState = append.hardState;
  }
  if (append.entries !== undefined && append.entries.length > 0) extend(facts, append.entries);
  const { commit } = facts.hardState;
  assertFigures(commit <= facts.last, 'what is committed is in the log', commit, facts.last);
}

/** Terms and commits never fall, and nobody votes twice in one term. */
function checkHardState(before: HardState, { term, vote, commit }: HardState): void {
  assertFigures(term >= before.term, 'a term does not fall', term, before.term);
  assertFigures(commit >= before.commit, 'a commit does not fall', commit, before.commit);
  const isFirstVote = term > before.term || before.vote === 0 || vote === before.vote;
  assertFigures(isFirstVote, 'one vote in a term', vote, before.vote);
}

function install(facts: GroupFacts, mark: SnapshotMark): void {
  facts.snapshot = mark;
  facts.base = mark;
  facts.last = mark.index;
  facts.terms = [];
  facts.configurations = [];
}

function compact(facts: GroupFacts, index: number): void {
  const { base, last, terms, configurations } = facts;
  if (index === base.index) return;
  const covered = facts.snapshot?.index ?? 0;
  assertFigures(index > base.index, 'a compaction goes forward', index, base.index);
  assertFigures(index <= covered, 'a compaction ends where the snapshot does', index, covered);
  assertFigures(index <= last, 'a compaction ends within the log', index, last);
  const term = terms.findLast((start) => start.index <= index)?.term ?? base.term;
  const configured = configurations.findLast((entry) => entry.index <= index);
  const configuration = configured === undefined ? base.configuration : decodeConfiguration(configured.data);
  facts.base = { index, term, configuration };
  facts.terms = terms.filter((start) => start.index > index);
  facts.configurations = configurations.filter((entry) => entry.index > index);
}

function extend(facts: GroupFacts, entries: readonly Entry[]): void {
  const first = (entries[0] as Entry).index;
  const fits = first > facts.base.index && first <= facts.last + 1;
  assertFigures(
    fits,
    'entries go on where the log ends, or replace what is not compacted',
    first,
    facts.last,
  );
  if (first <= facts.last) truncate(facts, first);
  addEntries(facts, entries);
}

function truncate(facts: GroupFacts, first: number): void {
  facts.last = first - 1;
  facts.terms = facts.terms.filter((start) => start.index < first);
  facts.configurations = facts.configurations.filter((entry) => entry.index < first);
}
