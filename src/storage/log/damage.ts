/**
 * What recovery found wrong, as data: places, what is known about their contents, and whether anything that
 * still matters was lost there. A torn tail is not damage: it was never acknowledged.
 */
import { QuorateError } from '../../base/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { RecordType } from './record-format.ts';
import type { ReplayedGroup } from './replay.ts';
import { segmentPath } from './segment-files.ts';

export type DamageKind =
  /** A segment that must be there is not. */
  | 'segment-missing'
  /** A segment's header is damaged; its flushes are not. */
  | 'segment-header'
  /** Flushes are damaged or gone, and later ones prove that they had been durable. */
  | 'flush'
  /** The disk could not read the end of the log, so nobody knows whether it had been durable. */
  | 'unreadable'
  /** Entries of a group are missing although no damage explains it. */
  | 'gap';

export interface DamagedRecord {
  readonly group: GroupId;
  readonly type: RecordType;
  /** For entries. */
  readonly first: number;
  readonly last: number;
}

export interface Damage {
  readonly kind: DamageKind;
  readonly segment: number;
  readonly position: number;
  /** The flushes that are affected: sequences, both included. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Records whose headers could be read and whose contents are lost. */
  readonly records: readonly DamagedRecord[];
  /** True: more may have been lost here, of groups that nobody knows. */
  readonly unknownRecords: boolean;
}

export interface RecoveryReport {
  /** True: there was no log; this one is new. */
  readonly created: boolean;
  readonly segments: number;
  readonly flushes: number;
  readonly records: number;
  readonly bytesRead: number;
  /** Where an unfinished, never acknowledged flush was cut off. */
  readonly tornTail: { readonly segment: number; readonly position: number } | undefined;
  readonly damages: readonly Damage[];
  /** True: groups may have existed of which nothing is left. */
  readonly mayMissGroups: boolean;
}

/** True when something that later records did not make up for is lost. */
export function isHarmful(report: RecoveryReport, groups: ReadonlyMap<GroupId, ReplayedGroup>): boolean {
  if (report.mayMissGroups) return true;
  for (const group of groups.values()) if (group.damage !== undefined) return true;
  return false;
}

export function damagedError(
  directory: string,
  report: RecoveryReport,
  groups: ReadonlyMap<GroupId, ReplayedGroup>,
): QuorateError<'log-damaged'> {
  const damage = report.damages[0];
  const place = damage === undefined ? 'entries are missing' : placeOf(directory, damage);
  const hurt = [...groups.values()].filter((group) => group.damage !== undefined).map(({ group }) => group);
  return new QuorateError({
    code: 'log-damaged',
    message:
      `the log has lost acknowledged data: ${place}; a member of a group of several is repaired from the others; ` +
      'where there are none, restore a backup, and keep this directory: what is whole in it can still be read',
    data: {
      directory,
      segment: damage?.segment ?? 0,
      position: damage?.position ?? 0,
      groups: hurt,
      mayMissGroups: report.mayMissGroups,
    },
  });
}

/** What is bad, and where: `flush 7 in data/log/000000000001.wal at 4096 (entries 7 to 9 of group 1)`. */
function placeOf(directory: string, damage: Damage): string {
  const { kind, segment, position, firstSequence, lastSequence, records, unknownRecords } = damage;
  const path = segmentPath(directory, segment);
  if (kind === 'segment-missing') return `${path} is missing`;
  const flushes =
    firstSequence === lastSequence ? `flush ${firstSequence}` : `flushes ${firstSequence} to ${lastSequence}`;
  const lost = records.map(({ group, type, first, last }) =>
    type === 'state' ? `a state of group ${group}` : `entries ${first} to ${last} of group ${group}`,
  );
  if (unknownRecords) lost.push('records that cannot be read');
  return `${flushes} in ${path} at ${position} (${kind}: ${lost.join(', ') || 'nothing that cannot be read'})`;
}
