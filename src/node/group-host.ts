/**
 * Drives one group: gives its core what happens, and does what its output says. Proposals of one turn enter
 * the log together. The state machine is touched here and nowhere else, in the order of the log.
 */
import { assert, QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type {
  Entry,
  GroupId,
  Input,
  MembershipChange,
  Message,
  Output,
  Persist,
  RaftEvent,
  RaftGroup,
  RaftStatus,
  SnapshotMark,
  SnapshotOrder,
  Verdict,
} from '../raft/index.ts';
import { PendingProposals, type Waiter } from './pending-proposals.ts';
import type { StateMachine } from './state-machine.ts';

/** What the core asks for and the node does. */
export interface GroupEffects {
  persist(group: GroupId, persist: Persist): void;
  send(message: Message): void;
  /** The log up to this index may be forgotten. */
  compact(group: GroupId, index: number): void;
  streamSnapshot(group: GroupId, order: SnapshotOrder): void;
  /** The chunks of a snapshot that was received. */
  loadSnapshot(group: GroupId, mark: SnapshotMark): AsyncIterable<Uint8Array>;
  /** The group needs another look before this turn ends. */
  wake(): void;
  observe(group: GroupId, event: RaftEvent): void;
  /** The state machine cannot go on. */
  fail(error: unknown): void;
}

export interface GroupHostOptions {
  readonly group: GroupId;
  readonly core: RaftGroup;
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly effects: GroupEffects;
}

interface Read {
  readonly query: Uint8Array;
  readonly waiter: Waiter;
}

export class GroupHost {
  readonly #options: GroupHostOptions;
  readonly #pending: PendingProposals;
  readonly #reads = new Map<number, Read>();
  #gathered: { readonly command: Uint8Array; readonly waiter: Waiter }[] = [];
  #lastRead = 0;
  #bytesSinceSnapshot = 0;
  /** Entries that wait while a snapshot is being restored. */
  #backlog: Entry[] | undefined;
  #closed = false;

  constructor(options: GroupHostOptions) {
    this.#options = options;
    this.#pending = new PendingProposals(options.group);
  }

  get status(): RaftStatus {
    return this.#options.core.status();
  }

  get machine(): StateMachine {
    return this.#options.machine;
  }

  /** The state machine is whole: no snapshot is being restored into it. */
  get isRestoring(): boolean {
    return this.#backlog !== undefined;
  }

  /** Bytes of commands applied since the last snapshot began. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  /** Names the present state; a snapshot of it is about to be taken. */
  beginSnapshot(): SnapshotMark {
    this.#bytesSinceSnapshot = 0;
    return this.#options.core.snapshotMark(this.#options.machine.applied);
  }

  /** Resolves to the state machine's reply once the command is committed and applied here. */
  propose(command: Uint8Array): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return new Promise((resolve, reject) => {
      this.#gathered.push({ command, waiter: { resolve, reject } });
      this.#options.effects.wake();
    });
  }

  /** Linearizable: sees everything that was acknowledged anywhere before the call. */
  read(query: Uint8Array): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return new Promise((resolve, reject) => {
      this.#lastRead += 1;
      const id = this.#lastRead;
      this.#reads.set(id, { query, waiter: { resolve, reject } });
      const verdict = this.step({ kind: 'read', id, mode: 'lease', now: this.#options.clock.now() });
      if (verdict.accepted) return;
      this.#reads.delete(id);
      reject(verdict.error);
    });
  }

  change(changes: readonly MembershipChange[]): Verdict {
    return this.step({ kind: 'change', changes });
  }

  /** Time passes; whoever calls drains the group in the same turn. */
  tick(now: number): void {
    this.#options.core.step({ kind: 'tick', now });
  }

  step(input: Input): Verdict {
    this.#options.effects.wake();
    return this.#options.core.step(input);
  }

  /** Proposes what the turn brought and carries out all outputs. */
  drain(): void {
    this.#proposeGathered();
    const { core } = this.#options;
    for (let output = core.output(); output !== undefined; output = core.output()) this.#carryOut(output);
  }

  /** Nothing more comes from this group; who waits is told that nobody knows. */
  close(): void {
    this.#closed = true;
    this.#pending.abandon('the node was closed');
    for (const { waiter } of this.#gathered.splice(0)) waiter.reject(this.#closedError());
    for (const { waiter } of this.#reads.values()) waiter.reject(this.#closedError());
    this.#reads.clear();
  }

  #proposeGathered(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    const verdict = this.#options.core.step({
      kind: 'propose',
      commands: gathered.map(({ command }) => command),
    });
    if (!verdict.accepted) {
      for (const { waiter } of gathered) waiter.reject(verdict.error);
      return;
    }
    const { index, term } = verdict.entry;
    for (const [place, { waiter }] of gathered.entries()) this.#pending.add(index + place, term, waiter);
  }

  #carryOut(output: Output): void {
    const { group, effects } = this.#options;
    if (output.persist !== undefined) effects.persist(group, output.persist);
    for (const message of output.messages) effects.send(message);
    if (output.install !== undefined) this.#restore(output.install);
    this.#apply(output.apply);
    for (const id of output.reads) this.#answer(id);
    for (const { id, error } of output.failedReads) this.#failRead(id, error);
    for (const order of output.snapshots) effects.streamSnapshot(group, order);
    if (output.compactTo > 0) effects.compact(group, output.compactTo);
    for (const event of output.events) this.#observe(event);
  }

  #observe(event: RaftEvent): void {
    const { group, effects } = this.#options;
    if (event.kind === 'role-changed' && event.role !== 'leader') {
      this.#pending.abandon(`this node no longer leads: it ${event.reason}`);
    }
    effects.observe(group, event);
  }

  #apply(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    if (this.#backlog !== undefined) {
      this.#backlog.push(...entries);
      return;
    }
    const { machine, core } = this.#options;
    for (const entry of entries) {
      this.#bytesSinceSnapshot += entry.data.length;
      const reply = machine.apply(entry.index, entry.kind === 'command' ? entry.data : undefined);
      this.#pending.applied(entry, reply);
    }
    core.step({ kind: 'applied', index: (entries.at(-1) as Entry).index });
  }

  /** The snapshot's bytes are read from the disk meanwhile; whatever is committed behind it waits. */
  #restore(mark: SnapshotMark): void {
    assert(this.#backlog === undefined, 'one snapshot is restored at a time');
    const { machine, group, effects } = this.#options;
    this.#pending.abandon('a snapshot took the place of the log');
    this.#backlog = [];
    machine.restore(mark.index, effects.loadSnapshot(group, mark)).then(
      () => this.#restored(mark),
      (error: unknown) => effects.fail(error),
    );
  }

  #restored(mark: SnapshotMark): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    if (this.#closed) return;
    this.step({ kind: 'applied', index: mark.index });
    this.#apply(backlog);
  }

  #answer(id: number): void {
    const read = this.#reads.get(id);
    assert(read !== undefined, 'a read is answered once');
    this.#reads.delete(id);
    read.waiter.resolve(this.#options.machine.read(read.query));
  }

  #failRead(id: number, error: QuorateError): void {
    this.#reads.get(id)?.waiter.reject(error);
    this.#reads.delete(id);
  }

  #closedError(): QuorateError<'closed'> {
    const what = `group ${this.#options.group}`;
    return new QuorateError({ code: 'closed', message: `${what} is closed on this node`, data: { what } });
  }
}
