/** What breakers tell: a part of the union of all events. */
import type { CircuitStateName, OpeningCause } from './circuit.ts';

interface ToldByBreaker<Type extends string> {
  readonly type: Type;
  readonly kind: 'breaker';
  /** The policy's name. */
  readonly policy: string;
}

/** `key` is undefined for a breaker that has one circuit. */
type ToldOfCircuit<Type extends string> = ToldByBreaker<Type> & { readonly key: string | undefined };

export type BreakerEvent =
  /** A circuit lets nothing through for so long. */
  | (ToldOfCircuit<'opened'> & { readonly cause: OpeningCause; readonly forMs: number })
  /** It has become so. Half-open: its time is over, and probes find out whether it may close. */
  | ToldOfCircuit<'half-opened' | 'closed' | 'isolated' | 'forced-closed'>
  /** A call was not let through. */
  | (ToldOfCircuit<'refused'> & {
      readonly state: 'open' | 'half-open' | 'isolated';
      readonly retryAfterMs: number | null;
    })
  /** There were too many keys: a circuit that was not as a new one is forgotten. */
  | (ToldOfCircuit<'evicted'> & { readonly state: CircuitStateName })
  /** What other processes say of the circuit cannot be had, and can be had again. */
  | (ToldByBreaker<'hints-lost'> & { readonly reason: unknown })
  | ToldByBreaker<'hints-found'>;
