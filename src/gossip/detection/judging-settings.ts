/** What all detectors go by, whatever they judge a silence with: options, looked at once. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';

export interface JudgingOptions {
  /** Judgings in a row that make a status worse by one step, from 1 to 100. Default 2. */
  readonly strikes?: number;
  /** Strikes come no faster than this, however often one asks. Default 500 ms. */
  readonly strikeEvery?: Duration;
  /** Heartbeats, with no suspicious silence between them, until a member is healthy again, from 1 to 100. Default 2. */
  readonly heartbeatsBack?: number;
  /** Members that are kept. One more is refused as `too-many-members`, unless one of them has left. Default 10,000. */
  readonly membersMax?: number;
  /**
   * As much time passes at most between two calls; what is beyond is a leap of a clock, or a stall that nobody told of,
   * and counts for nobody. A detector that is asked less often than this is slower to judge. Default 2 s.
   */
  readonly leapMax?: Duration;
}

export interface JudgingSettings {
  readonly strikes: number;
  readonly credits: number;
  readonly strikeEveryMs: number;
  readonly membersMax: number;
  readonly leapMaxMs: number;
}

const dayMs = 86_400_000;

export function judgingSettings({
  strikes = 2,
  strikeEvery = 500,
  heartbeatsBack = 2,
  membersMax = 10_000,
  leapMax = '2s',
}: JudgingOptions): JudgingSettings {
  return {
    strikes: wholeOf('strikes', strikes, 1, 100),
    credits: wholeOf('heartbeatsBack', heartbeatsBack, 1, 100),
    strikeEveryMs: lengthMsOf('strikeEvery', strikeEvery, 0, dayMs),
    membersMax: wholeOf('membersMax', membersMax, 1, 1_000_000),
    leapMaxMs: lengthMsOf('leapMax', leapMax, 1, dayMs),
  };
}

export function wholeOf(option: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(option, value, `a whole number from ${least} to ${most}`);
}

export function lengthMsOf(option: string, value: Duration, leastMs: number, mostMs: number): number {
  const lengthMs = durationMs(value, option);
  if (lengthMs >= leastMs && lengthMs <= mostMs) return lengthMs;
  throw invalidOption(option, value, `from ${leastMs} to ${mostMs} ms`);
}
