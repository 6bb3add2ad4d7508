/**
 * Which policy may stand inside of which. Most orders are a matter of taste and mean different things; those here are
 * mistakes that people make and notice in an outage. The same table judges types and, for what is put together at run
 * time, values.
 */
import { invalidOption } from '../base/index.ts';
import type { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

/** By the outer policy: what must not stand inside of it, and why. */
const misplaced = {
  retry: {
    retry: 'tries multiply: three times three are nine calls of an upstream that is down; keep one retry',
    deadline: 'a deadline is for all tries together; put it outside of the retry, or use timeout for one try',
    fallback: 'a retry never sees the failure that a fallback has answered; put the fallback outside',
    cache: 'a retry never sees the failure that a stale answer hides; put the cache outside',
  },
  breaker: {
    fallback: 'a breaker never sees the failure that a fallback has answered; put the fallback outside',
    cache: 'a breaker never sees the failure that a stale answer hides; put the cache outside',
  },
  hedge: {
    retry: 'each hedged call would be tried again by itself; put the retry outside of the hedge',
    hedge: 'hedges multiply; keep one',
    fallback: 'the first fallback would win over a call that is about to succeed; put the fallback outside',
    'single-flight': 'hedged calls of one key would share one execution; put the single-flight outside',
    idempotency: 'the second of two hedged calls would wait for the first; put the idempotency keys outside',
  },
  chaos: {
    retry: 'chaos stands for what goes wrong in the call itself; put it innermost',
    breaker: 'chaos stands for what goes wrong in the call itself; put it innermost',
    timeout: 'chaos stands for what goes wrong in the call itself; put it innermost',
    deadline: 'chaos stands for what goes wrong in the call itself; put it innermost',
    hedge: 'chaos stands for what goes wrong in the call itself; put it innermost',
    fallback: 'chaos stands for what goes wrong in the call itself; put it innermost',
    cache: 'chaos stands for what goes wrong in the call itself; put it innermost',
  },
} as const;

type MisplacedByKind = { readonly [Outer in PolicyKind]?: { readonly [Inner in PolicyKind]?: string } };
type Misplaced = typeof misplaced;

export type AnyPolicy = Policy<PolicyKind, unknown>;
export type KindOf<Inner> = Inner extends Policy<infer Kind, unknown> ? Kind : never;
export type AlternativeOf<Inner> = Inner extends Policy<PolicyKind, infer Alternative> ? Alternative : never;

/** Why `Inner` must not stand inside of `Outer`, as a type that a compiler shows; never where it may. */
type Fault<Outer extends PolicyKind, Inner extends PolicyKind> = Outer extends keyof Misplaced
  ? Misplaced[Outer][Inner & keyof Misplaced[Outer]]
  : never;

type Placed<Inner, Outer extends PolicyKind> = [Fault<Outer, KindOf<Inner>>] extends [never]
  ? Inner
  : Fault<Outer, KindOf<Inner>>;

/** The same policies where their order is sound; in the place of one that is not, the sentence that says why. */
export type Ordered<
  Policies extends readonly unknown[],
  Outer extends PolicyKind = never,
> = Policies extends readonly [infer First, ...infer Rest]
  ? readonly [Placed<First, Outer>, ...Ordered<Rest, Outer | KindOf<First>>]
  : Policies;

/** Refuses what the types refuse, for those who have none. */
export function checkOrder(policies: readonly AnyPolicy[]): void {
  const outer: PolicyKind[] = [];
  for (const { kinds, name } of policies) {
    for (const inner of kinds) {
      for (const around of outer) {
        const why = (misplaced as MisplacedByKind)[around]?.[inner];
        if (why !== undefined)
          throw invalidOption(`policy ${name}`, `${inner} inside of ${around}`, `elsewhere: ${why}`);
      }
    }
    outer.push(...kinds);
  }
}
