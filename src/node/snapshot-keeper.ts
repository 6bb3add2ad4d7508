/**
 * Snapshots of a node's groups: takes them when the log has grown enough, sends them to members that fell
 * behind the log, receives them. The log is told of a snapshot only when its file is durable, and forgets
 * entries only when it has been told.
 *
 * A state machine that keeps its state itself needs no file for that: it is asked to flush, and the log is told
 * when it has. A file is made of its state when a member has to be sent one: a read of the state is over as soon
 * as the disk has copied it, however slow the member is, and a broken connection goes on where it broke.
 */
import { crc32, isQuorateError, QuorateError } from '../base/index.ts';
import type { Address, Connection } from '../ports/index.ts';
import type { GroupId, MemberId, SnapshotMark, SnapshotOrder } from '../raft/index.ts';
import type { GroupAppend } from '../storage/index.ts';
import type { GroupHost } from './group-host.ts';
import type { NodeCounters } from './node-counters.ts';
import { helloLevels } from './node-levels.ts';
import type { NodeStorage } from './node-storage.ts';
import { levelsOf, type NodeOptions } from './options.ts';
import { SnapshotIntake } from './snapshot-intake.ts';
import type { InstallMessage } from './snapshot-protocol.ts';
import { sendSnapshot } from './snapshot-sender.ts';
import type { DurableState } from './state-machine.ts';

export interface SnapshotKeeperOptions {
  readonly node: NodeOptions;
  /** Where a member listens, as far as is known. */
  readonly address: (member: MemberId) => Address | undefined;
  readonly storage: NodeStorage;
  readonly counters: NodeCounters;
  readonly host: (group: GroupId) => GroupHost | undefined;
  readonly persist: (append: GroupAppend, onDurable: () => void) => void;
  readonly deliver: (message: InstallMessage) => void;
  /** A snapshot could not be written: the disk is not to be trusted. */
  readonly onFailure: (error: unknown) => void;
}

const snapshotBytesDefault = 32 << 20;
/**
 * A state that keeps itself is flushed, not written whole, so the log may forget sooner: small entries take more
 * than twice their bytes in memory, and all that is not forgotten lies there.
 */
