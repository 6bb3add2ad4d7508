/**
 * A pause after a holder that vanished, so that what it had sent before has arrived or is dead when the next one
 * begins: for resources that cannot check a fence. Who comes later must know of it too, so a holder leaves a mark that
 * outlives its session, and takes it away when it releases cleanly. A mark of somebody else without its holder tells
 * of one that vanished; the time counts from when it was seen, since no two clocks agree on when it began.
 */

import { isQuorateError } from '../base/index.ts';
import type { Condition, Item } from '../engines/port/index.ts';
import { pause } from '../ports/index.ts';
import type { Arrival } from './line.ts';
import type { Place } from './place.ts';
import { tellProblem } from './problems.ts';
import type { RecipeContext } from './recipe-context.ts';

const bytes = new TextEncoder();

export interface LockDelayOptions {
  readonly context: RecipeContext;
  /** Where the mark lies. */
  readonly key: string;
  readonly delayMs: number;
}

export class LockDelay {
  readonly #options: LockDelayOptions;
  /** When the marks that are there were made, as the engine counts. */
  readonly #marks = new WeakMap<Place, number>();

  constructor(options: LockDelayOptions) {
    this.#options = options;
  }

  /** Waits as long as it must, and leaves the mark of this place. */
  async pass({ place, signal, checkMayWait }: Arrival): Promise<void> {
    const { context, key, delayMs } = this.#options;
    const { engine } = context;
    const { created } = await place.taken;
    const value = bytes.encode(String(created));
    while (true) {
      const mark = await engine.get(key, { signal });
      if (mark !== undefined) {
        checkMayWait();
        await pause(engine.clock, delayMs, signal);
      }
      const operations = [{ kind: 'put', key, value }] as const;
      const answer = await engine.transact({ when: [sameAs(key, mark)], operations, signal });
      if (!answer.succeeded) continue;
      const [put] = answer.results;
      if (put?.kind === 'put') this.#marks.set(place, put.modified);
      // The session may have ended during the pause, and somebody else may be waiting behind the mark by now.
      if (mark !== undefined) await place.checkPresent(signal);
      return;
    }
  }

  /** Takes the mark of this place away, and no other. Never rejects: where it fails, the next one waits. */
  async clear(place: Place): Promise<void> {
    const { context, key } = this.#options;
    const modified = this.#marks.get(place);
    if (modified === undefined) return;
    const when = [{ key, is: 'unchanged', modified }] as const;
    try {
      await context.engine.transact({ when, operations: [{ kind: 'delete', key }] });
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      tellProblem(`clearing the delay of ${place.what}`, error);
    }
  }
}

function sameAs(key: string, mark: Item | undefined): Condition {
  return mark === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modified: mark.modified };
}
