/**
 * Keeps the log as short as it can be. Segments that nothing needs are announced in a flush and then let go.
 * When an old segment holds only a little that is live, or the log has grown far beyond what is live in it,
 * that little is written forward as restated records: a group that sleeps for a year pins nothing.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Disk, Log } from '../../ports/index.ts';
import type { Entry, GroupId } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { decodeSlices, EntrySlice } from './entry-slice.ts';
import type { Restatement } from './flush-pipeline.ts';
import { decodeChange } from './record-format.ts';
import type { SegmentChain } from './segment-chain.ts';
import { segmentPath } from './segment-files.ts';
import { sectorBytes } from './segment-format.ts';
import type { SegmentLedger } from './segment-ledger.ts';
import { type LogRecord, SegmentScanner } from './segment-scanner.ts';

/**
 * What is live in the newest segments is left alone: a busy group will soon compact it anyway. Behind them, a
 * segment with at most this part of it live is worth copying.
 */
const slackSegments = 4;
const sparseLiveFractionMax = 1 / 8;
/** Beside the slack, the log may be this many times as long as what is live in it. */
const lengthFactorMax = 2;
/** Entries are restated in pieces, so that appends of the host need not wait long behind one. */
const pieceBytes = 256 * 1024;

export interface MaintenanceHost {
  readonly disk: Disk;
  readonly directory: string;
  readonly checksum: Checksum;
  readonly identitySeed: number;
  readonly log: Log | undefined;
  readonly chain: SegmentChain;
  readonly ledger: SegmentLedger;
  /** Resolves when a flush that was begun after this call is durable. */
  flushed(): Promise<void>;
  /** Resolves when what is still live of it is durable in its new place. */
  restated(restatement: Restatement): Promise<void>;
}

export class Maintenance {
  readonly #host: MaintenanceHost;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  /** Segments below this one are to go, whatever is live in them. */
  #rewriteBelow = 0;

  constructor(host: MaintenanceHost) {
    this.#host = host;
  }

  /** Something may have become free. Returns at once. */
  kick(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Writes everything live below `segment` forward and lets those segments go. */
  async rewriteBelow(segment: number): Promise<void> {
    this.#rewriteBelow = Math.max(this.#rewriteBelow, segment);
    while (!this.#closed && this.#host.chain.oldest < segment) {
      const before = this.#host.chain.oldest;
      this.kick();
      await this.#running;
      if (this.#host.chain.oldest === before) break;
    }
  }

  /** Resolves when nothing is under way; nothing begins afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, directory } = this.#host;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#host.chain.prepare();
        await this.#shorten();
      }
    } catch (cause) {
      if (!isQuorateError(cause)) throw cause;
      log?.warn('log maintenance stopped', { directory, cause });
    }
  }

  async #shorten(): Promise<void> {
    const { chain, ledger } = this.#host;
    while (!this.#closed) {
      const oldest = ledger.oldestNeeded(chain.active);
      if (oldest > chain.oldest) {
        chain.oldest = oldest;
        await this.#host.flushed();
        await chain.release();
        continue;
      }
      if (oldest === chain.active || !this.#isWorthCopying(oldest)) return;
      await this.#restate(oldest);
      if (ledger.oldestNeeded(chain.active) > oldest) continue;
      // What is live in it could not be read: it stays, and the host still has it in memory.
      this.#host.log?.error('log segment cannot be let go', {
        directory: this.#host.directory,
        segment: oldest,
      });
      return;
    }
  }

  #isWorthCopying(segment: number): boolean {
    const { chain, ledger } = this.#host;
    const live = ledger.liveBytesIn(segment);
    const room =
      chain.shortage === undefined ? Number.POSITIVE_INFINITY : chain.leftBytes - chain.reserveBytes / 2;
    if (live > room) return false;
    if (segment < this.#rewriteBelow) return true;
    if (chain.active - segment < slackSegments) return false;
    if (live <= chain.capacityOf(segment) * sparseLiveFractionMax) return true;
    return chain.bytes > lengthFactorMax * ledger.liveBytes + slackSegments * chain.capacityOf(chain.active);
  }

  async #restate(segment: number): Promise<void> {
    const { ledger } = this.#host;
    const live = await this.#readLive(segment);
    for (const group of ledger.groupsIn(segment)) {
      const entries = live.get(group) ?? [];
      for (const piece of pieces(entries)) {
        if (this.#closed) return;
        await this.#host.restated({ group, from: segment, entries: piece, change: undefined, copied: [] });
      }
    }
  }

  /** The live entries of a segment by group, sorted; the newest where an index stands there twice. */
  async #readLive(segment: number): Promise<Map<GroupId, Entry[]>> {
    const { disk, directory, chain, checksum, identitySeed, ledger } = this.#host;
    const found = new Map<GroupId, FoundEntries>();
    for (const group of ledger.groupsIn(segment)) found.set(group, new FoundEntries());
    const file = await disk.open(segmentPath(directory, segment), { create: 'never' });
    try {
      const capacityBytes = chain.capacityOf(segment);
      const scanner = new SegmentScanner({ file, number: segment, capacityBytes }, identitySeed, checksum);
      let position = await scanner.findFlush(sectorBytes, 0);
      let sequence: number | undefined;
      while (position !== undefined) {
        const flush = await scanner.flushAt(position);
        const isNext = sequence === undefined || flush?.header.sequence === sequence + 1;
        if (!isNext) for (const entries of found.values()) entries.flushMissing();
        for (const record of flush?.records ?? []) found.get(record.header.group)?.take(record);
        if (flush !== undefined && flush.records.length < flush.header.records)
          for (const entries of found.values()) entries.flushMissing();
        sequence = flush?.header.sequence ?? sequence;
        position = await scanner.findFlush(flush?.end ?? position + sectorBytes, 0);
      }
    } finally {
      await file.close();
    }
    return liveOnly(found, segment, ledger);
  }
}

/**
 * What a segment still says of one group's entries. Where something of it cannot be read any more, what was found
 * before may have been replaced there: it must not be copied as if it were live.
 */
class FoundEntries {
  readonly #entries = new Map<number, Entry>();
  #commit = 0;

