/** The options of a shared rate limit, checked once. */
import { type Duration, invalidOption } from '../base/index.ts';
import { lengthMsOf } from './option-checks.ts';
import type { RateRule } from './rate-rule.ts';
import { type Rate, ruleOf } from './rate-settings.ts';

/** What can change while calls wait. The rate is that of all processes together. */
export type SharedRateLimitSettings = Rate & {
  /** So many at once. Default: `calls`, or as many as a second brings, at least 1. */
  readonly burst?: number;
  /** Permits that are taken by one request. Default: a twentieth of the burst, at least 1. */
  readonly block?: number;
  /** For how long they may be used. Default: as long as the rate takes for four blocks, at least 100 ms. */
  readonly keep?: Duration;
  /**
   * While the source does not answer: `refuse` lets nobody through; `local-share` lets each process have its share of the
   * rate by its own count. Default `refuse`.
   */
  readonly onLoss?: 'refuse' | 'local-share';
  /** Of the rate, for one process, above 0 and up to 1: one by the number of processes. Needed for `local-share`. */
  readonly share?: number;
  /** How long the source may take to answer. Default 500 ms. */
  readonly patience?: Duration;
  /** How many calls wait for an answer of the source, over all keys. Default 1000. */
  readonly queued?: number;
  /** With `keyed`: so many keys are remembered. Default 10,000. */
  readonly keysMax?: number;
};

export interface CheckedSharedSettings {
  readonly rule: RateRule;
  readonly block: number;
  readonly keepMs: number;
  /** What one process lets through by itself; undefined: nothing. */
  readonly localRule: RateRule | undefined;
  readonly patienceMs: number;
  readonly queued: number;
  readonly keysMax: number;
}

const keepMsLeast = 100;
const blocksKept = 4;

export function checkedSharedSettings(settings: SharedRateLimitSettings): CheckedSharedSettings {
  const rule = ruleOf(settings, 'token-bucket');
  const { block = Math.max(1, Math.floor(rule.burst / 20)), queued = 1000, keysMax = 10_000 } = settings;
  if (!(Number.isSafeInteger(block) && block >= 1 && block <= rule.burst))
    throw invalidOption('block', block, `a whole number from 1 to ${rule.burst}, the burst`);
  if (!Number.isSafeInteger(queued) || queued < 1)
    throw invalidOption(
      'queued',
      queued,
      'a whole number of at least 1: calls wait for an answer of the source',
    );
  const { keep = Math.max(keepMsLeast, (blocksKept * block * rule.perMs) / rule.calls), patience = 500 } =
    settings;
  return {
    rule,
    block,
    keepMs: lengthMsOf('keep', keep),
    localRule: localRuleOf(settings, rule),
    patienceMs: lengthMsOf('patience', patience),
    queued,
    keysMax,
  };
}

function localRuleOf(
  { onLoss = 'refuse', share }: SharedRateLimitSettings,
  rule: RateRule,
): RateRule | undefined {
  if (onLoss === 'refuse') {
    if (share !== undefined) throw invalidOption('share', share, "left out where onLoss is 'refuse'");
    return undefined;
  }
  if (onLoss !== 'local-share') throw invalidOption('onLoss', onLoss, "'refuse' or 'local-share'");
  if (!(typeof share === 'number' && share > 0 && share <= 1))
    throw invalidOption('share', share, "above 0 and up to 1 where onLoss is 'local-share'");
  return { calls: rule.calls * share, perMs: rule.perMs, burst: Math.max(1, Math.floor(rule.burst * share)) };
}
