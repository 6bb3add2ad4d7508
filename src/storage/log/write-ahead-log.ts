/**
 * The node's one write-ahead log, for all its groups. Appends gather while a flush is on its way; the next
 * flush takes all of them with one positioned write that is durable when it resolves. Callers hear in order.
 * The first write that fails ends it all: what the disk holds behind the last acknowledged flush is unknown
 * from then on, so nothing is acknowledged any more until a restart has read it again.
 */
import { type AnyQuorateError, QuorateError } from '../../base/index.ts';
import type { Entry, GroupId } from '../../raft/index.ts';
import { encodedBytes, entriesBytes, type FlushBuffer, flushBytes } from './flush-buffer.ts';
import {
  type AppendDone,
  type Batch,
  FlushPipeline,
  type PendingFlush,
  type Restatement,
} from './flush-pipeline.ts';
import { type FlushOutcome, FlushWriter } from './flush-writer.ts';
import { type GroupAppend, hasChange } from './group-append.ts';
import { isEmpty, restatedFacts } from './group-facts.ts';
import { GroupTable } from './group-table.ts';
import { liveRuns, Maintenance } from './maintenance.ts';
import type { Settings } from './options.ts';
import type { ReplayedGroup } from './replay.ts';
import type { SegmentChain } from './segment-chain.ts';
import { sectorBytes, seedOfIdentity } from './segment-format.ts';
import type { SegmentLedger } from './segment-ledger.ts';

/** Where an opened log goes on. */
export interface LogStart {
  readonly settings: Settings;
  readonly chain: SegmentChain;
  readonly ledger: SegmentLedger;
  readonly groups: ReadonlyMap<GroupId, ReplayedGroup>;
  readonly sequence: number;
  readonly previousCheck: number;
  readonly previousBodyBytes: number;
}

export interface LogStatus {
  /** Numbers of the oldest segment that is needed and of the one that is being filled. */
  readonly oldestSegment: number;
  readonly activeSegment: number;
  readonly waitingBytes: number;
  /** About what the live entries take. */
  readonly liveBytes: number;
  /** Flushes and bytes written since the log was opened. */
  readonly flushes: number;
  readonly writtenBytes: number;
  /** True: there is no room for another segment; appends with entries are refused when this one is full. */
  readonly full: boolean;
  readonly failure: AnyQuorateError | undefined;
}

export class WriteAheadLog {
  readonly #settings: Settings;
  readonly #chain: SegmentChain;
  readonly #ledger: SegmentLedger;
  readonly #table: GroupTable;
  readonly #pipeline: FlushPipeline;
  readonly #writer: FlushWriter;
  readonly #maintenance: Maintenance;
  /** True while the loop that writes is running. */
  #writing = false;
  #gathering = false;
  #failure: AnyQuorateError | undefined;
  #closing: Promise<void> | undefined;
  /** The segment of the last settled flush. */
  #settledSegment = 0;
  /** Flushes when the log was last sealed, or found unsealed by the timer. */
  #seenFlushes = 0;
  #sealIsSet = false;

