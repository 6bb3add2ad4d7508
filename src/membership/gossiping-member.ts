/**
 * Drives the core of one member: gives it packets and the time, does what it answers, and owns what it has not: ports
 * and whoever wants to hear of changes. There is one timer, for whatever is due next; all else happens when a packet
 * comes.
 *
 * What must not happen, an assertion of the core or a port that breaks its promise, ends this member and not the
 * process: it closes, tells those who wait, and the others find it dead.
 */
import { durationMs, type QuorateError, untilAborted } from '../base/index.ts';
import type { Member, MemberEvent, MemberMetadata, Moment, Output, Received, Swim } from '../gossip/index.ts';
import type { PartitionOutput } from '../gossip/verdict/index.ts';
import type { OffsetEstimate } from '../time/index.ts';
import type { MissedEvents } from './change-stream.ts';
import { type ClockSense, clockBeatMs } from './clock-sense.ts';
import { type MembershipCounters, type RaisedCounters, withOthers } from './counters.ts';
import type { Envelope } from './envelope.ts';
import type { GossipKey } from './key-ring.ts';
import type { LeaveOptions, Membership } from './membership.ts';
import { memberClosed } from './membership-errors.ts';
import { Audience, type MembershipEvent, type MembershipListener } from './membership-events.ts';
import type { MembershipMachine, MembershipSettings } from './options.ts';
import type { PartitionEvent, PartitionSense, PartitionView } from './partition-sense.ts';
import { SeedSearch } from './seed-search.ts';
import { SoonestTimer } from './soonest-timer.ts';
import type { Transport } from './transport.ts';
import { Waits } from './waits.ts';

export interface GossipingMemberInit {
  readonly settings: MembershipSettings;
  readonly machine: MembershipMachine;
  readonly envelope: Envelope;
  readonly counters: RaisedCounters;
  readonly clocks: ClockSense;
  readonly transport: Transport;
  readonly core: Swim;
  readonly partition: PartitionSense | undefined;
  /** Frees what was made for this member alone. */
  readonly release: () => void;
}

export class GossipingMember implements Membership {
  readonly #settings: MembershipSettings;
  readonly #machine: MembershipMachine;
  readonly #envelope: Envelope;
  readonly #counters: RaisedCounters;
  readonly #clocks: ClockSense;
  readonly #transport: Transport;
  readonly #core: Swim;
  readonly #partition: PartitionSense | undefined;
  readonly #release: () => void;
  readonly #audience: Audience;
  readonly #waits = new Waits<readonly Member[]>();
  readonly #seeds: SeedSearch;
  readonly #timer: SoonestTimer;
  readonly #stalls: Disposable;
  readonly #failing = new AbortController();
  /** Noticed, and not told yet: a listener may do what has events of its own. */
  readonly #untold: MembershipEvent[] = [];
  #isTelling = false;
  /** As the program has said it. */
  #metadata: MemberMetadata;
  #members: readonly Member[] | undefined;
  #live: readonly Member[] | undefined;
  #tickDueMs: number;
  #beatDueMs: number;
  #stallEndMs = Number.NEGATIVE_INFINITY;
  #leaveDueMs = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;
  readonly #left = Promise.withResolvers<void>();

