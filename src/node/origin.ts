/**
 * How a cluster came by a state that it did not write itself. It stays in the birth record of the nodes that brought
 * the state, is said in their log at each start, and told with their status: what may have been lost that day is
 * asked about long after it.
 */
export interface Origin {
  /** `restored`: from a backup. `recovered`: from one node that was left of a cluster. */
  readonly kind: 'restored' | 'recovered';
  /** The cluster that the state is of. */
  readonly cluster: string;
  /** The last revision that was taken over. */
  readonly revision: number;
  /** The revision with which this cluster began: those between the two are nobody's. */
  readonly began: number;
  /** When, by the wall clock. */
  readonly atMs: number;
  /** Of the backup. */
  readonly digest?: string;
  /** Entries at the end of the survivor's log that were not known to be committed, and were kept. */
  readonly uncommitted?: number;
}
