/**
 * Looks at a log without changing a byte: what recovery would find, and every flush and record on the way. For
 * people who want to know what a disk holds; a node that is running may have the log open meanwhile.
 */
import { crc32, isQuorateError } from '../../base/index.ts';
import type { Disk } from '../../ports/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { isHarmful, type RecoveryReport } from './damage.ts';
import { EntrySlice } from './entry-slice.ts';
import type { StateChange } from './group-append.ts';
import { decodeChange, type RecordType } from './record-format.ts';
import { recoverLog } from './recovery.ts';
import { type RecoveredGroup, recoveredGroup } from './replay.ts';
import { listSegments } from './segment-files.ts';
import type { Flush, LogRecord } from './segment-scanner.ts';

export interface InspectionOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Only this segment. Then nothing is said about what others hold. */
  readonly segment?: number | undefined;
  readonly checksum?: Checksum | undefined;
  /** Sees each flush in order. */
  readonly onFlush?: ((flush: InspectedFlush) => void) | undefined;
}

export interface InspectedFlush {
  readonly segment: number;
  readonly position: number;
  readonly sequence: number;
  readonly bytes: number;
  readonly intact: boolean;
  readonly records: readonly InspectedRecord[];
}

export interface InspectedRecord {
  readonly group: GroupId;
  readonly type: RecordType;
  readonly position: number;
  readonly payloadBytes: number;
  readonly intact: boolean;
  /** For entries that are intact. */
  readonly entries?: InspectedEntries;
  /** For a state record that is intact. */
  readonly change?: StateChange;
}

interface InspectedEntries {
  readonly first: number;
  readonly last: number;
  readonly firstTerm: number;
  readonly lastTerm: number;
}

export interface LogInspection {
  readonly groups: ReadonlyMap<GroupId, RecoveredGroup>;
  readonly report: RecoveryReport;
  /** True: acknowledged data is lost, and a node would refuse to start. */
  readonly isHarmful: boolean;
}

/** Reads a whole log, or one segment of it. Rejects with what the disk says, or `unsupported-format`. */
export async function inspectLog(options: InspectionOptions): Promise<LogInspection> {
  const { disk, directory, segment, onFlush } = options;
  const numbers = segment === undefined ? await listSegments(disk, directory) : [segment];
  const { groups, report } = await recoverLog({
    disk,
    directory,
    checksum: options.checksum ?? crc32,
    identity: undefined,
    segments: numbers,
    isPart: segment !== undefined,
    visit: onFlush === undefined ? undefined : (flush, number) => onFlush(inspected(flush, number)),
  });
  const recovered = [...groups].map(([group, replayed]) => [group, recoveredGroup(replayed)] as const);
  const harmful = segment === undefined ? isHarmful(report, groups) : report.damages.length > 0;
  return { groups: new Map(recovered), report, isHarmful: harmful };
}

function inspected({ header, intact, records, end }: Flush, segment: number): InspectedFlush {
  return {
    segment,
    position: header.position,
    sequence: header.sequence,
    bytes: end - header.position,
    intact,
    records: records.map(inspectedRecord),
  };
}

function inspectedRecord({ header, payload, position, intact }: LogRecord): InspectedRecord {
  const { group, type, payloadBytes, parts } = header;
  const record = { group, type, position, payloadBytes, intact };
  if (!intact) return record;
  try {
    if (type === 'state') return { ...record, change: decodeChange(payload, parts) };
    const slice = EntrySlice.of(payload, header);
    const { first, last } = slice;
    return { ...record, entries: { first, last, firstTerm: slice.term(first), lastTerm: slice.term(last) } };
  } catch (error) {
    if (isQuorateError(error)) return { ...record, intact: false };
    throw error;
  }
}
