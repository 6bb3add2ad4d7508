/**
 * The greatest number that was seen of each directory. Numbers only grow; one that is smaller than what was known
 * when the question left tells of data that was lost, as by a backup that was restored or a standby that took over
 * and was behind. Of very many directories some are forgotten, and a loss is then noticed by the others.
 */
import type { Lasts } from './answers.ts';

const directoriesMax = 10_000;

export class KnownNumbers {
  readonly #lasts = new Map<string, number>();

  /** To be asked before a question leaves: answers overtake each other. */
  of(directories: readonly string[]): Lasts {
    return Object.fromEntries(directories.map((directory) => [directory, this.#lasts.get(directory) ?? 0]));
  }

  note(lasts: Lasts): void {
    for (const [directory, last] of Object.entries(lasts)) {
      if (this.#lasts.size >= directoriesMax && !this.#lasts.has(directory)) this.#lasts.clear();
      this.#lasts.set(directory, Math.max(last, this.#lasts.get(directory) ?? 0));
    }
  }

  clear(): void {
    this.#lasts.clear();
  }
}

/** The first directory whose number went back. */
export function wentBack(before: Lasts, now: Lasts): string | undefined {
  return Object.keys(now).find((directory) => (now[directory] as number) < (before[directory] ?? 0));
}
