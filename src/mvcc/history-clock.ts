/**
 * The leader's clock for history: it decides which revisions are old enough to be forgotten. A store that nobody
 * compacts grows until it refuses writes, and nobody notices before that; so history has a length, in time. The
 * clock notes now and then which revision is the present one, and asks for a compaction up to a note once that is as
 * old as history shall be long. Pure: `now` comes in, the revision to compact to comes out.
 *
 * It errs towards remembering: a leader knows nothing of the time before it led.
 */
import { assert, Deque } from '../base/index.ts';

interface Note {
  readonly atMs: number;
  /** All revisions up to this one are at least as old as the note. */
  readonly revision: number;
}

/** Notes in the length of history: what is forgotten is at most so much of it too late. */
const notesPerLength = 16;

export class HistoryClock {
  readonly #lengthMs: number;
  readonly #notes = new Deque<Note>();

  /** The member leads from `now` on. */
  constructor(lengthMs: number, now: number, revision: number) {
    assert(lengthMs > 0, 'history has a length');
    this.#lengthMs = lengthMs;
    this.#notes.pushBack({ atMs: now, revision });
  }

  /** The revision to compact to; `undefined`: nothing is old enough that was not said before. */
  tick(now: number, revision: number): number | undefined {
    const last = this.#notes.back();
    if (last === undefined || now - last.atMs >= this.#lengthMs / notesPerLength)
      this.#notes.pushBack({ atMs: now, revision });
    let old: Note | undefined;
    for (let first = this.#notes.front(); first !== undefined; first = this.#notes.front()) {
      if (now - first.atMs < this.#lengthMs) break;
      old = this.#notes.popFront();
    }
    return old === undefined || old.revision === 0 ? undefined : old.revision;
  }
}
