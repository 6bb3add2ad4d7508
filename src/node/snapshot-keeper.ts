/**
 * Snapshots of a node's groups: takes them when the log has grown enough, sends them to members that fell
 * behind the log, receives them. The log is told of a snapshot only when its file is durable, and forgets
 * entries only when it has been told.
 */
import { crc32, isQuorateError, QuorateError } from '../base/index.ts';
import type { Connection } from '../ports/index.ts';
import type { GroupId, MemberId, SnapshotMark, SnapshotOrder } from '../raft/index.ts';
import type { GroupAppend } from '../storage/index.ts';
import type { GroupHost } from './group-host.ts';
import type { NodeStorage } from './node-storage.ts';
import type { NodeOptions } from './options.ts';
import { SnapshotIntake } from './snapshot-intake.ts';
import type { InstallMessage } from './snapshot-protocol.ts';
import { sendSnapshot } from './snapshot-sender.ts';

export interface SnapshotKeeperOptions {
  readonly node: NodeOptions;
  readonly storage: NodeStorage;
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
  readonly #receiving = new Set<GroupId>();
  /** The last snapshot of each group; one older is kept for those who are being sent it. */
  readonly #latest = new Map<GroupId, number>();
  readonly #closing = new AbortController();

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
  }

  /** Begins a snapshot when enough was applied since the last one. */
  consider(host: GroupHost, group: GroupId): void {
    const { snapshotBytes = snapshotBytesDefault } = this.#options.node;
    if (host.bytesSinceSnapshot < snapshotBytes || host.isRestoring || this.#taking.has(group)) return;
    this.#taking.add(group);
    const mark = host.beginSnapshot();
    // The state is fixed now; its bytes are written while more is applied.
    this.#options.storage.snapshots.write(group, mark, host.machine.snapshot()).then(
      () => this.#written(host, group, mark),
      (error: unknown) => this.#failed(group, error),
    );
  }

  load(group: GroupId, mark: SnapshotMark): AsyncIterable<Uint8Array> {
    return this.#options.storage.snapshots.read(group, mark);
  }

  /** Sends a snapshot, and reports to the core how that ended. */
  stream(host: GroupHost, group: GroupId, order: SnapshotOrder): void {
    this.#send(host, group, order).then(
      () => host.step({ kind: 'snapshot-sent', to: order.to, delivered: true }),
      (cause: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#options.node.machine.log.info('snapshot not delivered', { group, to: order.to, cause });
        host.step({ kind: 'snapshot-sent', to: order.to, delivered: false });
      },
    );
  }

  /** A member is about to send one on this connection. */
  intake(connection: Connection): SnapshotIntake {
    const { node, storage, deliver } = this.#options;
    return new SnapshotIntake({
      files: storage.snapshots,
      log: node.machine.log,
      checksum: node.checksum ?? crc32,
      connection,
      receiving: this.#receiving,
      deliver,
    });
  }

  close(): void {
    this.#closing.abort(new Error('the node was closed'));
  }

  /** The file is durable: now the log may hear of it. A newer one that was installed meanwhile stands. */
  #written(host: GroupHost, group: GroupId, mark: SnapshotMark): void {
    if (this.#closing.signal.aborted) return;
    if (host.status.base >= mark.index) {
      this.#taking.delete(group);
      return;
    }
    this.#options.persist({ group, snapshot: mark }, () => {
      this.#taking.delete(group);
      host.step({ kind: 'snapshot-taken', index: mark.index });
      this.#prune(group, mark.index);
    });
  }

  /** Keeps the newest two: the older one may be on its way to somebody. */
  #prune(group: GroupId, newest: number): void {
    const before = this.#latest.get(group);
    this.#latest.set(group, newest);
    if (before === undefined) return;
    this.#options.storage.snapshots
      .prune(group, before)
      .catch((error: unknown) => this.#failed(group, error));
  }

  /** A full disk costs this snapshot only: the log goes on, and the next try comes with more work. */
  #failed(group: GroupId, error: unknown): void {
    this.#taking.delete(group);
    if (this.#closing.signal.aborted) return;
    const { log } = this.#options.node.machine;
    if (isQuorateError(error) && error.code === 'disk-full') log.warn('no space for a snapshot', { error });
    else this.#options.onFailure(error);
  }

  async #send(host: GroupHost, group: GroupId, { to, mark }: SnapshotOrder): Promise<void> {
    const { node, storage } = this.#options;
    const { identity, machine, addresses, checksum = crc32 } = node;
    const address = addresses.get(to);
    if (address === undefined) throw noAddress(to);
    await using source = await storage.snapshots.source(group, mark);
    const { term } = host.status;
    await sendSnapshot({
      network: machine.network,
      clock: machine.clock,
      address,
      hello: { purpose: 'snapshot', cluster: identity.cluster, from: identity.member, to },
      checksum,
      source,
      message: { kind: 'install-snapshot', group, from: identity.member, to, term, mark },
      signal: this.#closing.signal,
      idleMsMax,
    });
  }
}

function noAddress(member: MemberId): QuorateError<'not-found'> {
  const what = `the address of member ${member}`;
  return new QuorateError({
    code: 'not-found',
    message: `${what} is not known to this node`,
    data: { what, path: '' },
  });
}
