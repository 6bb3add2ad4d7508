/**
 * One direction between two machines: how long bytes take, and whether they pass at all. Faults change it;
 * connections ask it at every segment.
 */
import type { Prng } from '../../../base/index.ts';
import { drawMs, Factors, type Latency } from '../kernel/index.ts';

export interface LinkOptions {
  readonly latency: Latency;
  /** How many bytes pass in a millisecond; `Infinity` for as many as there are. */
  readonly bytesPerMs: number;
  /** How long a sender waits before it sends a lost segment again; twice as long each further time. */
  readonly retransmitMsMin: number;
  readonly retransmitMsMax: number;
  /** How likely a datagram is lost without a fault. */
  readonly datagramLossChance: number;
  /** How likely one arrives twice. */
  readonly datagramDoubleChance: number;
}

/** Two generators, so that datagrams leave the luck of streams as it was. */
export interface LinkLuck {
  readonly streams: Prng;
  readonly datagrams: Prng;
}

export class Link {
  readonly slowness: Factors = new Factors();
  readonly #options: LinkOptions;
  readonly #prng: Prng;
  readonly #datagramPrng: Prng;
  readonly #lossChances: number[] = [];
  readonly #narrowings: number[] = [];
  #cuts = 0;
  #addedMs = 0;
  /** When the last byte so far has left, where bandwidth is bounded. */
  #freeAtMs = 0;

  constructor(options: LinkOptions, luck: LinkLuck) {
    this.#options = options;
    this.#prng = luck.streams;
    this.#datagramPrng = luck.datagrams;
  }

  get isCut(): boolean {
    return this.#cuts > 0;
  }

  cut(): () => void {
    this.#cuts += 1;
    return () => {
      this.#cuts -= 1;
    };
  }

  /** Adds to every delay. */
  delay(addedMs: number): () => void {
    this.#addedMs += addedMs;
    return () => {
      this.#addedMs -= addedMs;
    };
  }

  /** Loses each segment with this chance, which a stream feels as delay, and each datagram for good. */
  lose(chance: number): () => void {
    return pushed(this.#lossChances, chance);
  }

  narrow(bytesPerMs: number): () => void {
    return pushed(this.#narrowings, bytesPerMs);
  }

  /** How long a segment of so many bytes takes that leaves now, its repeats included. */
  passMs(bytes: number, nowMs: number): number {
    let wayMs = this.#wayMs(this.#prng);
    if (this.#lossChances.length > 0) wayMs += this.#repeatsMs();
    return this.#queueMs(bytes, nowMs) + wayMs;
  }

  /**
   * How long each copy of a datagram takes that leaves now: none where it is lost, two where it comes twice. Each has
   * a time of its own, so they overtake each other.
   */
  copiesMs(bytes: number, nowMs: number): number[] {
    const { datagramLossChance, datagramDoubleChance } = this.#options;
    const prng = this.#datagramPrng;
    if (this.isCut || prng.chance(Math.max(datagramLossChance, ...this.#lossChances))) return [];
    const copies = prng.chance(datagramDoubleChance) ? 2 : 1;
    return Array.from({ length: copies }, () => this.#queueMs(bytes, nowMs) + this.#wayMs(prng));
  }

  /** After a cut of so long, the sender's next attempt comes within as long again, because its pauses double. */
  nextAttemptMs(cutForMs: number): number {
    const { retransmitMsMin, retransmitMsMax } = this.#options;
    return this.#prng.float() * Math.min(Math.max(cutForMs, retransmitMsMin), retransmitMsMax);
  }

  /** How many of `length` bytes arrive at once: now and then a part, since a stream may be cut anywhere. */
  splitLength(length: number, chance: number): number {
    if (length < 2 || chance === 0 || !this.#prng.chance(chance)) return length;
    return 1 + this.#prng.below(length - 1);
  }

  /** How much later the rest of a segment comes that arrives in two parts. */
  gapMs(): number {
    return this.#prng.float() * this.#options.latency.leastMs;
  }

  /** How many of `length` bytes under way are still delivered when their sender is gone: all, none or some. */
  cutLength(length: number): number {
    return this.#prng.pick([0, this.#prng.below(length + 1), length]);
  }

  #wayMs(prng: Prng): number {
    return drawMs(this.#options.latency, prng) * this.slowness.product + this.#addedMs;
  }

  /** Until the last of so many bytes has left, where bandwidth is bounded. */
  #queueMs(bytes: number, nowMs: number): number {
    if (this.#narrowings.length === 0 && this.#options.bytesPerMs === Number.POSITIVE_INFINITY) return 0;
    const bytesPerMs = Math.min(this.#options.bytesPerMs, ...this.#narrowings);
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + bytes / bytesPerMs;
    return this.#freeAtMs - nowMs;
  }

  #repeatsMs(): number {
    const { retransmitMsMin, retransmitMsMax } = this.#options;
    const chance = Math.max(...this.#lossChances);
    let waitMs = 0;
    let pauseMs = retransmitMsMin;
    while (pauseMs < retransmitMsMax && this.#prng.chance(chance)) {
      waitMs += pauseMs;
      pauseMs *= 2;
    }
    return waitMs;
  }
}

function pushed(values: number[], value: number): () => void {
  values.push(value);
  return () => {
    values.splice(values.indexOf(value), 1);
  };
}
