/**
 * A group's numbers, read where they stand: for whoever looks after every step, where a status of its own each
 * time would cost more than the step. What it says holds until the group's next step.
 */
import type { MemberId } from './entry.ts';
import type { GroupState } from './group-state.ts';

/** `isDamaged`: the member said that its disk lost what it had acknowledged; only then may its match go back. */
export type MatchVisitor = (member: MemberId, match: number, isDamaged: boolean) => void;

export interface RaftView {
  readonly isLeader: boolean;
  readonly term: number;
  /** It leads, or a leader was heard within the longest election timeout. One that was removed hears nobody. */
  readonly hasLeader: boolean;
  /** Its disk has not answered for `diskStallTicksMax`: nothing new becomes durable, and so nothing is applied. */
  readonly isStalled: boolean;
  readonly base: number;
  readonly last: number;
  readonly durable: number;
  readonly commit: number;
  readonly applied: number;
  /** On a leader that has nothing under way: its followers have not all been told of the commit index, and nothing else is about to (`lazyCommit`). */
  readonly owesCommit: boolean;
  /** On the leader: how far each other member is known to be. Nobody is visited elsewhere. */
  visitMatches(visit: MatchVisitor): void;
}

export class StateView implements RaftView {
  readonly #state: GroupState;

  constructor(state: GroupState) {
    this.#state = state;
  }

  get isLeader(): boolean {
    return this.#state.role.kind === 'leader';
  }

  get term(): number {
    return this.#state.term;
  }

  get hasLeader(): boolean {
    const { role, leader, electionTicks, settings } = this.#state;
    return role.kind === 'leader' || (leader !== 0 && electionTicks <= settings.electionTicksMax);
  }

  get isStalled(): boolean {
    const { diskTicks, settings } = this.#state;
    return diskTicks >= settings.diskStallTicksMax;
  }

  get base(): number {
    return this.#state.log.base.index;
  }

  get last(): number {
    return this.#state.log.lastIndex;
  }

  get durable(): number {
    return this.#state.log.durable;
  }

  get commit(): number {
    return this.#state.commit;
  }

  get applied(): number {
    return this.#state.applied;
  }

  get owesCommit(): boolean {
    const { role, commit, log, settings } = this.#state;
    if (!settings.lazyCommit || role.kind !== 'leader' || role.progress.size === 0) return false;
    return log.lastIndex === commit && role.dueCommit < commit;
  }

  visitMatches(visit: MatchVisitor): void {
    const { role } = this.#state;
    if (role.kind !== 'leader') return;
    for (const { member, match, damaged } of role.progress.values()) visit(member, match, damaged);
  }
}
