/**
 * A process that fills its store until the disk refuses, then looks at what is left. Run by
 * `lmdb-failures.test.ts` with a limit on the size of files: node lmdb-filler.ts DIRECTORY [full]. With `full`
 * the disk says that it has no room left. Tells what it saw as one JSON document.
 */
import { isQuorateError } from '../../../src/base/index.ts';
import type { Disk } from '../../../src/ports/index.ts';
import { realDisk } from '../../../src/ports/real/index.ts';
import { type LmdbStore, openLmdbStore } from '../../../src/storage/index.ts';
import { entriesOf, filled, numbered } from './entries.ts';

const [directory = '', room] = process.argv.slice(2);
const entriesPerCommit = 100;
const valueBytes = 1_000;

interface Filled {
  /** The last commit that became durable. */
  readonly last: number;
  /** What the others were told. */
  readonly codes: readonly string[];
}

/** Commits, two at a time, until one fails. */
async function fill(store: LmdbStore): Promise<Filled> {
  let last = 0;
  for (let number = 1; ; number += 2) {
    const settled = await Promise.allSettled([commit(store, number), commit(store, number + 1)]);
    const codes = settled.flatMap((one) => (one.status === 'rejected' ? [codeOf(one.reason)] : []));
    last += settled.length - codes.length;
    if (codes.length > 0) return { last, codes };
  }
}

function commit(store: LmdbStore, number: number): Promise<void> {
  for (let entry = 0; entry < entriesPerCommit; entry += 1) {
    store.put(numbered(number * entriesPerCommit + entry), filled(valueBytes, number));
  }
  return store.commit(number);
}

/** What is told to whoever uses a store that has failed. */
function refusals(store: LmdbStore): string[] {
  const uses = [
    () => store.put(numbered(1), filled(1, 1)),
    () => store.delete(numbered(1)),
    () => store.get(numbered(1)),
    () => store.scan({}),
    () => store.snapshot(),
    () => store.commit(1_000_000),
  ];
  return uses.map((use) => {
    try {
      use();
      return 'none';
    } catch (error) {
      return codeOf(error);
    }
  });
}

function codeOf(error: unknown): string {
  return isQuorateError(error) ? error.code : String(error);
}

/** Whether the store holds what commits 1 to its index wrote, and nothing else. */
function isWhole(store: LmdbStore): boolean {
  const entries = entriesOf(store, {});
  return (
    entries.length === store.appliedIndex * entriesPerCommit &&
    entries.every(([, value], place) => value[0] === ((Math.floor(place / entriesPerCommit) + 1) & 0xff))
  );
}

const disk: Disk = realDisk();
const usable = await openLmdbStore({ disk, directory });
if (room === 'full') disk.freeBytes = async () => 4_096;
const { last, codes } = await fill(usable);
const refused = refusals(usable);
await usable.close();
await usable.close();

const again = await openLmdbStore({ disk, directory });
console.log(JSON.stringify({ last, codes, refused, found: again.appliedIndex, isWhole: isWhole(again) }));
await again.close();
