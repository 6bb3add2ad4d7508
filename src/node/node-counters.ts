/**
 * What a node has done since it started, as plain numbers: raised where it happens, read by whoever wants to know.
 * Nothing is formatted, stamped or labelled on the way of a request.
 */
import { type ErrorCode, LatencyHistogram } from '../base/index.ts';
import type { QuestionKind } from '../net/index.ts';
import type { RaftEvent } from '../raft/index.ts';

export class NodeCounters {
  /** Questions of clients, by kind; each is answered or fails. */
  readonly requests: Map<QuestionKind, number> = new Map();
  /** Answers that were errors, by code. What a state machine refuses is an answer, not an error; it counts that itself. */
  readonly failures: Map<ErrorCode, number> = new Map();
  /** From when an append was handed to the log until it was durable. */
  readonly flushes: LatencyHistogram = new LatencyHistogram();
  /** Watches that are open now. */
  watches = 0;
  electionsWon = 0;
  leaderChanges = 0;
  snapshotsTaken = 0;
  snapshotsSent = 0;
  /** Tried and not delivered: the member was gone, or the bytes were not right. */
  snapshotsUnsent = 0;
  snapshotsReceived = 0;

  noticed(event: RaftEvent): void {
    if (event.kind === 'leader-changed') this.leaderChanges += 1;
    if (event.kind === 'role-changed' && event.role === 'leader') this.electionsWon += 1;
  }

  asked(kind: QuestionKind): void {
    this.requests.set(kind, (this.requests.get(kind) ?? 0) + 1);
  }

  failed(code: ErrorCode): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }
}
