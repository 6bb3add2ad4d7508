/** How a service is called: data and predicates, filled once, with the policies that they make. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import {
  type CircuitOptions,
  deadline,
  type FailureOptions,
  type HedgeOptions,
  hedge,
  type KeyedBreakersPolicy,
  keyedBreakers,
  type Policy,
  policy,
  type RetryBudget,
  type RetryOptions,
  retry,
  retryBudget,
  timeout,
} from '../../resilience/index.ts';
import type { BalancingOptions } from '../balancing/index.ts';
import { InstanceQuery, type InstanceQueryOptions } from '../instance-query.ts';
import { coveredFailures } from './own-failure.ts';

export interface ServiceOptions extends BalancingOptions, FailureOptions {
  /** Only these instances are called: by tags, version, metadata. Their status is the balancer's. Default: all. */
  readonly query?: Omit<InstanceQueryOptions, 'status'>;
  /** For a call with all its tries, pauses and hedges; 10 s unless given. */
  readonly deadline?: Duration;
  /** For one try at one instance; 3 s unless given. `false`: the deadline alone. */
  readonly tryTimeout?: Duration | false;
  /** On another instance while there is one. Default: 3 tries, pauses from 10 ms; `false`: none. */
  readonly retry?: Omit<RetryOptions, 'budget' | 'clock' | 'name' | 'seed'> | false;
  /** A second try, on another instance, of calls that take long. Default: none. Idempotent calls only unless it says otherwise. */
  readonly hedge?: Omit<HedgeOptions, 'budget' | 'clock' | 'name' | 'idempotent'> &
    Partial<Pick<HedgeOptions, 'idempotent'>>;
  /** Pays for retries and hedges together. Default: one for five calls that succeed, ten a second at least. */
  readonly budget?: RetryBudget;
  /** Of the circuit that each instance has. Default: 5 failures in a row, open for 500 ms at first, 10 s at most; `false`: none. */
  readonly breaker?: CircuitOptions | false;
  /** How long a call waits when nothing is known of the service yet, within its deadline; 5 s unless given. */
  readonly firstHearing?: Duration;
  /** Makes chance repeatable. Default: a random one. */
  readonly seed?: number;
}

export type ServiceKind = 'custom' | 'deadline' | 'retry' | 'hedge' | 'breaker' | 'timeout';

/** Around the choice of an instance. */
type OuterPolicy = Policy<ServiceKind>;

export interface ServiceParts {
  readonly outer: OuterPolicy;
  readonly breakers: KeyedBreakersPolicy | undefined;
  /** Behind the choice, with the circuits: undefined where nothing stands there. */
  readonly guard: Policy<ServiceKind> | undefined;
  readonly query: InstanceQuery | undefined;
  readonly deadlineMs: number;
  readonly hearingMs: number;
  readonly failures: FailureOptions;
}

export interface ServiceSurroundings {
  readonly clock: Clock;
  readonly seed: number;
  /** Which circuit a try goes through. */
  readonly circuitOf: () => string | undefined;
}

const retryDefault: ServiceOptions['retry'] = {
  maxAttempts: 3,
  // What states nothing may have been done, and the next instance would do it again.
  unstated: 'unknown',
  // Another instance is asked, so there is little to wait for.
  backoff: { kind: 'exponential', base: '10ms', max: '500ms', jitter: 'full' },
};
const breakerDefault: CircuitOptions = { openFor: { base: '500ms', factor: 2, max: '10s' } };

export function serviceParts(options: ServiceOptions, surroundings: ServiceSurroundings): ServiceParts {
  const { query, firstHearing = '5s' } = options;
  const deadlineMs = durationMs(options.deadline ?? '10s', 'deadline');
  if (deadlineMs === 0) throw invalidOption('deadline', options.deadline, 'more than 0 ms');
  const { breaker = breakerDefault, tryTimeout = '3s' } = options;
  const { clock, circuitOf } = surroundings;
  const failures = coveredFailures(options);
  const breakers =
    breaker === false ? undefined : keyedBreakers({ clock, key: circuitOf, ...failures, ...breaker });
  return {
    outer: outerOf(options, deadlineMs, surroundings),
    breakers,
    guard: guardOf(breakers, tryTimeout, clock),
    query: query === undefined ? undefined : new InstanceQuery({ ...query, status: 'any' }),
    deadlineMs,
    hearingMs: durationMs(firstHearing, 'firstHearing'),
    failures,
  };
}

/** One budget for both: what they may add to the load is one thing. */
function outerOf(options: ServiceOptions, after: number, { clock, seed }: ServiceSurroundings): OuterPolicy {
  const { budget = retryBudget({ clock, ratio: 0.2, minPerSecond: 10, max: 20 }) } = options;
  const limit = deadline({ after, clock });
  const again =
    options.retry === false ? undefined : retry({ ...retryDefault, ...options.retry, budget, clock, seed });
  const sooner =
    options.hedge === undefined
      ? undefined
      : hedge({ idempotent: 'by-call', ...options.hedge, budget, clock });
  if (again !== undefined && sooner !== undefined) return policy(limit, again, sooner);
  if (again !== undefined) return policy(limit, again);
  return sooner === undefined ? limit : policy(limit, sooner);
}

/** The limit of a try inside of the circuit, for which an answer that never comes is a failure. */
function guardOf(
  breakers: KeyedBreakersPolicy | undefined,
  tryTimeout: Duration | false,
  clock: Clock,
): ServiceParts['guard'] {
  const limit = tryTimeout === false ? undefined : timeout({ after: tryTimeout, clock });
  if (breakers === undefined) return limit;
  return limit === undefined ? breakers : policy(breakers, limit);
}
