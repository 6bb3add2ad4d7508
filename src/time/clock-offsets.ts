/**
 * How far the clock of this node is from what the clocks of the nodes agree on. Each peer is asked now and then; of
 * the last exchanges with it the one with the least error counts, which is the one that the network delayed least,
 * until it has aged: two clocks drift apart, and what was measured an hour ago is worth less than a slow answer now.
 * Then each clock, this one among them, is a source that says where the true time is, with how far from it a sound
 * clock may be; and what a majority agrees on names those that are wrong (`agreement.ts`).
 *
 * Time of day is what is compared, and the monotonic clock measures age, as it does not step. When the time of day
 * here steps (`ClockWatcher` tells), every sample is wrong by the step: call `reset`.
 */
import { type Duration, invalidOption } from '../base/index.ts';
import { checkActor } from './actor.ts';
import { type Agreement, agreementOf, type SourceInterval } from './agreement.ts';
import { type ClockExchange, type ClockSample, clockSample, type ExchangeFault } from './clock-exchange.ts';
import { lengthMs, readingMs, wholeNumber } from './figures.ts';

export interface ClockOffsetsOptions {
  /** The name of this node among the sources. */
  readonly self: string;
  /** How far a sound clock may be from the true time. Default 100 ms; smaller, and sound clocks disagree. */
  readonly accuracy?: Duration;
  /** From how far off a clock is skewed. Default 500 ms. */
  readonly skewMax?: Duration;
  /** How fast two clocks part at most, in parts of a million. Default 100, which is 6 ms in a minute. */
  readonly driftPpm?: number;
  /** Exchanges that are kept of each peer. Default 8. */
  readonly window?: number;
  /** An exchange that is older tells nothing. Default 10 minutes. */
  readonly ageMax?: Duration;
  /** Peers that are kept; another is refused as `too-many-peers`. Default 64. */
  readonly peersMax?: number;
}

/** By how much a peer’s clock is ahead of the one here, give or take the error. */
export interface PeerOffset {
  readonly peer: string;
  readonly offsetMs: number;
  readonly errorMs: number;
}

/**
 * - `within`: this clock is off by no more than `skewMax`, error included.
 * - `beyond`: it is off by more, whatever the error. Worth waking somebody.
 * - `uncertain`: the error is too large to say.
 */
export type SkewVerdict = 'within' | 'uncertain' | 'beyond';

export type OffsetEstimate =
  | {
      readonly state: 'agreed';
      /** What to add to the clock here to have the time that the majority agrees on. */
      readonly offsetMs: number;
      /** At most so far off, if a majority of the clocks is sound. */
      readonly errorMs: number;
      readonly skew: SkewVerdict;
      /** The clocks that cannot be right if the majority is; this node’s own may be one. */
      readonly falsetickers: readonly string[];
      readonly peers: readonly PeerOffset[];
    }
  /** Too few clocks agree to say which are wrong. */
  | { readonly state: 'no-majority'; readonly peers: readonly PeerOffset[] }
  /** Nobody was heard of lately. */
  | { readonly state: 'no-samples'; readonly peers: readonly [] };

export type ObserveFault = ExchangeFault | 'too-many-peers';

interface KeptSample extends ClockSample {
  readonly takenMs: number;
}

const dayMs = 86_400_000;

export class ClockOffsets {
  readonly #self: string;
  readonly #accuracyMs: number;
  readonly #skewMaxMs: number;
  readonly #driftPpm: number;
  readonly #window: number;
  readonly #ageMaxMs: number;
  readonly #peersMax: number;
  /** Of each peer the last exchanges, the oldest first. */
  readonly #samples = new Map<string, KeptSample[]>();

  constructor({
    self,
    accuracy = 100,
    skewMax = 500,
    driftPpm = 100,
    window = 8,
    ageMax = '10m',
    peersMax = 64,
  }: ClockOffsetsOptions) {
    checkActor(self);
    this.#self = self;
    this.#accuracyMs = lengthMs('accuracy', accuracy, dayMs);
    this.#skewMaxMs = lengthMs('skewMax', skewMax, dayMs);
    this.#driftPpm = wholeNumber('driftPpm', driftPpm, 0, 100_000);
    this.#window = wholeNumber('window', window, 1, 1_000);
    this.#ageMaxMs = lengthMs('ageMax', ageMax, dayMs);
    this.#peersMax = wholeNumber('peersMax', peersMax, 1, 10_000);
  }

  /** Takes an exchange in; a fault says why it tells nothing and was left out: worth a counter. */
  observe(peer: string, exchange: ClockExchange, monotonicMs: number): ClockSample | ObserveFault {
    checkActor(peer);
    if (peer === this.#self) throw invalidOption('peer', peer, 'another node than this one');
    const takenMs = readingMs('monotonicMs', monotonicMs);
    const sample = clockSample(exchange);
    if (typeof sample === 'string') return sample;
    const kept = this.#samples.get(peer) ?? [];
    if (kept.length === 0 && this.#samples.size >= this.#peersMax) return 'too-many-peers';
    this.#samples.set(peer, [...kept, { ...sample, takenMs }].slice(-this.#window));
    return sample;
  }

  /** For a peer that left, or whose clock was set. */
  forget(peer: string): void {
    this.#samples.delete(peer);
  }

  /** For when the time of day here has stepped. */
  reset(): void {
    this.#samples.clear();
  }

  estimate(monotonicMs: number): OffsetEstimate {
    const nowMs = readingMs('monotonicMs', monotonicMs);
    const peers = [...this.#samples].flatMap(([peer, samples]) => this.#best(peer, samples, nowMs));
    if (peers.length === 0) return { state: 'no-samples', peers: [] };
    const own: PeerOffset = { peer: this.#self, offsetMs: 0, errorMs: 0 };
    const agreement = agreementOf([own, ...peers].map((source) => this.#interval(source)));
    if (!agreement.agreed) return { state: 'no-majority', peers };
    return { ...this.#judged(agreement), peers };
  }

  /** Of one peer the sample with the least error today; none where all are too old. */
  #best(peer: string, samples: readonly KeptSample[], nowMs: number): PeerOffset[] {
    let best: PeerOffset | undefined;
    for (const { offsetMs, delayMs, takenMs } of samples) {
      const ageMs = Math.max(0, nowMs - takenMs);
      if (ageMs > this.#ageMaxMs) continue;
      const errorMs = delayMs / 2 + (ageMs * this.#driftPpm) / 1_000_000;
      if (best === undefined || errorMs < best.errorMs) best = { peer, offsetMs, errorMs };
    }
    return best === undefined ? [] : [best];
  }

  #interval({ peer, offsetMs, errorMs }: PeerOffset): SourceInterval {
    const reachMs = errorMs + this.#accuracyMs;
    return { name: peer, low: offsetMs - reachMs, high: offsetMs + reachMs };
  }

  #judged({ middle, error, falsetickers }: Extract<Agreement, { readonly agreed: true }>): {
    readonly state: 'agreed';
    readonly offsetMs: number;
    readonly errorMs: number;
    readonly skew: SkewVerdict;
    readonly falsetickers: readonly string[];
  } {
    const offMs = Math.abs(middle);
    let skew: SkewVerdict = 'uncertain';
    if (offMs + error <= this.#skewMaxMs) skew = 'within';
    else if (offMs - error > this.#skewMaxMs) skew = 'beyond';
    return { state: 'agreed', offsetMs: middle, errorMs: error, skew, falsetickers };
  }
}
