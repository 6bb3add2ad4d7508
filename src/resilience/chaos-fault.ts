/**
 * What goes wrong with a call on purpose, drawn from a generator. Each call draws as many numbers whatever it is told
 * to do, so that another probability for one kind of fault leaves the others where they were.
 */
import type { Outcome, Prng } from '../base/index.ts';

export interface ChaosRules {
  readonly delay: { readonly probability: number; readonly leastMs: number; readonly mostMs: number };
  readonly failure: {
    readonly probability: number;
    readonly at: 'before' | 'after';
    readonly outcome: Outcome;
  };
  readonly hang: { readonly probability: number };
}

export interface ChaosFault {
  /** 0 for none. */
  readonly delayMs: number;
  /** What happens behind the delay. */
  readonly kind: 'nothing' | 'hang' | 'failure-before' | 'failure-after';
}

export function drawFault({ delay, failure, hang }: ChaosRules, random: Prng): ChaosFault {
  const isDelayed = random.chance(delay.probability);
  const share = random.float();
  const isHanging = random.chance(hang.probability);
  const isFailing = random.chance(failure.probability);
  const failing = isFailing ? (`failure-${failure.at}` as const) : 'nothing';
  return {
    delayMs: isDelayed ? delay.leastMs + share * (delay.mostMs - delay.leastMs) : 0,
    kind: isHanging ? 'hang' : failing,
  };
}
