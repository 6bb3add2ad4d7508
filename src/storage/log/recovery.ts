/**
 * Reads a log and rebuilds what it says. Nothing is written here: what recovery decides (where the tail is
 * cut, which segments can go) is carried out by whoever opens the log for writing, and the inspection tool
 * uses the same reading without that.
 */
import { QuorateError } from '../../base/index.ts';
import type { Disk } from '../../ports/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { type ChainEnd, ChainWalk, type FlushVisitor, type WalkedSegment } from './chain-walk.ts';
import type { Damage, RecoveryReport } from './damage.ts';
import { packSlices } from './entry-slice.ts';
import { Replay, type ReplayedGroup } from './replay.ts';
import { segmentPath } from './segment-files.ts';
import { decodeSegmentHeader, seedOfIdentity } from './segment-format.ts';
import { SegmentLedger } from './segment-ledger.ts';
import { SegmentScanner } from './segment-scanner.ts';

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly checksum: Checksum;
  /** Undefined: that of the first segment whose header is good (inspection only). */
  readonly identity: Uint8Array | undefined;
  readonly visit?: FlushVisitor | undefined;
  /** Numbers of the segments in the directory, sorted. */
  readonly segments: readonly number[];
  /** True: these are not all segments, so what is missing says nothing (inspection only). */
  readonly isPart?: boolean;
}

export interface RecoveredLog {
  readonly groups: Map<GroupId, ReplayedGroup>;
  readonly ledger: SegmentLedger;
  readonly report: RecoveryReport;
  /** Undefined: there is no log yet. */
  readonly end: RecoveredEnd | undefined;
  /** The sizes of all segments, those that are not needed any more included. */
  readonly capacities: ReadonlyMap<number, number>;
}

/** What is needed to go on writing. */
export interface RecoveredEnd extends ChainEnd {
  readonly nextSequence: number;
  /** The check and the body of the last flush. */
  readonly lastCheck: number;
  readonly lastBodyBytes: number;
  /** Where the last flush lies; segment 0: there is none. */
  readonly lastSegment: number;
  readonly lastPosition: number;
  readonly oldestSegment: number;
  /** True: durable flushes may be missing behind this end, so the next one must leave a gap that says so. */
  readonly isLost: boolean;
}

interface OpenedSegment extends WalkedSegment {
  readonly number: number;
}

export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const opened = await openSegments(options);
  try {
    const identitySeed = seedOfIdentity(identityOf(options, opened));
    const segments = opened.map((segment) => rescanned(segment, identitySeed, options.checksum));
    const capacities = new Map(
      segments.map(({ number, scanner }) => [number, scanner.segment.capacityBytes]),
    );
    return { ...(await walkNeeded(segments, options)), capacities };
  } finally {
    for (const { scanner } of opened) await scanner.segment.file.close();
  }
}

type Walked = Omit<RecoveredLog, 'capacities'>;

/**
 * Walks from the last hole in the numbers on. What lies before it is needed as well, or left over; only the
 * last flush knows.
 */
async function walkNeeded(segments: readonly OpenedSegment[], options: RecoveryOptions): Promise<Walked> {
  const suffix = contiguousSuffix(segments);
  if (suffix.length === segments.length) return walkFrom(suffix, options);
  const trial = await walkFrom(suffix, { ...options, visit: undefined });
  const oldest = trial.end?.oldestSegment ?? 0;
  const isWhole = oldest >= (suffix[0] as OpenedSegment).number;
  if (isWhole && options.visit === undefined) return trial;
  return walkFrom(isWhole ? suffix : segments.filter(({ number }) => number >= oldest), options);
}

async function walkFrom(segments: readonly OpenedSegment[], options: RecoveryOptions): Promise<Walked> {
  const ledger = new SegmentLedger();
  const replay = new Replay(ledger);
  if (segments.length === 0) return walkedNothing(ledger);
  const walk = new ChainWalk(segments, replay, options.visit);
  const chainEnd = await walk.walk();
  if (walk.last === undefined && walk.damages.length === 0) {
    if (segments.every(({ header }) => header === undefined || header.firstSequence === 1)) {
      return walkedNothing(ledger);
    }
    walk.lostEverything();
  }
  const isMissing = options.isPart !== true && noteMissing(options.segments, walk, chainEnd, replay);
  const groups = replay.groups();
  packSlices(groups.values());
  for (const group of groups.values()) {
    const lost = group.damage?.entriesLost;
    if (lost === undefined) continue;
    ledger.truncated(group.group, lost.first);
    if (walk.damages.length === 0 && options.isPart !== true) walk.damages.push(gapAt(chainEnd, walk));
  }
  const end: RecoveredEnd = {
    ...chainEnd,
    nextSequence: walk.nextSequence,
    lastCheck: walk.lastCheck ?? 0,
    lastBodyBytes: walk.last?.bodyBytes ?? 0,
    lastSegment: walk.last?.segment ?? 0,
    lastPosition: walk.last?.position ?? 0,
    oldestSegment: walk.last?.oldestSegment ?? 1,
    isLost: walk.endIsLost || isMissing,
  };
  const report: RecoveryReport = {
    created: false,
    segments: segments.length,
    flushes: walk.flushes,
    records: walk.records,
    bytesRead: segments.reduce((sum, { scanner }) => sum + scanner.bytesRead, 0),
    tornTail: end.torn ? { segment: end.segment, position: end.position } : undefined,
    damages: walk.damages,
    mayMissGroups: replay.mayMissGroups,
  };
  return { groups, ledger, report, end };
}

