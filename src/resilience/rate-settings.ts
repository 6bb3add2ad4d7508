/** The options of a rate limit, checked once and made a rule. */
import { type Duration, invalidOption } from '../base/index.ts';
import { lengthMsOf } from './option-checks.ts';
import type { RateRule } from './rate-rule.ts';

/**
 * `token-bucket`: steady, with bursts; in any span of w no more than burst + w · rate. `sliding-window`: in no span as
 * long as `per` more than `calls`.
 */
export type RateAlgorithm = 'token-bucket' | 'sliding-window';

/** How often: so many a second, or so many calls in a time. */
export type Rate =
  | { readonly perSecond: number; readonly calls?: never; readonly per?: never }
  | { readonly calls: number; readonly per: Duration; readonly perSecond?: never };

/** What can change while calls wait. */
export type RateLimitSettings = Rate & {
  /** For a token bucket: so many at once. Default: `calls`, or as many as a second brings, at least 1. */
  readonly burst?: number;
  /** With `mode: 'wait'`: how many calls wait, over all keys. Default 100. */
  readonly queued?: number;
  /** With `keyed`: so many keys are remembered. Default 10,000. */
  readonly keysMax?: number;
};

export interface CheckedRateSettings {
  readonly rule: RateRule;
  readonly queued: number;
  readonly keysMax: number;
}

export function checkedRateSettings(
  settings: RateLimitSettings,
  algorithm: RateAlgorithm,
): CheckedRateSettings {
  const { queued = 100, keysMax = 10_000 } = settings;
  if (!Number.isSafeInteger(queued) || queued < 0)
    throw invalidOption('queued', queued, 'a whole number of at least 0');
  return { rule: ruleOf(settings, algorithm), queued, keysMax };
}

/** Throws `invalid-option` for a rate that could not be kept. */
export function ruleOf(settings: RateLimitSettings, algorithm: RateAlgorithm): RateRule {
  if ((settings.perSecond === undefined) === (settings.calls === undefined))
    throw invalidOption('perSecond', settings.perSecond, 'given, or calls and per, and not both');
  const option = settings.perSecond === undefined ? 'calls' : 'perSecond';
  const calls = settings.perSecond ?? settings.calls ?? 0;
  if (!(calls > 0 && Number.isFinite(calls))) throw invalidOption(option, calls, 'a number above 0');
  const perMs = settings.perSecond === undefined ? lengthMsOf('per', settings.per) : 1000;
  if (algorithm === 'sliding-window') {
    if (!Number.isSafeInteger(calls))
      throw invalidOption(option, calls, 'a whole number; for less than one, name calls and a longer per');
    if (settings.burst !== undefined)
      throw invalidOption('burst', settings.burst, 'left out: a sliding window allows calls at once');
    return { calls, perMs, burst: calls };
  }
  const { burst = Math.max(1, Math.floor(calls)) } = settings;
  if (!Number.isSafeInteger(burst) || burst < 1)
    throw invalidOption('burst', burst, 'a whole number of at least 1');
  return { calls, perMs, burst };
}
