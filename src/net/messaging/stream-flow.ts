/**
 * How much may be under way on a stream, in each direction. A receiver grants credit and gives it back as its
 * reader takes what has come, so a reader that stands still holds up its own sender and nobody else. A piece
 * costs its bytes and a fixed amount for the memory that it takes beside them: otherwise a window full of single
 * bytes would cost its receiver a hundred times what was granted.
 */
import { assert } from '../../base/index.ts';
import { creditExceeded } from './refusals.ts';

const pieceOverhead = 64;

function pieceCost(bytes: number): number {
  return bytes + pieceOverhead;
}

export interface Windows {
  /** What the peer grants, and what this side does. */
  readonly sending: number;
  readonly receiving: number;
}

export class StreamFlow {
  readonly #windows: Windows;
  #sendCredit: number;
  /** What the peer may still send, as far as it knows. */
  #granted: number;
  /** What was taken and is not given back yet. */
  #owed = 0;
  sendEnded = false;
  receiveEnded = false;

  constructor(windows: Windows) {
    this.#windows = windows;
    this.#sendCredit = windows.sending;
    this.#granted = windows.receiving;
  }

  get isOver(): boolean {
    return this.sendEnded && this.receiveEnded;
  }

  /** How many of `bytes` may go in the next piece; 0: none, until there is credit. */
  sendable(bytes: number, pieceBytesMax: number): number {
    return Math.max(0, Math.min(bytes, pieceBytesMax, this.#sendCredit - pieceOverhead));
  }

  sent(bytes: number): void {
    assert(bytes > 0 && !this.sendEnded, 'a piece has bytes and comes before the end');
    this.#sendCredit -= pieceCost(bytes);
    assert(this.#sendCredit >= 0, 'no piece is sent without credit');
  }

  /** The peer gives credit back. */
  credited(cost: number): void {
    this.#sendCredit += cost;
    if (this.#sendCredit > this.#windows.sending)
      throw creditExceeded('it gives back more credit than was used');
  }

  received(bytes: number): void {
    this.#granted -= pieceCost(bytes);
    if (this.#granted < 0) throw creditExceeded('it sends more on a stream than it was granted');
  }

  /** A reader has taken a piece: how much credit is due now. It goes back by halves of the window, not by pieces. */
  taken(bytes: number): number {
    this.#owed += pieceCost(bytes);
    if (this.receiveEnded || this.#owed * 2 < this.#windows.receiving) return 0;
    const due = this.#owed;
    this.#owed = 0;
    this.#granted += due;
    assert(this.#granted <= this.#windows.receiving, 'no more is granted than the window');
    return due;
  }
}
