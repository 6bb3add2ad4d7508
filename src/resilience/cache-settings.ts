/** What a cache is told, and what is made of it: checked once, copied, with what holds where nothing is said. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import type { FreshnessRules } from './cache-freshness.ts';
import type { CacheStore } from './cache-store.ts';
import type { CallContext } from './call.ts';
import { type KeyChoice, keyChooser } from './call-key.ts';
import { keysMaxMost } from './keyed.ts';
import { lengthMsOf, wholeOf } from './option-checks.ts';
import type { PolicyOptions } from './policy.ts';

export interface CacheAsideOptions extends PolicyOptions {
  /** How long an answer is fresh. */
  readonly ttl: Duration;
  /** For so long behind that it is given at once, while another one is fetched in the background. Default 0. */
  readonly staleFor?: Duration;
  /** For so long behind that it is given when the call fails. Default 0. */
  readonly staleOnErrorFor?: Duration;
  /** Which failures an old answer may stand in for. Default: all. */
  readonly staleWhen?: (error: unknown) => boolean;
  /** A failure is given to whoever asks for so long after it, where no old answer may be. Default 0: none is kept. */
  readonly failuresFor?: Duration;
  /** So long after a failure a call that has an old answer is given that without asking again. Default 1 s. */
  readonly failurePause?: Duration;
  /** Which answers are kept. Default: all. */
  readonly keepWhen?: (value: unknown) => boolean;
  /** Most answers in memory; the one that was not asked for longest goes first. Also most that are fetched at a time; beyond that a call is neither shared nor kept. Default 1000. */
  readonly entriesMax?: number;
  /** A fetch in the background that nobody waits for is given up after so long. Default 30 s. */
  readonly refreshTimeout?: Duration;
  /** Default: the key of the call. A call without one is carried out, and its answer is not kept. */
  readonly key?: KeyChoice;
  /** Where answers are kept. Default: the memory of the process. */
  readonly store?: CacheStore;
  /** How long a store outside is waited for before the call does without it. Default 1 s. */
  readonly storeTimeout?: Duration;
}

/** The store and its time limit are for good; all others can be told anew. */
export type CacheRules = Omit<CacheAsideOptions, keyof PolicyOptions | 'store' | 'storeTimeout'>;

export interface CacheSettings extends FreshnessRules {
  readonly failuresForMs: number;
  readonly failurePauseMs: number;
  readonly refreshTimeoutMs: number;
  readonly entriesMax: number;
  readonly keyOf: (call: CallContext) => string | undefined;
  readonly mayStandInFor: (error: unknown) => boolean;
  readonly isKept: (value: unknown) => boolean;
}

export function cacheSettingsOf(rules: CacheRules): CacheSettings {
  return {
    ttlMs: lengthMsOf('ttl', rules.ttl),
    staleForMs: durationMs(rules.staleFor ?? 0, 'staleFor'),
    staleOnErrorForMs: durationMs(rules.staleOnErrorFor ?? 0, 'staleOnErrorFor'),
    failuresForMs: durationMs(rules.failuresFor ?? 0, 'failuresFor'),
    failurePauseMs: durationMs(rules.failurePause ?? '1s', 'failurePause'),
    refreshTimeoutMs: lengthMsOf('refreshTimeout', rules.refreshTimeout ?? '30s'),
    entriesMax: wholeOf('entriesMax', rules.entriesMax ?? 1_000, 1, keysMaxMost),
    keyOf: keyChooser(rules.key),
    mayStandInFor: predicateOf('staleWhen', rules.staleWhen),
    isKept: predicateOf('keepWhen', rules.keepWhen),
  };
}

function predicateOf(
  option: string,
  given: ((subject: unknown) => boolean) | undefined,
): (subject: unknown) => boolean {
  if (given === undefined) return always;
  if (typeof given === 'function') return given;
  throw invalidOption(option, given, 'a function that says true or false');
}

function always(): boolean {
  return true;
}
