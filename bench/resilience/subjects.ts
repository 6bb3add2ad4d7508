/**
 * The same policies of ours and of the packages that people use today, each around a call that is as cheap as a call
 * can be, so that what is measured is the policy. Settings are alike where both have them; no subject waits, refuses
 * or fails, because that is the path which every call of a healthy system takes.
 */
import Bottleneck from 'bottleneck';
import * as cockatiel from 'cockatiel';
import Opossum from 'opossum';
import pRetry from 'p-retry';
import { breaker, bulkhead, policy, rateLimit, retry, timeout } from '../../src/resilience/index.ts';

export type Called = () => Promise<unknown>;

export interface Peer {
  readonly name: string;
  readonly call: Called;
  /** Of its costs above the bare call, ours may have this share at most. */
  readonly shareMost?: number;
}

export interface Subject {
  readonly name: string;
  readonly what: string;
  readonly ours: Called;
  readonly peers: readonly Peer[];
}

const answer = 1;
export const bare: Called = async () => answer;
/** The bare call awaited once more, as the cheapest wrapper there can be. */
export const awaited: Called = async () => await bare();

const many = 1_000_000_000;
const second = 1000;

function cockatielBreaker(): cockatiel.CircuitBreakerPolicy {
  const rule = new cockatiel.ConsecutiveBreaker(5);
  return cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 10 * second, breaker: rule });
}

function cockatielRetry(): cockatiel.RetryPolicy {
  const backoff = new cockatiel.ExponentialBackoff({ initialDelay: 100 });
  return cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2, backoff });
}

const cockatielTimeout = (): cockatiel.TimeoutPolicy =>
  cockatiel.timeout(second, cockatiel.TimeoutStrategy.Aggressive);

export function subjects(): readonly Subject[] {
  return [...single(), ...stacks()];
}

function single(): readonly Subject[] {
  const ours = {
    breaker: breaker(),
    retry: retry(),
    timeout: timeout('1s'),
    bulkhead: bulkhead({ running: 10, queued: 10 }),
    rate: rateLimit({ perSecond: many, burst: many }),
  };
  const theirs = { breaker: cockatielBreaker(), retry: cockatielRetry(), timeout: cockatielTimeout() };
  const opossum = new Opossum(bare, { timeout: false });
  const room = cockatiel.bulkhead(10, 10);
  const lanes = new Bottleneck({ maxConcurrent: 10 });
  const reservoir = new Bottleneck({ reservoir: many });
  return [
    {
      name: 'breaker',
      what: 'a closed circuit, five failures in a row',
      ours: () => ours.breaker.execute(bare),
      peers: [
        { name: 'cockatiel', call: () => theirs.breaker.execute(bare), shareMost: 1 / 2 },
        { name: 'opossum', call: () => opossum.fire(), shareMost: 1 / 5 },
      ],
    },
    {
      name: 'retry',
      what: 'a first try that succeeds',
      ours: () => ours.retry.execute(bare),
      peers: [
        { name: 'p-retry', call: () => pRetry(bare), shareMost: 1 / 2 },
        { name: 'cockatiel', call: () => theirs.retry.execute(bare) },
      ],
    },
    {
      name: 'timeout',
      what: 'an answer long before the limit',
      ours: () => ours.timeout.execute(bare),
      peers: [{ name: 'cockatiel', call: () => theirs.timeout.execute(bare) }],
    },
    {
      name: 'bulkhead',
      what: 'a free place',
      ours: () => ours.bulkhead.execute(bare),
      peers: [
        { name: 'cockatiel', call: () => room.execute(bare), shareMost: 1 },
        { name: 'bottleneck', call: () => lanes.schedule(bare), shareMost: 1 },
      ],
    },
    {
      name: 'rate-limit',
      what: 'far below the limit',
      ours: () => ours.rate.execute(bare),
      peers: [{ name: 'bottleneck', call: () => reservoir.schedule(bare), shareMost: 1 }],
    },
  ];
}

function stacks(): readonly Subject[] {
  const ours = policy(timeout('1s'), retry(), breaker(), bulkhead({ running: 10, queued: 10 }));
  const theirs = cockatiel.wrap(
    cockatielTimeout(),
    cockatielRetry(),
    cockatielBreaker(),
    cockatiel.bulkhead(10, 10),
  );
  return [
    {
      name: 'stack',
      what: 'timeout, retry, breaker and bulkhead',
      ours: () => ours.execute(bare),
      peers: [{ name: 'cockatiel', call: () => theirs.execute(bare), shareMost: 1 / 2 }],
    },
  ];
}
