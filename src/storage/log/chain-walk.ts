/**
 * Follows the chain of flushes through the segments and tells the two ways in which it can stop apart.
 * Nothing valid of a later sequence anywhere behind: the last flush was torn by a crash and never
 * acknowledged. Something valid behind: what is missing between had been durable, so it is damage; what can
 * still be read of it is used, what cannot is reported, and the walk goes on behind.
 */
import { assert, assertFigures, isQuorateError } from '../../base/index.ts';
import type { Damage, DamagedRecord, DamageKind } from './damage.ts';
import { type FlushHeader, flushHeaderBytes } from './flush-format.ts';
import { type RecordHeader, recordHeaderBytes } from './record-format.ts';
import type { Replay } from './replay.ts';
import { type SegmentHeader, sectorBytes } from './segment-format.ts';
import type { Flush, LogRecord, SegmentScanner } from './segment-scanner.ts';

/** Where the log ends. */
export interface ChainEnd {
  readonly segment: number;
  /** Where the next flush goes; 0 in a segment that has not been begun, or whose beginning was torn. */
  readonly position: number;
  /** Where the segment before it ends; 0 when there is none or that is not known. */
  readonly previousEnd: number;
  readonly torn: boolean;
  /** What the header of the segment says, or should: it is to be written where it does not verify. */
  readonly firstSequence: number;
  readonly previousCheck: number;
  readonly headerVerifies: boolean;
}

export interface WalkedSegment {
  readonly scanner: SegmentScanner;
  /** Undefined: blank or damaged. */
  readonly header: SegmentHeader | undefined;
}

/** Sees each flush as it is read: the inspection tool. */
export type FlushVisitor = (flush: Flush, segment: number) => void;

export class ChainWalk {
  readonly damages: Damage[] = [];
  flushes = 0;
  records = 0;
  /** True: durable flushes may be missing behind the end that was found. */
  endIsLost = false;
  /** The last flush that was read. */
  last: FlushHeader | undefined;
  lastCheck: number | undefined = 0;
  readonly #segments: readonly WalkedSegment[];
  readonly #replay: Replay;
  readonly #visit: FlushVisitor | undefined;
  #index = 0;
  #position = sectorBytes;
  #expected = 0;
  #previousEnd = 0;
  #firstSequence = 1;
  #checkBefore = 0;
  /** Flushes read in the current segment. */
  #flushesHere = 0;
  /** Read and whole, but not believed before the flush behind it confirms its check. */
  #held: { readonly flush: Flush; readonly segment: number } | undefined;

  constructor(segments: readonly WalkedSegment[], replay: Replay, visit: FlushVisitor | undefined) {
    assert(segments.length > 0, 'a walk needs a segment');
    this.#segments = segments;
    this.#replay = replay;
    this.#visit = visit;
  }

  /** The sequence that the next flush will have. */
  get nextSequence(): number {
    return this.#expected;
  }

  /** Not one flush is left of a log that had some. */
  lostEverything(): void {
    this.#replay.lostAtStart();
    this.#damage('flush', { position: sectorBytes, through: this.#expected - 1, unknownRecords: true });
  }

  async walk(): Promise<ChainEnd> {
    await this.#findStart();
    while (true) {
      const { scanner } = this.#current();
      let flush = scanner.flushInWindow(this.#position);
      if (flush === 'not-read') flush = await scanner.flushAt(this.#position);
      if (flush?.intact === true && flush.header.sequence === this.#expected) {
        this.#accept(flush);
        continue;
      }
      const end = await this.#passTrouble(flush?.header.sequence === this.#expected ? flush : undefined);
      if (end !== undefined) {
        this.#release();
        return end;
      }
    }
  }

  #current(): WalkedSegment {
    return this.#segments[this.#index] as WalkedSegment;
  }

  /** The first flush of the first segment has the sequence that its header states, or 1 in a new log. */
  async #findStart(): Promise<void> {
    const { scanner, header } = this.#current();
    if (header !== undefined) {
      this.#previousEnd = header.previousEnd;
      this.#expected = header.firstSequence;
      this.#firstSequence = header.firstSequence;
      this.#checkBefore = header.previousCheck;
      this.lastCheck = header.previousCheck;
      return;
    }
    const position = await scanner.findFlush(sectorBytes, 0);
    if (position === undefined) {
      this.#expected = 1;
      return;
    }
    const flush = await scanner.flushAt(position);
    this.#expected = flush?.header.sequence ?? 1;
    this.#firstSequence = this.#expected;
    this.lastCheck = undefined;
    if (position === sectorBytes) return;
    this.#position = position;
    this.#replay.lostAtStart();
    this.#damage('flush', { position: sectorBytes, through: this.#expected - 1, unknownRecords: true });
  }

