/**
 * Which side of a partition this member is on, and what it may still do there. The core of `src/gossip/verdict` judges
 * what the members look like from here; this file feeds it, asks for the lease where its strategy is to ask, and
 * keeps its time.
 */
import { invalidOption } from '../base/index.ts';
import {
  detectionBound,
  type Member,
  type MemberMetadata,
  type Stranger,
  type SwimSettings,
} from '../gossip/index.ts';
import type {
  Access,
  LeaseAnswer,
  LeaseQuestion,
  PartitionChange,
  PartitionGuardOptions,
  PartitionOutput,
  PartitionStateName,
} from '../gossip/verdict/index.ts';
import { PartitionGuard } from '../gossip/verdict/index.ts';
import type { Log } from '../ports/index.ts';
import type { RaisedCounters } from './counters.ts';

export type PartitionEvent = { readonly kind: 'partition' } & PartitionChange;

export interface LeaseRequest extends LeaseQuestion {
  /** Aborts when nobody waits for the answer any more: it is too late, or the member closes. */
  readonly signal: AbortSignal;
}

/** Who gives the lease of `lease-majority`: an engine, a lock, whatever both sides of a partition may be able to ask. */
export interface PartitionLease {
  /**
   * True when the lease is now `owner`’s: because it was free, was its already, or was that of `previous`, in one step.
   * False when it is another’s. Rejected when nobody can say. While a side goes on by it, each of its members asks again
   * every `askEvery`, and gives way when it is refused, or was not given it for `forMs`. The lease may end by itself
   * when nobody was given it for so long, and never sooner: that would let another side go on beside this one.
   */
  ask(question: LeaseRequest): Promise<boolean>;
  /** It is not needed any more. */
  release(lease: { readonly lease: string; readonly owner: string }): Promise<void>;
}

export interface PartitionOptions extends Omit<PartitionGuardOptions, 'self' | 'whenLost'> {
  /** What this member may do on a losing side: `read-only` to serve what it has, `stop` nothing. Default `read-only`. */
  readonly onLoss?: 'read-only' | 'stop';
  /** For the strategy `lease-majority`, which needs it. */
  readonly lease?: PartitionLease;
}

/** What a program may look at. */
export interface PartitionView {
  readonly state: PartitionStateName;
  readonly access: Access;
  /** Members that are here, this one included, and all that are known and have not said goodbye. */
  readonly alive: number;
  readonly known: number;
}

export interface PartitionSenseInit {
  readonly self: string;
  readonly options: PartitionOptions;
  /** By the time of day. */
  readonly startedMs: number;
  readonly log: Log;
  readonly counters: RaisedCounters;
  readonly gossip: SwimSettings;
  /** Nobody is to be told of this member any more. */
  readonly forgotten: (id: string) => void;
  /** This member counts in verdicts, or no longer, and has to tell the others. */
  readonly settled: () => void;
  /** For answers of the lease, which come when they come. */
  readonly act: (step: (nowMs: number) => PartitionOutput) => void;
}

/** Where a member says since when it is there, for the strategy that keeps the oldest. */
const startedLabel = 'quorate/started';

/** Where a member says whether it counts. Who has no partition option says nothing, and counts. */
const settledLabel = 'quorate/settled';

/** A cut is noticed within the bound of so many members, and a newcomer is known to all; more take hardly longer. */
const boundMembers = 1_000;

export class PartitionSense {
  readonly #init: PartitionSenseInit;
  readonly #guard: PartitionGuard;
  readonly #needsAge: boolean;
  #saidSettled = false;
  #dueMs = Number.POSITIVE_INFINITY;
  #asking: { readonly number: number; readonly over: AbortController } | undefined;
  #isClosed = false;

