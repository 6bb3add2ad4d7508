/** The verdict on what clients were told of counters: within the bounds of what can have been, and linearizable. */
import { checkCounterBounds, checkHistory, explainVerdict } from '../checkers/index.ts';
import type { Operation } from '../history/index.ts';

/** What is wrong; `undefined`: nothing. Unknown outcomes have been resolved. */
export function judgeCounters(operations: readonly Operation[]): string | undefined {
  const bounds = checkCounterBounds(operations);
  if (bounds.verdict !== 'valid') return explainVerdict(bounds);
  const verdict = checkHistory({ operations }, { model: 'counter', level: 'linearizable' });
  return verdict.verdict === 'valid' ? undefined : explainVerdict(verdict);
}
