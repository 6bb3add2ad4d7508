/**
 * Drives one group: gives its core what happens, and does what its output says. Proposals of one turn enter
 * the log together. The state machine is touched here and nowhere else, in the order of the log; while a
 * snapshot is being restored into it, everything that needs it waits.
 */
import { AssertionFailure, assert, type QuorateError } from '../base/index.ts';
import type { BoundedAnswer } from '../net/index.ts';
import {
  type Configuration,
  decodeConfiguration,
  type Entry,
  type Input,
  type MembershipChange,
  type Output,
  type RaftEvent,
  type RaftStatus,
  type SnapshotMark,
  type Verdict,
} from '../raft/index.ts';
import { CommitNotice } from './commit-notice.ts';
import type { GroupHostOptions } from './group-effects.ts';
import { groupClosed, groupRestoring } from './group-refusals.ts';
import { loggedBytes } from './log-growth.ts';
import { PendingProposals } from './pending-proposals.ts';
import { TurnProposals } from './proposing.ts';
import type { Leadership, StateMachine, Subscriber, Subscription } from './state-machine.ts';
import { Subscriptions } from './subscriptions.ts';
import { keepingWaiter, kept, type Waiter } from './waiter.ts';
import { type WaitingRead, WaitingReads } from './waiting-reads.ts';

/** When reads have been answered with so many bytes, the rest wait for the next turn, so that their replies can leave first. */
const answerBytesAim = 4 << 20;

const noBytes = new Uint8Array(0);

export class GroupHost {
  readonly #options: GroupHostOptions;
  readonly #pending: PendingProposals;
  readonly #reads = new WaitingReads();
  /** By the monotonic clock: the state holds everything that was acknowledged anywhere before then. */
  #freshAtMs = Number.NEGATIVE_INFINITY;
  #bytesSinceSnapshot: number;
  /** Entries that wait: for the snapshot before them to be restored, or for the disk of the state machine. */
  #backlog: Entry[] | undefined;
  #isRestoring = false;
  #appliedAtTick = 0;
  /** Resolves when no snapshot is being restored. */
  #restored: Promise<void> = Promise.resolve();
  /** The term in which this member leads, and what its state machine may do in it, once it holds an entry of it. */
  #leadingTerm = 0;
  #leadership: Leadership | undefined;
  readonly #subscriptions: Subscriptions;
  /** What is proposed in this turn. */
  readonly #proposals: TurnProposals;
  readonly #notice: CommitNotice;
  #closed = false;

