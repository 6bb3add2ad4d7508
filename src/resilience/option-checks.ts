/** Numbers in the options of policies: each is judged once, when a policy is made or configured, and named where it does not fit. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';

/** A bound on how many of something are kept. */
export function countOf(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidOption(option, value, 'a whole number of at least 1');
}

export function probabilityOf(option: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw invalidOption(option, value, 'a probability from 0 to 1');
}

/** A duration that must not be 0. */
export function lengthMsOf(option: string, value: Duration): number {
  const lengthMs = durationMs(value, option);
  if (lengthMs > 0) return lengthMs;
  throw invalidOption(option, value, 'more than 0 ms');
}
