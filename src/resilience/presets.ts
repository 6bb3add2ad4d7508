/**
 * Stacks to begin with, for what services call most. Each is plain data with its reasons: take one as it is, or spread
 * it and say what is different. The figures are not tuned to anybody's upstream; they are those that do no harm while
 * nobody has measured.
 */
import {
  type ConfiguredStack,
  configured,
  type StackConfiguration,
  type StackSurroundings,
} from './configuration.ts';

export type PresetName = 'http' | 'database' | 'broker';

export const presetConfigurations: { readonly [Name in PresetName]: StackConfiguration } = {
  /** Another service, over a network, behind a load balancer. */
  http: {
    // What a person in front of a page waits for; a batch that can wait says more.
    deadline: { after: '10s' },
    // One try more for five calls that succeeded: enough for an upstream that fails one call in six, and one that is
    // down earns nothing, so it is not asked three times as often.
    budget: { ratio: 0.2, minPerSecond: 1, max: 20 },
    // Full jitter, so that callers who failed together do not come back together. A connection that was lost may have
    // carried an order, so what states nothing is repeated only where the caller says that this does no harm.
    retry: {
      maxAttempts: 3,
      unstated: 'unknown',
      backoff: { kind: 'exponential', base: '100ms', max: '2s', jitter: 'full' },
    },
    // A share of failures and not failures in a row: behind a load balancer one bad instance out of five never makes
    // five in a row, and takes a fifth of the calls with it. Twenty calls, so that two unlucky ones open nothing.
    breaker: {
      rule: { kind: 'time-window', span: '10s', ratio: 0.5, minimum: 20 },
      // Some probes a second are nothing to an upstream that had all calls before; each second longer is one in which
      // it is well and nobody knows.
      openFor: { base: '500ms', factor: 2, max: '2s' },
      probes: { calls: 1, successes: 3 },
    },
    // What is slow is called less at a time, until it is not slow any more: no number of connections is right for
    // both a good and a bad hour.
    adaptiveLimit: { minimum: 2, maximum: 200 },
    // Longer than any answer that is worth something, shorter than a third of the deadline, so that there are three.
    timeout: { after: '3s' },
  },
  /** A database, over a pool of connections. */
  database: {
    // Shorter than over HTTP: who asks a database is mostly asked by somebody himself.
    deadline: { after: '5s' },
    budget: { ratio: 0.1, minPerSecond: 1, max: 10 },
    // Deadlocks and failovers are over in a moment, so the first pause is short. What states nothing may have been
    // written, so it is repeated only where the caller says that this does no harm.
    retry: {
      maxAttempts: 3,
      unstated: 'unknown',
      backoff: { kind: 'exponential', base: '20ms', max: '500ms', jitter: 'full' },
    },
    // In a row: there is one server behind it, and when it is away everything fails.
    breaker: {
      rule: { kind: 'consecutive', failures: 10 },
      openFor: { base: '500ms', factor: 2, max: '10s' },
    },
    // As many as a pool has, and as many again in line; beyond that waiting only makes answers that nobody wants.
    bulkhead: { running: 10, queued: 10, queueTimeout: '1s' },
    timeout: { after: '2s' },
  },
  /** A message broker: publishing, acknowledging. */
  broker: {
    // What is published is rarely waited for by a person, and losing it costs more than waiting.
    deadline: { after: '30s' },
    budget: { ratio: 0.2, minPerSecond: 2, max: 50 },
    // A broker elects a leader in some seconds, and most of the tries lie behind that. A message twice is the rule
    // with brokers only where its receiver takes it so: what is unknown needs the caller's word.
    retry: {
      maxAttempts: 6,
      unstated: 'unknown',
      backoff: { kind: 'decorrelated-jitter', base: '100ms', max: '5s' },
    },
    breaker: { rule: { kind: 'consecutive', failures: 10 }, openFor: { base: '1s', factor: 2, max: '15s' } },
    // Much at a time, because brokers batch; a long line, because bursts are what a broker is for.
    bulkhead: { running: 50, queued: 500 },
    timeout: { after: '5s' },
  },
};

/** `presets.http()` for the data as it is. */
export const presets: {
  readonly [Name in PresetName]: (surroundings?: StackSurroundings) => ConfiguredStack;
} = {
  http: (surroundings) => configured(presetConfigurations.http, { name: 'http', ...surroundings }),
  database: (surroundings) =>
    configured(presetConfigurations.database, { name: 'database', ...surroundings }),
  broker: (surroundings) => configured(presetConfigurations.broker, { name: 'broker', ...surroundings }),
};
