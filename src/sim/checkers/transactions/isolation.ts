/**
 * Isolation levels by what they forbid (Adya 1999; Cerone and Gotsman 2018 for snapshot isolation; Biswas and
 * Enea 2019 for causal consistency of transactions). Each forbids reads from thin air, of failed and of half
 * done transactions, and cycles of writes and reads; beyond that:
 *
 *   level                 cycles with anti-dependencies (rw)      order of  real   within a    lost
 *                                                                 process   time   transaction update
 *   read-committed        any                                     -         -      -           -
 *   causal                none with one, behind reads alone       yes       -      yes         -
 *   snapshot-isolation    none without two of them side by side   -         -      yes         yes
 *   serializable          none                                    -         -      yes         yes
 *   sequential            none                                    yes       -      yes         yes
 *   strict-serializable   none                                    yes       yes    yes         yes
 */
import { process, realtime } from './dependencies.ts';

export type IsolationLevel =
  | 'read-committed'
  | 'causal'
  | 'snapshot-isolation'
  | 'serializable'
  | 'sequential'
  | 'strict-serializable';

export interface IsolationRules {
  /** Which cycles with anti-dependencies are forbidden. */
  readonly antiDependencies: 'allowed' | 'not-behind-reads' | 'only-adjacent' | 'forbidden';
  /** Orders besides the data's own that count, as edge kinds, from the weakest on. */
  readonly orders: readonly number[];
  /** Whether a transaction must agree with itself. */
  readonly internal: boolean;
  readonly lostUpdate: boolean;
}

export const isolationRules: Readonly<Record<IsolationLevel, IsolationRules>> = {
  'read-committed': { antiDependencies: 'allowed', orders: [], internal: false, lostUpdate: false },
  causal: { antiDependencies: 'not-behind-reads', orders: [process], internal: true, lostUpdate: false },
  'snapshot-isolation': { antiDependencies: 'only-adjacent', orders: [], internal: true, lostUpdate: true },
  serializable: { antiDependencies: 'forbidden', orders: [], internal: true, lostUpdate: true },
  sequential: { antiDependencies: 'forbidden', orders: [process], internal: true, lostUpdate: true },
  'strict-serializable': {
    antiDependencies: 'forbidden',
    orders: [process, realtime],
    internal: true,
    lostUpdate: true,
  },
};
