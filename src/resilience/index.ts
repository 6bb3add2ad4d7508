/**
 * Calls that survive, published as `quorate/resilience`: policies around any asynchronous call. It stands on nothing
 * but the ground floor and the clock, and runs in browsers and at the edge as it does in Node.
 */

export {
  type AdaptiveLimit,
  type AdaptiveLimitOptions,
  adaptiveLimit,
} from './adaptive-limit.ts';
export type { AdaptiveLimitSettings, AimdOptions, GradientOptions } from './adaptive-settings.ts';
export type { AnswerClaim, AnswerStore, ClaimAnswer, ClaimRequest } from './answer-store.ts';
export type { CacheAnswer } from './answering-events.ts';
export type {
  Backoff,
  BackoffFunction,
  ConstantBackoff,
  DecorrelatedJitterBackoff,
  ExponentialBackoff,
  Jitter,
  LinearBackoff,
} from './backoff.ts';
export { type BreakerOptions, type BreakerPolicy, breaker } from './breaker.ts';
export type { BreakerHints, HintListener, OthersReport, OwnReport } from './breaker-hints.ts';
export { type Bulkhead, type BulkheadOptions, type BulkheadSettings, bulkhead } from './bulkhead.ts';
export { type CacheAsidePolicy, cacheAside } from './cache-aside.ts';
export type { CacheAsideOptions, CacheRules } from './cache-settings.ts';
export type { CacheEntry, CacheStore } from './cache-store.ts';
export type { Call, CallContext, CallTraits, Priority, Task } from './call.ts';
export type { KeyChoice } from './call-key.ts';
export { type ChaosOptions, type ChaosPolicy, chaos } from './chaos.ts';
export type { CircuitStateName, OpeningCause } from './circuit.ts';
export type { CircuitData } from './circuit-data.ts';
export type { FailureOptions } from './circuit-guard.ts';
export type { BreakerRule, SlowCallOptions } from './circuit-rule.ts';
export type { CircuitOptions, OpenForOptions, ProbeOptions } from './circuit-settings.ts';
export {
  type ConfiguredStack,
  configured,
  type StackConfiguration,
  type StackSurroundings,
} from './configuration.ts';
export {
  type Degradation,
  type DegradationOptions,
  type DegradationRule,
  degradation,
  type FeaturePolicy,
} from './degradation.ts';
export type { PolicyEvent, PolicyListener } from './events.ts';
export type { ExecuteOptions } from './execution.ts';
export { type FailureStatement, statedBy } from './failure.ts';
export {
  type FallbackAnswer,
  type FallbackOptions,
  type FallbackPolicy,
  fallback,
  type PlainAnswer,
} from './fallback.ts';
export {
  type ResilientFetch,
  type ResilientFetchOptions,
  type ResilientInit,
  resilientFetch,
  responseOf,
  type Sender,
} from './fetch.ts';
export { type HedgePolicy, hedge } from './hedge.ts';
export type { HedgeOptions } from './hedge-options.ts';
export type { ShareOptions } from './hint-sharing.ts';
export { type IdempotencyOptions, type IdempotencyPolicy, idempotencyKeys } from './idempotency.ts';
export { KeyedStates, type KeyedStatesOptions } from './keyed.ts';
export {
  type KeyedBreakersData,
  type KeyedBreakersOptions,
  type KeyedBreakersPolicy,
  keyedBreakers,
} from './keyed-breakers.ts';
export type { BulkheadRefusal, LimitEvent, ShedReason } from './limit-events.ts';
export {
  type LoopDelayMeter,
  type LoopDelayMeterOptions,
  type LoopDelaySource,
  loopDelayMeter,
} from './loop-delay-meter.ts';
export { MemoryAnswers, type MemoryAnswersOptions } from './memory-answers.ts';
export { type MeterFigures, type MeterPolicy, meter, type Telling } from './meter.ts';
export type { Reserve } from './places.ts';
export { Policy, type PolicyOptions } from './policy.ts';
export type { PolicyKind } from './policy-kind.ts';
export { type PresetName, presetConfigurations, presets } from './presets.ts';
export { type RateLimit, type RateLimitOptions, rateLimit } from './rate-limit.ts';
export type { RateRule } from './rate-rule.ts';
export type { Rate, RateAlgorithm, RateLimitSettings } from './rate-settings.ts';
export type { RateGrant, RateRequest, RateSource } from './rate-source.ts';
export { type RetryPolicy, retry } from './retry.ts';
export { type RetryBudget, type RetryBudgetOptions, retryBudget } from './retry-budget.ts';
export type { RetryOptions } from './retry-options.ts';
export type { GaveUpBecause, Unstated } from './retry-verdict.ts';
export { type SharedRateLimit, type SharedRateLimitOptions, sharedRateLimit } from './shared-rate-limit.ts';
export type { SharedRateLimitSettings } from './shared-rate-settings.ts';
export { type SingleFlightOptions, type SingleFlightPolicy, singleFlight } from './single-flight.ts';
export { type CallSpan, type CallTracer, type SpanOptions, type SpanPolicy, spans } from './spans.ts';
export { policy, type Stack } from './stack.ts';
export { deadline, type TimeoutMode, type TimeoutOptions, type TimeoutPolicy, timeout } from './timeout.ts';
export { saysNothing } from './upstream-failure.ts';
export { type Guarded, type MethodOptions, type WrapOptions, wrap, wrapClient } from './wrap.ts';
