/**
 * A hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva and Leone: Logical Physical Clocks, 2014): timestamps
 * that grow along causes, as Lamport's do, and are near the time of day, so people and other systems can read them.
 * It takes the greatest time of day that it has seen, its own or another's, and counts where that does not grow.
 *
 * One node whose clock is an hour ahead would drag all others along. So a timestamp that is further ahead of this
 * node's time of day than the bound is refused, and changes nothing. The bound is on what others say: this node's
 * own time of day is believed, because nothing in here can tell that it is wrong; `ClockOffsets` can.
 */
import { assert, type Duration, QuorateError } from '../base/index.ts';
import { lengthMs, readingMs } from './figures.ts';
import { checkHybrid, type HybridTimestamp, hybridCounterMax, hybridWallMsMax } from './hybrid-timestamp.ts';

export interface HybridClockOptions {
  /** How far ahead of the time of day here a timestamp of another node may be. Default 500 ms, at most a day. */
  readonly driftMax?: Duration;
  /** The timestamp to go on behind: one that no event before a restart is later than. Default: the beginning. */
  readonly last?: HybridTimestamp;
}

const dayMs = 86_400_000;
const driftMaxDefaultMs = 500;

/** Half of the 48 bits, the year 6429: what is left above it is room for drift and for carried counters. */
const ownWallMsMax = 2 ** 47;

export class HybridClock {
  readonly #driftMaxMs: number;
  #wallMs = 0;
  #counter = 0;

  constructor({ driftMax = driftMaxDefaultMs, last }: HybridClockOptions = {}) {
    this.#driftMaxMs = lengthMs('driftMax', driftMax, dayMs);
    if (last === undefined) return;
    checkHybrid(last);
    readingMs('wallMs of last', last.wallMs, ownWallMsMax);
    this.#wallMs = last.wallMs;
    this.#counter = last.counter;
  }

  /** The last timestamp that was given. */
  get last(): HybridTimestamp {
    return { wallMs: this.#wallMs, counter: this.#counter };
  }

  /** A timestamp for an event here, later than all before; `wallMs` is the time of day, which may step back. */
  now(wallMs: number): HybridTimestamp {
    const wall = Math.floor(readingMs('wallMs', wallMs, ownWallMsMax));
    if (wall > this.#wallMs) return this.#become(wall, 0);
    return this.#become(this.#wallMs, this.#counter + 1);
  }

  /** A timestamp for the arrival of `remote`, later than it and than all before here. */
  receive(remote: HybridTimestamp, wallMs: number): HybridTimestamp {
    checkHybrid(remote);
    const wall = Math.floor(readingMs('wallMs', wallMs, ownWallMsMax));
    const aheadMs = remote.wallMs - wall;
    if (aheadMs > this.#driftMaxMs) throw tooFarAhead(aheadMs, this.#driftMaxMs);
    const greatest = Math.max(wall, this.#wallMs, remote.wallMs);
    let counter = -1;
    if (greatest === this.#wallMs) counter = this.#counter;
    if (greatest === remote.wallMs) counter = Math.max(counter, remote.counter);
    return this.#become(greatest, counter + 1);
  }

  /**
   * How far the timestamps are ahead of the time of day. Above `driftMax` the time of day has stepped back, and
   * stands still here until it has caught up.
   */
  aheadMs(wallMs: number): number {
    return Math.max(0, this.#wallMs - Math.floor(readingMs('wallMs', wallMs, ownWallMsMax)));
  }

  /** A counter that is full carries into the milliseconds: a timestamp may be early by one, but never twice the same. */
  #become(wallMs: number, counter: number): HybridTimestamp {
    const isFull = counter > hybridCounterMax;
    const nextMs = isFull ? wallMs + 1 : wallMs;
    const nextCounter = isFull ? 0 : counter;
    assert(nextMs <= hybridWallMsMax, 'a hybrid clock stays within its 48 bits');
    assert(
      nextMs > this.#wallMs || (nextMs === this.#wallMs && nextCounter > this.#counter),
      'a hybrid clock only goes forward',
    );
    this.#wallMs = nextMs;
    this.#counter = nextCounter;
    return { wallMs: nextMs, counter: nextCounter };
  }
}

function tooFarAhead(aheadMs: number, driftMaxMs: number): QuorateError<'clock-ahead'> {
  return new QuorateError({
    code: 'clock-ahead',
    message: `a timestamp is ${aheadMs} ms ahead of the time of day here, and ${driftMaxMs} ms are believed; set the clock there or here`,
    data: { clock: 'hybrid', aheadMs, driftMaxMs },
  });
}