const flushBytesDefault = 8 << 20;
const idleMsMax = 10_000;
/** So many times more log than for a snapshot is kept while a state that keeps itself is being sent. */
const sendingFactor = 4;

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  readonly #taking = new Set<GroupId>();
  readonly #receiving = new Map<GroupId, SnapshotIntake>();
  readonly #intakes = new Set<SnapshotIntake>();
  /** The last snapshot that the log knows of each group; one older is kept for those who are being sent it. */
  readonly #latest = new Map<GroupId, number>();
  /** The last snapshots that were made for members who lack them, of states that keep themselves. */
  readonly #made = new Map<GroupId, Promise<SnapshotMark>>();
  /** How many members are being sent a snapshot of each group. */
  readonly #sending = new Map<GroupId, number>();
  /** Everything that touches files; `close` waits for it, because another process may own them afterwards. */
  readonly #work = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    for (const { group, snapshotIndex, machine } of options.storage.groups) {
      if (snapshotIndex > 0) this.#latest.set(group, snapshotIndex);
      // Made for others, or restored: nobody asks for it any more.
      if (machine.durable !== undefined) this.#follow(this.#prune(group, machine.durable.index + 1));
    }
  }

  /** Begins a snapshot when enough was applied since the last one. */
  consider(host: GroupHost, group: GroupId): void {
    if (host.bytesSinceSnapshot < this.#dueBytes(host, group) || this.#taking.has(group)) return;
    // A state that is replayed because a snapshot cannot be read any more has to get beyond that first.
    if (host.machine.applied < (this.#latest.get(group) ?? 0)) return;
    this.#begin(host, group);
  }

  #dueBytes({ machine }: GroupHost, group: GroupId): number {
    const { snapshotBytes } = this.#options.node;
    if (machine.durable === undefined) return snapshotBytes ?? snapshotBytesDefault;
    // Who is being sent a state needs the log behind it, or would be sent another one, and so on.
    if (this.#sending.has(group)) return (snapshotBytes ?? snapshotBytesDefault) * sendingFactor;
    return snapshotBytes ?? flushBytesDefault;
  }

  /** The chunks of a snapshot; ends with an error when the node is closed. */
  async *load(group: GroupId, mark: SnapshotMark): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#options.storage.snapshots.read(group, mark)) {
      this.#closing.signal.throwIfAborted();
      yield chunk;
    }
  }

  /** Sends a snapshot, and reports to the core how that ended. */
  stream(host: GroupHost, group: GroupId, order: SnapshotOrder): void {
    this.#follow(this.#stream(host, group, order));
  }

  /** A member is about to send one on this connection. */
  intake(connection: Connection, from: MemberId): SnapshotIntake {
    const { node, storage, counters, deliver } = this.#options;
    const intake = new SnapshotIntake({
      files: storage.snapshots,
      clock: node.machine.clock,
      log: node.machine.log,
      checksum: node.checksum ?? crc32,
      connection,
      receiving: this.#receiving,
      isWanted: (message) => this.#isWanted(message, from),
      deliver: (message) => {
        counters.snapshotsReceived += 1;
        deliver(message);
      },
      idleMsMax,
      onClosed: () => this.#intakes.delete(intake),
    });
    this.#intakes.add(intake);
    return intake;
  }

  /** The log knows of this snapshot, durably: what is older than the one before it is needed by nobody. */
  recorded(group: GroupId, index: number): void {
    const isKept = this.#options.host(group)?.machine.durable !== undefined;
    const before = isKept ? index : this.#latest.get(group);
    this.#latest.set(group, index);
    if (isKept) {
      // The file may still be written, or asked for again when the connection breaks.
      if (this.#sending.has(group)) return;
      this.#made.delete(group);
    }
    if (before !== undefined) this.#follow(this.#prune(group, before));
  }

  /** Stops what is under way. Resolves when no file is touched any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the node was closed'));
    await Promise.all([...this.#intakes].map((intake) => intake.close()));
    await Promise.all(this.#work);
  }

  /** `work` settles its own failures. */
  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#work.delete(followed));
    this.#work.add(followed);
  }

  #begin(host: GroupHost, group: GroupId): void {
    const mark = host.beginSnapshot();
    if (mark === undefined) return;
    this.#taking.add(group);
    const { durable } = host.machine;
    // The state is fixed now; its bytes are written while more is applied.
    if (durable === undefined) this.#follow(this.#take(host, group, mark, host.machine.snapshot()));
    else this.#follow(this.#flush(host, group, mark, durable));
  }

  /** The state machine's own store takes the place of a file. */
  async #flush(host: GroupHost, group: GroupId, mark: SnapshotMark, durable: DurableState): Promise<void> {
    try {
      await durable.flush();
      if (!this.#closing.signal.aborted) this.#written(host, group, mark);
    } catch (error) {
      this.#taking.delete(group);
      if (!this.#closing.signal.aborted) this.#failed(error);
    }
  }

  async #take(
    host: GroupHost,
    group: GroupId,
    mark: SnapshotMark,
    chunks: Iterable<Uint8Array>,
  ): Promise<void> {
    const { signal } = this.#closing;
    try {
      await this.#options.storage.snapshots.write(group, mark, chunks, { signal });
      if (!signal.aborted) this.#written(host, group, mark);
    } catch (error) {
      this.#taking.delete(group);
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** The file is durable: now the log may hear of it. A newer one that was installed meanwhile stands. */
  #written(host: GroupHost, group: GroupId, mark: SnapshotMark): void {
    if (host.status.base >= mark.index) {
      this.#taking.delete(group);
      return;
    }
    this.#options.persist({ group, snapshot: mark }, () => {
      this.#taking.delete(group);
      this.#options.counters.snapshotsTaken += 1;
      host.step({ kind: 'snapshot-taken', index: mark.index });
      this.recorded(group, mark.index);
    });
  }

  /** A full disk costs this snapshot only: the log goes on, and the next try comes with more work. */
  #failed(error: unknown): void {
    const { log } = this.#options.node.machine;
    if (isQuorateError(error) && error.code === 'disk-full') log.warn('no space for a snapshot', { error });
    else this.#options.onFailure(error);
  }

  /** A file that stays behind costs space and nothing else; the next round tries again. */
  async #prune(group: GroupId, before: number): Promise<void> {
    try {
      await this.#options.storage.snapshots.prune(group, before);
    } catch (error) {
      this.#options.node.machine.log.warn('old snapshot not removed', { group, error });
    }
  }

  async #stream(host: GroupHost, group: GroupId, order: SnapshotOrder): Promise<void> {
    const { to } = order;
    const { counters } = this.#options;
    // Read before anything is awaited: later it may be the term of another leader.
    const { term } = host.status;
    this.#sending.set(group, (this.#sending.get(group) ?? 0) + 1);
    try {
      const mark = await this.#markFor(host, group, order.mark);
      const outcome = await this.#send(group, { to, mark }, term);
      if (outcome === 'damaged') await this.#renewIfDamaged(host, group, mark);
      if (outcome === 'delivered') counters.snapshotsSent += 1;
      else counters.snapshotsUnsent += 1;
      host.step({ kind: 'snapshot-sent', to, delivered: outcome === 'delivered' });
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      counters.snapshotsUnsent += 1;
      this.#options.node.machine.log.info('snapshot not delivered', { group, to, cause });
      if (isDamage(cause)) this.#renew(host, group, cause);
      host.step({ kind: 'snapshot-sent', to, delivered: false });
    } finally {
      const others = (this.#sending.get(group) ?? 1) - 1;
      if (others > 0) this.#sending.set(group, others);
      else this.#sending.delete(group);
    }
  }

  /** The snapshot that is sent where this one was asked for: no older, and with a file. */
  async #markFor(host: GroupHost, group: GroupId, wanted: SnapshotMark): Promise<SnapshotMark> {
    if (host.machine.durable === undefined) return wanted;
    // One after the other: two of one state would write the same file.
    const making = this.#make(host, group, wanted, this.#made.get(group));
    this.#made.set(group, making);
    return await making;
  }

  async #make(
    host: GroupHost,
    group: GroupId,
    wanted: SnapshotMark,
    before: Promise<SnapshotMark> | undefined,
  ): Promise<SnapshotMark> {
    // Why that one failed was told to whoever asked for it.
    const made = await before?.catch(() => undefined);
    if (made !== undefined && made.index >= wanted.index) return made;
    const mark = host.beginSnapshot({ isForLog: false });
    if (mark === undefined || mark.index < wanted.index) throw notThere(group, wanted);
    const { signal } = this.#closing;
    await this.#options.storage.snapshots.write(group, mark, host.machine.snapshot(), { signal });
    signal.throwIfAborted();
    return mark;
  }

  /** A receiver says that the bytes are wrong. That may be its own disk, so this one is asked first. */
  async #renewIfDamaged(host: GroupHost, group: GroupId, mark: SnapshotMark): Promise<void> {
    try {
      for await (const _ of this.load(group, mark));
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#renew(host, group, error);
    }
  }

  /** The file is damaged, and the state that it stands for lives on in memory: a new snapshot takes its place. */
  #renew(host: GroupHost, group: GroupId, error: unknown): void {
    if (this.#taking.has(group) || this.#closing.signal.aborted) return;
    this.#made.delete(group);
    this.#options.node.machine.log.error('snapshot damaged', { group, error });
    this.#begin(host, group);
  }

  /** Whether the group lacks it. Throws for one that this node must not take. */
  #isWanted(message: InstallMessage, from: MemberId): boolean {
    const { host, node, deliver } = this.#options;
    const { group, mark, term, to } = message;
    const { member } = node.identity;
    if (message.from !== from || to !== member)
      throw refused(message, `it came from member ${from} to member ${member}, and says otherwise`);
    const status = host(group)?.status;
    if (status === undefined) throw refused(message, 'this node hosts no such group');
    if (term < status.term) {
      // The core tells the old leader of the new term.
      deliver(message);
      throw refused(message, `its sender led term ${term}, and this is term ${status.term}`);
    }
    const { level } = mark.configuration;
    if (level > levelsOf(node).most) {
      // The core says what that means for this node.
      deliver(message);
      throw refused(message, `it is of level ${level}, which this release does not support`);
    }
    return mark.index > status.commit;
  }

  async #send(group: GroupId, { to, mark }: SnapshotOrder, term: number): Promise<'delivered' | 'damaged'> {
    const { node, storage, address: addressOf } = this.#options;
    const { identity, machine, checksum = crc32 } = node;
    const address = addressOf(to);
    if (address === undefined) throw noAddress(to);
    await using source = await storage.snapshots.source(group, mark);
    return await sendSnapshot({
      network: machine.network,
      clock: machine.clock,
      address,
      hello: {
        purpose: 'snapshot',
        cluster: identity.cluster,
        from: identity.member,
        to,
        levels: helloLevels(node),
      },
      checksum,
      source,
      message: { kind: 'install-snapshot', group, from: identity.member, to, term, mark },
      signal: this.#closing.signal,
      idleMsMax,
    });
  }
}

function isDamage(error: unknown): boolean {
  return isQuorateError(error) && (error.code === 'snapshot-damaged' || error.code === 'disk-failed');
}

function noAddress(member: MemberId): QuorateError<'not-found'> {
  const what = `the address of member ${member}`;
  return new QuorateError({
    code: 'not-found',
    message: `${what} is not known to this node`,
    data: { what, path: '' },
  });
}

function notThere(group: GroupId, { index }: SnapshotMark): QuorateError<'not-found'> {
  const what = `a snapshot of group ${group} at ${index}`;
  return new QuorateError({
    code: 'not-found',
    message: `${what} cannot be made yet: the state has not come so far; it is tried again`,
    data: { what, path: '' },
  });
}

function refused({ group, from }: InstallMessage, reason: string): QuorateError<'message-refused'> {
  return new QuorateError({
    code: 'message-refused',
    message: `a snapshot of group ${group} from member ${from} was refused: ${reason}`,
    data: { group, from, reason },
  });
}
