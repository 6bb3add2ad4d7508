/** Whence a cluster's state came, for people. */
import type { Origin } from '../node/index.ts';

export function describeOrigin({ kind, cluster, revision, atMs, uncommitted = 0 }: Origin): string {
  const when = new Date(atMs).toISOString();
  const how = kind === 'restored' ? 'restored from a backup' : 'recovered by force from one node';
  return `${how} of cluster ${cluster} at revision ${revision}, on ${when}${uncommitted === 0 ? '' : `, with ${uncommitted} entries that were not known to be committed`}`;
}
