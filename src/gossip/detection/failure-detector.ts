/**
 * What a failure detector is to those who use it: it is told of heartbeats, and asked about members. There is more than
 * one way to judge a silence, and nobody who asks should know which. A detector only says what it thinks; whether a
 * member is out is decided by those who see more than one opinion.
 */

/**
 * - `UNKNOWN`: nothing was ever heard of it.
 * - `HEALTHY`: it is heard of as it should be.
 * - `SUSPECT`: it has been silent for longer than is likely, several times that one looked.
 * - `UNHEALTHY`: it went on so until hardly anything else than a failure explains it.
 * - `LEFT`: it said goodbye. Only `remove` forgets that, so that a late heartbeat does not bring it back.
 */
export type MemberStatus = 'UNKNOWN' | 'HEALTHY' | 'SUSPECT' | 'UNHEALTHY' | 'LEFT';

export interface StatusChange {
  readonly id: string;
  readonly from: MemberStatus;
  readonly to: MemberStatus;
}

/** What the status of a member rests on. */
export interface Judgement {
  readonly id: string;
  readonly status: MemberStatus;
  /** For how long nothing was heard of it, without the time in which this process stood still. */
  readonly silentMs: number;
  /** How suspicious that is, on the scale of the detector: phi, or the silence as a share of the longest allowed. */
  readonly suspicion: number;
  /** Judgings in a row that speak for the next worse status. */
  readonly strikes: number;
  /** What this judging has changed. */
  readonly change: StatusChange | undefined;
}

/** Worth a counter: the detector has no room for one more member, and did not hear of it. */
export type HeartbeatFault = 'too-many-members';

export interface FailureDetector {
  /** How many members it has heard of and was not told to forget. */
  readonly size: number;

  /** Something was heard of the member. The first time makes it known. */
  heartbeat(id: string, nowMs: number): StatusChange | HeartbeatFault | undefined;

  /**
   * Judges one member. A judging counts as a strike at most once in the detector’s judging interval, however often
   * one asks.
   */
  judge(id: string, nowMs: number): Judgement;

  /**
   * Judges everybody, and makes nothing in doing so but what a change needs: `visit` is handed the same object each
   * time, which is true during the call only. It may remove the member that it is told of.
   */
  judgeAll(nowMs: number, visit: (judgement: Judgement) => void): void;

  /** The member said goodbye. */
  left(id: string): StatusChange | undefined;

  /** Forgets all about the member; if it is heard of again, it is a new one. */
  remove(id: string): void;

  /**
   * This process stood still for `forMs`, and it is `nowMs` now: what could not be read in that time is nobody’s
   * silence. It may be told before what has arrived in the meantime, or a little behind it.
   */
  stalled(forMs: number, nowMs: number): void;
}
