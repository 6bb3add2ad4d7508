/**
 * The loader's loop, the same for every server: each slot has one request open at any time and sends the next
 * when it is answered. Only what is answered within the measured span counts, after a span to warm up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Job, Outcome } from './job.ts';
import { Latencies } from './latencies.ts';

/** A connection that a protocol has opened for some slots. */
export interface LoadConnection {
  /** Adds the slot's next request to what the next flush sends. */
  request(slot: number, turn: number): void;
  flush(): void;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly place: number;
  readonly answered: (slot: number) => void;
  readonly failed: (error: Error) => void;
}

export type OpenConnection = (options: ConnectionOptions) => Promise<LoadConnection>;

export class ClosedLoop {
  readonly #latencies = new Latencies();
  readonly #sentAt: Float64Array;
  readonly #turns: Uint32Array;
  readonly #depth: number;
  readonly #connections: LoadConnection[] = [];
  readonly #failure = Promise.withResolvers<never>();
  readonly #drained = Promise.withResolvers<void>();
  #isMeasuring = false;
  #answers = 0;
  #isOver = false;
  /** After so many requests a slot ends by itself. */
  #turnsMax = Number.POSITIVE_INFINITY;
  #openSlots: number;

  constructor({ connections, depth }: Job['shape']) {
    this.#depth = depth;
    this.#openSlots = connections * depth;
    this.#sentAt = new Float64Array(this.#openSlots);
    this.#turns = new Uint32Array(this.#openSlots);
  }

  /** Sends as long as the job says. */
  async run(open: OpenConnection, { shape, warmupMs, measureMs }: Job): Promise<Outcome> {
    await this.#open(open, shape.connections);
    try {
      this.#begin();
      await this.#orFailure(delay(warmupMs));
      this.#isMeasuring = true;
      const startMs = performance.now();
      await this.#orFailure(delay(measureMs));
      this.#isMeasuring = false;
      const elapsedMs = performance.now() - startMs;
      this.#isOver = true;
      await this.#orFailure(this.#drained.promise);
      return {
        operationsPerSecond: (this.#latencies.count * 1000) / elapsedMs,
        p50Us: this.#latencies.percentile(0.5),
        p99Us: this.#latencies.percentile(0.99),
        answered: this.#answers,
      };
    } finally {
      await this.#close();
    }
  }

  /** Sends so many requests for each slot. */
  async runTurns(open: OpenConnection, connections: number, turns: number): Promise<void> {
    this.#turnsMax = turns;
    await this.#open(open, connections);
    try {
      this.#begin();
      await this.#orFailure(this.#drained.promise);
    } finally {
      await this.#close();
    }
  }

  async #open(open: OpenConnection, count: number): Promise<void> {
    const answered = (slot: number): void => this.#answered(slot);
    const failed = (error: Error): void => this.#failure.reject(error);
    for (let place = 0; place < count; place += 1)
      this.#connections.push(await open({ place, answered, failed }));
  }

  async #close(): Promise<void> {
    // What fails from here on is nobody's concern; the promise must not stay unheard.
    this.#failure.promise.catch(() => undefined);
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  #begin(): void {
    for (const [place, connection] of this.#connections.entries()) {
      for (let slot = place * this.#depth; slot < (place + 1) * this.#depth; slot += 1)
        this.#send(slot, performance.now());
      connection.flush();
    }
  }

  #answered(slot: number): void {
    const now = performance.now();
    this.#answers += 1;
    if (this.#isMeasuring) this.#latencies.record(now - (this.#sentAt[slot] as number));
    if (!this.#isOver && (this.#turns[slot] as number) < this.#turnsMax) {
      this.#send(slot, now);
      return;
    }
    this.#openSlots -= 1;
    if (this.#openSlots === 0) this.#drained.resolve();
  }

  #send(slot: number, now: number): void {
    const turn = this.#turns[slot] as number;
    this.#turns[slot] = turn + 1;
    this.#sentAt[slot] = now;
    (this.#connections[Math.floor(slot / this.#depth)] as LoadConnection).request(slot, turn);
  }

  #orFailure<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failure.promise]);
  }
}
