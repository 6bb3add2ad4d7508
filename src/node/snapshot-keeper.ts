/**
 * Snapshots of a node's groups: takes them when the log has grown enough, sends them to members that fell
 * behind the log, receives them. The log is told of a snapshot only when its file is durable, and forgets
 * entries only when it has been told.
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
const idleMsMax = 10_000;

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  readonly #taking = new Set<GroupId>();
  readonly #receiving = new Map<GroupId, SnapshotIntake>();
  readonly #intakes = new Set<SnapshotIntake>();
  /** The last snapshot that the log knows of each group; one older is kept for those who are being sent it. */
  readonly #latest = new Map<GroupId, number>();
  /** Everything that touches files; `close` waits for it, because another process may own them afterwards. */
  readonly #work = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    for (const { group, snapshotIndex } of options.storage.groups)
      if (snapshotIndex > 0) this.#latest.set(group, snapshotIndex);
  }

  /** Begins a snapshot when enough was applied since the last one. */
  consider(host: GroupHost, group: GroupId): void {
    const { snapshotBytes = snapshotBytesDefault } = this.#options.node;
    if (host.bytesSinceSnapshot < snapshotBytes || this.#taking.has(group)) return;
    // A state that is replayed because a snapshot cannot be read any more has to get beyond that first.
    if (host.machine.applied < (this.#latest.get(group) ?? 0)) return;
    this.#begin(host, group);
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
    const before = this.#latest.get(group);
    this.#latest.set(group, index);
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
    // The state is fixed now; its bytes are written while more is applied.
    this.#follow(this.#take(host, group, mark, host.machine.snapshot()));
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
    try {
      const outcome = await this.#send(host, group, order);
      if (outcome === 'damaged') await this.#renewIfDamaged(host, group, order.mark);
      if (outcome === 'delivered') counters.snapshotsSent += 1;
      else counters.snapshotsUnsent += 1;
      host.step({ kind: 'snapshot-sent', to, delivered: outcome === 'delivered' });
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      counters.snapshotsUnsent += 1;
      this.#options.node.machine.log.info('snapshot not delivered', { group, to, cause });
      if (isDamage(cause)) this.#renew(host, group, cause);
      host.step({ kind: 'snapshot-sent', to, delivered: false });
    }
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

  async #send(
    host: GroupHost,
    group: GroupId,
    { to, mark }: SnapshotOrder,
  ): Promise<'delivered' | 'damaged'> {
    const { node, storage, address: addressOf } = this.#options;
    const { identity, machine, checksum = crc32 } = node;
    const address = addressOf(to);
    if (address === undefined) throw noAddress(to);
    // Read before anything is awaited: later it may be the term of another leader.
    const { term } = host.status;
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

function refused({ group, from }: InstallMessage, reason: string): QuorateError<'message-refused'> {
  return new QuorateError({
    code: 'message-refused',
    message: `a snapshot of group ${group} from member ${from} was refused: ${reason}`,
    data: { group, from, reason },
  });
}
