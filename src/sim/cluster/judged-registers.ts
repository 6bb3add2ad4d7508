/** The verdict on what clients were told of registers: nothing that is not so, and all of it linearizable. */
import { checkHistory, explainVerdict } from '../checkers/index.ts';
import type { History, Operation } from '../history/index.ts';
import type { Writings } from './resolved-history.ts';

/** What is wrong; `undefined`: nothing. */
export function judgeRegisters(history: History, writings: Writings): string | undefined {
  const lie = writings.lie(history);
  if (lie !== undefined) return lie;
  return judgeResolvedRegisters(writings.resolve(history));
}

/** The same of operations whose unknown outcomes have been resolved. */
export function judgeResolvedRegisters(operations: readonly Operation[]): string | undefined {
  const verdict = checkHistory({ operations }, { model: 'register', level: 'linearizable' });
  return verdict.verdict === 'valid' ? undefined : explainVerdict(verdict);
}
