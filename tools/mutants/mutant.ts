/**
 * A bug, planted. Each file beside this one whose name begins with a number is one: a known bug of a real
 * system under its number in the list of what must never happen, or, from 101 on, one that a maintainer could
 * introduce by accident. A suite that stays green with it in place is not a test.
 */
export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  /** Must stand there exactly once, so that a patch that no longer fits is noticed. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  /** What goes wrong, in a sentence. */
  readonly bug: string;
  readonly patches: readonly Patch[];
  /**
   * The file of scenarios that sees it, from the root of the repository. It is asked first, and the others of its
   * room only when it stays green, so that a word that is no longer true costs time and decides nothing.
   */
  readonly seenBy: string;
}

/** The text with the bug in it; throws when the place is gone or no longer the only one. */
export function planted(text: string, { file, find, replace }: Patch): string {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const count = text.split(find).length - 1;
    throw new Error(`a patch of ${file} fits ${count} places and must fit one: ${JSON.stringify(find)}`);
  }
  return before + replace + after;
}
