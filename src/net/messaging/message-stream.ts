/**
 * A stream as its user has it: bytes both ways, each end closed by itself. Writing waits until the reader at the
 * other side has made room; reading is a `for await`. Whatever happens, everything that waits is settled: by the
 * end, by an abort from either side, or with the connection.
 */
import { Deque, QuorateError } from '../../base/index.ts';
import type { ChannelStreams } from './channel-streams.ts';
import type { Outlet } from './outlet.ts';
import { asStreamError, closedError, queueFull } from './refusals.ts';

export interface MessageStream extends AsyncIterable<Uint8Array> {
  /**
   * Resolves when the connection has taken the bytes, which belong to the stream until then. One write of any size
   * may wait, and others beside it up to 1 MiB; more are refused as `queue-full`.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** This side writes nothing more; what was written still goes. Harmless when called again. */
  end(): void;
  /** Gives the stream up in both directions; the other side hears why. Harmless when it is over. */
  abort(reason?: unknown): void;
  /** Aborts when the stream has failed or was given up by either side, with the reason. */
  readonly signal: AbortSignal;
}

interface PendingWrite {
  readonly bytes: Uint8Array;
  sent: number;
  resolve(): void;
  reject(reason: unknown): void;
}

interface Taker {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(reason: unknown): void;
}

const writesBytesMax = 1 << 20;
const done: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

export class StreamEnd implements MessageStream {
  readonly #streams: ChannelStreams<StreamEnd>;
  readonly #outlet: Outlet;
  readonly #writes = new Deque<PendingWrite>();
  readonly #pieces = new Deque<Uint8Array>();
  #id = 0;
  #writesBytes = 0;
  #taker: Taker | undefined;
  #isEnding = false;
  #hasEnded = false;
  /** Its handler has returned: what the peer still sends is not wanted. */
  #isFinishing = false;
  /** The peer sends nothing more, and all of it is here. */
  #isComplete = false;
  #failure: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;
  #onOver: (() => void) | undefined;

  constructor(streams: ChannelStreams<StreamEnd>, outlet: Outlet) {
    this.#streams = streams;
    this.#outlet = outlet;
  }

  /** The number under which it was opened. */
  begin(id: number): void {
    this.#id = id;
  }

  /** Calls `onOver` when both directions have ended, or it has failed. */
  whenOver(onOver: () => void): void {
    this.#onOver = onOver;
    this.#tellOver();
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#failure !== undefined) this.#controller.abort(this.#failure.reason);
    return this.#controller.signal;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure.reason));
    if (this.#isEnding) return Promise.reject(closedError('this end of the stream', 'not-applied'));
    if (bytes.length === 0) return Promise.resolve();
    if (this.#writesBytes > 0 && this.#writesBytes + bytes.length > writesBytesMax)
      return Promise.reject(queueFull('bytes that wait to be written to a stream', writesBytesMax));
    this.#writesBytes += bytes.length;
    return new Promise((resolve, reject) => {
      this.#writes.pushBack({ bytes, sent: 0, resolve, reject });
      this.#outlet.pour(this);
    });
  }

  end(): void {
    if (this.#isEnding || this.#failure !== undefined) return;
    this.#isEnding = true;
    this.#endWhenSent();
  }

  abort(reason?: unknown): void {
    const error = asStreamError(reason);
    if (this.#streams.abort(this.#id, error)) this.#outlet.plan();
    else if (this.#isComplete && this.#hasEnded) return;
    this.failed(reason ?? error);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      // Whoever leaves the loop does not want the rest.
      return: () => {
        if (!this.#isComplete) this.abort();
        this.#pieces.clear();
        return Promise.resolve(done);
      },
    };
  }

  /** Its handler has returned: what was written still goes, and what has not been read is given up. */
  finish(): void {
    this.#isFinishing = true;
    this.end();
    this.#giveUpRest();
  }

  /** For the outlet: sends one piece. */
  pour(): boolean {
    const write = this.#writes.front();
    if (write === undefined) return false;
    const count = this.#streams.send(this.#id, write.bytes, write.sent);
    if (count === 0) return false;
    write.sent += count;
    this.#writesBytes -= count;
    if (write.sent < write.bytes.length) return true;
    this.#writes.popFront();
    write.resolve();
    this.#endWhenSent();
    return this.#writes.size > 0;
  }

  /** There is credit again. */
  credited(): void {
    if (this.#writes.size > 0) this.#outlet.pour(this);
  }

  received(piece: Uint8Array): void {
    const taker = this.#taker;
    if (taker === undefined) {
      this.#pieces.pushBack(piece);
      return;
    }
    this.#taker = undefined;
    this.#taken(piece);
    taker.resolve({ done: false, value: piece });
  }

  /** The peer sends nothing more. */
  completed(): void {
    this.#isComplete = true;
    this.#taker?.resolve(done);
    this.#taker = undefined;
    this.#tellOver();
  }

  /** It is over; what is complete may still be read. */
  failed(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#isEnding = true;
    for (let write = this.#writes.popFront(); write !== undefined; write = this.#writes.popFront())
      write.reject(asError(reason));
    this.#writesBytes = 0;
    if (!this.#isComplete) this.#pieces.clear();
    this.#taker?.reject(asError(reason));
    this.#taker = undefined;
    this.#controller?.abort(reason);
    this.#tellOver();
  }

  #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const piece = this.#pieces.popFront();
    if (piece !== undefined) {
      this.#taken(piece);
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#isComplete) return Promise.resolve(done);
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure.reason));
    if (this.#taker !== undefined) return Promise.reject(twoReaders());
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject };
    });
  }

  #taken(piece: Uint8Array): void {
    if (this.#streams.taken(this.#id, piece.length)) this.#outlet.plan();
  }

  #endWhenSent(): void {
    if (!this.#isEnding || this.#hasEnded || this.#writes.size > 0) return;
    this.#hasEnded = true;
    this.#streams.end(this.#id);
    this.#outlet.plan();
    this.#tellOver();
    this.#giveUpRest();
  }

  #giveUpRest(): void {
    if (this.#isFinishing && this.#hasEnded && !this.#isComplete) this.abort();
  }

  #tellOver(): void {
    if (this.#failure === undefined && !(this.#isComplete && this.#hasEnded)) return;
    const onOver = this.#onOver;
    this.#onOver = undefined;
    onOver?.();
  }
}

/** Promises reject with errors, signals may abort with anything. */
function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : asStreamError(reason);
}

function twoReaders(): QuorateError<'in-use'> {
  return new QuorateError({
    code: 'in-use',
    message: 'this stream is read by another loop; pieces go to one reader, so let one read and hand on',
    data: { what: 'stream', holder: 'another reader' },
  });
}
