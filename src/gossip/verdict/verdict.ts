/**
 * What one side of a partition decides, from what it sees: who counts, and who of them is here. Each side decides by
 * itself, without a word to the others, so the rules are made such that of sides which know of each other whoever counts
 * there no two decide to go on, however many there are and whatever else each knows. By majority: if each has at least
 * half of all that it knows, and those of the other are among these, each has at least as many as the other; so both
 * have the same, there is nobody else, and the lowest id is on one side. Where a rule of use elsewhere does not hold
 * that for three sides it is stricter here: who goes on because the oldest is alone must have everybody else with it.
 */
import type { CheckedStrategy } from './strategy.ts';

/** A partition as one side sees it. */
export interface Sides {
  /** Who is here and counts; sorted. Nobody of them may be unknown to another side that goes on. */
  readonly alive: readonly string[];
  /** Who counts against them: the lost, and others that may count elsewhere; sorted. */
  readonly lost: readonly string[];
  /** Of all of them. */
  readonly oldest: string;
}

export type VerdictReason =
  | 'majority'
  | 'half-with-lowest-id'
  | 'minority'
  | 'half-without-lowest-id'
  | 'quorum'
  | 'no-quorum'
  /** There are so many members that two sides could have a quorum each. */
  | 'quorum-too-small'
  | 'oldest-here'
  | 'oldest-elsewhere'
  | 'oldest-alone'
  /** Everybody but the oldest is here, who is alone. */
  | 'all-but-oldest'
  | 'down-all'
  /** Nobody here counts: all have come too lately to be known to the other side. */
  | 'unsettled';

export type Verdict =
  /** Nobody is lost. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'stay'; readonly why: VerdictReason }
  | { readonly kind: 'yield'; readonly why: VerdictReason }
  /** Whoever is given the lease goes on. */
  | { readonly kind: 'ask'; readonly lease: string; readonly waitMs: number; readonly why: VerdictReason };

/** Where somebody is lost. */
export function verdictOf(strategy: CheckedStrategy, sides: Sides): Verdict {
  const asksOthers = strategy.kind === 'lease-majority' || strategy.kind === 'down-all';
  if (sides.alive.length === 0 && !asksOthers) return { kind: 'yield', why: 'unsettled' };
  switch (strategy.kind) {
    case 'keep-majority': {
      const why = majority(sides);
      return { kind: isMajority(why) ? 'stay' : 'yield', why };
    }
    case 'static-quorum':
      return quorum(strategy.size, sides);
    case 'keep-oldest':
      return oldest(strategy.downIfAlone, sides);
    case 'lease-majority': {
      const why = majority(sides);
      return {
        kind: 'ask',
        lease: strategy.lease,
        waitMs: isMajority(why) ? 0 : strategy.minorityWaitMs,
        why,
      };
    }
    case 'down-all':
      return { kind: 'yield', why: 'down-all' };
  }
}

/**
 * To a side that goes on, when nobody more is lost: whoever comes, or counts from now on, takes nothing from it. But a
 * lease is for those by whom it was asked for, and by a quorum nobody goes on where two could.
 */
export function isNoHindrance({ kind: strategy }: CheckedStrategy, { kind }: Verdict): boolean {
  return kind === 'stay' || (kind === 'yield' && strategy !== 'static-quorum');
}

function majority({ alive, lost }: Sides): VerdictReason {
  if (alive.length === 0) return 'unsettled';
  if (alive.length !== lost.length) return alive.length > lost.length ? 'majority' : 'minority';
  const isLowestHere = (alive[0] as string) < (lost[0] as string);
  return isLowestHere ? 'half-with-lowest-id' : 'half-without-lowest-id';
}

function isMajority(why: VerdictReason): boolean {
  return why === 'majority' || why === 'half-with-lowest-id';
}

function quorum(size: number, { alive, lost }: Sides): Verdict {
  if (alive.length + lost.length >= 2 * size) return { kind: 'yield', why: 'quorum-too-small' };
  return alive.length >= size ? { kind: 'stay', why: 'quorum' } : { kind: 'yield', why: 'no-quorum' };
}

function oldest(downIfAlone: boolean, { alive, lost, oldest: eldest }: Sides): Verdict {
  const isHere = alive.includes(eldest);
  // Of two members each is alone, and if both gave way a crash of the younger would end the elder as well.
  const mayGiveWay = downIfAlone && alive.length + lost.length > 2;
  if (isHere) {
    const isAlone = mayGiveWay && alive.length === 1;
    return isAlone ? { kind: 'yield', why: 'oldest-alone' } : { kind: 'stay', why: 'oldest-here' };
  }
  const areAllHere = mayGiveWay && lost.length === 1;
  return areAllHere ? { kind: 'stay', why: 'all-but-oldest' } : { kind: 'yield', why: 'oldest-elsewhere' };
}