  constructor(init: PartitionSenseInit) {
    const { onLoss, lease, ...options } = init.options;
    if (options.strategy.kind === 'lease-majority' && lease === undefined) {
      throw invalidOption('partition.lease', lease, 'who gives the lease that lease-majority asks for');
    }
    this.#init = init;
    this.#needsAge = options.strategy.kind === 'keep-oldest';
    const { totalMs, disseminationMs } = detectionBound(boundMembers, init.gossip);
    this.#guard = new PartitionGuard({
      settleAfter: ((totalMs + disseminationMs) * 4) / 3,
      ...options,
      self: init.self,
      ...(onLoss && { whenLost: onLoss }),
    });
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  get view(): PartitionView {
    const { state, access, counts } = this.#guard;
    return { state: state.kind, access, ...counts };
  }

  /** What this member has to say of itself besides: whether it counts, and where they need it how old it is. */
  metadata(metadata: MemberMetadata): MemberMetadata {
    const started = { [startedLabel]: String(Math.round(this.#init.startedMs)) };
    const settled = { [settledLabel]: this.#guard.isSettled ? '1' : '0' };
    return { ...metadata, labels: { ...metadata.labels, ...(this.#needsAge && started), ...settled } };
  }

  /** Who is waited for. */
  get lost(): readonly string[] {
    return this.#guard.lost;
  }

  assertMayWrite(): void {
    this.#guard.assertMayWrite();
  }

  assertMayRead(): void {
    this.#guard.assertMayRead();
  }

  /** The members as they are seen now. */
  look(members: readonly Member[], nowMs: number): PartitionEvent[] {
    const known = members.map(({ id, status, metadata }) => ({
      id,
      status,
      joined: startedOf(metadata),
      settled: metadata.labels?.[settledLabel] !== '0',
    }));
    return this.take(this.#guard.observe(known, nowMs));
  }

  /** What others tell of members that are in no view of this one. */
  hear(strangers: readonly Stranger[], nowMs: number): PartitionEvent[] {
    return this.take(this.#guard.hear(strangers, nowMs));
  }

  /** Nobody waits for this member any more. */
  forget(id: string, nowMs: number): PartitionEvent[] {
    return this.take(this.#guard.forget(id, nowMs));
  }

  /** This process stood still. */
  stalled(ms: number): void {
    this.#guard.stalled(ms);
  }

  /** The machine was suspended. */
  suspended(nowMs: number): PartitionEvent[] {
    return this.take(this.#guard.suspended(nowMs));
  }

  tick(nowMs: number): PartitionEvent[] {
    return nowMs < this.#dueMs ? [] : this.take(this.#guard.tick(nowMs));
  }

  /** Does what the core asks for; what has changed is for the program to hear. */
  take({ changes, ask, releases, forgotten, nextMs }: PartitionOutput): PartitionEvent[] {
    this.#dueMs = nextMs ?? Number.POSITIVE_INFINITY;
    if (ask !== undefined) this.#ask(ask);
    for (const release of releases) this.#release(release);
    for (const id of forgotten) this.#init.forgotten(id);
    if (this.#asking?.number !== openNumber(this.#guard.state))
      this.#giveUp('the question for the lease of a partition is not open any more');
    if (this.#saidSettled !== this.#guard.isSettled) {
      this.#saidSettled = this.#guard.isSettled;
      this.#init.settled();
    }
    return changes.map((change) => ({ kind: 'partition', ...change }));
  }

  /** Nobody is asked any more, nor waited for. */
  close(): void {
    this.#isClosed = true;
    this.#giveUp('the member that asked for the lease of a partition is closed');
  }

  #giveUp(why: string): void {
    this.#asking?.over.abort(new Error(why));
    this.#asking = undefined;
  }

  #ask(question: LeaseQuestion): void {
    const { lease } = this.#init.options;
    this.#giveUp('the lease of a partition is asked for anew');
    const over = new AbortController();
    this.#asking = { number: question.number, over };
    const answered = (answer: LeaseAnswer): void => {
      if (this.#asking?.over === over) this.#asking = undefined;
      this.#init.act((nowMs) => this.#guard.leaseAnswered(question, answer, nowMs));
    };
    attempt(() => lease?.ask({ ...question, signal: over.signal })).then(
      (isGranted) => answered(isGranted === true),
      (error: unknown) => {
        this.#failed(error);
        // It may have been given all the same.
        answered('unknown');
      },
    );
  }

  #release(granted: { readonly lease: string; readonly owner: string }): void {
    const { lease } = this.#init.options;
    attempt(() => lease?.release(granted)).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.#init.counters.leaseFailures += 1;
    this.#init.log.warn('the lease of a partition could not be asked for', { error });
  }
}

/** Of the question whose answer is waited for; undefined where none is. */
function openNumber(state: PartitionGuard['state']): number | undefined {
  const open = 'question' in state ? state.question : undefined;
  return open?.overAtMs === undefined ? undefined : open.number;
}

/** A function that throws is one that rejects. */
async function attempt<T>(call: () => T | Promise<T>): Promise<T> {
  return await call();
}

/** Who says nothing, or nonsense, is taken for the oldest by all alike. */
function startedOf({ labels }: MemberMetadata): number {
  const started = Number(labels?.[startedLabel] ?? 0);
  return Number.isFinite(started) ? started : 0;
}
