/**
 * Session guarantees (Terry et al., "Session guarantees for weakly consistent replicated data", 1994) where
 * the order of versions is known: by the store's revisions, or by the places of elements in lists. Each process
 * and key is a line of accesses, and each guarantee compares two of its versions.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import { type Anomaly, type AnomalyName, invalid, type Verdict, valid } from '../verdict/index.ts';

/** One read or write; a process's accesses stand in its order. Versions of a key are comparable numbers. */
export interface VersionedAccess {
  readonly operation: Operation;
  readonly key: HistoryKey;
  readonly isWrite: boolean;
  readonly version: number;
}

interface Line {
  lastRead: VersionedAccess | undefined;
  lastWrite: VersionedAccess | undefined;
}

/** Judges accesses that stand in order of invocation. One anomaly per process, key and guarantee is told. */
export function checkVersionedSessions(accesses: Iterable<VersionedAccess>): Verdict {
  const lines = new Map<number, Map<HistoryKey, Line>>();
  const told = new Set<string>();
  const anomalies: Anomaly[] = [];
  for (const access of accesses) {
    const { process } = access.operation;
    const keys = lines.get(process) ?? new Map<HistoryKey, Line>();
    lines.set(process, keys);
    const line = keys.get(access.key) ?? { lastRead: undefined, lastWrite: undefined };
    keys.set(access.key, line);
    for (const found of compare(line, access)) {
      const identity = JSON.stringify([found.name, process, access.key]);
      if (!told.has(identity)) anomalies.push(found);
      told.add(identity);
    }
    if (access.isWrite) line.lastWrite = access;
    else line.lastRead = access;
  }
  return anomalies.length === 0 ? valid : invalid(...anomalies);
}

function* compare(line: Line, access: VersionedAccess): Generator<Anomaly, void, undefined> {
  const { lastRead, lastWrite } = line;
  if (access.isWrite) {
    if (lastWrite !== undefined && access.version <= lastWrite.version)
      yield anomaly('monotonic-writes', lastWrite, access);
    if (lastRead !== undefined && access.version <= lastRead.version)
      yield anomaly('writes-follow-reads', lastRead, access);
    return;
  }
  if (lastWrite !== undefined && access.version < lastWrite.version)
    yield anomaly('read-your-writes', lastWrite, access);
  if (lastRead !== undefined && access.version < lastRead.version)
    yield anomaly('monotonic-reads', lastRead, access);
}

const reasons = {
  'monotonic-writes': 'a process wrote, and its next write is ordered before the first',
  'writes-follow-reads': 'a process read, and what it wrote afterwards is ordered before what it had read',
  'read-your-writes': 'a process wrote, and then read what was there before',
  'monotonic-reads': 'a process read, and then read what was there before',
} as const satisfies Partial<Record<AnomalyName, string>>;

function anomaly(name: keyof typeof reasons, before: VersionedAccess, access: VersionedAccess): Anomaly {
  const reason = `${reasons[name]} (version ${access.version} after ${before.version})`;
  return { name, key: access.key, reason, operations: [before.operation, access.operation] };
}
