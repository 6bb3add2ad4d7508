/**
 * What a checker says. There are three answers, and only one of them is a pass: a checker that ran out of its
 * budget, or that this history gives no handle, has not shown anything.
 */
import { describeOperation, type HistoryKey, type Operation } from '../../history/index.ts';

export type Verdict = ValidVerdict | InvalidVerdict | GaveUpVerdict;

export interface ValidVerdict {
  readonly verdict: 'valid';
}

export interface InvalidVerdict {
  readonly verdict: 'invalid';
  /** At least one; each names what is wrong and shows the operations that prove it. */
  readonly anomalies: readonly Anomaly[];
}

export interface GaveUpVerdict {
  readonly verdict: 'gave-up';
  readonly reason: GiveUpReason;
  /** One sentence: what ran out or is missing, and what to do. */
  readonly detail: string;
}

/** `steps` and `memory` ran out; the others name what this method needs and the history lacks. */
export type GiveUpReason = 'steps' | 'memory' | 'values-repeat' | 'no-revisions' | 'no-tokens';

export interface Anomaly {
  readonly name: AnomalyName;
  /** The object; `null` where it spans several. */
  readonly key: HistoryKey | null;
  /** One sentence that says why this cannot be. */
  readonly reason: string;
  /** The operations that prove it, in the order of the story. */
  readonly operations: readonly Operation[];
}

export type AnomalyName =
  // Any level
  | 'thin-air-read'
  | 'aborted-read'
  | 'future-read'
  // Linearizability
  | 'not-linearizable'
  | 'revision-reused'
  | 'revision-against-real-time'
  | 'revision-against-value'
  | 'counter-out-of-bounds'
  // Locks
  | 'token-not-increasing'
  | 'stale-token-accepted'
  // Sessions
  | 'read-your-writes'
  | 'monotonic-reads'
  | 'monotonic-writes'
  | 'writes-follow-reads'
  // Causal consistency, by the names of Bouajjani et al.
  | 'CyclicCO'
  | 'WriteCOInitRead'
  | 'WriteCORead'
  | 'CyclicCF'
  | 'WriteHBInitRead'
  | 'CyclicHB'
  | 'not-sequential'
  // Transactions, by the names of Adya and of Elle
  | 'duplicate-elements'
  | 'incompatible-order'
  | 'internal'
  | 'lost-update'
  | 'G1a'
  | 'G1b'
  | CycleName
  | `${CycleName}-${'process' | 'realtime'}`;

/** Cycles of dependencies: writes only; with reads; with one anti-dependency; with several, no two adjacent; with several. */
export type CycleName = 'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item';

export const valid: ValidVerdict = { verdict: 'valid' };

export function invalid(...anomalies: readonly Anomaly[]): InvalidVerdict {
  return { verdict: 'invalid', anomalies };
}

export function gaveUp(reason: GiveUpReason, detail: string): GaveUpVerdict {
  return { verdict: 'gave-up', reason, detail };
}

/** Several verdicts on parts of one history: one broken part breaks the whole, one unjudged part leaves it unjudged. */
export function joinVerdicts(verdicts: Iterable<Verdict>): Verdict {
  const anomalies: Anomaly[] = [];
  let unjudged: GaveUpVerdict | undefined;
  for (const verdict of verdicts) {
    if (verdict.verdict === 'invalid') anomalies.push(...verdict.anomalies);
    else if (verdict.verdict === 'gave-up') unjudged ??= verdict;
  }
  return anomalies.length > 0 ? invalid(...anomalies) : (unjudged ?? valid);
}

/** The verdict as a text for people. */
export function explainVerdict(verdict: Verdict): string {
  switch (verdict.verdict) {
    case 'valid':
      return 'valid';
    case 'gave-up':
      return `gave up (${verdict.reason}): ${verdict.detail}`;
    case 'invalid':
      return verdict.anomalies.map(explainAnomaly).join('\n\n');
  }
}

function explainAnomaly({ name, key, reason, operations }: Anomaly): string {
  const on = key === null ? '' : ` on key ${JSON.stringify(key)}`;
  const lines = operations.map((operation) => `  ${describeOperation(operation)}`);
  return [`${name}${on}: ${reason}`, ...lines].join('\n');
}
