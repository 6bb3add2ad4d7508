/**
 * What a member knows of its own damage, and how far its repair has come. How that moves on stands in
 * `repairing.ts`.
 */

/** What the disk has lost that still matters. `vote`: perhaps a term or a vote, too. */
export type Damage = 'none' | 'entries' | 'vote';

export class Repair {
  damage: Damage;
  /** Everything is here again, and the host has been told. */
  isComplete = false;
  /** The question that waits for an answer or has got one, and the term it belongs to. */
  context: number;
  term = 0;
  /** Where the leader's log ended when it answered. */
  target: number | undefined;
  /** In `term`, the log is known to equal the leader's up to here. */
  agreed = 0;

  constructor(damage: Damage, context: number) {
    this.damage = damage;
    this.context = context;
  }

  get isUnderWay(): boolean {
    return this.damage !== 'none' && !this.isComplete;
  }
}
