/** What options of breakers must be, each checked once, when the breaker is made; the message names option and value. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';

export function checkWhole(
  option: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw invalidOption(option, value, `a whole number ${range}`);
}

export function checkShare(option: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw invalidOption(option, value, 'a share above 0 and at most 1');
}

/** More than nothing. */
export function checkDuration(option: string, value: Duration): number {
  const milliseconds = durationMs(value, option);
  if (milliseconds === 0) throw invalidOption(option, value, 'more than 0 ms');
  return milliseconds;
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(option, value, 'a function');
}

/** For options that may come from a file, whatever the types say. */
export function checkRecord(option: string, value: unknown, expected: string): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, value, expected);
}
