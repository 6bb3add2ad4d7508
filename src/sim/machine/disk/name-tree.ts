/**
 * The names of one simulated disk. A change of names is seen by programs before it is durable; one that the
 * power overtakes has happened or has not, each by its own luck, except that a change which builds on a lost
 * one is lost with it.
 */
import type { Prng } from '../../../base/index.ts';
import { PagePool } from './page-pool.ts';
import { SectorFile } from './sector-file.ts';
import type { CrashMode } from './sectors.ts';

export class Directory {
  readonly entries: Map<string, Directory | SectorFile> = new Map();
}

type Entry = Directory | SectorFile | undefined;

/** One name that changes; a rename changes two at once. */
export interface NameChange {
  readonly directory: Directory;
  readonly name: string;
  readonly after: Entry;
}

interface AppliedName extends NameChange {
  readonly before: Entry;
}

/** A change that programs see and a crash may still undo. */
interface PendingNames {
  /** The how-many-th change of this tree it is. */
  readonly number: number;
  readonly names: readonly AppliedName[];
}

export interface Place {
  /** The directory that holds the last part of the path; absent when there is none. */
  readonly directory: Directory | undefined;
  /** The last part; empty for the root. */
  readonly name: string;
  readonly entry: Entry;
}

export class NameTree {
  readonly pool: PagePool = new PagePool();
  #root = new Directory();
  #pending: PendingNames[] = [];
  #changes = 0;

  /** Relative paths begin at the root as absolute ones do: a simulated process has no working directory. */
  find(path: string): Place {
    const parts = pathParts(path);
    const name = parts.pop() ?? '';
    let directory: Entry = this.#root;
    for (const part of parts)
      directory = directory instanceof Directory ? directory.entries.get(part) : undefined;
    if (!(directory instanceof Directory)) return { directory: undefined, name, entry: undefined };
    return { directory, name, entry: name === '' ? directory : directory.entries.get(name) };
  }

  file(path: string): SectorFile | undefined {
    const { entry } = this.find(path);
    return entry instanceof SectorFile ? entry : undefined;
  }

  /** Every file, in the order of their paths. */
  *files(): IterableIterator<[path: string, file: SectorFile]> {
    yield* filesBelow(this.#root, '');
  }

  /** How many changes were ever made. */
  get changes(): number {
    return this.#changes;
  }

  /** Changes names of one directory together, for all to see; durable when the directory is synced. */
  apply(changes: readonly NameChange[]): void {
    const names = changes.map((change) => ({ ...change, before: change.directory.entries.get(change.name) }));
    for (const { directory, name, after } of names) put(directory, name, after);
    this.#changes += 1;
    this.#pending.push({ number: this.#changes, names });
  }

  /** The directory was synced after the first so many changes. */
  settle(settled: Directory, changes: number): void {
    this.#pending = this.#pending.filter(
      ({ number, names }) => number > changes || names[0]?.directory !== settled,
    );
  }

  /** The power went: names that were not settled have changed or have not. */
  crash(prng: Prng, mode: CrashMode): void {
    const lost: PendingNames[] = [];
    for (const pending of this.#pending) {
      const drawn = mode === 'lose' || (mode === 'random' && prng.chance(0.5));
      if (drawn || lost.some((earlier) => touchSameName(earlier, pending))) lost.push(pending);
    }
    for (const { names } of lost.reverse()) {
      for (const { directory, name, before } of names) put(directory, name, before);
    }
    this.#pending = [];
  }

  /** A new, empty disk. */
  wipe(): void {
    for (const [, file] of this.files()) file.discard();
    this.#root = new Directory();
    this.#pending = [];
  }
}

export function pathParts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function put(directory: Directory, name: string, entry: Entry): void {
  if (entry === undefined) directory.entries.delete(name);
  else directory.entries.set(name, entry);
}

function touchSameName(left: PendingNames, right: PendingNames): boolean {
  return left.names.some((one) =>
    right.names.some((other) => one.directory === other.directory && one.name === other.name),
  );
}

function* filesBelow(directory: Directory, path: string): IterableIterator<[string, SectorFile]> {
  for (const name of [...directory.entries.keys()].sort()) {
    const entry = directory.entries.get(name);
    if (entry instanceof Directory) yield* filesBelow(entry, `${path}/${name}`);
    else if (entry !== undefined) yield [`${path}/${name}`, entry];
  }
}
