/**
 * One running node: it hosts groups over one log, talks to the other members and serves clients. Whatever
 * happens in a turn of the event loop only changes the cores; at the end of the turn all groups are drained
 * together, so that a turn costs one append to the log and one write to each connection.
 */
import { Prng } from '../base/index.ts';
import type { Address, Timer } from '../ports/index.ts';
import type { GroupId, MemberId, MembershipChange, Message, Persist, Verdict } from '../raft/index.ts';
import { publishNodeFailure } from './channels.ts';
import { type Entrance, makeEntrance } from './entrance.ts';
import { relayEvent } from './event-relay.ts';
import { Gatekeeper, usersGroup } from './gatekeeper.ts';
import type { GroupEffects } from './group-effects.ts';
import { GroupHost } from './group-host.ts';
import type { OpenedGroup } from './group-opening.ts';
import { unknownGroup } from './group-refusals.ts';
import { segmentBytes } from './limits.ts';
import type { LogRestart } from './log-restart.ts';
import { Membership, metaGroup } from './membership.ts';
import { NodeCounters } from './node-counters.ts';
import { encodeStatus, type NodeMetrics, type NodeStatus } from './node-status.ts';
import { type NodeStorage, openStorage } from './node-storage.ts';
import { levelsOf, type NodeOptions } from './options.ts';
import { PersistQueue } from './persist-queue.ts';
import { Repairs } from './repairs.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import type { Subscriber, Subscription } from './state-machine.ts';
import { type NodeTls, TransportSecurity } from './transport-security.ts';
import { kept } from './waiter.ts';

const diskFullRetryMs = 250;

export class QuorateNode {
  readonly #options: NodeOptions;
  readonly #storage: NodeStorage;
  readonly #counters = new NodeCounters();
  readonly #groups = new Map<GroupId, GroupHost>();
  readonly #persists: PersistQueue;
  readonly #snapshots: SnapshotKeeper;
  readonly #repairs: Repairs;
  readonly #entrance: Entrance;
  readonly #membership: Membership;
  readonly #stalls: Disposable;
  #ticker: Timer | undefined;
  #isTurnPlanned = false;
  /** Something has happened since the groups were drained. */
  #isWanted = false;
  /** Why it stopped by itself. */
  #failure: unknown;
  /** Nothing may begin any more. */
  #isEnding = false;
  #closing: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  /** Recovers what the disk holds and takes part again. Resolves when the node listens; it may not know a leader yet. */
  static async start(given: NodeOptions): Promise<QuorateNode> {
    const security = new TransportSecurity(given);
    const { machine } = given;
    const options = { ...given, machine: { ...machine, network: security.secured(machine.network) } };
    let node: QuorateNode | undefined;
    const storage = await openStorage(options, (error) => {
      if (node !== undefined) node.#fail(error);
    });
    try {
      node = new QuorateNode(options, storage, security);
      await node.#begin();
      return node;
    } catch (error) {
      await (node ?? storage).close();
      throw error;
    }
  }