function walkedNothing(ledger: SegmentLedger): Walked {
  const report: RecoveryReport = {
    created: true,
    segments: 0,
    flushes: 0,
    records: 0,
    bytesRead: 0,
    tornTail: undefined,
    damages: [],
    mayMissGroups: false,
  };
  return { groups: new Map(), ledger, report, end: undefined };
}

/** Segments that the last flush knew to be there, and that are not. True when one is behind the end. */
function noteMissing(present: readonly number[], walk: ChainWalk, end: ChainEnd, replay: Replay): boolean {
  let endIsMissing = false;
  const { oldestSegment, newestSegment } = walk.last ?? { oldestSegment: 1, newestSegment: 1 };
  for (let number = oldestSegment; number <= newestSegment; number += 1) {
    if (present.includes(number)) continue;
    if (number < (present[0] as number)) replay.lostAtStart();
    if (number > end.segment) {
      endIsMissing = true;
      replay.lostUnknown();
    }
    walk.damages.push({
      kind: 'segment-missing',
      segment: number,
      position: 0,
      firstSequence: 0,
      lastSequence: 0,
      records: [],
      unknownRecords: true,
    });
  }
  return endIsMissing;
}

function gapAt({ segment, position }: ChainEnd, { nextSequence }: ChainWalk): Damage {
  return {
    kind: 'gap',
    segment,
    position,
    firstSequence: nextSequence,
    lastSequence: nextSequence,
    records: [],
    unknownRecords: false,
  };
}

async function openSegments(options: RecoveryOptions): Promise<OpenedSegment[]> {
  const opened: OpenedSegment[] = [];
  try {
    for (const number of options.segments) {
      const file = await options.disk.open(segmentPath(options.directory, number), { create: 'never' });
      const capacityBytes = await file.size();
      const scanner = new SegmentScanner({ file, number, capacityBytes }, 0, options.checksum);
      const reading = decodeSegmentHeader(await scanner.firstSector(), number);
      if (reading.kind === 'newer') throw unsupported(options.directory, number, reading.version);
      opened.push({ number, scanner, header: reading.kind === 'valid' ? reading.header : undefined });
    }
    return opened;
  } catch (error) {
    for (const { scanner } of opened) await scanner.segment.file.close();
    throw error;
  }
}

function rescanned(segment: OpenedSegment, identitySeed: number, checksum: Checksum): OpenedSegment {
  const scanner = new SegmentScanner(segment.scanner.segment, identitySeed, checksum);
  return { number: segment.number, scanner, header: segment.header };
}

/** Refuses segments of another node: its directory was copied or mounted in the wrong place. */
function identityOf(options: RecoveryOptions, segments: readonly OpenedSegment[]): Uint8Array {
  const found = segments.find(({ header }) => header !== undefined)?.header?.identity;
  const identity = options.identity ?? found ?? new Uint8Array(16);
  for (const { number, header } of segments) {
    if (header === undefined || sameBytes(header.identity, identity)) continue;
    throw new QuorateError({
      code: 'identity-mismatch',
      message:
        `segment ${number} in ${options.directory} belongs to log ${hex(header.identity)}, ` +
        `but this node's log is ${hex(identity)}; give the node its own data directory`,
      data: {
        path: segmentPath(options.directory, number),
        expected: hex(identity),
        found: hex(header.identity),
      },
    });
  }
  return identity;
}

/** The segments from the last missing number on: what lies before it may have been left over, or be needed. */
function contiguousSuffix(segments: readonly OpenedSegment[]): readonly OpenedSegment[] {
  let start = segments.length - 1;
  while (
    start > 0 &&
    (segments[start] as OpenedSegment).number === (segments[start - 1] as OpenedSegment).number + 1
  ) {
    start -= 1;
  }
  return segments.slice(Math.max(start, 0));
}

function unsupported(directory: string, number: number, version: number): QuorateError<'unsupported-format'> {
  const path = segmentPath(directory, number);
  return new QuorateError({
    code: 'unsupported-format',
    message: `${path} has format version ${version}, and this release reads up to 1; run the newer release`,
    data: { path, version, supported: 1 },
  });
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
