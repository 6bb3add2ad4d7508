/**
 * Under which owners this member may have been given the lease. An owner is a side, by the names of its members, so it
 * changes with each view; and a question may be lost, or its answer. Whoever took a lost answer for a refusal would
 * forget a lease that nobody else knows of, and no side could ever have it again. So an owner that was asked for is kept
 * until it is known not to have the lease, is offered for exchange with the next question, and is let go in the end.
 */
import type { LeaseAnswer, LeaseQuestion } from './partition-state.ts';

/** Beyond it the longest asked for is forgotten: so many answers in a row, each of another side, were lost. */
const ownersMax = 16;

export class LeaseClaims {
  /** With the number of the question that asked for it last; the longest asked for first. */
  readonly #owners = new Map<string, number>();
  #askedLast = 0;
  #grantedLast = 0;

  /** True when none is kept, or only that of this question. */
  areOf(number: number | undefined): boolean {
    return [...this.#owners.values()].every((one) => one === number);
  }

  /** The question with what it offers for exchange. */
  ask(question: Omit<LeaseQuestion, 'previous'>): LeaseQuestion {
    const { number, owner } = question;
    const owners = [...this.#owners.keys()];
    const previous = owners.findLast((one) => one !== owner) ?? owners[0];
    this.#owners.delete(owner);
    this.#owners.set(owner, number);
    this.#askedLast = number;
    const [longest] = this.#owners.keys();
    if (longest !== undefined && this.#owners.size > ownersMax) this.#owners.delete(longest);
    return previous === undefined ? question : { ...question, previous };
  }

  answered({ number, owner, previous }: LeaseQuestion, answer: LeaseAnswer): void {
    if (answer === true && number > this.#grantedLast) {
      this.#grantedLast = number;
      // What was asked for before is not the lease's any more; what was asked for since may be.
      for (const [other, asked] of this.#owners) if (asked < number) this.#owners.delete(other);
      this.#owners.set(owner, this.#owners.get(owner) ?? number);
    }
    // A refusal says nothing of what was asked for behind it.
    if (answer !== false || number !== this.#askedLast) return;
    this.#owners.delete(owner);
    if (previous !== undefined) this.#owners.delete(previous);
  }

  /** All that may have it; they are forgotten. */
  letGo(): string[] {
    const owners = [...this.#owners.keys()];
    this.#owners.clear();
    return owners;
  }
}
