/**
 * One member of a test group: a core, a disk that takes its time and forgets in a crash what was not
 * persisted, and a state machine that remembers what was applied. Everything is driven from outside, so a
 * test decides what happens in which order. Whatever leaves is held against what is durable at that moment.
 */
import assert from 'node:assert/strict';
import { crc32 } from '../../src/base/index.ts';
import {
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
  type RaftStatus,
  type Recovery,
  type SnapshotMark,
  type Verdict,
} from '../../src/raft/index.ts';
import type { Durable } from './durable.ts';
import { entriesOf } from './logs.ts';
import { checkPromise } from './promises.ts';

export type TestOptions = Omit<RaftOptions, 'group' | 'member' | 'seed'> & { readonly seed?: number };

export interface MemberInit {
  readonly id: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly options?: TestOptions;
  /** The terms of what its log holds at first, from index 1. */
  readonly log?: readonly number[];
  readonly entries?: readonly Entry[];
  readonly hardState?: Partial<HardState>;
  /** The state machine answers at once (default), or when the test says so. */
  readonly slowMachine?: boolean;
  /** The state machine keeps what it applied through a crash, like one that lies in a database. */
  readonly durableMachine?: boolean;
}

/** What the state machine still has to do, in order. */
type Work = { readonly entry: Entry } | { readonly mark: SnapshotMark };

export class Member {
  readonly id: number;
  options: TestOptions;
  core: RaftGroup;
  durable: Durable;
  /** Persists that the disk has not finished, oldest first. */
  disk: Persist[] = [];
  /** Messages on their way out. */
  sent: Message[] = [];
  events: RaftEvent[] = [];
  readonly reads: Map<number, number | 'failed'> = new Map();
  /** Hash of everything applied, and the index it reaches. */
  hash = 0;
  applied = 0;
  /** Hash at each index applied since somebody last looked, for comparison between members. */
  readonly hashes: Map<number, number> = new Map();
  /** What was applied since the snapshot that the state machine began with. */
  commands: string[] = [];
  up = true;
  /** Its disk lost what it had acknowledged; it stays so for ever, or until it is made whole. */
  damaged = false;
  /** It was damaged once. */
  wasDamaged = false;
  /** While damaged: its term and vote are the last that it gave. */
  voteIntact = false;
  /** The core has everything again, and waits for the host to let go of the damage. */
  awaitsWholeness = false;
  now = 0;
  /** Raised by the test to make the state machine wait. */
  slowMachine: boolean;
  /** Input is gathered until the test calls `collect`, as a host does with what one turn brings. */
  gathers = false;
  readonly #durableMachine: boolean;
  #work: Work[] = [];
  #starts = 0;
  readonly #snapshots = new Map<number, number>();

  constructor(init: MemberInit) {
    const { id, voters = [], learners = [], log = [], options = {} } = init;
    this.id = id;
    this.options = options;
    this.slowMachine = init.slowMachine ?? false;
    this.#durableMachine = init.durableMachine ?? false;
    const isEmpty = voters.length === 0 && learners.length === 0;
    const entries = [...(init.entries ?? entriesOf(log))];
    this.durable = {
      hardState: { ...initialHardState, term: entries.at(-1)?.term ?? 0, ...init.hardState },
      base: noEntry,
      configuration: isEmpty ? emptyConfiguration : { ...emptyConfiguration, voters, learners },
      snapshot: undefined,
      snapshotHash: 0,
      entries,
    };
    this.core = this.#start();
    this.collect();
  }

  get status(): RaftStatus {
    return this.core.status();
  }

  get isLeader(): boolean {
    return this.up && this.status.role === 'leader';
  }

  step(input: Input): Verdict {
    const verdict = this.core.step(input);
    if (!this.gathers) this.collect();
    return verdict;
  }

  /** Steps without asking for output, as a host does that gathers the input of one turn. */
  gather(...inputs: readonly Input[]): Verdict[] {
    return inputs.map((input) => this.core.step(input));
  }

  receive(message: Message): Verdict {
    return this.step({ kind: 'receive', message });
  }

  /** Does what the core asks, but for the disk, which waits in `disk`. */
  collect(): void {
    for (let output = this.core.output(); output !== undefined; output = this.core.output())
      this.#take(output);
  }

