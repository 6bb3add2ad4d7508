/**
 * What a replicated log is made of, and what a member must remember besides it. These are the only types
 * that the core shares with the disk, beside the configuration.
 */

/**
 * A member's identity: a random whole number in [1, 2⁵³ − 1], drawn when its data directory is made. A wiped
 * directory draws a new one, so nobody comes back under a name whose promises it has forgotten.
 */
export type MemberId = number;

/** The consensus group that a message or record belongs to: a whole number in [0, 2³²). */
export type GroupId = number;

/** `empty` is a new leader's first entry; `configuration` changes the membership; `command` is for the state machine. */
export type EntryKind = 'command' | 'empty' | 'configuration';

/** The name of a log position. Two logs that hold the same pair are equal up to it (Raft §5.3, Log Matching). */
export interface EntryId {
  readonly index: number;
  readonly term: number;
}

export interface Entry extends EntryId {
  readonly kind: EntryKind;
  /** The bytes as the client sent them; nobody changes them after the entry is made. */
  readonly data: Uint8Array;
}

/** Must be durable before any message that depends on it leaves (Raft, figure 2). `vote` is 0 for none. */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

export const noEntry: EntryId = { index: 0, term: 0 };
export const initialHardState: HardState = { term: 0, vote: 0, commit: 0 };
