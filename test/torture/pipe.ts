/**
 * One direction of one connection through a door. Bytes keep their order whatever happens to them: they wait for
 * their time, for bandwidth, or for the end of a cut, as the packets of a TCP connection do. What waits is
 * bounded; beyond that the sender is not read, and finds its own buffers full.
 *
 * Bytes that are swallowed are gone, and a stream with a hole is worse than none: such a connection is marked, and
 * reset when the fault ends.
 */
import type { Socket } from 'node:net';

export type Flow =
  | { readonly kind: 'open' }
  /** Nothing passes, nothing is lost, nobody is told. */
  | { readonly kind: 'held' }
  /** Accepted and thrown away: the sender believes that all is well. */
  | { readonly kind: 'swallowed' }
  | { readonly kind: 'delayed'; readonly ms: number }
  | { readonly kind: 'narrow'; readonly bytesPerSecond: number };

export const openFlow: Flow = { kind: 'open' };

const waitingBytesMax = 256 * 1024;

interface Piece {
  readonly bytes: Uint8Array;
  readonly arrivedMs: number;
}

export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #flow: () => Flow;
  #pieces: Piece[] = [];
  #waitingBytes = 0;
  /** A narrow pipe is busy until then. */
  #busyUntilMs = 0;
  #hasEnded = false;
  #isBlocked = false;
  #timer: NodeJS.Timeout | undefined;
  /** Bytes were swallowed: it can only be reset. */
  isHollow = false;

  constructor(from: Socket, to: Socket, flow: () => Flow) {
    this.#from = from;
    this.#to = to;
    this.#flow = flow;
    from.on('data', (bytes) => this.#arrived(bytes));
    from.on('end', () => {
      this.#hasEnded = true;
      this.pump();
    });
    to.on('drain', () => {
      this.#isBlocked = false;
      this.pump();
    });
  }

  /** Passes on what may pass now. Called again whenever a rule changes. */
  pump(): void {
    clearTimeout(this.#timer);
    while (this.#pieces.length > 0 && !this.#isBlocked) {
      const waitMs = this.#waitMs(this.#flow());
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        return;
      }
      this.#pass();
    }
    if (this.#pieces.length === 0 && this.#hasEnded && mayEnd(this.#flow())) this.#to.end();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#pieces = [];
  }

  #arrived(bytes: Uint8Array): void {
    if (this.#flow().kind === 'swallowed') {
      this.isHollow = true;
      return;
    }
    this.#pieces.push({ bytes, arrivedMs: performance.now() });
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > waitingBytesMax) this.#from.pause();
    this.pump();
  }

  /** How long the first piece still waits; `undefined`: until the rule changes. */
  #waitMs(flow: Flow): number | undefined {
    const [first] = this.#pieces;
    if (first === undefined) return undefined;
    const now = performance.now();
    switch (flow.kind) {
      case 'open':
        return 0;
      case 'held':
        return undefined;
      case 'swallowed':
        this.isHollow = true;
        this.#take();
        return this.#waitMs(flow);
      case 'delayed':
        return first.arrivedMs + flow.ms - now;
      case 'narrow': {
        const waitMs = this.#busyUntilMs - now;
        if (waitMs <= 0) this.#busyUntilMs = now + (first.bytes.length * 1000) / flow.bytesPerSecond;
        return waitMs;
      }
    }
  }

  #pass(): void {
    const bytes = this.#take();
    if (bytes !== undefined && !this.#to.destroyed) this.#isBlocked = !this.#to.write(bytes);
  }

  #take(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (piece === undefined) return undefined;
    this.#waitingBytes -= piece.bytes.length;
    if (this.#waitingBytes <= waitingBytesMax) this.#from.resume();
    return piece.bytes;
  }
}

/** The end of a stream is a packet like others: behind a cut nobody hears of it. */
function mayEnd({ kind }: Flow): boolean {
  return kind !== 'held' && kind !== 'swallowed';
}
