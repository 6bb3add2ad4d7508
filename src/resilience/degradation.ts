/**
 * Levels of service: what a program still does when not all of it can be had. Features say which level they need,
 * pages ask which one it is; it is set by hand, or follows signals that the program reads from time to time: open
 * circuits, the delay of its event loop, the share of calls that were shed. The policy of a feature refuses its calls
 * above the level before they cost anything; a fallback around it answers them.
 */
import { type Duration, durationMs, invalidOption, QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { Call, Task } from './call.ts';
import { DegradationLevel, type LevelRules } from './degradation-level.ts';
import { PolicyEvents, type PolicyListener } from './events.ts';
import { lengthMsOf } from './option-checks.ts';
import { Policy, type PolicyOptions } from './policy.ts';
import { sharedClock } from './shared-clock.ts';

export interface DegradationRule<Level extends string> {
  /** The name under which the program tells its readings. */
  readonly signal: string;
  /** While the rule holds it is no better than this. */
  readonly level: Level;
  /** Holds from a reading of at least this … */
  readonly from: number;
  /** … and until one of at most this. Default: half of it, so that a signal that swings does not switch. */
  readonly until?: number;
}

export interface DegradationOptions<Level extends string> extends PolicyOptions {
  /** From the best to the worst, at least two. */
  readonly levels: readonly Level[];
  readonly rules?: readonly DegradationRule<Level>[];
  /** It becomes better by one level after so long in which no rule held for the level that it is on. Default 10 s. */
  readonly recoverAfter?: Duration;
  /** A signal that was not read for so long says nothing any more. Default 1 minute. */
  readonly forgetAfter?: Duration;
}

export function degradation<const Level extends string>(
  options: DegradationOptions<Level>,
): Degradation<Level> {
  return new Degradation(options);
}

interface Settings<Level extends string> extends LevelRules {
  readonly levels: readonly Level[];
  readonly signals: ReadonlySet<string>;
}

export class Degradation<Level extends string> {
  readonly name: string;
  readonly clock: Clock;
  readonly #events = new PolicyEvents();
  readonly #ruled: DegradationLevel;
  #settings: Settings<Level>;
  #byHand: { readonly level: Level; readonly untilMs: number } | undefined;
  #told: Level;

  constructor(options: DegradationOptions<Level>) {
    this.name = options.name ?? 'degradation';
    this.clock = options.clock ?? sharedClock();
    this.#settings = settingsOf(options);
    this.#ruled = new DegradationLevel(this.#settings);
    this.#told = this.#settings.levels[0] as Level;
  }

  /** Reading it costs a look at the clock only while it is not the best. */
  get level(): Level {
    return this.#look();
  }

  /** Whether it is this level or a better one. */
  allows(level: Level): boolean {
    return this.#indexOf(level) >= this.#indexOf(this.level);
  }

  /** What is there for the level of now, or else for the next worse one that there is something for. */
  choose<Choice>(choices: { readonly [Each in Level]?: Choice }): Choice {
    const { levels } = this.#settings;
    for (const level of levels.slice(this.#indexOf(this.level))) {
      if (Object.hasOwn(choices, level)) return choices[level] as Choice;
    }
    throw invalidOption(
      'choices',
      Object.keys(choices).join(', '),
      `with one for ${levels.at(-1)}, the worst`,
    );
  }

  /** What the program reads of a signal. Refuses one that no rule asks for, since it would change nothing. */
  read(signal: string, value: number): void {
    const { signals } = this.#settings;
    if (!signals.has(signal))
      throw invalidOption(
        'signal',
        signal,
        `one that a rule asks for: ${[...signals].join(', ') || 'none does'}`,
      );
    if (typeof value !== 'number' || Number.isNaN(value))
      throw invalidOption(`reading of ${signal}`, value, 'a number');
    this.#ruled.read(signal, value, this.clock.now());
    this.#look();
  }

  /** By hand, whatever the rules say, until `release` or for so long. */
  set(level: Level, options: { readonly for?: Duration } = {}): void {
    this.#indexOf(level);
    const untilMs =
      options.for === undefined
        ? Number.POSITIVE_INFINITY
        : this.clock.now() + lengthMsOf('for', options.for);
    this.#byHand = { level, untilMs };
    this.#look();
  }

  /** The rules say the level again. */
  release(): void {
    this.#byHand = undefined;
    this.#look();
  }

  /** A policy that carries calls out while it is `needs` or better, and refuses them with `feature-degraded` otherwise. */
  feature(name: string, options: { readonly needs: Level }): FeaturePolicy<Level> {
    this.#indexOf(options.needs);
    return new FeaturePolicy(this, name, options.needs);
  }

  onEvent(listener: PolicyListener): () => void {
    return this.#events.add(listener);
  }

  /** Levels keep their names: one that is gone and was set by hand is released. */
  configure(options: Omit<DegradationOptions<Level>, keyof PolicyOptions>): void {
    const settings = settingsOf(options);
    const { level } = this;
    this.#settings = settings;
    if (this.#byHand !== undefined && !settings.levels.includes(this.#byHand.level)) this.#byHand = undefined;
    this.#ruled.configure(settings, settings.levels.length - 1, this.clock.now());
    if (!settings.levels.includes(level)) this.#told = settings.levels[0] as Level;
    this.#look();
  }

  #current(): Level {
    const hand = this.#byHand;
    if (hand !== undefined) {
      if (hand.untilMs === Number.POSITIVE_INFINITY || this.clock.now() < hand.untilMs) return hand.level;
      this.#byHand = undefined;
    }
    const { levels } = this.#settings;
    return levels[this.#ruled.isSettled ? 0 : this.#ruled.at(this.clock.now())] as Level;
  }

  /** Whatever changes it or asks for it tells of the change; nothing watches it in between. */
  #look(): Level {
    const level = this.#current();
    if (level !== this.#told) this.#tellChange(level);
    return level;
  }

  #tellChange(to: Level): void {
    const from = this.#told;
    this.#told = to;
    if (!this.#events.isHeard) return;
    const byHand = this.#byHand !== undefined;
    this.#events.tell({ type: 'level-changed', kind: 'degradation', policy: this.name, from, to, byHand });
  }

  #indexOf(level: Level): number {
    const { levels } = this.#settings;
    const index = levels.indexOf(level);
    if (index < 0) throw invalidOption('level', level, `one of ${levels.join(', ')}`);
    return index;
  }
}

/** One feature of a program, on the levels that have it. */
export class FeaturePolicy<Level extends string> extends Policy<'degradation'> {
  readonly #of: Degradation<Level>;
  #needs: Level;

  constructor(of: Degradation<Level>, name: string, needs: Level) {
    super(['degradation'], name, of.clock);
    this.#of = of;
    this.#needs = needs;
  }

  get isAvailable(): boolean {
    return this.#of.allows(this.#needs);
  }

  configure({ needs }: { readonly needs: Level }): void {
    this.#of.allows(needs);
    this.#needs = needs;
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    if (!this.isAvailable) throw this.#refusal();
    return await task(call);
  }

  #refusal(): QuorateError<'feature-degraded'> {
    const { name } = this;
    const [level, needed] = [this.#of.level, this.#needs];
    this.tell(() => ({ type: 'feature-refused', kind: 'degradation', policy: name, level, needed }));
    return new QuorateError({
      code: 'feature-degraded',
      message: `${name} is left out on the level ${level}: it needs ${needed}; answer without it, or ask again later`,
      data: { feature: name, level, needed },
    });
  }
}

function settingsOf<Level extends string>(
  options: Omit<DegradationOptions<Level>, keyof PolicyOptions>,
): Settings<Level> {
  const { levels, rules = [], recoverAfter = '10s', forgetAfter = '1m' } = options;
  if (!Array.isArray(levels) || levels.length < 2 || new Set(levels).size < levels.length)
    throw invalidOption('levels', levels, 'at least two different names, the best first');
  if (!Array.isArray(rules)) throw invalidOption('rules', rules, 'a list of rules, or left out');
  return {
    levels: [...levels],
    signals: new Set(rules.map(({ signal }) => signal)),
    rules: rules.map(({ signal, level, from, until = from / 2 }, at) => {
      const index = levels.indexOf(level);
      const best = index === 0 ? ', and not the best, on which it is anyway' : '';
      if (index < 1)
        throw invalidOption(`level of rule ${at + 1}`, level, `one of ${levels.join(', ')}${best}`);
      if (!(Number.isFinite(from) && from > 0))
        throw invalidOption(`from of rule ${at + 1}`, from, 'a number above 0');
      if (!(Number.isFinite(until) && until >= 0 && until < from))
        throw invalidOption(`until of rule ${at + 1}`, until, `from 0 to less than ${from}, where it begins`);
      return { signal, level: index, from, until };
    }),
    recoverAfterMs: durationMs(recoverAfter, 'recoverAfter'),
    forgetAfterMs: lengthMsOf('forgetAfter', forgetAfter),
  };
}
