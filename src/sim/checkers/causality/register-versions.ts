/**
 * Versions of registers by the store's revisions, for histories that write a value twice. A read served at
 * revision r saw the last write at or before r; writes whose revision nobody knows may stand in between, so
 * a version is never taken to be newer than proven, and what is told is certain.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import type { VersionedAccess } from './versioned-sessions.ts';

/** The accesses with their versions, or `undefined` where an applied operation has no revision. */
export function registerVersions(operations: readonly Operation[]): readonly VersionedAccess[] | undefined {
  const applied = operations.filter(({ outcome, key }) => outcome === 'applied' && key !== null);
  if (applied.some(({ revision }) => revision === undefined)) return undefined;
  const written = new Map<HistoryKey, number[]>();
  for (const operation of applied) {
    if (!isWrite(operation)) continue;
    const revisions = written.get(operation.key as HistoryKey);
    if (revisions === undefined) written.set(operation.key as HistoryKey, [operation.revision as number]);
    else revisions.push(operation.revision as number);
  }
  for (const revisions of written.values()) revisions.sort((left, right) => left - right);
  return applied.map((operation) => {
    const key = operation.key as HistoryKey;
    const revision = operation.revision as number;
    const writes = isWrite(operation);
    const version = writes ? revision : lastAtOrBefore(written.get(key) ?? [], revision);
    return { operation, key, isWrite: writes, version };
  });
}

function isWrite({ f, output }: Operation): boolean {
  return f === 'write' || (f === 'cas' && output !== false);
}

/** The greatest of the rising `revisions` that is at most `revision`; -1 when there is none. */
function lastAtOrBefore(revisions: readonly number[], revision: number): number {
  let low = 0;
  let high = revisions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((revisions[middle] as number) <= revision) low = middle + 1;
    else high = middle;
  }
  return revisions[low - 1] ?? -1;
}
