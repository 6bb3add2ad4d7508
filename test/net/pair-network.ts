/**
 * A network of one process: both ends of a connection in memory, with back-pressure and breaks where a test
 * wants them. Bytes travel a turn of the event loop at a time.
 */
import { assert } from '../../src/base/index.ts';
import type {
  Address,
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  Network,
} from '../../src/ports/index.ts';

const highWaterBytes = 256 * 1024;

class PairEnd implements Connection {
  readonly remote: Address = { host: 'pair', port: 1 };
  /** Bytes that the other end has written and this one has not taken. */
  waitingBytes = 0;
  isPaused = false;
  isGone = false;
  other: PairEnd | undefined;
  readonly #network: PairNetwork;
  readonly #unread: Uint8Array[] = [];
  #handler: ConnectionHandler | undefined;
  #needsDrain = false;
  #isPumping = false;

  constructor(network: PairNetwork) {
    this.#network = network;
  }

  start(handler: ConnectionHandler): void {
    assert(this.#handler === undefined, 'a connection is started once');
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    const { other } = this;
    if (this.isGone || other === undefined || other.isGone) return false;
    if (!this.#network.passes(this, bytes.length)) {
      this.lose();
      other.lose();
      return false;
    }
    other.#take(bytes.slice());
    this.#needsDrain = other.waitingBytes > highWaterBytes;
    return !this.#needsDrain;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#pump();
  }

  end(): void {
    setImmediate(() => this.other?.peerEnded());
  }

  destroy(): void {
    if (this.isGone) return;
    this.#leave(undefined);
    this.other?.lose();
  }

  lose(): void {
    if (!this.isGone) this.#leave(new Error('the connection broke'));
  }

  peerEnded(): void {
    if (!this.isGone) this.#handler?.ended();
  }

  #take(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.waitingBytes += bytes.length;
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping || this.isPaused || this.#unread.length === 0) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      if (this.isPaused || this.isGone) return;
      const bytes = this.#unread.shift();
      if (bytes === undefined) return;
      this.waitingBytes -= bytes.length;
      this.#handler?.received(bytes);
      bytes.fill(0xdd);
      this.other?.roomMade();
      this.#pump();
    });
  }

  roomMade(): void {
    if (!this.#needsDrain || this.isGone || (this.other?.waitingBytes ?? 0) > highWaterBytes) return;
    this.#needsDrain = false;
    this.#handler?.drained();
  }

  #leave(cause: Error | undefined): void {
    this.isGone = true;
    setImmediate(() => {
      if (cause === undefined) this.#handler?.closed();
      else this.#handler?.closed(cause);
    });
  }
}

export class PairNetwork implements Network {
  /** Pairs that were made: the end that connected, and the one that accepted. */
  readonly pairs: { readonly near: PairEnd; readonly far: PairEnd }[] = [];
  /** Bytes that the connecting ends have written, all together. */
  sentBytes = 0;
  /** After so many more bytes from connecting ends the connection breaks. */
  breakAfterBytes: number = Number.POSITIVE_INFINITY;
  readonly #accept: (connection: Connection) => void;

  constructor(accept: (connection: Connection) => void) {
    this.#accept = accept;
  }

  listen(): Promise<Listener> {
    return Promise.reject(new Error('this network has one listener'));
  }

  async connect({ signal }: ConnectOptions): Promise<Connection> {
    signal?.throwIfAborted();
    const near = new PairEnd(this);
    const far = new PairEnd(this);
    near.other = far;
    far.other = near;
    this.pairs.push({ near, far });
    this.#accept(far);
    return await Promise.resolve(near);
  }

  get openEnds(): number {
    return this.pairs.flatMap(({ near, far }) => [near, far]).filter(({ isGone }) => !isGone).length;
  }

  passes(end: PairEnd, bytes: number): boolean {
    if (!this.pairs.some(({ near }) => near === end)) return true;
    if (bytes > this.breakAfterBytes) return false;
    this.sentBytes += bytes;
    this.breakAfterBytes -= bytes;
    return true;
  }
}
