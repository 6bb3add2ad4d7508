/**
 * How long things took, in bounded memory: counts in buckets that grow with what they hold. A duration is known to
 * the microsecond below 128 µs and to 1.6 % above, up to half an hour; ten million of them cost what one does.
 * Adding one is a few instructions and allocates nothing, so it may stand on a hot path.
 */

/** Buckets of one microsecond up to here, then 64 for each doubling. */
const linearUs = 128;
const stepsPerDoubling = 64;
const usMost = 2 ** 31 - 1;
const buckets = bucketOf(usMost) + 1;

export class LatencyHistogram {
  readonly #counts = new Float64Array(buckets);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** A clock that went back counts as no time. */
  record(durationMs: number): void {
    const ms = durationMs > 0 ? durationMs : 0;
    const bucket = bucketOf(Math.min(usMost, Math.floor(ms * 1000)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  add(other: LatencyHistogram): void {
    for (const [bucket, count] of other.#counts.entries())
      this.#counts[bucket] = (this.#counts[bucket] as number) + count;
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  /** What `share` of the durations, from 0 to 1, did not pass; never above the longest. 0 without any. */
  quantileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(this.#maxMs, firstUsOf(bucket + 1) / 1000);
    }
    return 0;
  }

  /** How many were below `2 ** doublings` microseconds: exact, because no bucket holds both sides of it. */
  countBelow(doublings: number): number {
    const end = bucketOf(2 ** doublings);
    let seen = 0;
    for (let bucket = 0; bucket < end; bucket += 1) seen += this.#counts[bucket] as number;
    return seen;
  }
}

function bucketOf(us: number): number {
  if (us < linearUs) return us;
  const doubling = 31 - Math.clz32(us);
  return linearUs + (doubling - 7) * stepsPerDoubling + ((us >>> (doubling - 6)) - stepsPerDoubling);
}

/** The least number of microseconds that falls into the bucket. */
function firstUsOf(bucket: number): number {
  if (bucket < linearUs) return bucket;
  const beyond = bucket - linearUs;
  const doubling = 7 + Math.floor(beyond / stepsPerDoubling);
  return (stepsPerDoubling + (beyond % stepsPerDoubling)) * 2 ** (doubling - 6);
}
