/**
 * Linearizability of registers whose writes all differ, by zones (Gibbons and Korach, "Testing shared
 * memories", 1997, section 4). Each value has a zone: from the first moment at which one of its operations has
 * ended (f) to the last at which one begins (s). Where f < s the register must hold the value through all of
 * the zone, and the zone is called forward; otherwise there is a moment inside it, s to f, at which all its
 * operations can happen at once, and it is called backward. The history is linearizable exactly when
 *
 *   1. every value read was written, and no read ends before its write begins,
 *   2. no two forward zones overlap, and
 *   3. no backward zone lies inside a forward one.
 *
 * A write of unknown outcome has no end. If its value is read, its reads close its zone; if not, the zone is
 * backward and never ends, so it lies inside no other, as if the write had never been. The rules stay exact.
 *
 * Times are positions in the history, all different and dense, so zones are put in order by an array indexed
 * by position instead of a sort, and all keys are judged in one pass: the whole check is linear.
 */
import type { HistoryKey, Operation, Scalar } from '../../history/index.ts';
import { type Anomaly, invalid, type Verdict, valid } from '../verdict/index.ts';
import { ZoneTable } from './zone-table.ts';

export interface ZoneOptions {
  /** What every register holds at first. Default null. */
  readonly initial?: Scalar;
}

export interface ZoneReport {
  readonly verdict: Verdict;
  /** Keys that this method cannot judge and has left out: they hold a cas, or two writes of one value. */
  readonly unsuited: readonly HistoryKey[];
}

/** Judges every key that has only reads and writes of different values. At most one anomaly a key is told. */
export function checkZones(operations: readonly Operation[], options: ZoneOptions = {}): ZoneReport {
  const table = new ZoneTable(operations, options.initial ?? null);
  const anomalies: Anomaly[] = [];
  const broken = new Set<number>();
  const tell = (keyId: number, anomaly: Anomaly | undefined): void => {
    if (anomaly === undefined || broken.has(keyId)) return;
    broken.add(keyId);
    anomalies.push(anomaly);
  };
  for (const { keyId, anomaly } of table.impossibleReads) tell(keyId, anomaly);
  for (const { keyId, forward, other } of conflicts(table)) {
    if (!broken.has(keyId)) tell(keyId, conflictAnomaly(table, keyId, forward, other));
  }
  return { verdict: anomalies.length === 0 ? valid : invalid(...anomalies), unsuited: table.unsuited };
}

interface Conflict {
  readonly keyId: number;
  readonly forward: number;
  readonly other: number;
}

/**
 * Walks the zones by their beginning. For each key it remembers the latest forward zone: the next
 * zone conflicts when it is forward and begins inside, or backward and also ends inside.
 */
function* conflicts(table: ZoneTable): Generator<Conflict, void, undefined> {
  const { zoneAtPosition, first, last, keyOf } = table;
  const latest = Int32Array.from(table.initialZones);
  for (let position = 0; position < zoneAtPosition.length; position += 1) {
    const zone = (zoneAtPosition[position] as number) - 1;
    if (zone < 0) continue;
    const keyId = keyOf[zone] as number;
    const forward = latest[keyId] as number;
    const isForward = (first[zone] as number) < (last[zone] as number);
    const reach = forward < 0 ? -1 : (last[forward] as number);
    const inside = isForward ? position < reach : (first[zone] as number) < reach;
    if (inside) yield { keyId, forward, other: zone };
    if (isForward) latest[keyId] = zone;
  }
}

function conflictAnomaly(table: ZoneTable, keyId: number, forward: number, other: number): Anomaly {
  const isForward = (table.first[other] as number) < (table.last[other] as number);
  const [held, also] = [table.valueText(forward), table.valueText(other)];
  const reason = isForward
    ? `it must hold ${held} and ${also} at one time: each was there before the other was last asked for`
    : `it must hold ${held} from before to after all of ${also}, which was there in between`;
  return {
    name: 'not-linearizable',
    key: table.keys[keyId] as HistoryKey,
    reason,
    operations: [...table.proof(forward), ...table.proof(other)],
  };
}
