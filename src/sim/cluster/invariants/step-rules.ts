/**
 * What holds after each step of a member's core, and between one step and the next (Raft, figure 2): its indexes
 * are in order, nothing that it knows falls, and a leader takes no match back. It is asked millions of times a
 * run, so it reads numbers in place and keeps them in place.
 */
import type { MatchVisitor, MemberId, RaftView } from '../../../raft/index.ts';
import { InvariantBroken } from './broken.ts';
import type { Shadows } from './commit-rules.ts';

/** Of one process. */
export class StepRules {
  readonly #member: MemberId;
  readonly #shadows: Shadows;
  #term = 0;
  #commit = 0;
  #applied = 0;
  #base = 0;
  /** The last index of its log after this step. */
  #last = 0;
  /** The term that it led after the last step; 0 for none. */
  #leads = 0;
  /** Counts the steps; one is left out where a leadership begins, so that no match is compared with one before it. */
  #step = 0;
  /** By member: its match, and the step after which the leader knew it. Who was removed and comes back begins anew. */
  readonly #matches: number[] = [];
  readonly #steps: number[] = [];

  constructor(member: MemberId, shadows: Shadows) {
    this.#member = member;
    this.#shadows = shadows;
  }

  look(view: RaftView): void {
    const { term, base, commit, applied, last, durable } = view;
    if (!(applied <= commit && base <= commit && commit <= last && durable <= last))
      throw new InvariantBroken(
        `member ${this.#member} has base ${base}, applied ${applied}, commit ${commit}, durable ${durable} and last ${last}, out of order`,
      );
    if (term < this.#term || commit < this.#commit || applied < this.#applied || base < this.#base)
      throw new InvariantBroken(
        `member ${this.#member} falls from term ${this.#term}, commit ${this.#commit}, applied ${this.#applied}, base ${this.#base} to ${term}, ${commit}, ${applied}, ${base}`,
      );
    this.#term = term;
    this.#commit = commit;
    this.#applied = applied;
    this.#base = base;
    if (!view.isLeader) {
      this.#leads = 0;
      return;
    }
    this.#last = last;
    this.#step += this.#leads === term ? 1 : 2;
    this.#leads = term;
    view.visitMatches(this.#visit);
  }

  readonly #visit: MatchVisitor = (other, match, isDamaged) => {
    if (match > this.#last) throw this.#broken(other, `has ${match}, and its own log ends at ${this.#last}`);
    const before = this.#steps[other] === this.#step - 1 ? (this.#matches[other] as number) : 0;
    if (match < before && !(isDamaged && this.#shadows(other).hasEverLost))
      throw this.#broken(other, `goes back from ${before} to ${match}`);
    this.#matches[other] = match;
    this.#steps[other] = this.#step;
  };

  #broken(other: MemberId, what: string): InvariantBroken {
    return new InvariantBroken(
      `the match of ${other} at leader ${this.#member} of term ${this.#leads} ${what}`,
    );
  }
}
