/**
 * What the processes of the crash tests write, and what must be there: each commit is a function of its
 * number, so that the state behind any commit can be told without having seen it.
 */
import type { OrderedReader, OrderedStore } from '../../../src/ports/index.ts';
import { entriesOf, filled, numbered } from './entries.ts';

const keyCount = 400;
const keysPerCommit = 40;

/** The writes of commit `number`, as calls of `put` and `del`. */
function changesOf(
  number: number,
  put: (key: number, value: Uint8Array) => void,
  del: (key: number) => void,
): void {
  for (let turn = 0; turn < keysPerCommit; turn += 1) {
    const key = (number * 131 + turn * 17) % keyCount;
    if ((number + turn) % 5 === 0) del(key);
    else put(key, filled((number * 7 + turn * 31) % 700, number + turn));
  }
  // Now and then one that takes the disk a while.
  if (number % 9 === 0) put(number % keyCount, filled(300_000, number));
}

export function applyCommit(store: OrderedStore, number: number): void {
  changesOf(
    number,
    (key, value) => store.put(numbered(key), value),
    (key) => store.delete(numbered(key)),
  );
}

/** The state behind commits 1 to `last`. */
function stateAfter(last: number): Map<number, Uint8Array> {
  const state = new Map<number, Uint8Array>();
  for (let number = 1; number <= last; number += 1) {
    changesOf(
      number,
      (key, value) => state.set(key, value),
      (key) => state.delete(key),
    );
  }
  return state;
}

/** The first difference between what `reader` shows and the state behind commit `last`; undefined: none. */
export function differenceFrom(reader: OrderedReader, last: number): string | undefined {
  const state = [...stateAfter(last)].sort(([left], [right]) => left - right);
  const entries = entriesOf(reader, {});
  if (entries.length !== state.length) return `${entries.length} entries, not ${state.length}`;
  for (const [place, [key, value]] of state.entries()) {
    const [foundKey, foundValue] = entries[place] as [Uint8Array, Uint8Array];
    if (Buffer.compare(foundKey, numbered(key)) !== 0) return `no key ${key}`;
    if (Buffer.compare(foundValue, value) !== 0) return `another value of key ${key}`;
  }
  return undefined;
}
