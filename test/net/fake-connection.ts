/**
 * Connections in memory that do what a test says: take, refuse, cut, fall silent. A `FakeConnection` is one end
 * alone, with the test as its peer; `FakeNetwork` hands such ends out or fails to.
 */
import { assert, ByteWriter, crc32 } from '../../src/base/index.ts';
import { FrameReader, framePayloadBytesMax, writeFrame } from '../../src/net/index.ts';
import type {
  Address,
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  Network,
} from '../../src/ports/index.ts';

export const somewhere: Address = { host: 'peer', port: 7 };

export class FakeConnection implements Connection {
  readonly remote: Address = somewhere;
  /** The payloads of the frames that were written. */
  readonly sent: Uint8Array[] = [];
  writes = 0;
  writtenBytes = 0;
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  /** True: `write` answers that too much waits. */
  isSlow = false;
  /** Hears each payload that is written. */
  onSent: (payload: Uint8Array) => void = () => undefined;
  #handler: ConnectionHandler | undefined;
  readonly #frames = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax });
  #isGone = false;

  start(handler: ConnectionHandler): void {
    assert(this.#handler === undefined, 'a connection is started once');
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isEnded || this.#isGone) return false;
    this.writes += 1;
    this.writtenBytes += bytes.length;
    this.#frames.push(bytes, (payload) => {
      this.sent.push(payload);
      this.onSent(payload);
    });
    return !this.isSlow;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#leave(undefined);
  }

  /** The peer sends bytes, in memory that it takes back. */
  receive(bytes: Uint8Array): void {
    if (this.#isGone) return;
    const lent = bytes.slice();
    this.#handler?.received(lent);
    lent.fill(0xdd);
  }

  /** The peer sends frames, in one piece. */
  receiveFrames(...payloads: readonly Uint8Array[]): void {
    this.receive(framed(...payloads));
  }

  /** The peer has read what waited. */
  drain(): void {
    this.isSlow = false;
    if (!this.#isGone) this.#handler?.drained();
  }

  peerEnds(): void {
    if (!this.#isGone) this.#handler?.ended();
  }

  /** The connection breaks. */
  lose(): void {
    this.#leave(new Error('reset by the peer'));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  #leave(cause: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    setImmediate(() => {
      if (cause === undefined) this.#handler?.closed();
      else this.#handler?.closed(cause);
    });
  }
}

export function framed(...payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(64);
  for (const payload of payloads) writeFrame(writer, crc32, () => writer.raw(payload));
  return writer.copy();
}

interface Dialling {
  readonly address: Address;
  readonly signal: AbortSignal | undefined;
  accept(connection: Connection): void;
  fail(error: Error): void;
}

export class FakeNetwork implements Network {
  /** Connections that were made, oldest first. */
  readonly made: FakeConnection[] = [];
  /** Attempts that are under way, when `answer` is `nothing`. */
  readonly dialling: Dialling[] = [];
  attempts = 0;
  answer: 'connection' | 'refusal' | 'nothing' = 'connection';

  listen(): Promise<Listener> {
    return Promise.reject(new Error('nobody listens here'));
  }

  connect({ address, signal }: ConnectOptions): Promise<Connection> {
    this.attempts += 1;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.answer === 'refusal') return Promise.reject(new Error('nobody listens there'));
    if (this.answer === 'connection') return Promise.resolve(this.#make());
    return new Promise((accept, fail) => {
      const dial = { address, signal, accept, fail };
      this.dialling.push(dial);
      signal?.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
    });
  }

  /** The oldest attempt that waits succeeds. */
  accept(): void {
    this.dialling.shift()?.accept(this.#make());
  }

  /** The connection that was made last. */
  get last(): FakeConnection {
    const last = this.made.at(-1);
    assert(last !== undefined, 'a connection was made');
    return last;
  }

  #make(): FakeConnection {
    const connection = new FakeConnection();
    this.made.push(connection);
    return connection;
  }
}
