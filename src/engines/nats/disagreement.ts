/**
 * Whose copies of the stream were found to differ from the leader's. One that does may be wrong itself, and another is
 * looked at; where two servers differ from the leader at the same message, the leader is the one that is wrong, as far
 * as a majority of three can tell, and nothing that it says proves anything.
 */
export class Disagreement {
  readonly #differing = new Map<string, number>();

  /** By name. */
  get servers(): readonly string[] {
    return [...this.#differing.keys()];
  }

  /** Whether two differ there by now. */
  finds(at: number, server: string | undefined): boolean {
    if (server === undefined) return false;
    for (const [other, where] of this.#differing) if (where !== at) this.#differing.delete(other);
    this.#differing.set(server, at);
    return this.#differing.size > 1;
  }

  /** The copy that is used now is like the leader's. */
  clear(): void {
    this.#differing.clear();
  }
}
