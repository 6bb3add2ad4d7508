/**
 * Numbers that come from outside, judged where they come in: a reading of a clock that is not a number, once it is
 * in a timestamp, is in every later one.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';

/** A reading of a clock, in milliseconds; whole or not. */
export function readingMs(option: string, value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw invalidOption(option, value, `milliseconds from 0 to ${most}`);
}

export function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(option, value, `a whole number from ${least} to ${most}`);
}

export function lengthMs(option: string, value: Duration, mostMs: number): number {
  const length = durationMs(value, option);
  if (length > 0 && length <= mostMs) return length;
  throw invalidOption(option, value, `more than 0 ms and at most ${mostMs} ms`);
}
