/**
 * Questions on one connection: two bytes of length before each message, one answered after the other. Who is silent
 * for too long, or does not read what was answered, is let go; so is who sends faster than is answered.
 */
import type { Clock, Connection, Timer } from '../../ports/index.ts';

export interface DnsStreamOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly idleMsMax: number;
  readonly answer: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  /** It was let go, because it was slow. */
  readonly slow: () => void;
  readonly ended: () => void;
}

const lengthBytes = 2;
const nothing = new Uint8Array(0);

export class DnsStream {
  readonly #options: DnsStreamOptions;
  #pending: Uint8Array = nothing;
  #timer: Timer | undefined;
  #isAnswering = false;
  #isFull = false;
  #hasEnded = false;
  #isOver = false;

  constructor(options: DnsStreamOptions) {
    this.#options = options;
    this.#wait();
    options.connection.start({
      received: (bytes) => this.#take(bytes),
      drained: () => {
        this.#isFull = false;
        if (!this.#isAnswering) this.#read();
      },
      ended: () => {
        this.#hasEnded = true;
        this.#next();
      },
      closed: () => this.#end(),
    });
  }

  close(): void {
    this.#options.connection.destroy();
    this.#end();
  }

  /** While one is answered nothing more is read, so that no more than one message and what came with it waits here. */
  #take(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    this.#pending = joined;
    this.#next();
  }

  #next(): void {
    if (this.#isOver || this.#isAnswering || this.#isFull) return;
    const pending = this.#pending;
    const length = ((pending[0] ?? 0) << 8) | (pending[1] ?? 0);
    if (pending.length < lengthBytes || pending.length < lengthBytes + length) {
      if (this.#hasEnded) this.#options.connection.end();
      return;
    }
    // A view and no copy: one piece may hold thousands of messages.
    this.#pending = pending.subarray(lengthBytes + length);
    this.#isAnswering = true;
    this.#options.connection.pause();
    this.#wait();
    const { answer } = this.#options;
    answer(pending.subarray(lengthBytes, lengthBytes + length)).then(
      (reply) => this.#reply(reply),
      (error: unknown) => {
        this.close();
        throw error;
      },
    );
  }

  #reply(reply: Uint8Array | undefined): void {
    const { connection } = this.#options;
    this.#isAnswering = false;
    if (this.#isOver) return;
    if (reply !== undefined) {
      const framed = new Uint8Array(lengthBytes + reply.length);
      framed[0] = reply.length >>> 8;
      framed[1] = reply.length;
      framed.set(reply, lengthBytes);
      this.#isFull = !connection.write(framed);
    }
    // Who does not read what was answered is not read either, or what he sends would wait here without a bound.
    if (!this.#isFull) this.#read();
  }

  #read(): void {
    this.#options.connection.resume();
    this.#next();
  }

  #wait(): void {
    const { clock, idleMsMax } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(idleMsMax, () => this.#onIdle(), { background: true });
  }

  #onIdle(): void {
    this.#options.slow();
    this.close();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#options.ended();
  }
}
