/**
 * The leader's clock for collection: garbage is freed behind the commands that come, and where none come it would
 * lie for ever, and count against the quota. So a leader whose store has something to free, and little to do, asks
 * for a piece of it now and then. Pure: `now` comes in, the number of events to look at comes out.
 *
 * It asks again only when something was carried out since: a state that gets nowhere, on a full disk, would else
 * find a log full of requests.
 */

/** What it has to know of the store. */
export interface CollectionView {
  readonly isCollecting: boolean;
  readonly appliedIndex: number;
}

const pauseMs = 250;
/** As many commands in a pause carry the collection themselves. */
const commandsBusy = 128;
/** A few milliseconds of work, which whoever comes meanwhile waits for. */
const eventsPerPiece = 1_024;
/** A proposal that got lost is made again after this time. */
const retryMs = 5_000;

export class CollectionClock {
  #lookedMs: number;
  #lookedIndex: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #askedIndex = 0;

  /** The member leads from `now` on. */
  constructor(now: number, appliedIndex: number) {
    this.#lookedMs = now;
    this.#lookedIndex = appliedIndex;
  }

  /** How many events to look at; 0: none now. */
  tick(now: number, { isCollecting, appliedIndex }: CollectionView): number {
    if (now - this.#lookedMs < pauseMs) return 0;
    const isBusy = appliedIndex - this.#lookedIndex >= commandsBusy;
    this.#lookedMs = now;
    this.#lookedIndex = appliedIndex;
    const isAnswered = appliedIndex > this.#askedIndex || now - this.#askedMs >= retryMs;
    if (!isCollecting || isBusy || !isAnswered) return 0;
    this.#askedMs = now;
    this.#askedIndex = appliedIndex;
    return eventsPerPiece;
  }
}