  constructor(init: GossipingMemberInit) {
    const { settings, machine } = init;
    this.#settings = settings;
    this.#machine = machine;
    this.#envelope = init.envelope;
    this.#counters = init.counters;
    this.#clocks = init.clocks;
    this.#transport = init.transport;
    this.#core = init.core;
    this.#release = init.release;
    this.#partition = init.partition;
    this.#metadata = settings.metadata;
    this.#audience = new Audience(machine.log, init.counters, settings.changesMax);
    const nowMs = machine.clock.now();
    this.#tickDueMs = nowMs;
    this.#beatDueMs = nowMs;
    this.#seeds = new SeedSearch({
      seeds: settings.seeds,
      log: machine.log,
      counters: init.counters,
      found: (seeds) => this.#step((moment) => this.#core.join(seeds, moment)),
    });
    this.#timer = new SoonestTimer(machine.clock, (lateMs) => this.#guard(() => this.#wake(lateMs)));
    this.#stalls = machine.loopDelay.onStall(settings.stallMinMs, (stallMs) => this.#stalled(stallMs));
    this.#arm();
  }

  get id(): string {
    return this.#settings.id;
  }

  get address(): string {
    return this.#core.self.address;
  }

  get members(): readonly Member[] {
    this.#members ??= [...this.#core.members.values()].sort(byId);
    return this.#members;
  }

  get live(): readonly Member[] {
    this.#live ??= this.members.filter(isLive);
    return this.#live;
  }

  get clocks(): OffsetEstimate {
    return this.#clocks.estimate(this.#machine.clock.now());
  }

  get counters(): MembershipCounters {
    return withOthers(this.#counters, {
      refusals: this.#core.status.refusals,
      packetsDropped: this.#transport.packetsDropped,
      packetsSealed: this.#envelope.sealed,
    });
  }

  get localHealth(): number {
    return this.#core.status.localHealth;
  }

  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  get partition(): PartitionView | undefined {
    return this.#partition?.view;
  }

  assertWhole(): void {
    this.#partition?.assertMayWrite();
  }

  assertReadable(): void {
    this.#partition?.assertMayRead();
  }

  forgetLost(id: string): void {
    this.#judged((partition, nowMs) => partition.forget(id, nowMs));
  }

  member(id: string): Member | undefined {
    return this.#core.members.get(id);
  }

  subscribe(listener: MembershipListener): Disposable {
    return this.#audience.subscribe(listener);
  }

  changes({
    signal,
  }: {
    readonly signal?: AbortSignal;
  } = {}): AsyncIterableIterator<MembershipEvent | MissedEvents> {
    const stream = this.#audience.stream(signal);
    if (this.#closing !== undefined) void stream.return?.();
    return stream;
  }

  until(
    holds: (members: readonly Member[]) => boolean,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly Member[]> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    return this.#waits.until(this.members, holds, signal);
  }

  setMetadata(metadata: MemberMetadata): void {
    if (this.#closing !== undefined) throw this.#closedError();
    const whole = this.#partition?.metadata(metadata) ?? metadata;
    this.#apply(this.#core.setMetadata(whole, this.#moment()));
    this.#metadata = metadata;
  }

  setKeys(keys: readonly GossipKey[] | 'none'): void {
    this.#envelope.setKeys(keys);
  }

  async leave({ timeout = '5s', signal }: LeaveOptions = {}): Promise<void> {
    const timeoutMs = durationMs(timeout, 'timeout');
    if (this.#closing === undefined && this.#leaveDueMs === Number.POSITIVE_INFINITY) {
      this.#leaveDueMs = this.#machine.clock.now() + timeoutMs;
      this.#step((moment) => this.#core.leave(moment));
    }
    await (signal === undefined ? this.#left.promise : untilAborted(this.#left.promise, signal));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** What a holder of a key has said. */
  receive(received: Received): void {
    this.#step((moment) => this.#core.receive(received, moment));
  }

  /** An answer for the verdict has come. */
  judge(step: (nowMs: number) => PartitionOutput): void {
    this.#guard(() => this.#judged((partition, nowMs) => partition.take(step(nowMs))));
  }

  /** Nobody is told of this member any more, of whom nothing is known but that it is dead. */
  forget(id: string): void {
    this.#step(() => this.#core.forget(id));
  }

  /** What this member says of itself besides the program's words has changed. */
  retell(): void {
    if (this.#core.status.phase === 'running') this.setMetadata(this.#metadata);
  }

  #moment(): Moment {
    const { clock } = this.#machine;
    return { nowMs: clock.now(), wallMs: clock.wall() };
  }

  #wake(lateMs: number): void {
    const { nowMs } = this.#moment();
    // Who measures the loop's delay may be called after this.
    if (lateMs >= this.#settings.stallMinMs) this.#stalled(lateMs);
    if (nowMs >= this.#beatDueMs) this.#beat();
    if (nowMs >= this.#tickDueMs) this.#step((moment) => this.#core.tick(moment));
    this.#judged((partition) => partition.tick(nowMs));
    this.#seeds.look(nowMs, this.#core.status.live > 1);
    this.#transport.sweep(nowMs);
    if (nowMs >= this.#leaveDueMs) void this.close();
    this.#arm();
  }

  #beat(): void {
    const moment = this.#moment();
    this.#beatDueMs = moment.nowMs + clockBeatMs;
    for (const event of this.#clocks.beat(moment)) {
      this.#untold.push(event);
      // The clock that counts stood still as well, so nobody has to be given time back.
      if (event.kind !== 'suspended') continue;
      this.#step(() => this.#core.stalled(0));
      this.#judged((partition, nowMs) => partition.suspended(nowMs));
    }
    this.#tell();
  }

  /** Up to now this process stood still. What was said of the same time before is left out. */
  #stalled(stallMs: number): void {
    const nowMs = this.#machine.clock.now();
    const freshMs = nowMs - Math.max(nowMs - stallMs, this.#stallEndMs);
    if (freshMs < this.#settings.stallMinMs) return;
    this.#stallEndMs = nowMs;
    this.#counters.stalls += 1;
    this.#settings.detector?.stalled(freshMs, nowMs);
    this.#partition?.stalled(freshMs);
    this.#step(() => this.#core.stalled(freshMs));
  }

  /** One step of the core, and what follows from it. */
  #step(step: (moment: Moment) => Output): void {
    this.#guard(() => this.#apply(step(this.#moment())));
  }

  /** A failure is the end of this member. */
  #guard(action: () => void): void {
    if (this.#closing !== undefined) return;
    try {
      action();
    } catch (error) {
      this.#machine.log.error('membership failed', { id: this.id, error });
      this.#failing.abort(error);
      void this.close();
    }
  }

  #apply({ sends, events, heard, answer, strangers, nextTickMs }: Output): void {
    for (const send of sends) this.#transport.send(send);
    for (const event of events) this.#noticed(event);
    // Behind the events: one of them may say that the sender is another life of a member that was forgotten for it.
    if (heard !== undefined) this.#settings.detector?.heartbeat(heard, this.#machine.clock.now());
    if (answer !== undefined && !this.#clocks.answered(answer, this.#machine.clock.now())) {
      this.#counters.clockFaults += 1;
    }
    this.#tickDueMs = nextTickMs;
    if (events.length > 0) {
      this.#members = undefined;
      this.#live = undefined;
      this.#judged((partition, nowMs) => partition.look(this.members, nowMs));
      this.#tell();
      this.#waits.look(() => this.members);
    }
    // Behind the view: somebody may be told of as dead who is in it by now.
    if (strangers !== undefined) this.#judged((partition, nowMs) => partition.hear(strangers, nowMs));
    if (nextTickMs === Number.POSITIVE_INFINITY) void this.close();
    else this.#arm();
  }

  #noticed(event: MemberEvent): void {
    const { detector } = this.#settings;
    const isGone = event.kind === 'failed' || event.kind === 'left' || event.kind === 'forgotten';
    if (isGone) this.#clocks.forget(event.member.id);
    if (event.kind === 'left') detector?.left(event.member.id);
    if (event.kind === 'returned' || event.kind === 'forgotten') detector?.remove(event.member.id);
    this.#untold.push(event);
  }

  /** A step of the verdict, where there is one; its changes are events like others. */
  #judged(step: (partition: PartitionSense, nowMs: number) => readonly PartitionEvent[]): void {
    const partition = this.#partition;
    if (partition === undefined || this.#closing !== undefined) return;
    this.#untold.push(...step(partition, this.#machine.clock.now()));
    this.#tell();
    this.#arm();
  }

  /** In the order in which they were noticed, also where a listener causes another one. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift()) {
      this.#audience.tell(event);
    }
    this.#isTelling = false;
  }

  #arm(): void {
    if (this.#closing !== undefined) return;
    this.#timer.arm(
      Math.min(
        this.#tickDueMs,
        this.#beatDueMs,
        this.#leaveDueMs,
        this.#seeds.dueMs,
        this.#partition?.dueMs ?? Number.POSITIVE_INFINITY,
      ),
    );
  }

  async #close(): Promise<void> {
    this.#timer.cancel();
    this.#seeds.close();
    this.#partition?.close();
    this.#stalls[Symbol.dispose]();
    this.#audience.close();
    this.#waits.end(this.#closedError());
    try {
      await this.#transport.close();
    } catch (error) {
      // Nobody can do more about it, and it is over all the same.
      this.#machine.log.error('membership did not close', { id: this.id, error });
    }
    this.#release();
    this.#left.resolve();
  }

  #closedError(): QuorateError<'closed'> {
    return memberClosed(this.id, this.#failing.signal.reason);
  }
}

function isLive({ status }: Member): boolean {
  return status === 'HEALTHY' || status === 'SUSPECT';
}

function byId(left: Member, right: Member): number {
  return left.id < right.id ? -1 : 1;
}
