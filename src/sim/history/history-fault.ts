/**
 * What can be wrong with a history, by name. A history is evidence: one that breaks its own rules is refused
 * as a whole, with the line and the fault, because a checker that guesses what was meant can pass anything.
 */
import { type HistoryFault, QuorateError } from '../../base/index.ts';

/** The error for a history that breaks its rules at `line`, counted from 1. */
export function malformedHistory(
  line: number,
  fault: HistoryFault,
  problem: string,
  cause?: unknown,
): QuorateError<'malformed-history'> {
  return new QuorateError({
    code: 'malformed-history',
    message: `history line ${line}: ${problem}`,
    data: { line, fault },
    cause,
  });
}

/** A value as it stands in the file, cut where it is long. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
