/** Options of a log, filled and checked once. */

import { type AnyQuorateError, crc32, invalidOption, type QuorateError } from '../../base/index.ts';
import type { Clock, Disk, Log } from '../../ports/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import type { RecoveryReport } from './damage.ts';
import type { RecoveredGroup } from './replay.ts';
import { sectorBytes, segmentBytesMax, segmentBytesMin } from './segment-format.ts';

export interface FoundDamage {
  readonly groups: ReadonlyMap<GroupId, RecoveredGroup>;
  readonly report: RecoveryReport;
  /** What opening would have been refused with. */
  readonly error: QuorateError<'log-damaged'>;
}

/** The log is opened when it resolves, and is not when it rejects. */
export type DamageJudge = (found: FoundDamage) => Promise<void>;

export interface WriteAheadLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** A directory that the log has for itself; made when it is missing. */
  readonly directory: string;
  /** 16 random bytes that the node keeps outside of this directory: they tell its own segments from others. */
  readonly identity: Uint8Array;
  /** True: an empty directory becomes a new log. False: it is damage, because this node had a log before. */
  readonly create: boolean;
  readonly log?: Log | undefined;
  /** CRC-32 as zlib computes it; a native one is several times as fast. Default: the portable one. */
  readonly checksum?: Checksum | undefined;
  /** The size of a segment, and so the largest append. A multiple of 512 from 8 KiB to 1 GiB. Default 64 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Bytes that may wait for the disk; beyond them `queue-full` refuses. Default 64 MiB. */
  readonly queueBytesMax?: number | undefined;
  /** Where gathering stops for one flush; a larger append goes alone. Default 1 MiB. */
  readonly flushBytesMax?: number | undefined;
  /**
   * How long after the last flush an empty one follows, which proves that the last one was durable: from then
   * on damage to it is told from a torn tail. 0: only at `close`. Default 200.
   */
  readonly sealAfterMs?: number | undefined;
  /**
   * A flush for one waiting caller is written by a call that blocks the event loop, as long as such writes
   * take no longer than this on average. 0: never. Default 0.15.
   */
  readonly blockingWriteMsMax?: number | undefined;
  /**
   * What to do when acknowledged data is lost: `refuse` with `log-damaged`; `report` it and go on; or ask, before
   * anything of the log is touched. Default `refuse`.
   */
  readonly onDamage?: 'refuse' | 'report' | DamageJudge | undefined;
  /** Hears once that the log has failed for good, also when no append was waiting. */
  readonly onFailure?: ((error: AnyQuorateError) => void) | undefined;
}

export interface Settings {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly identity: Uint8Array;
  readonly create: boolean;
  readonly log: Log | undefined;
  readonly checksum: Checksum;
  readonly segmentBytes: number;
  /** The first segment of a new log is small, so that a new node serves at once. */
  readonly firstSegmentBytes: number;
  readonly queueBytesMax: number;
  readonly flushBytesMax: number;
  readonly sealAfterMs: number;
  readonly blockingWriteMsMax: number;
  readonly onDamage: 'refuse' | 'report' | DamageJudge;
  readonly onFailure: ((error: AnyQuorateError) => void) | undefined;
}

const mebibyte = 1024 * 1024;

export function settingsOf(options: WriteAheadLogOptions): Settings {
  const segmentBytes = options.segmentBytes ?? 64 * mebibyte;
  const { identity, sealAfterMs = 200, blockingWriteMsMax = 0.15 } = options;
  const { queueBytesMax = 64 * mebibyte, flushBytesMax = mebibyte } = options;
  const whole = Number.isInteger(segmentBytes) && segmentBytes % sectorBytes === 0;
  if (!whole || segmentBytes < segmentBytesMin || segmentBytes > segmentBytesMax) {
    const range = `a multiple of ${sectorBytes} from ${segmentBytesMin} to ${segmentBytesMax}`;
    throw invalidOption('segmentBytes', segmentBytes, range);
  }
  if (identity.length !== 16) throw invalidOption('identity', identity, '16 bytes');
  checkPositive('queueBytesMax', queueBytesMax);
  checkPositive('flushBytesMax', flushBytesMax);
  checkMilliseconds('sealAfterMs', sealAfterMs);
  checkMilliseconds('blockingWriteMsMax', blockingWriteMsMax);
  return {
    disk: options.disk,
    clock: options.clock,
    directory: options.directory,
    identity: identity.slice(),
    create: options.create,
    log: options.log,
    checksum: options.checksum ?? crc32,
    segmentBytes,
    firstSegmentBytes: Math.min(segmentBytes, mebibyte),
    queueBytesMax,
    flushBytesMax: Math.min(flushBytesMax, Math.floor(segmentBytes / 2)),
    sealAfterMs,
    blockingWriteMsMax,
    onDamage: options.onDamage ?? 'refuse',
    onFailure: options.onFailure,
  };
}

function checkPositive(option: string, value: number): void {
  if (!Number.isInteger(value) || value <= 0) throw invalidOption(option, value, 'a whole number above 0');
}

function checkMilliseconds(option: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw invalidOption(option, value, 'a number of milliseconds, or 0 for never');
}
