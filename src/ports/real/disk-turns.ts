/**
 * Runs asynchronous work one piece at a time, in the order it came. The queue is as long as the caller lets
 * its operations overlap; it holds no bytes of its own.
 */
import { Deque } from '../../base/index.ts';

/** Calls `done` once, when the next piece may start. */
export type Work = (done: () => void) => void;

export class Turns {
  readonly #waiting = new Deque<Work>();
  #busy = false;

  get busy(): boolean {
    return this.#busy;
  }

  take(work: Work): void {
    this.#waiting.pushBack(work);
    if (!this.#busy) this.#advance();
  }

  /** A loop, not recursion: a long queue of work that is refused at once must not exhaust the stack. */
  #advance(): void {
    this.#busy = true;
    for (let work = this.#waiting.popFront(); work !== undefined; work = this.#waiting.popFront()) {
      let inCall = true;
      let doneInCall = false;
      work(() => {
        if (inCall) doneInCall = true;
        else this.#advance();
      });
      inCall = false;
      if (!doneInCall) return;
    }
    this.#busy = false;
  }
}
