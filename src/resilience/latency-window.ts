/**
 * How long the latest calls took, and what share of them took no longer than how much: counts in buckets that grow
 * with what they hold, over the last thousand calls. Remembering one is a handful of instructions and allocates
 * nothing; all of it is some four kilobytes. A window of calls and not of time, so that a quiet hour forgets nothing
 * and no clock is needed.
 */
import { assert } from '../base/index.ts';

/** Durations are counted in these, up to four hours. */
const unitsPerMs = 16;
const unitsMost = 2 ** 28 - 1;
/** Buckets of one unit below twice this, then this many for each doubling: known to 3 %. */
const stepsPerDoubling = 32;
const stepBits = 5;
const buckets = bucketOf(unitsMost) + 1;

export class LatencyWindow {
  /** The bucket of each of the latest calls, the oldest one at `#next` when it is full. */
  readonly #latest: Uint16Array;
  readonly #counts = new Uint16Array(buckets);
  #count = 0;
  #next = 0;

  constructor(size: number) {
    assert(size >= 1 && size < 2 ** 16, 'a window holds as many calls as a bucket can count');
    this.#latest = new Uint16Array(size);
  }

  /** Calls that it remembers. */
  get count(): number {
    return this.#count;
  }

  record(durationMs: number): void {
    const bucket = bucketOf(Math.min(unitsMost, Math.floor(Math.max(0, durationMs) * unitsPerMs)));
    const { length } = this.#latest;
    if (this.#count === length) this.#add(this.#latest[this.#next] as number, -1);
    else this.#count += 1;
    this.#latest[this.#next] = bucket;
    this.#add(bucket, 1);
    this.#next = (this.#next + 1) % length;
  }

  /** What `share` of the calls, above 0 and up to 1, did not reach: at most 3 % and a sixteenth of a millisecond too much. */
  quantileMs(share: number): number {
    assert(this.#count > 0, 'somebody asks for the share of no calls');
    const wanted = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted) return endUnitsOf(bucket) / unitsPerMs;
    }
    return unitsMost / unitsPerMs;
  }

  #add(bucket: number, calls: number): void {
    this.#counts[bucket] = (this.#counts[bucket] as number) + calls;
  }
}

function bucketOf(units: number): number {
  if (units < stepsPerDoubling) return units;
  const shift = 31 - Math.clz32(units) - stepBits;
  return shift * stepsPerDoubling + (units >>> shift);
}

/** The first number of units above the bucket. */
function endUnitsOf(bucket: number): number {
  if (bucket < stepsPerDoubling) return bucket + 1;
  const shift = (bucket >>> stepBits) - 1;
  return (bucket - shift * stepsPerDoubling + 1) * 2 ** shift;
}
