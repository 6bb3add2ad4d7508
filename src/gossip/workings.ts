/**
 * What the parts of one node share. Each part keeps its own state and reaches the others’ only through these; there
 * is one of each, made by `Swim`.
 */
import { ByteWriter } from '../base/index.ts';
import type { Broadcasts } from './broadcasts.ts';
import { type Claim, claimBytes } from './claim.ts';
import type { LocalHealth } from './local-health.ts';
import type { Outbox } from './outbox.ts';
import type { Believed, Roster } from './roster.ts';
import type { SwimSettings } from './settings.ts';

export interface Workings {
  readonly settings: SwimSettings;
  readonly roster: Roster;
  readonly broadcasts: Broadcasts;
  readonly outbox: Outbox;
  readonly health: LocalHealth;
  /** Of whom newcomers are to hear that they are dead, although nothing else is remembered of them. */
  readonly waitedFor: () => readonly string[];
}

/** The claim that says of a member what this node believes. */
export function claimOf(member: Believed, accusers: readonly string[]): Claim {
  const { id, incarnation, status } = member;
  switch (status) {
    case 'HEALTHY':
      return { status, id, incarnation, content: member.content };
    case 'LEFT':
      return { status, id, incarnation };
    default:
      return { status, id, incarnation, accusers };
  }
}

/** Sends on what this node has begun to believe. */
export function announce(broadcasts: Broadcasts, claim: Claim): void {
  broadcasts.put(claim.id, claimBytes(new ByteWriter(64), claim));
}

/**
 * Refused: nobody raises its own so far, and each contradiction raises it by one. `jumps`: how many times as far as the
 * words of one take another, where there is less to go by.
 */
export function isFar(
  claimed: number,
  known: number,
  { incarnationJumpMax }: SwimSettings,
  jumps: 1 | typeof ownJumps = 1,
): boolean {
  return claimed > Math.min(known + incarnationJumpMax * jumps, 2 ** 52);
}

/**
 * A member contradicts one jump at most above itself, and its contradiction must then be believed by those who know
 * it as it was, and its name by those who do not know it yet. So its own words, and what newcomers are told, may go as
 * far as so many contradictions of that kind take it.
 */
export const ownJumps = 256;

/** The ids that two processes were found to share, with the address last refused, so that each is told once. */
export class Conflicts {
  readonly #refused = new Map<string, string>();

  /** True the first time. */
  note(id: string, otherAddress: string): boolean {
    if (this.#refused.get(id) === otherAddress) return false;
    if (this.#refused.size >= conflictsMax) this.#refused.clear();
    this.#refused.set(id, otherAddress);
    return true;
  }
}

/** Beyond it all are forgotten, and told once more. */
const conflictsMax = 64;
