/**
 * What leaves on a connection: the frames of a turn in one write, and behind them pieces of streams, one of each
 * in its turn. A piece goes only while the connection takes more, and only so many a turn: what is asked in the
 * next turn goes before the next pieces.
 */
import type { Clock, Connection } from '../../ports/index.ts';
import type { FrameBatch } from '../frame-batch.ts';

/** A stream with something to send. */
interface Pourer {
  /** Sends one piece; false when nothing is left, or there is no credit. */
  pour(): boolean;
}

export interface OutletOptions {
  readonly clock: Clock;
  readonly connection: Connection;
  readonly frames: FrameBatch;
  /** `at-once`: what is asked leaves when the code that asks has ended. `after-turn`: with all that this turn brought. */
  readonly gather: 'at-once' | 'after-turn';
  /** The connection takes no more, or takes more again. Default: nobody needs to know. */
  readonly onBlocked?: () => void;
  readonly onDrained?: () => void;
}

/** Pieces of streams stop at so many bytes a turn; more than that of anything else does not wait for its end. */
const turnBytes = 256 * 1024;

export class Outlet {
  readonly #options: OutletOptions;
  readonly #pourers = new Set<Pourer>();
  readonly #flushPlanned = (): void => {
    this.#isPlanned = false;
    this.flush();
  };
  #isPlanned = false;
  #isBlocked = false;
  #isClosed = false;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** The peer takes nothing more for the moment. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Bytes that wait here. */
  get waitingBytes(): number {
    return this.#options.frames.length;
  }

  /** Something was added to the frames. */
  plan(): void {
    if (this.#isPlanned || this.#isBlocked || this.#isClosed) return;
    this.#isPlanned = true;
    if (this.#options.gather === 'at-once') queueMicrotask(this.#flushPlanned);
    else this.#options.clock.afterTurn(this.#flushPlanned);
  }

  /** As `plan`, for whoever adds much in one turn: what has gathered need not wait for its end. */
  planMuch(): void {
    if (this.#options.frames.length >= turnBytes) this.flush();
    else this.plan();
  }

  /** A stream has something to send. */
  pour(stream: Pourer): void {
    this.#pourers.add(stream);
    this.plan();
  }

  flush(): void {
    if (this.#isBlocked || this.#isClosed) return;
    this.#pourPieces();
    const { clock, connection, frames, onBlocked } = this.#options;
    if (frames.length === 0) return;
    if (!connection.write(frames.take())) {
      this.#isBlocked = true;
      onBlocked?.();
    } else if (this.#pourers.size > 0 && !this.#isPlanned) {
      this.#isPlanned = true;
      clock.afterTurn(this.#flushPlanned);
    }
  }

  /** The connection takes more again. */
  drained(): void {
    this.#isBlocked = false;
    this.#options.onDrained?.();
    this.flush();
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#isClosed = true;
    this.#pourers.clear();
  }

  #pourPieces(): void {
    const { frames } = this.#options;
    while (frames.length < turnBytes) {
      const [first] = this.#pourers;
      if (first === undefined) return;
      // To the end of the line, if anything is left.
      this.#pourers.delete(first);
      if (first.pour()) this.#pourers.add(first);
    }
  }
}