  /** For `openLog`, which recovers first. */
  constructor(start: LogStart) {
    const { settings, chain, ledger } = start;
    const identitySeed = seedOfIdentity(settings.identity);
    this.#settings = settings;
    this.#chain = chain;
    this.#ledger = ledger;
    this.#table = new GroupTable(start.groups.values());
    this.#writer = new FlushWriter(
      { settings, chain, identitySeed },
      { check: start.previousCheck, bodyBytes: start.previousBodyBytes },
    );
    this.#pipeline = new FlushPipeline({
      identitySeed,
      checksum: settings.checksum,
      queueBytesMax: settings.queueBytesMax,
      flushBytesMax: settings.flushBytesMax,
      encode: (batch, buffer, sequence) => this.#encode(batch, buffer, sequence),
      afterTurn: (work) => settings.clock.afterTurn(work),
    });
    this.#pipeline.restart(start.sequence);
    this.#maintenance = new Maintenance({
      disk: settings.disk,
      directory: settings.directory,
      checksum: settings.checksum,
      identitySeed,
      log: settings.log,
      chain,
      ledger,
      flushed: () => this.#flushed(),
      restated: (restatement) => this.#restated(restatement),
    });
  }

  /** Takes the sequence and the place of a flush that may have been torn. Called once, by `openLog`. */
  async begin(): Promise<void> {
    await this.#flushed();
    this.#maintenance.kick();
  }

  /**
   * Takes the changes of any number of groups; all of them become durable at once or not at all. `done` is
   * called once, never before this returns, and in the order of the calls for all that was taken. What is
   * refused at the door (`queue-full`, `disk-full`, `too-large`, `closed`, `log-failed`) hears of it at once.
   * After `disk-full` the same append may be tried again; nothing that builds on a refused one may come
   * before it. Further appends may be handed over before `done`; nobody changes what was handed over until
   * then.
   */
  append(appends: readonly GroupAppend[], done: AppendDone): void {
    let bytes = 0;
    let hasEntries = false;
    for (const append of appends) {
      bytes += encodedBytes(append, this.#table.factsOf(append.group));
      hasEntries ||= append.entries !== undefined && append.entries.length > 0;
    }
    const refusal = this.#refusal(bytes, hasEntries);
    if (refusal === undefined) this.#add({ appends, restatement: undefined, bytes, done });
    else queueMicrotask(() => done(refusal));
  }

  /**
   * Starts the next flush now, instead of when this turn of the event loop is over. Appends that wait may hear
   * of it before this returns.
   */
  flush(): void {
    if (this.#writing || this.#failure !== undefined || !this.#pipeline.waits) return;
    this.#writing = true;
    // Whatever this rejects with is a broken assertion: it must reach the process, not a caller.
    void this.#writeAll();
  }

  /**
   * Writes everything that is live forward and lets all older segments go. After the repair of a damaged log
   * this removes the damaged places; call it when every group has been made whole.
   */
  async rewrite(): Promise<void> {
    await this.#flushed();
    await this.#maintenance.rewriteBelow(this.#chain.active);
  }

  status(): LogStatus {
    return {
      oldestSegment: this.#chain.oldest,
      activeSegment: this.#chain.active,
      waitingBytes: this.#pipeline.waitingBytes,
      liveBytes: this.#ledger.liveBytes,
      flushes: this.#writer.flushes,
      writtenBytes: this.#writer.writtenBytes,
      full: this.#chain.shortage !== undefined,
      failure: this.#failure,
    };
  }

  /** Refuses what comes, makes durable what waits, seals the log and gives its files back. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const maintained = this.#maintenance.close();
    this.#chain.stopPreparing();
    await maintained;
    // Two flushes: the second one proves that the first was durable. A failure has been told to all who waited.
    if (this.#failure === undefined) await this.#flushed().catch(() => undefined);
    if (this.#failure === undefined) await this.#flushed().catch(() => undefined);
    await this.#chain.close();
  }

  /** Why an append is refused at the door. */
  #refusal(bytes: number, hasEntries: boolean): AnyQuorateError | undefined {
    if (this.#closing !== undefined) return closedError();
    if (this.#failure !== undefined) return this.#failure;
    const limit = this.#settings.segmentBytes - sectorBytes;
    if (flushBytes(bytes) > limit) return tooLarge(bytes, limit);
    const queueFull = this.#pipeline.refusal(bytes);
    if (queueFull !== undefined) return queueFull;
    const { shortage } = this.#chain;
    if (shortage === undefined) return undefined;
    const left = this.#chain.leftBytes - this.#pipeline.waitingBytes - flushBytes(bytes);
    if (left >= (hasEntries ? this.#chain.reserveBytes : this.#chain.ownReserveBytes)) return undefined;
    void this.#chain.prepare();
    return shortage;
  }

  #add(batch: Batch): void {
    this.#pipeline.add(batch);
    if (!this.#writing) this.#gather();
  }

  /** Flushes what comes in this turn of the event loop together. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#settings.clock.afterTurn(() => {
      this.#gathering = false;
      this.flush();
    });
  }

  /** An empty batch: done when all before it is durable, and in a flush of its own if nothing else waits. */
  #flushed(): Promise<void> {
    return this.#addInternal(undefined, 0);
  }

  #restated(restatement: Restatement): Promise<void> {
    const facts = this.#table.factsOf(restatement.group);
    const change = facts === undefined ? undefined : restatedFacts(restatement.group, facts);
    const bytes =
      (change === undefined ? 0 : encodedBytes(change, facts)) + entriesBytes(restatement.entries);
    return this.#addInternal(restatement, bytes);
  }

  #addInternal(restatement: Restatement | undefined, bytes: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise<void>((resolve, reject) => {
      const done: AppendDone = (error) => (error === undefined ? resolve() : reject(error));
      this.#add({ appends: [], restatement, bytes, done });
    });
  }

  #encode(batch: Batch, buffer: FlushBuffer, sequence: number): void {
    for (const append of batch.appends) {
      buffer.addAppend(append, this.#table.encoded(append, sequence).base);
    }
    if (batch.restatement !== undefined) this.#encodeRestatement(batch.restatement, buffer, sequence);
  }

  #encodeRestatement(restatement: Restatement, buffer: FlushBuffer, sequence: number): void {
    const { group, from } = restatement;
    const facts = this.#table.factsOf(group);
    if (facts === undefined) return;
    const limits = { above: facts.base.index, below: this.#table.pendingFloor(group) };
    for (const run of liveRuns(restatement, this.#ledger, limits)) {
      const { index: first } = run[0] as Entry;
      buffer.addEntries(group, 'restated', run);
      restatement.copied.push({ first, last: first + run.length - 1, bytes: entriesBytes(run) });
    }
    // A group whose removal is on its way keeps nothing, not even the statement that it is empty.
    if (!this.#ledger.hasStateIn(group, from) || isEmpty(facts)) return;
    restatement.change = restatedFacts(group, facts);
    buffer.addAppend(restatement.change, this.#table.encoded(restatement.change, sequence).base);
  }

  /** Writes flush after flush until nothing waits. The next one is on its way before callers hear of the last. */
  async #writeAll(): Promise<void> {
    const isAlone = this.#pipeline.waitingBatches === 1;
    let flush = this.#pipeline.take();
    let writing = this.#writer.write(flush, isAlone);
    while (true) {
      this.#pipeline.refill();
      const outcome = writing instanceof Promise ? await writing : writing;
      if (outcome.kind !== 'durable') {
        this.#refuse(outcome, flush.batches);
        break;
      }
      const next = this.#pipeline.waits ? this.#pipeline.take() : undefined;
      if (next !== undefined) writing = this.#writer.write(next, false);
      this.#settle(flush, outcome.segment);
      if (next === undefined) break;
      flush = next;
    }
    this.#writing = false;
    if (this.#failure !== undefined) return;
    this.#scheduleSeal();
    if (this.#pipeline.waits) this.#gather();
  }

  #settle({ batches, sequence }: PendingFlush, segment: number): void {
    let freed = segment !== this.#settledSegment;
    this.#settledSegment = segment;
    for (const { appends, restatement } of batches) {
      for (const append of appends) {
        freed = this.#settleAppend(append, segment, sequence) || freed;
      }
      if (restatement !== undefined) this.#settleRestatement(restatement, segment, sequence);
    }
    this.#pipeline.settled(batches);
    for (const { done } of batches) done();
    if (freed) this.#maintenance.kick();
  }

  /** True when the append may have made an old segment useless. */
  #settleAppend(append: GroupAppend, segment: number, sequence: number): boolean {
    const { group, entries } = append;
    this.#table.durable(group, sequence);
    if (hasChange(append)) this.#ledger.changeWritten(append, segment);
    if (entries !== undefined && entries.length > 0) {
      const { index: first } = entries[0] as Entry;
      const last = first + entries.length - 1;
      this.#ledger.entriesWritten(group, { segment, first, last, bytes: entriesBytes(entries) });
    }
    return append.compactTo !== undefined || append.installed !== undefined || append.removed === true;
  }

  #settleRestatement(restatement: Restatement, segment: number, sequence: number): void {
    const { group, change, copied } = restatement;
    for (const range of copied) this.#ledger.restated(group, { ...range, segment });
    if (change === undefined) return;
    this.#table.durable(group, sequence);
    this.#ledger.changeWritten(change, segment);
  }

  /** The flush and all that waits build on each other, so all of it is refused. */
  #refuse(outcome: Exclude<FlushOutcome, { kind: 'durable' }>, batches: readonly Batch[]): void {
    const { error } = outcome;
    this.#pipeline.settled(batches);
    const refused = [...batches, ...this.#pipeline.drain()];
    if (outcome.kind === 'failed') this.#failure = error;
    else {
      this.#table.rollBack();
      this.#pipeline.restart(outcome.sequence);
    }
    this.#settings.log?.error('log flush failed', { directory: this.#settings.directory, cause: error });
    for (const { done } of refused) done(error);
    if (outcome.kind === 'failed') this.#settings.onFailure?.(error);
  }

  /** An empty flush some time after the last one, so that damage to that one cannot pass for a torn tail. */
  #scheduleSeal(): void {
    const { clock, sealAfterMs } = this.#settings;
    if (this.#sealIsSet || sealAfterMs === 0 || this.#writer.flushes === this.#seenFlushes) return;
    this.#sealIsSet = true;
    this.#seenFlushes = this.#writer.flushes;
    clock.setTimer(sealAfterMs, () => this.#seal(), { background: true });
  }

  #seal(): void {
    this.#sealIsSet = false;
    if (this.#closing !== undefined || this.#failure !== undefined) return;
    if (this.#writing || this.#writer.flushes !== this.#seenFlushes) {
      this.#scheduleSeal();
      return;
    }
    this.#seenFlushes += 1;
    this.#flushed().catch(() => undefined);
  }
}

function tooLarge(bytes: number, limit: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `an append of ${bytes} bytes does not fit into a segment of the log, which takes ${limit}`,
    data: { what: 'log append', bytes, limit },
  });
}

function closedError(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the log is closed',
    data: { what: 'write-ahead log' },
  });
}
