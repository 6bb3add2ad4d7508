/**
 * What a node that gossips has to do and to know after each step. The shell sends, in the order given and without
 * waiting; nothing of it is owed: what is lost is sent again, or found out by other ways.
 */
import type { Member, MemberStatus } from './member.ts';
import type { Refusal } from './refusals.ts';

/** Both clocks of the shell at one moment: a monotonic one, which counts, and the time of day, which is compared. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface Send {
  readonly to: string;
  /** Belongs to the receiver of this value. */
  readonly bytes: Uint8Array;
  /** May be larger than a datagram and should not be lost: over a connection, one message each. */
  readonly reliable: boolean;
}

export type MemberEvent =
  /** Heard of for the first time, or again after it was forgotten. */
  | { readonly kind: 'joined'; readonly member: Member }
  /** Was taken for dead or had left, and is there with a higher incarnation. */
  | { readonly kind: 'returned'; readonly member: Member; readonly was: MemberStatus }
  | { readonly kind: 'suspected'; readonly member: Member; readonly accusers: readonly string[] }
  /** Was suspected and has contradicted. */
  | { readonly kind: 'refuted'; readonly member: Member }
  | { readonly kind: 'failed'; readonly member: Member; readonly accusers: readonly string[] }
  | { readonly kind: 'left'; readonly member: Member }
  /** Says something else of itself, or is at another address. */
  | { readonly kind: 'updated'; readonly member: Member }
  /** Dead or gone for so long, or making room, that nothing is known of it any more; or what was known cannot be true. */
  | { readonly kind: 'forgotten'; readonly member: Member }
  /** Others took this node for dead or suspect, or knew it from an earlier life: it went above that. */
  | {
      readonly kind: 'contradicted';
      readonly status: MemberStatus;
      readonly claimed: number;
      readonly incarnation: number;
    }
  /** Two processes use one id: the one at `address` stays, and the other is not believed. */
  | {
      readonly kind: 'conflict';
      readonly id: string;
      readonly address: string;
      readonly otherAddress: string;
    };

/** One question for the time and its answer, for `ClockOffsets` of `quorate/time`: the four times of one ping. */
export interface ClockReading {
  readonly sentMs: number;
  readonly heardMs: number;
  readonly answeredMs: number;
  readonly receivedMs: number;
}

/** A member answered a ping of this node itself. */
export interface Answer {
  readonly id: string;
  readonly roundTripMs: number;
  readonly clock: ClockReading;
}

/** Somebody who is dead or has left, and of whom nothing else is known here: gossip has no use for it, verdicts have. */
export interface Stranger {
  readonly id: string;
  readonly status: 'UNHEALTHY' | 'LEFT';
}

export interface Output {
  readonly sends: readonly Send[];
  /** In the order in which they happened. */
  readonly events: readonly MemberEvent[];
  /** When `tick` is due next, by the monotonic clock; infinite once this node has left. */
  readonly nextTickMs: number;
  /** From which member the packet came, when it was accepted: a heartbeat. */
  readonly heard?: string;
  readonly answer?: Answer;
  /** Of whom the packet told; no more than fit into it. */
  readonly strangers?: readonly Stranger[];
  /** Why the packet was refused, whole or in part; it is counted in `refusals`. */
  readonly refused?: Refusal;
}
