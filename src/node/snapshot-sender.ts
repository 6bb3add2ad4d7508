/** Sends one snapshot to one member, as fast as it takes it and no faster. */
import { BoundedQueue, ByteWriter, linkSignals, QuorateError } from '../base/index.ts';
import { type Checksum, encodeHello, FrameReader, type Hello, writeFrame } from '../net/index.ts';
import type { Address, Clock, Connection, Network } from '../ports/index.ts';
import type { SnapshotSource } from '../storage/index.ts';
import { type Answer, decodeAnswer, encodeOffer, type InstallMessage } from './snapshot-protocol.ts';

export interface SendSnapshotOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly address: Address;
  readonly hello: Hello;
  readonly checksum: Checksum;
  readonly source: SnapshotSource;
  readonly message: InstallMessage;
  readonly signal: AbortSignal;
  /** A receiver that neither takes nor answers anything for so long is given up. */
  readonly idleMsMax: number;
}

const chunkBytes = 256 * 1024;

/** A slow disk reads so much a millisecond. */
const provedBytesPerMs = 10_000;

/** `delivered`: the receiver holds the snapshot durably; `damaged`: it got bytes that are none. Rejects when nobody knows. */
export async function sendSnapshot(options: SendSnapshotOptions): Promise<'delivered' | 'damaged'> {
  const { source, message, idleMsMax } = options;
  const sending = new Sending(await connect(options), options);
  try {
    const { bytes, check } = source.identity;
    sending.write(encodeHello(options.hello));
    sending.write(encodeOffer({ message, bytes, check }));
    const answer = await sending.answer(idleMsMax);
    if (answer.kind === 'done') return 'delivered';
    if (answer.kind === 'damaged') return 'damaged';
    await sending.copy(source, answer.offset);
    // The receiver reads all of it again before it says that it is right.
    const last = await sending.answer(idleMsMax + bytes / provedBytesPerMs);
    if (last.kind === 'damaged') return 'damaged';
    if (last.kind !== 'done') throw lost(options.address);
    return 'delivered';
  } finally {
    sending.close();
  }
}

/** The operating system may try for minutes; a receiver that can be reached answers sooner. */
async function connect({
  network,
  clock,
  address,
  signal,
  idleMsMax,
}: SendSnapshotOptions): Promise<Connection> {
  using patience = linkSignals(signal);
  const timer = clock.setTimer(idleMsMax, () => patience.abort(lost(address)));
  try {
    return await network.connect({ address, signal: patience.signal });
  } finally {
    timer.cancel();
  }
}

class Sending {
  readonly #connection: Connection;
  readonly #options: SendSnapshotOptions;
  readonly #answers = new BoundedQueue<Answer>({ name: 'snapshot answers', limit: 4 });
  readonly #frames: FrameReader;
  readonly #onAbort = (): void => this.#connection.destroy();
  #whenDrained = Promise.withResolvers<void>();
  #isLost = false;

  constructor(connection: Connection, options: SendSnapshotOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#frames = new FrameReader({ payloadBytesMax: () => 64, checksum: options.checksum });
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => this.#whenDrained.resolve(),
      ended: () => connection.destroy(),
      closed: () => this.#lost(),
    });
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  /** False: wait for `drained` before the next. */
  write(payload: Uint8Array): boolean {
    const writer = new ByteWriter(payload.length + 16);
    writeFrame(writer, this.#options.checksum, () => writer.raw(payload));
    return this.#connection.write(writer.bytes());
  }

  async answer(waitMsMax: number): Promise<Answer> {
    try {
      return await this.#patiently(this.#answers.take(), waitMsMax);
    } catch (cause) {
      throw lost(this.#options.address, cause);
    }
  }

  async copy(source: SnapshotSource, offset: number): Promise<void> {
    const { bytes } = source.identity;
    for (let position = offset; position < bytes; ) {
      const chunk = new Uint8Array(Math.min(chunkBytes, bytes - position));
      const read = await source.read(chunk, position);
      position += read;
      if (this.#isLost || read === 0) throw lost(this.#options.address);
      if (this.write(chunk.subarray(0, read))) continue;
      this.#whenDrained = Promise.withResolvers();
      if (this.#isLost) throw lost(this.#options.address);
      await this.#patiently(this.#whenDrained.promise, this.#options.idleMsMax);
    }
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#connection.destroy();
  }

  #received(bytes: Uint8Array): void {
    try {
      this.#frames.push(bytes, (payload) => this.#answers.put(decodeAnswer(payload)));
    } catch {
      // Whatever it said, it is no receiver: the loss of the connection tells those who wait.
      this.#connection.destroy();
    }
  }

  #lost(): void {
    this.#isLost = true;
    this.#answers.close();
    this.#whenDrained.resolve();
  }

  /** Ends the connection, and with it the wait, when nothing happens for too long. */
  async #patiently<T>(promise: Promise<T>, waitMsMax: number): Promise<T> {
    const timer = this.#options.clock.setTimer(waitMsMax, () => this.#connection.destroy());
    try {
      return await promise;
    } finally {
      timer.cancel();
    }
  }
}

function lost({ host, port }: Address, cause?: unknown): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `the connection to ${address} was lost while a snapshot was sent; it is sent again`,
    data: { operation: 'send snapshot', address, system: '' },
    cause,
  });
}
