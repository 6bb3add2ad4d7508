/**
 * A network that does not leave the process: how a program talks to the node that it carries. Both ends live in
 * one memory, so bytes are handed over as they are; each turn of the event loop brings what the one before it
 * wrote, as sockets would, and a reader that pauses holds its writer back.
 */
import { Deque, invalidOption, QuorateError } from '../base/index.ts';
import type {
  Address,
  Clock,
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
} from '../ports/index.ts';

/** More than this waiting for a reader, and its writer is asked to stop. */
const highWaterBytes = 256 * 1024;
const portMax = 65_535;

export class LocalNetwork implements Network {
  readonly #clock: Clock;
  readonly #listeners = new Map<number, (connection: Connection) => void>();
  /** Numbers those who connect, for logs. */
  #lastPort = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async listen({ address, tls }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    checkAddress(address, 0);
    if (tls !== undefined)
      throw invalidOption('tls', 'given', 'nothing: what does not leave the process needs none');
    const port = address.port === 0 ? this.#freePort() : address.port;
    if (this.#listeners.has(port)) throw portInUse({ ...address, port });
    this.#listeners.set(port, accept);
    return {
      address: { ...address, port },
      reloadTls: () => {
        throw invalidOption('tls', 'given', 'nothing: this listener has no TLS');
      },
      close: () => {
        if (this.#listeners.get(port) === accept) this.#listeners.delete(port);
        return Promise.resolve();
      },
    };
  }

  async connect({ address, signal }: ConnectOptions): Promise<Connection> {
    checkAddress(address, 1);
    signal?.throwIfAborted();
    await Promise.resolve();
    signal?.throwIfAborted();
    const accept = this.#listeners.get(address.port);
    if (accept === undefined) throw lost('connect', address, 'not-applied');
    const near = new LocalEnd(this.#clock, address);
    this.#lastPort = (this.#lastPort % portMax) + 1;
    const far = new LocalEnd(this.#clock, { host: address.host, port: this.#lastPort });
    near.join(far);
    far.join(near);
    accept(far);
    return near;
  }

  #freePort(): number {
    for (let port = portMax; port > 0; port -= 1) if (!this.#listeners.has(port)) return port;
    throw portInUse({ host: 'every port', port: 0 });
  }
}

class LocalEnd implements Connection {
  readonly remote: Address;
  readonly #clock: Clock;
  #other: LocalEnd | undefined;
  #handler: ConnectionHandler | undefined;
  /** What the other side sent, and its end. */
  readonly #incoming = new Deque<Uint8Array | 'end'>();
  #incomingBytes = 0;
  #isPaused = false;
  #isPumpPlanned = false;
  #needsDrain = false;
  #hasEnded = false;
  #hasHeardEnd = false;
  #isGone = false;

  constructor(clock: Clock, remote: Address) {
    this.#clock = clock;
    this.remote = remote;
  }

  join(other: LocalEnd): void {
    this.#other = other;
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    const other = this.#other;
    if (this.#isGone || this.#hasEnded || other === undefined) return false;
    if (other.#isGone) {
      this.#lose();
      return false;
    }
    if (bytes.length > 0) other.#take(bytes);
    if (other.#incomingBytes <= highWaterBytes) return true;
    this.#needsDrain = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#planPump();
  }

  end(): void {
    if (this.#isGone || this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#other !== undefined) this.#other.#take('end');
    this.#closeWhenBothEnded();
  }

  destroy(): void {
    if (this.#isGone) return;
    this.#close(undefined);
    // What it has not read is gone with it, and the other side learns of that.
    if (this.#other !== undefined) this.#other.#lose();
  }

  #take(piece: Uint8Array | 'end'): void {
    if (this.#isGone) return;
    this.#incoming.pushBack(piece);
    if (piece !== 'end') this.#incomingBytes += piece.length;
    this.#planPump();
  }

  #planPump(): void {
    if (this.#isPumpPlanned || this.#incoming.size === 0) return;
    this.#isPumpPlanned = true;
    this.#clock.afterTurn(() => {
      this.#isPumpPlanned = false;
      this.#pump();
    });
  }

  /** Hands over what was there when the turn began; what that brings about comes in the next. */
  #pump(): void {
    for (let left = this.#incoming.size; left > 0 && !this.#isPaused && !this.#isGone; left -= 1) {
      const piece = this.#incoming.popFront();
      if (piece === 'end') {
        this.#hasHeardEnd = true;
        this.#handler?.ended();
        this.#closeWhenBothEnded();
      } else if (piece !== undefined) {
        this.#incomingBytes -= piece.length;
        this.#handler?.received(piece);
      }
    }
    if (this.#incomingBytes <= highWaterBytes && this.#other !== undefined) this.#other.#drain();
    if (!this.#isPaused) this.#planPump();
  }

  #drain(): void {
    if (!this.#needsDrain || this.#isGone) return;
    this.#needsDrain = false;
    this.#handler?.drained();
  }

  #closeWhenBothEnded(): void {
    if (this.#hasEnded && this.#hasHeardEnd && !this.#isGone) this.#close(undefined);
  }

  #lose(): void {
    if (!this.#isGone) this.#close(lost('connection', this.remote, 'unknown'));
  }

  #close(cause: Error | undefined): void {
    this.#isGone = true;
    this.#incoming.clear();
    this.#incomingBytes = 0;
    this.#clock.afterTurn(() => {
      if (cause === undefined) this.#handler?.closed();
      else this.#handler?.closed(cause);
    });
  }
}

function checkAddress({ host, port }: Address, portLeast: number): void {
  if (host === '') throw invalidOption('address.host', host, 'a name');
  if (!Number.isInteger(port) || port < portLeast || port > portMax)
    throw invalidOption('address.port', port, `a whole number from ${portLeast} to ${portMax}`);
}

function portInUse({ host, port }: Address): QuorateError<'in-use'> {
  return new QuorateError({
    code: 'in-use',
    message: `port ${port} of ${host} has a listener in this process; close it or choose another port`,
    data: { what: `${host}:${port}`, holder: 'this process' },
  });
}

function lost(
  operation: 'connect' | 'connection',
  { host, port }: Address,
  outcome: 'not-applied' | 'unknown',
): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `${operation} ${address} failed: nobody is there any more in this process`,
    data: { operation, address, system: 'ECONNRESET' },
    outcome,
  });
}
