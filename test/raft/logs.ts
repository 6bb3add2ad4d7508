/**
 * Logs as the figures of the Raft paper draw them: a row of terms, the first one at index 1. What an entry
 * says follows from where it stands, so two entries are equal when index and term are.
 */
import type { Entry } from '../../src/raft/index.ts';

export function entriesOf(terms: readonly number[], first = 1): Entry[] {
  return terms.map((term, place) => commandEntry(first + place, term));
}

export function commandEntry(index: number, term: number, text = `${index}.${term}`): Entry {
  return { index, term, kind: 'command', data: Buffer.from(text) };
}

export function termsOf(entries: readonly Entry[]): number[] {
  return entries.map(({ term }) => term);
}
