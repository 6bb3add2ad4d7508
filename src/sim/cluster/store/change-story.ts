/** A change of a key in one line, equal for equal changes: what was told is compared with what was by it. */
import type { EventKind } from '../../../mvcc/index.ts';

export interface KeyNumbers {
  readonly createRevision: number;
  readonly modifyRevision: number;
  readonly version: number;
  readonly lease: number;
}

export function describeChange(
  kind: EventKind,
  key: string,
  value: string,
  { createRevision, modifyRevision, version, lease }: KeyNumbers,
): string {
  return `${kind} ${key}=${value} at ${modifyRevision}, created at ${createRevision}, version ${version}, lease ${lease}`;
}
