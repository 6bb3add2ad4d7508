/** Options of policies: each is judged once, when a policy is made or configured, and named where it does not fit. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';

export function probabilityOf(option: string, value: number): number {
  if (Number.isFinite(value) && value >= 0 && value <= 1) return value;
  throw invalidOption(option, value, 'a probability from 0 to 1');
}

/** A duration that must not be 0. */
export function lengthMsOf(option: string, value: Duration): number {
  const lengthMs = durationMs(value, option);
  if (lengthMs > 0) return lengthMs;
  throw invalidOption(option, value, 'more than 0 ms');
}

export function wholeOf(
  option: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw invalidOption(option, value, `a whole number ${range}`);
}

/** A share that must not be 0. */
export function shareOf(option: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw invalidOption(option, value, 'a share above 0 and at most 1');
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(option, value, 'a function');
}

/** For what may come from a file, whatever the types say. */
export function checkRecord(option: string, value: unknown, expected: string): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, value, expected);
}