  private constructor(options: NodeOptions, storage: NodeStorage, security: TransportSecurity) {
    const { machine, identity } = options;
    this.#options = options;
    this.#storage = storage;
    this.#persists = new PersistQueue({
      clock: machine.clock,
      diskFullRetryMs,
      appendBytesMax: segmentBytes(options) >> 2,
      append: (appends, done) => {
        storage.log.append(appends, done);
        // All that this turn brings is gathered already: the log need not wait for more.
        storage.log.flush();
      },
      onWritten: (elapsedMs) => this.#counters.flushes.record(elapsedMs),
      onDiskFull: (error) => machine.log.warn('disk is full', { error }),
      onFailure: (error) => this.#fail(error),
    });
    this.#membership = new Membership({
      node: options,
      prng: new Prng(machine.random.uint32()),
      host: () => this.#groups.get(metaGroup),
      listening: () => this.#entrance.door.address,
      onUnreachable: (member) => this.#unreachable(member),
      onFailure: (error) => this.#fail(error),
    });
    this.#snapshots = new SnapshotKeeper({
      node: options,
      address: (member) => this.#membership.directory.address(member),
      storage,
      counters: this.#counters,
      host: (group) => this.#groups.get(group),
      persist: (append, onDurable) => {
        this.#persists.add(append, onDurable);
        this.#wake();
      },
      deliver: (message) => this.#receive(message),
      onFailure: (error) => this.#fail(error),
    });
    this.#repairs = new Repairs({
      wal: storage.log,
      damage: storage.damage,
      hasDamagedPlaces: storage.hasDamagedPlaces,
      clock: machine.clock,
      log: machine.log,
      madeWhole: (group) => this.#groups.get(group)?.step({ kind: 'made-whole' }),
    });
    this.#entrance = makeEntrance({
      node: options,
      security,
      counters: this.#counters,
      membership: this.#membership,
      gate: this.#openGate(),
      host: (group) => this.#group(group),
      hosts: () => this.#groups.values(),
      status: () => encodeStatus(this.status(), options),
      receive: (message) => this.#receive(message),
      intake: (connection, from) => this.#snapshots.intake(connection, from),
      onPeerLost: (member) => this.#unreachable(member),
    });
    const { tickMs = 10, electionTicksMin = 15 } = options.raft ?? {};
    this.#stalls = machine.loopDelay.onStall(tickMs * electionTicksMin, (stallMs) => this.#stalled(stallMs));
    machine.log.info('node starts', { cluster: identity.cluster, member: identity.member });
  }

  /** Where it listens; absent without a listener. */
  get address(): Address | undefined {
    return this.#entrance.door.address;
  }

  status(): NodeStatus {
    const { identity, origin } = this.#options;
    const { cluster, member } = identity;
    return {
      cluster,
      member,
      ...(origin === undefined ? {} : { origin }),
      levels: levelsOf(this.#options),
      groups: new Map([...this.#groups].map(([group, host]) => [group, host.status])),
      behindMs: Math.max(0, ...[...this.#groups.values()].map(({ behindMs }) => behindMs)),
      refusedConnections: this.#entrance.door.refusedConnections,
      load: this.#entrance.guard.figures,
    };
  }

  metrics(): NodeMetrics {
    const [status, log] = [this.status(), this.#storage.log.status()];
    const clocks = this.#membership.clocks?.estimate();
    const figures = { status, log, counters: this.#counters, ...this.#entrance.door.figures };
    return clocks === undefined ? figures : { ...figures, clocks };
  }

  /** Resolves to the state machine's reply once the command is committed, and applied on this node. */
  async propose(group: GroupId, command: Uint8Array): Promise<Uint8Array> {
    return await this.#group(group).propose(command);
  }

  /** A linearizable read. */
  async read(group: GroupId, query: Uint8Array): Promise<Uint8Array> {
    return await this.#group(group).read(query);
  }

  /** The state as this node has it, without asking anyone: possibly old. */
  readStale(group: GroupId, query: Uint8Array): Uint8Array {
    return kept(this.#group(group).readStale(query));
  }

  /** Tells `subscriber` of changes as this node applies them. */
  subscribe(group: GroupId, query: Uint8Array, subscriber: Subscriber): Subscription {
    return this.#group(group).subscribe(query, subscriber);
  }

  /** Resolves when the cluster has taken this node in; rejects with what only people can mend, such as a name that is taken. */
  get joined(): Promise<void> {
    return this.#membership.joined;
  }

  change(group: GroupId, changes: readonly MembershipChange[]): Verdict {
    return this.#group(group).change(changes);
  }

  transfer(group: GroupId, to: MemberId): Verdict {
    return this.#group(group).step({ kind: 'transfer', to });
  }

  /** Shows and checks other certificates from the next handshake on. Throws, and keeps those in use, where they cannot be. */
  reloadTls(tls: NodeTls): void {
    this.#entrance.door.reloadTls(tls);
  }

  /** A hash of a group's state and the index it holds, for comparison between members. */
  stateHash(group: GroupId): { readonly applied: number; readonly hash: number } {
    const { machine } = this.#group(group);
    return { applied: machine.applied, hash: machine.hash() };
  }

  /** Stops cleanly: a leader hands over first, nobody is left waiting, what was acknowledged is on the disk. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(): Promise<void> {
    for (const recovered of this.#storage.groups) {
      const host = new GroupHost({
        ...recovered,
        clock: this.#options.machine.clock,
        effects: this.#effects(recovered),
      });
      this.#groups.set(recovered.group, host);
    }
    const { listen } = this.#options;
    if (listen !== undefined) await this.#entrance.door.listen(listen);
    this.#repairs.begin();
    this.#membership.begin();
    this.#tick();
    // Others can speak to it since it listens, and may have brought to light that it cannot go on.
    if (!this.#isEnding) return;
    await this.#entrance.door.closeListener();
    throw this.#failure;
  }

  async #finish(): Promise<void> {
    if (!this.#isEnding) await this.#membership.handOver();
    await this.#end();
  }

  /** Without another word to anybody. Closing one part can make another one call this again. */
  async #end(): Promise<void> {
    if (this.#isEnding) return await this.#ended;
    this.#isEnding = true;
    this.#ended = this.#close();
    await this.#ended;
  }

  /** The log comes last: whatever else is under way may touch the directory, which belongs to somebody else afterwards. */
  async #close(): Promise<void> {
    this.#ticker?.cancel();
    this.#stalls[Symbol.dispose]();
    const ends = [...this.#groups.values()].map((host) => host.close());
    this.#persists.close();
    this.#entrance.door.closeConnections();
    ends.push(this.#membership.close(), this.#snapshots.close(), this.#repairs.close());
    try {
      await Promise.all(ends);
      await this.#entrance.door.closeListener();
    } finally {
      await this.#storage.close();
    }
  }

  /** After it nothing that this node believes about its disk can be trusted, so it stops as if it had crashed. */
  #fail(error: unknown): void {
    if (this.#isEnding) return;
    this.#options.machine.log.error('node failed', { error });
    publishNodeFailure(this.#options.identity, error);
    this.#failure = error;
    const isStarting = this.#ticker === undefined;
    const told = (): void => {
      if (!isStarting) this.#options.onFailure(error);
    };
    this.#end().then(told, told);
  }

  #openGate(): Gatekeeper {
    return new Gatekeeper({
      access: () => this.#groups.get(usersGroup)?.machine.access,
      cryptography: this.#options.cryptography,
      random: this.#options.machine.random,
      catchUp: () => this.read(usersGroup, new Uint8Array(0)),
    });
  }

  #group(group: GroupId): GroupHost {
    const host = this.#groups.get(group);
    if (host !== undefined) return host;
    throw unknownGroup(group);
  }

  #effects({ restart }: OpenedGroup): GroupEffects {
    const { observer } = this.#options;
    return {
      persist: (group, persist) => this.#persist(group, persist, restart),
      send: (message) => this.#send(message),
      compact: (group, index) => this.#persists.add({ group, compactTo: index }),
      streamSnapshot: (group, order) => this.#snapshots.stream(this.#group(group), group, order),
      loadSnapshot: (group, mark) => this.#snapshots.load(group, mark),
      repaired: (group) => this.#repairs.repaired(group),
      wake: () => this.#wake(),
      observe: (group, event) => relayEvent(this.#options, this.#counters, group, event),
      stepped: observer?.stepped?.bind(observer),
      fail: (error) => this.#fail(error),
    };
  }

  #persist(group: GroupId, persist: Persist, restart: LogRestart | undefined): void {
    const { sequence, hardState, entries, snapshot } = persist;
    const append = restart?.append(group, persist) ?? { group, hardState, entries, installed: snapshot };
    this.#options.observer?.persists?.(group, persist);
    this.#persists.add(append, () => {
      this.#groups.get(group)?.step({ kind: 'persisted', sequence });
      if (snapshot !== undefined) this.#snapshots.recorded(group, snapshot.index);
    });
  }

  #send(message: Message): void {
    this.#options.observer?.sent(message);
    this.#membership.peers.send(message);
  }

  #tick(): void {
    if (this.#isEnding) return;
    const { clock } = this.#options.machine;
    const now = clock.now();
    this.#entrance.guard.ticked(now);
    // A tick has a turn of its own, so what it brings can go at once.
    this.#guarded(() => {
      for (const host of this.#groups.values()) host.tick(now);
      this.#membership.tick(now);
      this.#turn();
    });
    if (this.#isEnding) return;
    this.#ticker = clock.setTimer(this.#options.raft?.tickMs ?? 10, () => this.#tick());
  }

  #wake(): void {
    this.#isWanted = true;
    if (this.#isTurnPlanned || this.#isEnding) return;
    this.#isTurnPlanned = true;
    this.#options.machine.clock.afterTurn(() => {
      this.#isTurnPlanned = false;
      if (this.#isWanted && !this.#isEnding) this.#guarded(() => this.#turn());
    });
  }

  /** The end of a turn: everything that it brought leaves in one write each. */
  #turn(): void {
    this.#drain();
    // A fast disk has written by now, and what follows from that need not wait for the next turn.
    if (this.#isWanted && !this.#isEnding) this.#drain();
    this.#entrance.clients.flush();
  }

  /** Peers first: what they have to write is on its way while this node's own disk works, and may hold it up. */
  #drain(): void {
    this.#isWanted = false;
    for (const [group, host] of this.#groups) {
      host.drain();
      if (this.#isEnding) return;
      this.#snapshots.consider(host, group);
    }
    this.#membership.look();
    this.#membership.peers.flush();
    this.#persists.flush();
  }

  /** A failed assertion means that this node no longer understands its own state: it ends, and not the whole process. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #receive(message: Message): void {
    const verdict = this.#groups.get(message.group)?.step({ kind: 'receive', message });
    if (verdict === undefined || verdict.accepted) return;
    const { error } = verdict;
    // The cluster has gone on to what this release would misunderstand. Nothing of it was touched.
    if (error.code === 'level-unsupported') this.#fail(error);
    else this.#options.machine.log.warn('message refused', { error });
  }

  #unreachable(member: MemberId): void {
    for (const host of this.#groups.values()) host.step({ kind: 'unreachable', member });
  }

  #stalled(stallMs: number): void {
    for (const host of this.#groups.values()) host.step({ kind: 'stalled', stallMs });
  }
}
