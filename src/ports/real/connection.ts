/**
 * A TCP or TLS connection on a Node socket. The socket does the work; this class keeps the port's promises
 * around it: nobody hears anything but `closed` after `destroy`, a lost connection has a cause, and errors
 * that come before anyone listens are kept for those who will.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { assert } from '../../base/index.ts';
import type { Address, Connection, ConnectionHandler } from '../index.ts';
import { networkError } from './network-errors.ts';
import type { SlabReader } from './slab.ts';

export interface RealConnectionInit {
  readonly socket: Socket;
  readonly remote: Address;
  /** Present: the socket reads into a slab and is paused until `start`. Absent: bytes come as its `data` events. */
  readonly slab?: SlabReader;
}

export class RealConnection implements Connection {
  readonly remote: Address;
  readonly peerName?: string;
  readonly #socket: Socket;
  readonly #slab: SlabReader | undefined;
  #handler: ConnectionHandler | undefined;
  #failure: Error | undefined;
  #peerEnded = false;
  #ending = false;
  #destroyed = false;
  #closed = false;

  constructor(init: RealConnectionInit) {
    this.remote = init.remote;
    this.#socket = init.socket;
    this.#slab = init.slab;
    const peerName = verifiedName(init.socket);
    if (peerName !== undefined) this.peerName = peerName;
    this.#socket.on('error', (error) => {
      this.#failure ??= networkError('connection', this.remote, error);
      // A TLS socket stays open after an error of its protocol, such as the peer's refusal of our certificate.
      this.#socket.destroy();
    });
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('close', () => this.#onClose());
  }

  /** True when somebody listens, or when nobody ever will. */
  get claimed(): boolean {
    return this.#handler !== undefined || this.#destroyed;
  }

  start(handler: ConnectionHandler): void {
    assert(this.#handler === undefined, 'a connection is started once');
    this.#handler = handler;
    this.#socket.on('drain', () => {
      if (!this.#destroyed) handler.drained();
    });
    if (this.#slab === undefined) {
      this.#socket.on('data', (bytes: Buffer) => handler.received(bytes));
    } else {
      this.#slab.received = (bytes) => handler.received(bytes);
      this.#socket.resume();
    }
    if (this.#closed) setImmediate(() => this.#tellClosed());
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || this.#destroyed || !this.#socket.writable) return false;
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#ending || this.#destroyed) return;
    this.#ending = true;
    this.#socket.end();
  }

  /**
   * A reset rather than a quiet end where the socket can: the peer learns at once that it is over, and the
   * kernel does not keep for minutes what a peer that never reads has not taken.
   */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.#socket instanceof TLSSocket || isShuttingDown(this.#socket)) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #onEnd(): void {
    this.#peerEnded = true;
    if (!this.#destroyed) this.#handler?.ended();
  }

  #onClose(): void {
    this.#closed = true;
    if (this.#handler !== undefined) this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#destroyed) this.#handler?.closed();
    else if (this.#failure !== undefined) this.#handler?.closed(this.#failure);
    else if (this.#peerEnded && this.#ending) this.#handler?.closed();
    else
      this.#handler?.closed(
        networkError('connection', this.remote, new Error('the peer is gone without an end')),
      );
  }
}

/**
 * All was handed to the kernel and the end is being told. libuv refuses a reset just then; Node 24 would have let go
 * of the handle before it notices: nobody hears of the close, and the process spins for ever when it wants to exit.
 */
function isShuttingDown({ writableEnded, writableLength, writableFinished }: Socket): boolean {
  return writableEnded && writableLength === 0 && !writableFinished;
}

/** The common name of a certificate that was checked. One with several names has none: which of them is meant is anyone's guess. */
function verifiedName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
