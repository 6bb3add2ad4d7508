/** The one error of all invariants, and the run-wide notebook of what was seen. */

/** Something happened that must never happen. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

/** What a run has exercised, by name. */
export type Coverage = Map<string, number>;