  #accept(flush: Flush): void {
    const { header } = flush;
    if (this.lastCheck !== undefined && header.previousCheck !== this.lastCheck) this.#distrustHeld();
    this.#release();
    this.#held = { flush, segment: this.#current().scanner.segment.number };
    this.#pass(flush);
  }

  /** Moves behind a flush whose header is good. */
  #pass(flush: Flush): void {
    const { header } = flush;
    this.flushes += 1;
    this.records += flush.records.length;
    this.last = header;
    this.lastCheck = flush.check;
    this.#expected = header.sequence + 1;
    this.#position = flush.end;
    this.#flushesHere += 1;
    if (this.#flushesHere === 2 && this.#current().header === undefined) {
      this.#damage('segment-header', { position: 0, through: header.sequence, unknownRecords: false });
    }
    this.#visit?.(flush, header.segment);
  }

  /** The flush behind was written after another one than what stands here: an old sector came back. */
  #distrustHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#replay.lostUnknown();
    const { sequence, position } = held?.flush.header ?? {
      sequence: this.#expected - 1,
      position: sectorBytes,
    };
    const segment = held?.segment ?? this.#current().scanner.segment.number;
    this.damages.push({
      kind: 'flush',
      segment,
      position,
      firstSequence: sequence,
      lastSequence: sequence,
      records: [],
      unknownRecords: true,
    });
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    const lost = this.#apply(held.flush.records, held.segment);
    if (lost.length === 0) return;
    const { position, sequence } = held.flush.header;
    this.damages.push({
      kind: 'flush',
      segment: held.segment,
      position,
      firstSequence: sequence,
      lastSequence: sequence,
      records: lost,
      unknownRecords: false,
    });
  }

  /** Applies what is intact and returns what is not. */
  #apply(records: readonly LogRecord[], segment: number): DamagedRecord[] {
    const lost: DamagedRecord[] = [];
    for (const record of records) {
      if (!record.intact || !this.#applied(record, segment)) {
        this.#replay.lost(record.header);
        lost.push(damagedRecord(record.header));
      }
    }
    return lost;
  }

  /** False for a record that verifies and yet does not follow its format. */
  #applied(record: LogRecord, segment: number): boolean {
    try {
      this.#replay.apply(record, segment);
      return true;
    } catch (error) {
      if (isQuorateError(error) && (error.code === 'malformed-bytes' || error.code === 'out-of-bounds'))
        return false;
      throw error;
    }
  }

  /**
   * There is no whole flush of the expected sequence here; `broken` is its remains where the header is good.
   * Finds where the chain goes on, or returns its end.
   */
  async #passTrouble(broken: Flush | undefined): Promise<ChainEnd | undefined> {
    const { scanner } = this.#current();
    const behind = broken?.end ?? this.#position;
    const found = await scanner.findFlush(behind, this.#expected + 1);
    if (found !== undefined) {
      if (broken !== undefined) this.#salvageBroken(broken);
      else await this.#salvageHeadless(found);
      return undefined;
    }
    return this.#passSegment(broken);
  }

  /** The same, when this segment holds nothing more. */
  async #passSegment(broken: Flush | undefined): Promise<ChainEnd | undefined> {
    const here = this.#current().scanner.segment.number;
    for (let index = this.#index + 1; index < this.#segments.length; index += 1) {
      const { scanner } = this.#segments[index] as WalkedSegment;
      const position = await scanner.findFlush(sectorBytes, this.#expected);
      if (position !== undefined) {
        await this.#enter(index, position, broken);
        return undefined;
      }
    }
    if (this.#endIsUnreadable()) {
      this.#release();
      this.#replay.lostUnknown();
      this.endIsLost = true;
      this.#damage('unreadable', { position: this.#position, through: this.#expected, unknownRecords: true });
    }
    const torn = broken !== undefined || !(await this.#current().scanner.isBlank(this.#position));
    return {
      segment: here,
      position: this.#position === sectorBytes ? 0 : this.#position,
      previousEnd: this.#previousEnd,
      torn,
      firstSequence: this.#firstSequence,
      previousCheck: this.#checkBefore,
      headerVerifies: this.#current().header !== undefined,
    };
  }

  /** Goes on in a later segment, whose first valid flush is at `position`. */
  async #enter(index: number, position: number, broken: Flush | undefined): Promise<void> {
    const { scanner } = this.#segments[index] as WalkedSegment;
    const next = await scanner.flushAt(position);
    assertFigures(next !== undefined, 'a flush that was found is there', scanner.segment.number, position);
    const { sequence } = next.header;
    if (sequence > this.#expected || position !== sectorBytes) {
      if (broken !== undefined) {
        this.#salvageBroken(broken);
        return;
      }
      this.#release();
      const adjacent = scanner.segment.number === this.#current().scanner.segment.number + 1;
      this.#replay.lostUnknown();
      const kind = adjacent ? 'flush' : 'segment-missing';
      this.#damage(kind, { position: this.#position, through: sequence - 1, unknownRecords: true });
      this.lastCheck = undefined;
    }
    this.#previousEnd = this.#position;
    this.#index = index;
    this.#position = position;
    this.#expected = sequence;
    this.#firstSequence = sequence;
    this.#checkBefore = this.lastCheck ?? 0;
    this.#flushesHere = 0;
  }

  /** The header of a damaged flush is good: use its good records, name the others. */
  #salvageBroken(broken: Flush): void {
    this.#release();
    const records = this.#apply(broken.records, broken.header.segment);
    const unknownRecords = broken.records.length < broken.header.records;
    if (unknownRecords) this.#replay.lostUnknown();
    const { position, sequence } = broken.header;
    this.#pass(broken);
    this.damages.push({
      kind: 'flush',
      segment: broken.header.segment,
      position,
      firstSequence: sequence,
      lastSequence: sequence,
      records,
      unknownRecords,
    });
  }

  /** The header of a flush is damaged; `found` is where the next valid one stands in the same segment. */
  async #salvageHeadless(found: number): Promise<void> {
    this.#release();
    const { scanner } = this.#current();
    const next = await scanner.flushAt(found);
    assertFigures(next !== undefined, 'a flush that was found is there', scanner.segment.number, found);
    const from = this.#position;
    const one = next.header.sequence === this.#expected + 1;
    const behind = await scanner.recordsBehind(from, found, this.#expected);
    // Behind it may stand what a full disk refused under the same number: none of that is of this flush.
    const room = found - from - flushHeaderBytes;
    const read = within(behind, one ? Math.min(room, next.header.previousBodyBytes) : room);
    const bodyBytes = read.reduce((sum, record) => sum + spanOf(record), 0);
    const whole = one && bodyBytes === next.header.previousBodyBytes;
    const records = this.#apply(read, scanner.segment.number);
    this.records += read.length;
    if (!whole) this.#replay.lostUnknown();
    this.#damage('flush', {
      position: from,
      through: next.header.sequence - 1,
      unknownRecords: !whole,
      records,
    });
    this.#position = found;
    this.#expected = next.header.sequence;
    this.lastCheck = undefined;
  }

  #endIsUnreadable(): boolean {
    return this.#segments.some(({ scanner }, index) =>
      scanner.unreadable.some(
        ({ position, bytes }) =>
          index > this.#index || (index === this.#index && position + bytes > this.#position),
      ),
    );
  }

  #damage(
    kind: DamageKind,
    what: { position: number; through: number; unknownRecords: boolean; records?: readonly DamagedRecord[] },
  ): void {
    this.damages.push({
      kind,
      segment: this.#current().scanner.segment.number,
      position: what.position,
      firstSequence: this.#expected,
      lastSequence: what.through,
      records: what.records ?? [],
      unknownRecords: what.unknownRecords,
    });
  }
}

function spanOf(record: LogRecord): number {
  return recordHeaderBytes + record.header.payloadBytes;
}

function damagedRecord(header: RecordHeader): DamagedRecord {
  const { group, type, first, count } = header;
  return { group, type, first, last: first + Math.max(count, 1) - 1 };
}

/** The first records, as far as they fit into so many bytes. */
function within(records: readonly LogRecord[], bytesMax: number): LogRecord[] {
  const kept: LogRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    bytes += spanOf(record);
    if (bytes > bytesMax) break;
    kept.push(record);
  }
  return kept;
}