  constructor(options: GroupHostOptions) {
    this.#options = options;
    this.#bytesSinceSnapshot = options.bytesSinceSnapshot ?? 0;
    this.#pending = new PendingProposals(options.group, options.clock);
    this.#proposals = new TurnProposals({
      machine: options.machine,
      pending: this.#pending,
      step: (input) => this.#step(input),
      closed: () => this.#closedError(),
    });
    this.#notice = new CommitNotice(options, (index) => this.step({ kind: 'tell-commit', index }));
    this.#subscriptions = new Subscriptions({ ...options, wake: () => options.effects.wake() });
  }

  get status(): RaftStatus {
    return this.#options.core.status();
  }

  /** Who belongs to the group as this member sees it: another value each time that changes. */
  get configuration(): Configuration {
    return this.#options.core.configuration;
  }

  get hasLeader(): boolean {
    return this.#options.core.view.hasLeader;
  }

  /** For how long it has heard no leader, or applied nothing of what it heard. */
  get behindMs(): number {
    return this.#subscriptions.behindMs;
  }

  get leads(): boolean {
    return this.#leadingTerm > 0;
  }

  get machine(): StateMachine {
    return this.#options.machine;
  }

  /** What a command that comes now has to expect, and bytes of those before it. */
  load(now: number): { readonly waitMs: number; readonly bytes: number } {
    return { waitMs: this.#pending.waitMs(now), bytes: this.#pending.bytes + this.#proposals.bytes };
  }

  /** A snapshot is being restored, so the state machine is not whole. */
  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  /** Bytes of log applied since the last snapshot began. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  /**
   * Names the present state, of which a snapshot is about to be taken; `undefined` while another state is on its way
   * here, or as long as nobody has told who belonged to the group then: whoever joined with an empty log and was sent
   * all of it hears so only in the entry by which it was added, and its snapshot would tell others that nobody did.
   */
  beginSnapshot({ isForLog = true }: { readonly isForLog?: boolean } = {}): SnapshotMark | undefined {
    const { core, machine } = this.#options;
    // A snapshot that arrived takes the place of the log at once, and that of the state only when it is durable.
    if (this.#isRestoring || core.status().base > machine.applied) return undefined;
    const mark = core.snapshotMark(machine.applied);
    if (mark.configuration.voters.length === 0) return undefined;
    if (isForLog) this.#bytesSinceSnapshot = 0;
    return mark;
  }

  /** Resolves to the state machine's reply once the command is committed and applied here. */
  propose(command: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.submit(command, keepingWaiter(resolve, reject)));
  }

  /** The same, without a promise. One that is urgent goes before the others of its turn. */
  submit(command: Uint8Array, waiter: Waiter, isUrgent = false): void {
    if (this.#closed) return waiter.reject(this.#closedError());
    this.#proposals.add(command, waiter, isUrgent);
    this.#options.effects.wake();
  }

  /** Linearizable: sees everything that was acknowledged anywhere before the call. */
  read(query: Uint8Array, dueMs: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.ask(query, keepingWaiter(resolve, reject, dueMs)));
  }

  /** Resolves when it is certain that no other leader had committed anything before the call that is not applied here. */
  confirm(): Promise<void> {
    return new Promise((resolve, reject) => this.ask(undefined, { resolve: () => resolve(), reject }));
  }

  /** A read without a promise. */
  ask(query: Uint8Array | undefined, waiter: Waiter): void {
    if (this.#closed) return waiter.reject(this.#closedError());
    const now = this.#options.clock.now();
    const id = this.#reads.add({ query, waiter, askedAtMs: now });
    const verdict = this.step({ kind: 'read', id, mode: 'lease', now });
    // Where the step has closed the group, everybody who waits was told so.
    if (!verdict.accepted && this.#reads.withdraw(id)) waiter.reject(verdict.error);
  }

  /**
   * The state as it is here, if it is known to hold everything that was acknowledged up to `staleMsMax` ago, and
   * else a linearizable read, which makes that known. The age is counted from when the last such read was *asked*,
   * on the clock of this node alone: what happened to its messages can only make the answer newer.
   */
  async readBounded(query: Uint8Array, staleMsMax: number, dueMs?: number): Promise<BoundedAnswer> {
    const { clock } = this.#options;
    const askedAtMs = clock.now();
    const ageMs = askedAtMs - this.#freshAtMs;
    if (ageMs <= staleMsMax) return { staleMs: Math.ceil(ageMs), answer: kept(this.readStale(query)) };
    const answer = await this.read(query, dueMs);
    // By the time this goes on, the state may have become newer than the answer.
    return { staleMs: Math.ceil(clock.now() - askedAtMs), answer };
  }

  /** The state as it is here; refused while a snapshot takes its place. The bytes are valid until the group does anything else. */
  readStale(query: Uint8Array): Uint8Array {
    if (this.#closed) throw this.#closedError();
    if (this.#isRestoring) throw groupRestoring(this.#options.group);
    return this.#options.machine.read(query);
  }

  /** Tells of changes as this member applies them. */
  subscribe(query: Uint8Array, subscriber: Subscriber): Subscription {
    if (this.#closed) throw this.#closedError();
    if (this.#isRestoring) throw groupRestoring(this.#options.group);
    return this.#subscriptions.add(query, subscriber);
  }

  change(changes: readonly MembershipChange[]): Verdict {
    return this.step({ kind: 'change', changes });
  }

  /** Resolves when the change is committed, and applied here. */
  changed(changes: readonly MembershipChange[]): Promise<void> {
    const verdict = this.change(changes);
    if (!verdict.accepted) return Promise.reject(verdict.error);
    const { index, term } = verdict.entry;
    return new Promise((resolve, reject) => {
      this.#pending.add(index, term, [{ resolve: () => resolve(), reject }]);
    });
  }

  /** Time passes; whoever calls drains the group in the same turn. */
  tick(now: number): void {
    const { machine, core } = this.#options;
    this.#step({ kind: 'tick', now });
    this.#reads.expire(now);
    const { hasLeader, isStalled } = core.view;
    // A state machine whose disk is slow has a backlog at every look, and gets on with it all the same.
    const getsOn = this.#backlog === undefined || machine.applied !== this.#appliedAtTick;
    this.#appliedAtTick = machine.applied;
    this.#subscriptions.tick(now, hasLeader && !isStalled && getsOn);
    if (!this.#isRestoring) machine.tick?.(now, this.#leadership);
  }

  /** Comes from timers, the disk and the network, where nobody could make sense of a failed assertion. */
  step(input: Input): Verdict {
    if (this.#closed) return { accepted: false, error: this.#closedError() };
    const { effects } = this.#options;
    effects.wake();
    try {
      return this.#step(input);
    } catch (error) {
      effects.fail(error);
      return { accepted: false, error: this.#closedError() };
    }
  }

  /** Proposes what the turn brought and carries out all outputs. */
  drain(): void {
    if (this.#closed) return;
    const { machine, effects, clock } = this.#options;
    this.#proposals.propose(() => clock.now());
    for (let output = this.#output(); output !== undefined; output = this.#output()) this.#carryOut(output);
    this.#answerReady();
    this.#notice.look();
    if (!this.#isRestoring && this.#subscriptions.size > 0 && machine.tell?.()) effects.wake();
  }

  /** Nothing more comes from this group, and who waits is told so. Resolves when nothing touches the state machine any more. */
  close(): Promise<void> {
    this.#closed = true;
    this.#notice.cancel();
    this.#pending.abandon('the node was closed');
    this.#proposals.close();
    this.#reads.close(() => this.#closedError());
    this.#subscriptions.end(this.#closedError());
    return this.#restored;
  }

  #step(input: Input): Verdict {
    const { core, group, effects } = this.#options;
    const verdict = core.step(input);
    effects.stepped?.(group, core.view);
    return verdict;
  }

  /** A leader commits when it is asked for its output. */
  #output(): Output | undefined {
    const { core, group, effects } = this.#options;
    const output = core.output();
    effects.stepped?.(group, core.view);
    return output;
  }

  #carryOut(output: Output): void {
    const { group, effects } = this.#options;
    // First, because it speaks of the log as it was before a snapshot that `persist` may put in its place.
    if (output.compactTo > 0) effects.compact(group, output.compactTo);
    if (output.persist !== undefined) effects.persist(group, output.persist);
    for (const message of output.messages) effects.send(message);
    if (output.install !== undefined) this.#restore(output.install);
    this.#apply(output.apply);
    for (const id of output.reads) this.#reads.release(id);
    for (const { id, error } of output.failedReads) this.#reads.fail(id, error);
    for (const order of output.snapshots) effects.streamSnapshot(group, order);
    if (output.repaired) effects.repaired(group);
    for (const event of output.events) this.#observe(event);
  }

  #observe(event: RaftEvent): void {
    const { group, effects } = this.#options;
    if (event.kind === 'role-changed') {
      const leads = event.role === 'leader';
      this.#leadingTerm = leads ? event.term : 0;
      this.#leadership = undefined;
      if (!leads) this.#pending.abandon(`this node no longer leads: ${event.reason}`);
    }
    effects.observe(group, event);
  }

  #apply(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    if (this.#backlog !== undefined) {
      for (const entry of entries) this.#backlog.push(entry);
      return;
    }
    const { machine } = this.#options;
    let room: Promise<void> | undefined;
    let count = 0;
    for (const entry of entries) {
      this.#bytesSinceSnapshot += loggedBytes(entry);
      if (entry.kind === 'configuration') machine.atLevel?.(decodeConfiguration(entry.data).level);
      const reply = machine.apply(entry.index, entry.kind === 'command' ? entry.data : undefined);
      this.#pending.applied(entry, reply);
      count += 1;
      room = machine.durable?.room;
      if (room !== undefined) break;
    }
    const applied = entries[count - 1] as Entry;
    assert(machine.applied === applied.index, 'a state machine knows what it has applied');
    this.#step({ kind: 'applied', index: applied.index });
    if (applied.term === this.#leadingTerm) this.#leadership ??= this.#leadershipIn(applied.term);
    if (room !== undefined) void this.#applyLater(room, entries.slice(count));
  }

  /** The state machine's disk is behind. What is committed meanwhile waits in the log, where it has a bound, and not in its memory. */
  async #applyLater(room: Promise<void>, backlog: Entry[]): Promise<void> {
    this.#backlog = backlog;
    await room;
    if (this.#closed || this.#backlog !== backlog) return; // A snapshot has come that covers it.
    this.#backlog = undefined;
    try {
      this.#apply(backlog);
      this.#options.effects.wake();
    } catch (error) {
      this.#options.effects.fail(error);
    }
  }

  #leadershipIn(term: number): Leadership {
    return {
      term,
      propose: (command) => {
        // Who proposes for itself looks at its state again and again, and not at what became of one try.
        if (this.#leadingTerm === term) this.propose(command).catch(() => undefined);
      },
    };
  }

  /** The snapshot's bytes are read from the disk meanwhile; whatever is committed behind it waits. */
  #restore(mark: SnapshotMark): void {
    assert(!this.#isRestoring, 'one snapshot is restored at a time');
    this.#isRestoring = true;
    this.#pending.abandon('a snapshot took the place of the log');
    this.#backlog = [];
    this.#restored = this.#restoreFrom(mark);
  }

  async #restoreFrom(mark: SnapshotMark): Promise<void> {
    const { machine, group, effects } = this.#options;
    try {
      await machine.restore(mark.index, effects.loadSnapshot(group, mark));
      if (this.#closed) return;
      assert(machine.applied === mark.index, 'a state machine knows what was restored into it');
      machine.atLevel?.(mark.configuration.level);
      const backlog = this.#backlog ?? [];
      this.#backlog = undefined;
      this.#isRestoring = false;
      this.#step({ kind: 'applied', index: mark.index });
      this.#apply(backlog);
      effects.wake();
    } catch (error) {
      effects.fail(error);
    }
  }

  #answerReady(): void {
    if (this.#isRestoring) return;
    let bytes = 0;
    for (let read = this.#reads.next(); read !== undefined; read = this.#reads.next()) {
      bytes += this.#answer(read);
      if (bytes < answerBytesAim || this.#reads.readyCount === 0) continue;
      this.#options.effects.wake();
      return;
    }
  }

  /** Returns the bytes of the answer. */
  #answer(read: WaitingRead): number {
    this.#freshAtMs = Math.max(this.#freshAtMs, read.askedAtMs);
    try {
      const reply = read.query === undefined ? noBytes : this.#options.machine.read(read.query);
      read.waiter.resolve(reply);
      return reply.length;
    } catch (error) {
      // A question that makes no sense changes nothing and harms nobody but whoever asked it.
      const isBroken = error instanceof AssertionFailure;
      read.waiter.reject(isBroken ? this.#closedError() : error);
      if (isBroken) throw error;
      return 0;
    }
  }

  #closedError(): QuorateError<'closed'> {
    return groupClosed(this.#options.group);
  }
}
