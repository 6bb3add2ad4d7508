/**
 * The receiving end of a snapshot: writes the bytes as they come, with the connection paused while the disk is
 * behind, and tells the core only when everything is durable under its name. A sender that falls silent is given
 * up; one that comes back, or another leader, takes the place of whoever was sending before.
 */
import { ByteWriter, isQuorateError } from '../base/index.ts';
import { type Checksum, writeFrame } from '../net/index.ts';
import type { Clock, Connection, Log, Timer } from '../ports/index.ts';
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
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum;
  readonly connection: Connection;
  /** Who is receiving for which group: one snapshot at a time for each. */
  readonly receiving: Map<GroupId, SnapshotIntake>;
  /** Does the group still lack it? Throws for an offer that this node must not take. */
  readonly isWanted: (message: InstallMessage) => boolean;
  readonly deliver: (message: InstallMessage) => void;
  /** A sender that says nothing for so long is given up. */
  readonly idleMsMax: number;
  /** Nothing is touched any more. */
  readonly onClosed: () => void;
}

export class SnapshotIntake {
  readonly #options: SnapshotIntakeOptions;
  #offer: Offer | undefined;
  #receiver: SnapshotReceiver | undefined;
  /** The work on frames, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #waitingFrames = 0;
  #idle: Timer | undefined;
  #closed = false;

  constructor(options: SnapshotIntakeOptions) {
    this.#options = options;
    this.#listen();
  }

  /** Takes a frame; the connection rests until it is on the disk. */
  frame(payload: Uint8Array): void {
    this.#idle?.cancel();
    this.#options.connection.pause();
    this.#waitingFrames += 1;
    this.#work = this.#work.then(() => this.#take(payload));
  }

  /** The connection is gone; what came is kept for the next try. Resolves when nothing is touched any more. */
  close(): Promise<void> {
    if (this.#closed) return this.#work;
    this.#closed = true;
    this.#idle?.cancel();
    this.#work = this.#work
      .then(() => this.#release((receiver) => receiver.close()))
      .then(this.#options.onClosed);
    return this.#work;
  }

  async #take(payload: Uint8Array): Promise<void> {
    const { connection, log } = this.#options;
    try {
      if (this.#closed) return;
      if (this.#offer === undefined) await this.#begin(decodeOffer(payload));
      else await this.#add(payload);
    } catch (cause) {
      if (!this.#closed) log.warn('snapshot refused', { cause });
      await this.#giveUp(cause);
      if (isQuorateError(cause) && cause.code === 'snapshot-damaged') this.#complain();
      else connection.destroy();
      return;
    } finally {
      this.#waitingFrames -= 1;
    }
    if (this.#waitingFrames === 0 && !this.#closed) this.#listen();
  }

  /** The sender has its next turn. */
  #listen(): void {
    const { clock, connection, idleMsMax } = this.#options;
    this.#idle = clock.setTimer(idleMsMax, () => connection.destroy(), { background: true });
    connection.resume();
  }

  async #begin(offer: Offer): Promise<void> {
    const { files, receiving, isWanted } = this.#options;
    const { group, mark } = offer.message;
    this.#offer = offer;
    const before = receiving.get(group);
    receiving.set(group, this);
    if (before !== undefined) await before.#giveWay();
    if (this.#closed) return;
    if (!isWanted(offer.message)) {
      this.#finished(offer.message);
      return;
    }
    this.#receiver = await files.receive({ group, mark, bytes: offer.bytes, check: offer.check });
    if (this.#receiver.isComplete) await this.#finish(offer.message);
    else this.#answer({ kind: 'send-from', offset: this.#receiver.offset });
  }

  async #add(payload: Uint8Array): Promise<void> {
    const receiver = this.#receiver;
    const message = this.#offer?.message;
    if (receiver === undefined || message === undefined) return;
    await receiver.add(payload);
    if (receiver.isComplete) await this.#finish(message);
  }

  async #finish(message: InstallMessage): Promise<void> {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    await receiver?.finish();
    this.#finished(message);
  }

  #finished(message: InstallMessage): void {
    this.#leave();
    this.#options.deliver(message);
    this.#answer({ kind: 'done' });
  }

  /** Another sender offers the group a snapshot. */
  async #giveWay(): Promise<void> {
    this.#options.connection.destroy();
    await this.close();
  }

  /** What fills the disk is not kept: the log needs the space more. */
  async #giveUp(cause: unknown): Promise<void> {
    const isFull = isQuorateError(cause) && cause.code === 'disk-full';
    await this.#release(isFull ? (receiver) => receiver.discard() : (receiver) => receiver.close());
  }

  async #release(how: (receiver: SnapshotReceiver) => Promise<void>): Promise<void> {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    try {
      if (receiver !== undefined) await how(receiver);
    } catch (cause) {
      this.#options.log.warn('snapshot file not closed', { cause });
    }
    this.#leave();
  }

  /** Whoever sent it should look at its own disk. It ends the connection when it has heard that, or time does. */
  #complain(): void {
    const { clock, connection, idleMsMax } = this.#options;
    this.#answer({ kind: 'damaged' });
    connection.end();
    this.#idle = clock.setTimer(idleMsMax, () => connection.destroy(), { background: true });
  }

  #leave(): void {
    const group = this.#offer?.message.group;
    const { receiving } = this.#options;
    if (group !== undefined && receiving.get(group) === this) receiving.delete(group);
  }

  #answer(answer: Answer): void {
    if (this.#closed) return;
    const writer = new ByteWriter(64);
    writeFrame(writer, this.#options.checksum, () => writer.raw(encodeAnswer(answer)));
    this.#options.connection.write(writer.bytes());
  }
}
