/**
 * Opens a log: recovers it, refuses what must not be started from, carries out what recovery decided, and
 * puts an empty flush in the place of one that may have been torn before the first append is taken.
 */
import { QuorateError } from '../../base/index.ts';
import type { GroupId } from '../../raft/index.ts';
import { damagedError, isHarmful, type RecoveryReport } from './damage.ts';
import { flushBytes } from './flush-buffer.ts';
import { type Settings, settingsOf, type WriteAheadLogOptions } from './options.ts';
import { type RecoveredEnd, type RecoveredLog, recoverLog } from './recovery.ts';
import { type RecoveredGroup, recoveredGroup } from './replay.ts';
import { type ChainStart, type KnownSegment, SegmentChain } from './segment-chain.ts';
import {
  createSegment,
  listSegments,
  openSegment,
  removeTemporary,
  type SegmentFile,
} from './segment-files.ts';
import { encodeSegmentHeader, sectorBytes } from './segment-format.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** Stated by the first flush behind a lost end: no flush has a body of this size, so the gap stays visible. */
const bodyBytesUnknown = 0xffff_ffff;

export interface OpenedLog {
  readonly wal: WriteAheadLog;
  /** What the log holds, by group. */
  readonly groups: ReadonlyMap<GroupId, RecoveredGroup>;
  readonly report: RecoveryReport;
}

/**
 * Opens the log in a directory that nobody else has open. Rejects with `log-damaged` when acknowledged data
 * is lost (unless `onDamage` is `report`: then the damaged groups say what they miss, and their member must
 * not vote before it has been made whole), `identity-mismatch`, `unsupported-format`, or what the disk says.
 */
export async function openLog(options: WriteAheadLogOptions): Promise<OpenedLog> {
  const settings = settingsOf(options);
  const { disk, directory, checksum, identity, log } = settings;
  await disk.makeDirectory(directory);
  await removeTemporary(disk, directory);
  const numbers = await listSegments(disk, directory);
  const recovered = await recoverLog({ disk, directory, checksum, identity, segments: numbers });
  const { groups, report, ledger } = recovered;
  if (recovered.end === undefined && !settings.create) throw missingLog(directory);
  const recoveredGroups = new Map([...groups].map(([group, replayed]) => [group, recoveredGroup(replayed)]));
  if (isHarmful(report, groups)) {
    log?.error('log damaged', { directory, damages: report.damages });
    const error = damagedError(directory, report, groups);
    if (settings.onDamage === 'refuse') throw error;
    if (settings.onDamage !== 'report') await settings.onDamage({ groups: recoveredGroups, report, error });
  }
  if (report.tornTail !== undefined) log?.info('log tail cut', { directory, ...report.tornTail });
  const start = await chainStart(settings, recovered, numbers);
  const { identity: owner, segmentBytes } = settings;
  const chain = new SegmentChain({ disk, directory, identity: owner, segmentBytes, log }, start);
  const { end } = recovered;
  const wal = new WriteAheadLog({
    settings,
    chain,
    ledger,
    groups,
    sequence: end === undefined ? 1 : end.nextSequence + (end.isLost ? 1 : 0),
    previousCheck: end?.lastCheck ?? 0,
    previousBodyBytes: end?.isLost === true ? bodyBytesUnknown : (end?.lastBodyBytes ?? 0),
  });
  try {
    // A damaged segment is left behind, so that a rewrite can let it go.
    if (report.damages.some(({ segment }) => segment >= chain.active)) await chain.advance();
    await wal.begin();
  } catch (error) {
    await chain.close();
    throw error;
  }
  return { wal, groups: recoveredGroups, report };
}

async function chainStart(
  settings: Settings,
  recovered: RecoveredLog,
  numbers: readonly number[],
): Promise<ChainStart> {
  const { end } = recovered;
  const known = numbers.map((number) => ({
    number,
    capacityBytes: recovered.capacities.get(number) ?? 0,
  }));
  if (end === undefined) return freshStart(settings, known);
  const active = await openSegment(
    settings.disk,
    settings.directory,
    end.segment,
    recovered.capacities.get(end.segment) ?? 0,
  );
  // What had been let go may be all that is left of what was written anew and lost: then it is needed again.
  const oldest = Math.min(end.oldestSegment, recovered.ledger.oldestNeeded(end.segment));
  try {
    await settleEnd(settings, active, end);
  } catch (error) {
    await active.file.close();
    throw error;
  }
  return {
    active,
    position: end.position,
    previousEnd: end.previousEnd,
    previousCheck: end.position === 0 ? end.previousCheck : end.lastCheck,
    oldest,
    behind: known.filter(({ number }) => number >= oldest && number < end.segment),
    spares: known.filter(({ number }) => number > end.segment),
    leftOver: known.filter(({ number }) => number < oldest),
  };
}

/**
 * What was read at the end may be in the system's cache only: a process that died may not have lived to sync
 * it, or its sync failed. The system then counts the bytes as clean, and a sync of our own would succeed
 * without them; only writing them again makes them durable. The last flush is all that can be in doubt, since
 * a later one proves that it was. A segment header that was torn from its first flush is written again, too.
 */
async function settleEnd(settings: Settings, active: SegmentFile, end: RecoveredEnd): Promise<void> {
  if (end.position > 0 && !end.headerVerifies) {
    const { firstSequence, previousEnd, previousCheck } = end;
    const { number, capacityBytes } = active;
    const sector = new Uint8Array(sectorBytes);
    encodeSegmentHeader(sector, {
      identity: settings.identity,
      number,
      capacityBytes,
      firstSequence,
      previousEnd,
      previousCheck,
    });
    await active.file.write(sector, 0);
  }
  if (end.lastSegment === active.number) {
    await rewriteLast(active, end);
  } else if (end.lastSegment > 0) {
    const before = await openSegment(settings.disk, settings.directory, end.lastSegment, 0);
    try {
      await rewriteLast(before, end);
    } finally {
      await before.file.close();
    }
  }
}

/** Writes the last flush over itself; with the segment's header, where it is the first one there. */
async function rewriteLast({ file }: SegmentFile, end: RecoveredEnd): Promise<void> {
  const from = end.lastPosition === sectorBytes ? 0 : end.lastPosition;
  const bytes = new Uint8Array(end.lastPosition + flushBytes(end.lastBodyBytes) - from);
  const read = await file.read(bytes, from);
  await file.write(bytes.subarray(0, read), from);
}

/** A new log; what a crash in the middle of its birth left is used again. */
async function freshStart(settings: Settings, known: readonly KnownSegment[]): Promise<ChainStart> {
  const { disk, directory, firstSegmentBytes } = settings;
  const [first, ...spares] = known;
  const active =
    first === undefined
      ? await createSegment(disk, directory, 1, firstSegmentBytes)
      : await openSegment(disk, directory, first.number, first.capacityBytes);
  return {
    active,
    position: 0,
    previousEnd: 0,
    previousCheck: 0,
    oldest: active.number,
    behind: [],
    spares,
    leftOver: [],
  };
}

function missingLog(directory: string): QuorateError<'log-damaged'> {
  return new QuorateError({
    code: 'log-damaged',
    message:
      `this node had a log in ${directory}, and it is gone; ` +
      'add the node to its cluster as a new member with an empty data directory, or restore a backup',
    data: { directory, segment: 0, position: 0, groups: [], mayMissGroups: true },
  });
}
