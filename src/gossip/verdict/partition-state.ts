/** What a member is in a partition: its states, what it may do in each, and the words in which it speaks of them. */
import { invalidOption } from '../../base/index.ts';
import type { VerdictReason } from './verdict.ts';

/** What users of this member may do. */
export type Access = 'full' | 'read-only' | 'none';

/** A lease that is being asked for, or about to be. */
export interface OpenQuestion {
  readonly number: number;
  readonly owner: string;
  /** When it is to be asked. */
  readonly askAtMs: number;
  /** When nobody has answered: it counts as refused, or is asked again by a side that has the lease; absent until asked. */
  readonly overAtMs?: number;
}

export type PartitionState =
  | { readonly kind: 'whole' }
  /** Somebody is lost, and this side goes on until it knows what to do. */
  | {
      readonly kind: 'deciding';
      readonly sinceMs: number;
      readonly stableSinceMs: number;
      readonly question?: OpenQuestion;
    }
  /** This side goes on; by a lease that is asked for again and again, if it is that. */
  | { readonly kind: 'up'; readonly why: VerdictReason; readonly question?: OpenQuestion }
  /** This side does not. */
  | LosingState
  /** Everybody is back, or enough to go on; it has to stay so. `losing` is absent on the side that went on. */
  | {
      readonly kind: 'healing';
      readonly stableSinceMs: number;
      readonly losing?: LosingState;
      readonly question?: OpenQuestion;
    };

export interface LosingState {
  readonly kind: 'degraded' | 'down';
  readonly why: LossReason;
  /** When it is judged again, although nothing is new: the lease may be free by then, or the view at rest. */
  readonly againMs?: number;
}

/** Why it was lost is what it goes back to, but not when it asks again. */
export function loserOf({ kind, why }: LosingState): LosingState {
  return { kind, why };
}

export type LossReason =
  | VerdictReason
  /** Another side has the lease, or nobody could say. */
  | 'lease-refused'
  /** Members came and went for so long that no verdict was possible. */
  | 'unstable';

export type PartitionStateName = PartitionState['kind'];

export function accessIn(state: PartitionState): Access {
  switch (state.kind) {
    case 'whole':
    case 'deciding':
    case 'up':
      return 'full';
    case 'degraded':
      return 'read-only';
    case 'down':
      return 'none';
    case 'healing':
      return state.losing === undefined ? 'full' : accessIn(state.losing);
  }
}

/** Time that falls is none: whoever waits for a time would wait again. */
export function timeAfter(beforeMs: number, nowMs: number): number {
  if (Math.abs(nowMs) <= Number.MAX_SAFE_INTEGER) return Math.max(beforeMs, nowMs);
  throw invalidOption('nowMs', nowMs, 'milliseconds of a monotonic clock');
}

/** When time alone moves the state; infinite for never. */
export function nextOfStateMs(
  state: PartitionState,
  { stableMs, unstableMs }: { readonly stableMs: number; readonly unstableMs: number },
): number {
  switch (state.kind) {
    case 'whole':
      return Number.POSITIVE_INFINITY;
    case 'up':
      return state.question?.overAtMs ?? state.question?.askAtMs ?? Number.POSITIVE_INFINITY;
    case 'degraded':
    case 'down':
      return state.againMs ?? Number.POSITIVE_INFINITY;
    case 'deciding':
    case 'healing': {
      if (state.question !== undefined) return state.question.overAtMs ?? state.question.askAtMs;
      const restMs = state.stableSinceMs + stableMs;
      return state.kind === 'deciding' ? Math.min(restMs, state.sinceMs + unstableMs) : restMs;
    }
  }
}

/** One step from state to state, or to another access in the same. */
export interface PartitionChange {
  readonly from: PartitionStateName;
  readonly to: PartitionStateName;
  readonly access: Access;
  /** Absent where time or the members alone have moved it. */
  readonly why?: LossReason;
}

/** To be asked of whoever gives the lease; the answer goes to `leaseAnswered` with the number. */
export interface LeaseQuestion {
  readonly number: number;
  readonly lease: string;
  /**
   * For whom: the side, by its members. Anything shorter could be the name of two sides, of which both would be given
   * the lease. It is granted where nobody has it, where this side has it, and, in one step, where `previous` has it.
   */
  readonly owner: string;
  readonly previous?: string;
  /** So long it must stay this side’s from when it is granted, again or for the first time; after that it may end. */
  readonly forMs: number;
}

/** Refused means that the lease is somebody else’s than the question names; unknown, that nobody can say. */
export type LeaseAnswer = boolean | 'unknown';

/** What the host has to do. */
export interface PartitionOutput {
  /** What has changed, in order. */
  readonly changes: readonly PartitionChange[];
  /** To be asked. No answer counts as a refusal after a while. */
  readonly ask?: LeaseQuestion;
  /** The lease is not needed any more: let it go where it is one of these owners’. */
  readonly releases: readonly { readonly lease: string; readonly owner: string }[];
  /** Given up after `forgetLostAfter`: newcomers should not be told of them any more. */
  readonly forgotten: readonly string[];
  /** When `tick` is due; undefined while only news can change anything. */
  readonly nextMs: number | undefined;
}