  /** Everything that left since the last look. */
  takeSent(): Message[] {
    return this.sent.splice(0);
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

  /** The state machine does the oldest `count` pieces of its work. */
  finishWork(count: number = Number.POSITIVE_INFINITY): void {
    const work = this.#work.splice(0, count);
    if (work.length === 0) return;
    for (const piece of work) {
      if ('mark' in piece) this.#install(piece.mark);
      else this.#apply(piece.entry);
    }
    this.core.step({ kind: 'applied', index: this.applied });
    this.collect();
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

  read(id: number, mode: 'quorum' | 'lease' = 'quorum'): Verdict {
    return this.step({ kind: 'read', id, mode, now: this.now });
  }

  crash(): void {
    this.up = false;
    this.awaitsWholeness = false;
    this.disk = [];
    this.sent = [];
    this.#work = [];
  }

  restart(overrides: Partial<TestOptions> = {}): void {
    this.options = { ...this.options, ...overrides };
    this.up = true;
    this.core = this.#start();
    this.collect();
  }

  /** While it is down its disk loses the last `count` entries and every promise beyond what is left. */
  loseTail(count: number): void {
    const { durable } = this;
    this.#lose(count);
    durable.hardState = {
      term: durable.entries.at(-1)?.term ?? durable.base.term,
      vote: 0,
      commit: durable.hardState.commit,
    };
    this.voteIntact = false;
  }

  /** The same, but term and vote stay. */
  loseEntries(count: number): void {
    if (!this.damaged) this.voteIntact = true;
    this.#lose(count);
  }

  /** The host has let go of the damage durably. */
  makeWhole(): void {
    if (!this.awaitsWholeness || !this.voteIntact) return;
    this.awaitsWholeness = false;
    this.damaged = false;
    this.step({ kind: 'made-whole' });
  }

  #lose(count: number): void {
    assert(!this.up, 'a disk is damaged while its member is down');
    const { durable } = this;
    // With less in its log than in its state machine a member is not let in again.
    const held = this.#durableMachine ? this.applied : (durable.snapshot?.index ?? 0);
    durable.entries.splice(Math.max(0, held - durable.base.index, durable.entries.length - count));
    this.damaged = true;
    this.wasDamaged = true;
  }

  /** A snapshot of what is applied, durable at once. */
  takeSnapshot(): void {
    if (this.applied <= (this.durable.snapshot?.index ?? this.durable.base.index)) return;
    // While a snapshot is being restored the state machine stands for nothing in the log.
    if (this.applied < this.status.base) return;
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

  /** The state machine's hash in the snapshot at `index`, if this member ever held it. */
  snapshotHash(index: number): number | undefined {
    return this.#snapshots.get(index);
  }

  #start(): RaftGroup {
    this.#starts += 1;
    const { hardState, base, configuration, snapshot, snapshotHash, entries } = this.durable;
    // A crash between the log's word and the restoring leaves the snapshot to be restored now.
    if (!this.#durableMachine || this.applied < base.index) {
      this.hash = snapshotHash;
      this.applied = snapshot?.index ?? base.index;
      this.commands = [];
    }
    this.hashes.clear();
    this.hashes.set(this.applied, this.hash);
    const { applied, damaged, voteIntact } = this;
    const log = { base, configuration, entries: [...entries] };
    const recovery: Recovery = { hardState, ...log, applied, damaged, voteIntact };
    const seed = (this.options.seed ?? this.id * 7919) + this.#starts * 104_729;
    return new RaftGroup(
      { ...this.options, group: 1, member: this.id, seed },
      snapshot === undefined ? recovery : { ...recovery, snapshot },
    );
  }

  #take(output: Output): void {
    if (output.persist !== undefined) this.disk.push(output.persist);
    for (const message of output.messages) checkPromise(this, message);
    this.sent.push(...output.messages);
    this.events.push(...output.events);
    if (output.repaired) this.awaitsWholeness = true;
    if (output.install !== undefined) this.#work.push({ mark: output.install });
    for (const entry of output.apply) this.#work.push({ entry });
    for (const id of output.reads) this.#settleRead(id, this.applied);
    for (const { id } of output.failedReads) this.#settleRead(id, 'failed');
    if (output.compactTo > 0) this.#compact(output.compactTo);
    for (const { to, mark } of output.snapshots) {
      const envelope = { group: 1, from: this.id, to, term: this.status.term };
      this.sent.push({ kind: 'install-snapshot', ...envelope, mark });
    }
    if (!this.slowMachine) this.finishWork();
  }

  #settleRead(id: number, outcome: number | 'failed'): void {
    assert(!this.reads.has(id), `read ${id} of member ${this.id} is answered once`);
    this.reads.set(id, outcome);
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
    assert(first.index <= durable.base.index + durable.entries.length + 1, 'a persist leaves no hole');
    durable.entries.splice(first.index - durable.base.index - 1);
    durable.entries.push(...entries);
  }

  #compact(index: number): void {
    const { durable } = this;
    const gone = durable.entries.splice(0, index - durable.base.index);
    const last = gone.at(-1);
    if (last === undefined) return;
    if (gone.some((entry) => entry.kind === 'configuration'))
      durable.configuration = this.core.snapshotMark(index).configuration;
    durable.base = { index: last.index, term: last.term };
  }
}
