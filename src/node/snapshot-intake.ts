/**
 * The receiving end of a snapshot: writes the bytes as they come, with the connection paused while the disk is
 * behind, and tells the core only when everything is durable under its name.
 */
import { ByteWriter, QuorateError } from '../base/index.ts';
import { type Checksum, writeFrame } from '../net/index.ts';
import type { Connection, Log } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import type { SnapshotFiles, SnapshotReceiver } from '../storage/index.ts';
import {
  type Answer,
  decodeOffer,
  encodeAnswer,
  type InstallMessage,
  type Offer,
} from './snapshot-protocol.ts';

export interface SnapshotIntakeOptions {
  readonly files: SnapshotFiles;
  readonly log: Log;
  readonly checksum: Checksum;
  readonly connection: Connection;
  /** The groups that are being received now: one snapshot at a time for each. */
  readonly receiving: Set<GroupId>;
  readonly deliver: (message: InstallMessage) => void;
}

export class SnapshotIntake {
  readonly #options: SnapshotIntakeOptions;
  #offer: Offer | undefined;
  #receiver: SnapshotReceiver | undefined;
  /** The work on frames, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SnapshotIntakeOptions) {
    this.#options = options;
  }

  /** Takes a frame; the connection rests until it is on the disk. */
  frame(payload: Uint8Array): void {
    const { connection, log } = this.#options;
    connection.pause();
    this.#work = this.#work
      .then(() => (this.#offer === undefined ? this.#begin(decodeOffer(payload)) : this.#add(payload)))
      .then(() => connection.resume())
      .catch((cause: unknown) => {
        if (!this.#closed) log.warn('snapshot refused', { cause });
        connection.destroy();
      });
  }

  /** The connection is gone; what came is kept for the next try. */
  close(): void {
    this.#closed = true;
    this.#work = this.#work
      .then(() => this.#release())
      .catch((cause: unknown) => this.#options.log.warn('snapshot file not closed', { cause }));
  }

  async #begin(offer: Offer): Promise<void> {
    if (this.#closed) return;
    const { files, receiving } = this.#options;
    const { group, mark } = offer.message;
    if (receiving.has(group)) throw busy(group);
    receiving.add(group);
    this.#offer = offer;
    this.#receiver = await files.receive({ group, mark, bytes: offer.bytes, check: offer.check });
    if (this.#receiver.isComplete) await this.#finish();
    else this.#answer({ kind: 'send-from', offset: this.#receiver.offset });
  }

  async #add(payload: Uint8Array): Promise<void> {
    const receiver = this.#receiver;
    if (this.#closed || receiver === undefined) return;
    await receiver.add(payload);
    if (receiver.isComplete) await this.#finish();
  }

  async #finish(): Promise<void> {
    const receiver = this.#receiver;
    const message = this.#offer?.message;
    if (receiver === undefined || message === undefined) return;
    this.#receiver = undefined;
    await receiver.finish();
    this.#options.receiving.delete(message.group);
    this.#options.deliver(message);
    this.#answer({ kind: 'done' });
  }

  async #release(): Promise<void> {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver === undefined) return;
    await receiver.close();
    if (this.#offer !== undefined) this.#options.receiving.delete(this.#offer.message.group);
  }

  #answer(answer: Answer): void {
    if (this.#closed) return;
    const writer = new ByteWriter(64);
    writeFrame(writer, this.#options.checksum, () => writer.raw(encodeAnswer(answer)));
    this.#options.connection.write(writer.bytes());
  }
}

function busy(group: GroupId): QuorateError<'group-busy'> {
  return new QuorateError({
    code: 'group-busy',
    message: `group ${group} is receiving a snapshot already; try again when that has ended`,
    data: { group, what: 'snapshots being received', limit: 1 },
  });
}
