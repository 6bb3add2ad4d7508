/**
 * One question for the time and its answer, as in NTP (RFC 5905, section 8): the asker notes when it sent and when
 * it had the answer, the asked when it heard and when it answered, each by its own clock. Half of the way there and
 * back, at most, is what the two ways may differ by; so the other clock is ahead by the offset, give or take half of
 * the delay. That is a bound and no estimate: it holds for every network as long as neither clock steps meanwhile.
 */

/** Milliseconds, each by the clock of who did it. */
export interface ClockExchange {
  readonly sentMs: number;
  readonly heardMs: number;
  readonly answeredMs: number;
  readonly receivedMs: number;
}

export interface ClockSample {
  /** By how much the other clock is ahead of the one here. */
  readonly offsetMs: number;
  /** There and back, without the time in between. */
  readonly delayMs: number;
}

/** Why an exchange tells nothing: a clock stepped during it, or what came is not a time. */
export type ExchangeFault = 'not-a-time' | 'answered-before-heard' | 'shorter-than-the-answer';

/** What an exchange says, or why it says nothing. */
export function clockSample({
  sentMs,
  heardMs,
  answeredMs,
  receivedMs,
}: ClockExchange): ClockSample | ExchangeFault {
  for (const time of [sentMs, heardMs, answeredMs, receivedMs]) {
    if (!Number.isFinite(time) || Math.abs(time) > Number.MAX_SAFE_INTEGER) return 'not-a-time';
  }
  if (answeredMs < heardMs) return 'answered-before-heard';
  const delayMs = receivedMs - sentMs - (answeredMs - heardMs);
  if (delayMs < 0) return 'shorter-than-the-answer';
  return { offsetMs: (heardMs - sentMs + (answeredMs - receivedMs)) / 2, delayMs };
}
