/**
 * Which release of the software each machine has installed. The second knows all that the first does and adds a
 * command, a form of snapshots and a field of the hello; what a machine has installed is what its next process
 * runs. An old node that is brought back when the cluster has gone on is told so, and gets the new release again.
 */
import type { LevelRange } from '../../raft/index.ts';

export type Release = 1 | 2;

const levels: Readonly<Record<Release, LevelRange>> = { 1: { least: 1, most: 1 }, 2: { least: 1, most: 2 } };

export interface ReleasesOptions {
  /** The cluster begins with the first release, and is upgraded while the faults last. */
  readonly areUpgraded: boolean;
  /** What all machines have otherwise. */
  readonly release: Release;
}

export class Releases {
  readonly areUpgraded: boolean;
  /** The level of the release with which the cluster begins. */
  readonly founding: Release;
  readonly #installed = new Map<string, Release>();
  /** The greatest level that any machine has seen agreed. */
  #level: number;

  constructor({ areUpgraded, release }: ReleasesOptions) {
    this.areUpgraded = areUpgraded;
    this.founding = areUpgraded ? 1 : release;
    this.#level = this.founding;
  }

  get hasRisen(): boolean {
    return this.#level > 1;
  }

  of(name: string): Release {
    return this.#installed.get(name) ?? this.founding;
  }

  levelsOf(name: string): LevelRange {
    return levels[this.of(name)];
  }

  install(name: string, release: Release): void {
    this.#installed.set(name, release);
  }

  /** A machine applies what was agreed at a level. True when it is the first to do so. */
  reached(level: number): boolean {
    if (level <= this.#level) return false;
    this.#level = level;
    return true;
  }
}
