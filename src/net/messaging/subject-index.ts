/**
 * Who hears of which subject. Plain subjects are found at once; patterns are tried one by one, each once, however
 * many share it.
 */
import { fits, isWild } from './subject.ts';

interface Pattern<T> {
  readonly words: readonly string[];
  readonly hearers: Set<T>;
}

export class SubjectIndex<T> {
  readonly #plain = new Map<string, Set<T>>();
  readonly #wild = new Map<string, Pattern<T>>();

  add(pattern: string, hearer: T): void {
    if (isWild(pattern)) {
      const known = this.#wild.get(pattern);
      if (known === undefined)
        this.#wild.set(pattern, { words: pattern.split('.'), hearers: new Set([hearer]) });
      else known.hearers.add(hearer);
      return;
    }
    const hearers = this.#plain.get(pattern);
    if (hearers === undefined) this.#plain.set(pattern, new Set([hearer]));
    else hearers.add(hearer);
  }

  remove(pattern: string, hearer: T): void {
    const hearers = this.#plain.get(pattern) ?? this.#wild.get(pattern)?.hearers;
    hearers?.delete(hearer);
    if (hearers?.size !== 0) return;
    this.#plain.delete(pattern);
    this.#wild.delete(pattern);
  }

  /** Gives `visit` each that hears of `subject`, once for each of its patterns. */
  forEach(subject: string, visit: (hearer: T) => void): void {
    this.#plain.get(subject)?.forEach(visit);
    if (this.#wild.size === 0) return;
    const words = subject.split('.');
    for (const { words: pattern, hearers } of this.#wild.values())
      if (fits(pattern, words)) hearers.forEach(visit);
  }
}
