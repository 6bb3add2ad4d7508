/**
 * Why a packet, or a part of one, is not believed. Packets come from strangers: a refusal is a counter and never an
 * error, so that whoever sends rubbish costs neither a log nor a node.
 */

/**
 * - `malformed`: not in the format, or damaged.
 * - `oversized`: larger than any that a member sends.
 * - `unknown-version`: of another version of the format.
 * - `wrong-cluster`: of another cluster.
 * - `wrong-target`: a ping for another member, at whose address this node now is.
 * - `own-id`: comes from this node’s id: itself, or a second process that has the same.
 * - `conflict`: puts a live member at another address.
 * - `far-incarnation`: an incarnation that nobody reaches honestly.
 * - `too-many-members`: there is no room for another.
 * - `too-many-relays`: others ask for more probes than this node has room for.
 * - `unasked`: answers what was not asked, or too late.
 * - `not-running`: came after this node had left.
 */
export const refusals = [
  'malformed',
  'oversized',
  'unknown-version',
  'wrong-cluster',
  'wrong-target',
  'own-id',
  'conflict',
  'far-incarnation',
  'too-many-members',
  'too-many-relays',
  'unasked',
  'not-running',
] as const;

export type Refusal = (typeof refusals)[number];

export type RefusalCounts = Readonly<Record<Refusal, number>>;

export function noRefusals(): Record<Refusal, number> {
  return Object.fromEntries(refusals.map((refusal) => [refusal, 0])) as Record<Refusal, number>;
}