  at(index: number): Entry | undefined {
    return this.#entries.get(index);
  }

  take({ header, payload, intact }: LogRecord): void {
    const { type, first, parts } = header;
    if (type === 'state') {
      if (intact) this.#commit = decodeChange(payload, parts).hardState?.commit ?? this.#commit;
    } else if (intact) {
      for (const entry of decodeSlices([EntrySlice.of(payload, header)]))
        this.#entries.set(entry.index, entry);
    } else {
      this.#forgetFrom(first);
    }
  }

  /** What is committed is never replaced; of the rest nobody knows. */
  flushMissing(): void {
    this.#forgetFrom(this.#commit + 1);
  }

  #forgetFrom(first: number): void {
    for (const index of this.#entries.keys()) if (index >= first) this.#entries.delete(index);
  }
}

function liveOnly(
  found: ReadonlyMap<GroupId, FoundEntries>,
  segment: number,
  ledger: SegmentLedger,
): Map<GroupId, Entry[]> {
  const live = new Map<GroupId, Entry[]>();
  for (const [group, entries] of found) {
    const kept: Entry[] = [];
    for (const { first, last } of ledger.rangesIn(group, segment)) {
      for (let index = first; index <= last; index += 1) {
        const entry = entries.at(index);
        if (entry !== undefined) kept.push(entry);
      }
    }
    live.set(group, kept);
  }
  return live;
}

/** At least one piece, which may be empty: it carries the group's state. */
function* pieces(entries: readonly Entry[]): Iterable<readonly Entry[]> {
  let start = 0;
  do {
    let end = start;
    for (let bytes = 0; end < entries.length && bytes < pieceBytes; end += 1) {
      bytes += (entries[end] as Entry).data.length;
    }
    yield entries.slice(start, end);
    start = end;
  } while (start < entries.length);
}

/**
 * Chooses, at the moment of encoding, what of a restatement is still true: the group's facts as the log has
 * them by now, and those entries that nothing has replaced since they were read.
 */
export function liveRuns(
  restatement: Restatement,
  ledger: SegmentLedger,
  limits: { readonly above: number; readonly below: number },
): Entry[][] {
  const runs: Entry[][] = [];
  const ranges = ledger.rangesIn(restatement.group, restatement.from);
  for (const entry of restatement.entries) {
    const { index } = entry;
    const inRange = ranges.some(({ first, last }) => index >= first && index <= last);
    if (!inRange || index <= limits.above || index >= limits.below) continue;
    const run = runs.at(-1);
    if (run !== undefined && (run.at(-1) as Entry).index === index - 1) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
