/** What a circuit goes by: the options of a breaker after they have been looked at. All circuits of a breaker share one. */
import { type Duration, invalidOption } from '../base/index.ts';
import {
  type BreakerRule,
  type CircuitRule,
  checkRule,
  checkSlowCall,
  type SlowCallOptions,
} from './circuit-rule.ts';
import { checkRecord, lengthMsOf, wholeOf } from './option-checks.ts';

/** How long a circuit stays open: `base` at first, and `factor` times longer with each probe that fails, up to `max`. */
export interface OpenForOptions {
  readonly base: Duration;
  readonly max: Duration;
  /** At least 1. Default 2. */
  readonly factor?: number;
}

export interface ProbeOptions {
  /** So many probes at a time. Default 1. */
  readonly calls?: number;
  /** So many must succeed before the circuit closes. Default 1. */
  readonly successes?: number;
  /** After so long another may take the place of a probe that has not ended. Default 30 s. */
  readonly lentFor?: Duration;
}

/** The part of a breaker's options that is plain data. */
export interface CircuitOptions {
  /** Default: 5 failures in a row. */
  readonly rule?: BreakerRule;
  /** Default: calls may take as long as they like. */
  readonly slowCall?: SlowCallOptions;
  /** Default: `{ base: '1s', factor: 2, max: '30s' }`. A duration alone is one that does not grow. */
  readonly openFor?: Duration | OpenForOptions;
  readonly probes?: ProbeOptions;
}

export interface CircuitSettings {
  readonly rule: CircuitRule;
  /** What takes so long is slow; undefined: nobody looks. */
  readonly slowAfterMs: number | undefined;
  readonly countsSlowAsFailure: boolean;
  readonly wait: { readonly baseMs: number; readonly factor: number; readonly maxMs: number };
  readonly probes: { readonly calls: number; readonly successes: number; readonly lentMs: number };
}

const ruleDefault: BreakerRule = { kind: 'consecutive', failures: 5 };
const openForDefault: OpenForOptions = { base: '1s', factor: 2, max: '30s' };
const factorDefault = 2;
const lentForDefault = '30s';
/** Far more than anybody probes with; each has a place in memory. */
const probesMax = 10_000;

export function circuitSettings({
  rule = ruleDefault,
  slowCall,
  openFor = openForDefault,
  probes = {},
}: CircuitOptions): CircuitSettings {
  const { slowAfterMs, slowRatio } = checkSlowCall(slowCall);
  checkRecord('probes', probes, 'an object with calls, successes and lentFor, each of which may be left out');
  return {
    rule: checkRule(rule, slowRatio),
    slowAfterMs,
    countsSlowAsFailure: slowAfterMs !== undefined && slowRatio === undefined,
    wait: checkWait(openFor),
    probes: {
      calls: wholeOf('probes.calls', probes.calls ?? 1, 1, probesMax),
      successes: wholeOf('probes.successes', probes.successes ?? 1, 1, probesMax),
      lentMs: lengthMsOf('probes.lentFor', probes.lentFor ?? lentForDefault),
    },
  };
}

function checkWait(openFor: Duration | OpenForOptions): CircuitSettings['wait'] {
  if (typeof openFor !== 'object' || openFor === null) {
    const baseMs = lengthMsOf('openFor', openFor);
    return { baseMs, factor: 1, maxMs: baseMs };
  }
  const { base, max, factor = factorDefault } = openFor;
  const baseMs = lengthMsOf('openFor.base', base);
  const maxMs = lengthMsOf('openFor.max', max);
  if (maxMs < baseMs) throw invalidOption('openFor.max', max, `at least openFor.base, which is ${baseMs} ms`);
  if (!Number.isFinite(factor) || factor < 1) {
    throw invalidOption('openFor.factor', factor, 'a number of at least 1');
  }
  return { baseMs, factor, maxMs };
}
