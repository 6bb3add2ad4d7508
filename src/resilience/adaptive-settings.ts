/** The options of an adaptive limit, checked once and made what the policy goes by. */
import { type Duration, invalidOption } from '../base/index.ts';
import type { Priority } from './call.ts';
import { priorities } from './execution.ts';
import { AimdStrategy } from './limit-aimd.ts';
import { GradientStrategy } from './limit-gradient.ts';
import type { LimitBounds } from './limit-state.ts';
import type { LimitStrategy } from './limit-strategy.ts';
import type { LoopDelaySource } from './loop-delay-meter.ts';
import { lengthMsOf } from './option-checks.ts';

/** By time: gives way where calls take longer than they do without a queue. */
export interface GradientOptions {
  readonly kind: 'gradient';
  /** So many times as long may they take, at least 1. Default 1.5. */
  readonly tolerance?: number;
  /** What is left of the limit after a window with a drop. Default 0.9. */
  readonly backoff?: number;
}

/** By failure: one more in each window, a share less where a call was dropped. */
export interface AimdOptions {
  readonly kind: 'aimd';
  /** Default 0.9. */
  readonly backoff?: number;
  /** A window whose mean is longer counts as one with a drop. Default: none does. */
  readonly slowAfter?: Duration;
}

/** What can change while calls run. */
export interface AdaptiveLimitSettings {
  /** Default `gradient`. */
  readonly strategy?: 'gradient' | 'aimd' | GradientOptions | AimdOptions;
  /** Default 1. */
  readonly minimum?: number;
  /** Default 1000. */
  readonly maximum?: number;
  /** How often the limit moves at most; it moves less often where calls take longer. Default 100 ms. */
  readonly window?: Duration;
  /** How much of the limit each priority may fill. Default: low 0.5, normal 0.8, high 0.95, critical 1. */
  readonly shares?: Partial<Readonly<Record<Priority, number>>>;
  /** The codes of errors that say that somebody has too much to do. Default: `overloaded`, `load-shed`, `deadline-exceeded`, `ETIMEDOUT`, and any `TimeoutError`. */
  readonly dropCodes?: readonly string[];
  /** Tells how late this process runs, such as `loopDelayMeter()`. Default: nobody asks. */
  readonly loop?: LoopDelaySource;
  /** Beyond it low priorities are refused, beyond twice that normal ones, beyond four times high ones. Default 100 ms. */
  readonly loopDelayMax?: Duration;
}

export interface CheckedAdaptiveSettings {
  readonly bounds: LimitBounds;
  readonly shares: Readonly<Record<Priority, number>>;
  readonly dropCodes: ReadonlySet<string>;
  readonly loop: LoopDelaySource | undefined;
  /** From which delay each priority is refused. */
  readonly loopDelaysMs: Readonly<Record<Priority, number>>;
  readonly makeStrategy: () => LimitStrategy;
  /** The same text for the same rule: whether what was learned still means something. */
  readonly strategyId: string;
}

const sharesDefault = { critical: 1, high: 0.95, normal: 0.8, low: 0.5 } as const;
const dropCodesDefault: readonly string[] = [
  ...['overloaded', 'load-shed', 'deadline-exceeded', 'ETIMEDOUT', 'TimeoutError'],
];

export function checkedAdaptiveSettings(settings: AdaptiveLimitSettings): CheckedAdaptiveSettings {
  const { minimum = 1, maximum = 1000, window = 100, loop, loopDelayMax = 100 } = settings;
  const { dropCodes = dropCodesDefault } = settings;
  if (!(minimum >= 1 && Number.isFinite(minimum)))
    throw invalidOption('minimum', minimum, 'a number of at least 1');
  if (!(maximum >= minimum && Number.isFinite(maximum)))
    throw invalidOption('maximum', maximum, `a number of at least ${minimum}, the minimum`);
  const windowMs = lengthMsOf('window', window);
  const delayMs = lengthMsOf('loopDelayMax', loopDelayMax);
  if (!(Array.isArray(dropCodes) && dropCodes.every((code) => typeof code === 'string')))
    throw invalidOption('dropCodes', dropCodes, 'a list of codes, or left out');
  if (loop !== undefined && typeof loop?.delayMs !== 'function')
    throw invalidOption('loop', loop, 'an object with the function delayMs, such as loopDelayMeter()');
  const rule = strategyOf(settings.strategy ?? 'gradient');
  return {
    bounds: { minimum, maximum, windowMs },
    shares: sharesOf({ ...sharesDefault, ...settings.shares }),
    dropCodes: new Set(dropCodes),
    loop,
    loopDelaysMs: {
      low: delayMs,
      normal: 2 * delayMs,
      high: 4 * delayMs,
      critical: Number.POSITIVE_INFINITY,
    },
    ...rule,
  };
}

/** No priority may fill more than those above it. */
function sharesOf(shares: Readonly<Record<Priority, number>>): Readonly<Record<Priority, number>> {
  let most = 1;
  for (const priority of priorities) {
    const share = shares[priority];
    if (!(typeof share === 'number' && share > 0 && share <= most)) {
      const bound = `a share above 0 and up to ${most}, which a higher priority may fill`;
      throw invalidOption(`shares.${priority}`, share, bound);
    }
    most = share;
  }
  return shares;
}

function strategyOf(
  given: NonNullable<AdaptiveLimitSettings['strategy']>,
): Pick<CheckedAdaptiveSettings, 'makeStrategy' | 'strategyId'> {
  const options: GradientOptions | AimdOptions = typeof given === 'string' ? { kind: given } : given;
  const backoff = options.backoff ?? 0.9;
  if (!(Number.isFinite(backoff) && backoff > 0 && backoff < 1))
    throw invalidOption('strategy.backoff', backoff, 'above 0 and below 1');
  if (options.kind === 'gradient') {
    const { tolerance = 1.5 } = options;
    if (!(tolerance >= 1 && Number.isFinite(tolerance)))
      throw invalidOption('strategy.tolerance', tolerance, 'a number of at least 1');
    const makeStrategy = (): LimitStrategy => new GradientStrategy({ tolerance, backoff });
    return { makeStrategy, strategyId: `gradient ${tolerance} ${backoff}` };
  }
  if (options.kind !== 'aimd') throw invalidOption('strategy', given, "'gradient' or 'aimd'");
  const { slowAfter } = options;
  const slowAfterMs =
    slowAfter === undefined ? Number.POSITIVE_INFINITY : lengthMsOf('strategy.slowAfter', slowAfter);
  const makeStrategy = (): LimitStrategy => new AimdStrategy({ backoff, slowAfterMs });
  return { makeStrategy, strategyId: `aimd ${backoff} ${slowAfterMs}` };
}
