/**
 * One member of a test group: a core, a disk that takes its time and forgets in a crash what was not
 * persisted, and a state machine that remembers what was applied. Everything is driven from outside, so a
 * test decides what happens in which order.
 */
import assert from 'node:assert/strict';
import { crc32 } from '../../src/base/index.ts';
import {
  type Configuration,
  type Entry,
  emptyConfiguration,
  type HardState,
  type Input,
  initialHardState,
  type Message,
  noEntry,
  type Output,
  type Persist,
  type RaftEvent,
  RaftGroup,
  type RaftOptions,
  type SnapshotMark,
  type Verdict,
} from '../../src/raft/index.ts';

export type TestOptions = Omit<RaftOptions, 'group' | 'member' | 'seed'> & { readonly seed?: number };

/** What survives a crash. */
interface Durable {
  hardState: HardState;
  base: { index: number; term: number };
  configuration: Configuration;
  snapshot: SnapshotMark | undefined;
  /** The state machine's hash at the snapshot. */
  snapshotHash: number;
  entries: Entry[];
}

export class Member {
  readonly id: number;
  readonly options: TestOptions;
  core: RaftGroup;
  durable: Durable;
  /** Persists that the disk has not finished, oldest first. */
  disk: Persist[] = [];
  /** Messages on their way out. */
  sent: Message[] = [];
  events: RaftEvent[] = [];
  readonly reads = new Map<number, number | 'failed'>();
  /** Hash of everything applied, and the index it reaches. */
  hash = 0;
  applied = 0;
  /** Hash at each applied index of this life, for comparison between members. */
  readonly hashes = new Map<number, number>();
  readonly commands: string[] = [];
  up = true;
  now = 0;
  #starts = 0;
  readonly #snapshots = new Map<number, number>();

  constructor(id: number, voters: readonly number[], options: TestOptions, learners: readonly number[] = []) {
    this.id = id;
    this.options = options;
    const configuration =
      voters.length === 0 ? emptyConfiguration : { ...emptyConfiguration, voters, learners };
    this.durable = {
      hardState: initialHardState,
      base: noEntry,
      configuration,
      snapshot: undefined,
      snapshotHash: 0,
      entries: [],
    };
    this.core = this.#start();
  }

  get status(): ReturnType<RaftGroup['status']> {
    return this.core.status();
  }

  step(input: Input): Verdict {
    const verdict = this.core.step(input);
    this.collect();
    return verdict;
  }

  /** Does what the core asks, but for the disk, which waits in `disk`. */
  collect(): void {
    for (let output = this.core.output(); output !== undefined; output = this.core.output())
      this.#take(output);
  }

  /** The disk finishes its oldest persist. */
  finishPersist(): void {
    const persist = this.disk.shift();
    if (persist === undefined) return;
    this.#store(persist);
    this.step({ kind: 'persisted', sequence: persist.sequence });
  }

  finishDisk(): void {
    while (this.disk.length > 0) this.finishPersist();
  }

  tick(count = 1): void {
    for (let done = 0; done < count; done += 1) {
      this.now += this.options.tickMs ?? 10;
      this.step({ kind: 'tick', now: this.now });
    }
  }

  propose(...commands: string[]): Verdict {
    return this.step({ kind: 'propose', commands: commands.map((command) => Buffer.from(command)) });
  }

  crash(): void {
    this.up = false;
    this.disk = [];
    this.sent = [];
  }

  restart(overrides: Partial<TestOptions> = {}): void {
    Object.assign(this.options, overrides);
    this.up = true;
    this.core = this.#start();
  }

  /** A snapshot of what is applied, durable at once. */
  takeSnapshot(): void {
    if (this.applied <= this.durable.base.index) return;
    const mark = this.core.snapshotMark(this.applied);
    this.durable.snapshot = mark;
    this.durable.snapshotHash = this.hash;
    this.#snapshots.set(mark.index, this.hash);
    this.step({ kind: 'snapshot-taken', index: mark.index });
  }

  /** The bytes of a snapshot arrive before the core hears of it. */
  receiveSnapshot(mark: SnapshotMark, hash: number): void {
    this.#snapshots.set(mark.index, hash);
  }

  #start(): RaftGroup {
    this.#starts += 1;
    const { hardState, base, configuration, snapshot, snapshotHash, entries } = this.durable;
    this.hash = snapshotHash;
    this.applied = snapshot?.index ?? base.index;
    this.hashes.clear();
    this.hashes.set(this.applied, this.hash);
    const recovery = { hardState, base, configuration, entries, applied: this.applied };
    return new RaftGroup(
      {
        ...this.options,
        group: 1,
        member: this.id,
        seed: (this.options.seed ?? this.id * 7919) + this.#starts * 104_729,
      },
      snapshot === undefined ? recovery : { ...recovery, snapshot },
    );
  }

  #take(output: Output): void {
    if (output.persist !== undefined) this.disk.push(output.persist);
    this.sent.push(...output.messages);
    this.events.push(...output.events);
    if (output.install !== undefined) this.#install(output.install);
    for (const entry of output.apply) this.#apply(entry);
    if (output.apply.length > 0 || output.install !== undefined)
      this.core.step({ kind: 'applied', index: this.applied });
    for (const id of output.reads) this.reads.set(id, this.applied);
    for (const { id } of output.failedReads) this.reads.set(id, 'failed');
    if (output.compactTo > 0) this.#compact(output.compactTo);
    for (const order of output.snapshots) {
      this.sent.push({
        kind: 'install-snapshot',
        group: 1,
        from: this.id,
        to: order.to,
        term: this.status.term,
        mark: order.mark,
      });
    }
  }

  #apply(entry: Entry): void {
    assert.equal(entry.index, this.applied + 1, `member ${this.id} applies in order`);
    this.applied = entry.index;
    const text = `${entry.index}.${entry.term}.${entry.kind}.${Buffer.from(entry.data).toString('latin1')}`;
    this.hash = crc32(Buffer.from(text), this.hash);
    this.hashes.set(entry.index, this.hash);
    if (entry.kind === 'command') this.commands.push(Buffer.from(entry.data).toString());
  }

  #install(mark: SnapshotMark): void {
    const hash = this.#snapshots.get(mark.index);
    assert(hash !== undefined, `member ${this.id} holds the bytes of snapshot ${mark.index}`);
    assert(mark.index > this.applied, `member ${this.id} never installs a snapshot below what it applied`);
    this.applied = mark.index;
    this.hash = hash;
    this.hashes.set(mark.index, hash);
  }

  #store({ hardState, entries, snapshot }: Persist): void {
    const { durable } = this;
    if (hardState !== undefined) durable.hardState = hardState;
    if (snapshot !== undefined) {
      durable.base = { index: snapshot.index, term: snapshot.term };
      durable.configuration = snapshot.configuration;
      durable.snapshot = snapshot;
      durable.snapshotHash = this.#snapshots.get(snapshot.index) as number;
      durable.entries = [];
    }
    const first = entries[0];
    if (first === undefined) return;
    durable.entries.splice(first.index - durable.base.index - 1);
    durable.entries.push(...entries);
  }

  #compact(index: number): void {
    const { durable } = this;
    const gone = durable.entries.splice(0, index - durable.base.index);
    const last = gone.at(-1);
    if (last === undefined) return;
    for (const entry of gone) {
      if (entry.kind === 'configuration') durable.configuration = this.core.snapshotMark(index).configuration;
    }
    durable.base = { index: last.index, term: last.term };
  }

  get snapshotHash(): number {
    return this.durable.snapshotHash;
  }
}
