/** Counts latencies by the microsecond: exact to there, and of constant size however long a run is. */

const microsecondsMax = 2_000_000;

export class Latencies {
  readonly #counts = new Uint32Array(microsecondsMax + 1);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  record(milliseconds: number): void {
    const place = Math.min(microsecondsMax, Math.round(milliseconds * 1000));
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#count += 1;
  }

  /** In microseconds; `share` is 0.99 for p99. */
  percentile(share: number): number {
    const rank = Math.ceil(this.#count * share);
    let seen = 0;
    for (let place = 0; place <= microsecondsMax; place += 1) {
      seen += this.#counts[place] as number;
      if (seen >= rank) return place;
    }
    return microsecondsMax;
  }
}
