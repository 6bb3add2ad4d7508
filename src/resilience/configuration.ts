/**
 * A stack as plain data: what a file or a configuration service holds, checked as a whole, and taken over while calls
 * run. The order is not a matter of configuration. From the outside in it is the one that can be defended: a deadline
 * over everything; a rate for calls, not for tries; the retry outside of everything that refuses, so that it may come
 * again later; the hedge next, so that each of its tries is admitted by itself; the breaker before the limits, so that
 * an open circuit takes no place; and the time of one try innermost, where it does not count waiting for a place.
 */
import { invalidOption, isQuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { type AdaptiveLimitOptions, adaptiveLimit } from './adaptive-limit.ts';
import { type BreakerOptions, breaker } from './breaker.ts';
import { type BulkheadOptions, bulkhead } from './bulkhead.ts';
import type { Call, Task } from './call.ts';
import type { PolicyListener } from './events.ts';
import { priorities } from './execution.ts';
import { hedge } from './hedge.ts';
import type { HedgeOptions } from './hedge-options.ts';
import type { LoopDelaySource } from './loop-delay-meter.ts';
import { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';
import { type RateLimitOptions, rateLimit } from './rate-limit.ts';
import { retry } from './retry.ts';
import { type RetryBudget, type RetryBudgetOptions, retryBudget } from './retry-budget.ts';
import type { RetryOptions } from './retry-options.ts';
import { Stack } from './stack.ts';
import { deadline, type TimeoutOptions, timeout } from './timeout.ts';

/** What is left of options once functions, objects and what the stack decides are away. */
type Data<Options, Left extends PropertyKey = never> = Options extends unknown
  ? Readonly<Omit<Options, 'name' | 'clock' | 'seed' | 'budget' | Left>>
  : never;

/** Nothing but texts, numbers, lists and objects; what is left out is not in the stack. */
export interface StackConfiguration {
  /** For all tries and pauses together. */
  readonly deadline?: Data<TimeoutOptions>;
  readonly rateLimit?: Data<RateLimitOptions>;
  /** Pays for the tries of `retry` and `hedge` together. */
  readonly budget?: Data<RetryBudgetOptions>;
  readonly retry?: Data<RetryOptions, 'retryOn' | 'retryResult'>;
  readonly hedge?: Data<HedgeOptions>;
  readonly breaker?: Data<BreakerOptions, 'failure' | 'failureResult'>;
  readonly adaptiveLimit?: Data<AdaptiveLimitOptions, 'loop'>;
  readonly bulkhead?: Data<BulkheadOptions>;
  /** For one try. */
  readonly timeout?: Data<TimeoutOptions>;
}

export interface StackSurroundings {
  /** Stands before the names of its policies. Default: nothing. */
  readonly name?: string;
  readonly clock?: Clock;
  /** Makes jitter repeatable. Default: a random one. */
  readonly seed?: number;
  /** How late this process runs, for `adaptiveLimit`. Default: nobody asks. */
  readonly loop?: LoopDelaySource;
}

type Layer = Exclude<keyof StackConfiguration, 'budget'>;

/** What configuration may say; any other word is a mistake, and would be silently without effect. */
const words: { readonly [Name in keyof Required<StackConfiguration>]: readonly string[] } = {
  deadline: ['after', 'mode'],
  rateLimit: ['perSecond', 'calls', 'per', 'burst', 'queued', 'keysMax', 'algorithm', 'mode', 'keyed'],
  budget: ['ratio', 'minPerSecond', 'max'],
  retry: ['maxAttempts', 'backoff', 'codes', 'unstated', 'retryAfterMax'],
  hedge: ['idempotent', 'after', 'percentile', 'samplesMin', 'maxHedges'],
  breaker: ['rule', 'slowCall', 'openFor', 'probes'],
  adaptiveLimit: ['strategy', 'minimum', 'maximum', 'window', 'shares', 'dropCodes', 'loopDelayMax'],
  bulkhead: ['running', 'queued', 'queueTimeout', 'reserve', 'ageing'],
  timeout: ['after', 'mode'],
};

/** The same for words that hold further ones; where there are kinds of them, those of all kinds. */
const innerWords: { readonly [Path in string]?: readonly string[] } = {
  'retry.backoff': ['kind', 'delay', 'jitter', 'base', 'step', 'max', 'factor'],
  'breaker.rule': ['kind', 'failures', 'calls', 'span', 'buckets', 'ratio', 'minimum'],
  'breaker.slowCall': ['after', 'ratio'],
  'breaker.openFor': ['base', 'factor', 'max'],
  'breaker.probes': ['calls', 'successes', 'lentFor'],
  'adaptiveLimit.strategy': ['kind', 'tolerance', 'backoff', 'slowAfter'],
  'adaptiveLimit.shares': priorities,
};

/** What a policy is made for and cannot change: where it differs another one takes its place, and begins anew. */
const fixedWords: { readonly [Name in Layer]?: readonly string[] } = {
  rateLimit: ['algorithm', 'mode', 'keyed'],
};

/** Each has options of its own, which the table of words and the factory check. */
type LayerPolicy = Policy<PolicyKind> & { configure(options: never): void };

/** From the outside in. */
const makers: { readonly [Name in Layer]: (options: never) => LayerPolicy } = {
  deadline,
  rateLimit,
  retry,
  hedge,
  breaker,
  adaptiveLimit,
  bulkhead,
  timeout,
};
const layersOutsideIn = Object.keys(makers) as readonly Layer[];

type ConfiguredKind = Extract<
  PolicyKind,
  'deadline' | 'rate-limit' | 'retry' | 'hedge' | 'breaker' | 'adaptive-limit' | 'bulkhead' | 'timeout'
>;

/** Of all that it may ever hold, for the order is judged once, and a change may bring each of them. */
const configuredKinds: readonly ConfiguredKind[] = [
  'deadline',
  'rate-limit',
  'retry',
  'hedge',
  'breaker',
  'adaptive-limit',
  'bulkhead',
  'timeout',
];

interface Heard {
  readonly listener: PolicyListener;
  remove: () => void;
}

/** Refuses what it cannot mean, naming the option with its place, such as `retry.maxAttempts`. */
export function configured(
  configuration: StackConfiguration,
  surroundings: StackSurroundings = {},
): ConfiguredStack {
  return new ConfiguredStack(configuration, surroundings);
}

export class ConfiguredStack extends Policy<ConfiguredKind> {
  readonly #surroundings: StackSurroundings;
  readonly #budget: RetryBudget;
  readonly #heard = new Set<Heard>();
  #layers: ReadonlyMap<Layer, LayerPolicy>;
  #stack: Stack<PolicyKind, never>;
  #configuration: StackConfiguration;

  constructor(configuration: StackConfiguration, surroundings: StackSurroundings) {
    checkWords(configuration);
    const budget = budgetOf(configuration, surroundings);
    const layers = layersOf(configuration, surroundings, budget, new Map());
    const stack = new Stack<PolicyKind, never>([...layers.values()]);
    super(configuredKinds, surroundings.name ?? 'stack', surroundings.clock);
    this.#surroundings = surroundings;
    this.#budget = budget;
    this.#layers = layers;
    this.#stack = stack;
    this.#configuration = copyOf(configuration);
  }

  get configuration(): StackConfiguration {
    return this.#configuration;
  }

  /** From the outside in, for whoever wants to ask one of them how it stands. */
  get policies(): Stack<PolicyKind, never>['policies'] {
    return this.#stack.policies;
  }

  /**
   * Takes another configuration over, as a whole or not at all. A policy that is in both keeps what it knows: an open
   * circuit stays open, who waits goes on waiting. Calls under way end as they began.
   */
  reload(configuration: StackConfiguration): void {
    // One of its own first: what is wrong with any part of it is found before a part of it is in force.
    configured(configuration, this.#surroundings);
    this.#budget.configure(configuration.budget ?? {});
    const kept = keptOf(this.#layers, this.#configuration, configuration);
    this.#layers = layersOf(configuration, this.#surroundings, this.#budget, kept);
    this.#stack = new Stack<PolicyKind, never>([...this.#layers.values()]);
    this.#configuration = copyOf(configuration);
    for (const heard of this.#heard) {
      heard.remove();
      heard.remove = this.#stack.onEvent(heard.listener);
    }
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    return this.#stack.run(task, call);
  }

  override onEvent(listener: PolicyListener): () => void {
    const heard: Heard = { listener, remove: this.#stack.onEvent(listener) };
    this.#heard.add(heard);
    return () => {
      this.#heard.delete(heard);
      heard.remove();
    };
  }
}

function checkWords(configuration: StackConfiguration): void {
  const parts = Object.keys(words);
  checkRecordOf(parts, 'configuration', configuration);
  for (const [part, options] of Object.entries(configuration)) {
    if (!parts.includes(part)) throw unknownWord(part, options, parts);
    const known = words[part as keyof StackConfiguration];
    checkRecordOf(known, part, options);
    for (const [word, value] of Object.entries(options)) {
      const path = `${part}.${word}`;
      if (!known.includes(word)) throw unknownWord(path, value, known);
      checkInnerWords(path, value);
    }
  }
}

function checkInnerWords(path: string, value: unknown): void {
  const known = innerWords[path];
  if (known === undefined || !isRecord(value)) return;
  const stranger = Object.keys(value).find((word) => !known.includes(word));
  if (stranger !== undefined) throw unknownWord(`${path}.${stranger}`, value[stranger], known);
}

function checkRecordOf(known: readonly string[], option: string, value: unknown): void {
  if (!isRecord(value)) throw invalidOption(option, value, `an object with some of ${known.join(', ')}`);
}

function unknownWord(path: string, value: unknown, known: readonly string[]): Error {
  return invalidOption(path, value, `left out: ${known.join(', ')} are known`);
}

/** Whoever gave it may change his own, and it is what the next one is compared with. */
function copyOf(configuration: StackConfiguration): StackConfiguration {
  return Object.fromEntries(Object.entries(configuration).map(([part, options]) => [part, { ...options }]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function budgetOf({ budget = {} }: StackConfiguration, { clock }: StackSurroundings): RetryBudget {
  return within('budget', () => retryBudget({ ...budget, ...(clock && { clock }) }));
}

/** In order; those of `old` are told their new options, the others are made. */
function layersOf(
  configuration: StackConfiguration,
  surroundings: StackSurroundings,
  budget: RetryBudget,
  old: ReadonlyMap<Layer, LayerPolicy>,
): ReadonlyMap<Layer, LayerPolicy> {
  const layers = new Map<Layer, LayerPolicy>();
  for (const layer of layersOutsideIn) {
    const data = configuration[layer];
    if (data === undefined) continue;
    const options = { ...data, ...besides(layer, surroundings, budget) } as never;
    const kept = old.get(layer);
    within(layer, () => kept?.configure(options));
    layers.set(layer, kept ?? within(layer, () => makers[layer](options)));
  }
  if (layers.size === 0) throw invalidOption('configuration', configuration, 'of at least one policy');
  return layers;
}

/** Those of `layers` that can become what `next` says. */
function keptOf(
  layers: ReadonlyMap<Layer, LayerPolicy>,
  before: StackConfiguration,
  next: StackConfiguration,
): ReadonlyMap<Layer, LayerPolicy> {
  const word = (configuration: StackConfiguration, layer: Layer, name: string): unknown =>
    Reflect.get(configuration[layer] ?? {}, name);
  const isKept = (layer: Layer): boolean =>
    (fixedWords[layer] ?? []).every((name) => word(before, layer, name) === word(next, layer, name));
  return new Map([...layers].filter(([layer]) => isKept(layer)));
}

/** What is not configuration. */
function besides(layer: Layer, { name, clock, seed, loop }: StackSurroundings, budget: RetryBudget): object {
  return {
    name: name === undefined ? layer : `${name}.${layer}`,
    ...(clock && { clock }),
    ...(layer === 'retry' && { budget, ...(seed !== undefined && { seed }) }),
    ...(layer === 'hedge' && { budget }),
    ...(layer === 'adaptiveLimit' && loop && { loop }),
  };
}

/** What a policy refuses is told with the part of the configuration that it stands in. */
function within<T>(part: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'invalid-option') throw error;
    throw invalidOption(`${part}.${error.data.option}`, error.data.value, error.data.expected);
  }
}
