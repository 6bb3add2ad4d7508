/**
 * Refuses early what could only be answered too late. Queues with bounds keep a node alive under overload, but full
 * ones make everybody wait for as long as they are deep, and what comes out at the end nobody waits for any more. So a
 * command is refused at the door when those before it show that it would wait longer than it may: longer than its own
 * deadline allows, or than any should. Whoever is refused hears when to come again, and that nothing was applied.
 *
 * How long it would wait is seen and not computed: the age of the oldest proposal under way, or how long the last one
 * took, whichever is more. A rate would have to be known at full load to tell anything. The event loop counts with
 * what two ticks in a row came late; a single stall says nothing about what comes behind it.
 *
 * What keeps a lease or a session alive always passes, and has room left for it in the log: a node with too much to do
 * must not take from its clients what they hold. Reads do not wait behind commands, so only the loop counts for them.
 */
import { QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { GroupHost } from './group-host.ts';
import type { Waiter } from './waiter.ts';

export interface LoadGuardOptions {
  readonly clock: Clock;
  /** How often `ticked` is called where nothing holds the loop up. */
  readonly tickMs: number;
  /** What would wait longer is refused, whatever its own deadline is. */
  readonly waitMsMax: number;
  /** Bytes of commands that one group may have under way, beside those that keep something alive. */
  readonly bytesMax: number;
}

export interface LoadFigures {
  /** Requests that were refused since the start because they would have waited too long. */
  readonly refused: number;
  /** True: it was so a moment ago. */
  readonly isOverloaded: boolean;
  /** How late the event loop runs. */
  readonly loopDelayMs: number;
}

/** Who looks at a node comes a little later than what it looks for. */
const recentMs = 10_000;
const retryMsMin = 10;
const retryMsMax = 1_000;

export class LoadGuard {
  readonly #options: LoadGuardOptions;
  #tickedAtMs: number | undefined;
  #late = 0;
  #lateBefore = 0;
  #refused = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LoadGuardOptions) {
    this.#options = options;
  }

  get figures(): LoadFigures {
    const isOverloaded = this.#options.clock.now() - this.#refusedAtMs < recentMs;
    return { refused: this.#refused, isOverloaded, loopDelayMs: this.#loopDelayMs };
  }

  /** A tick, of those that come at a fixed distance where the loop is free. */
  ticked(now: number): void {
    this.#lateBefore = this.#late;
    this.#late =
      this.#tickedAtMs === undefined ? 0 : Math.max(0, now - this.#tickedAtMs - this.#options.tickMs);
    this.#tickedAtMs = now;
  }

  /** Throws `overloaded` where this command would wait too long. */
  checkCommand(host: GroupHost, command: Uint8Array, { dueMs }: Waiter): void {
    const { clock, bytesMax } = this.#options;
    const now = clock.now();
    const { waitMs, bytes } = host.load(now);
    const estimateMs = waitMs + this.#loopDelayMs;
    if (estimateMs > this.#limitMs(now, dueMs)) throw this.#overloaded(estimateMs, 'commands before it wait');
    // One by itself always has room: it would never have more.
    if (bytes > 0 && bytes + command.length > bytesMax)
      throw this.#overloaded(estimateMs, `${bytes} bytes of commands are under way`);
  }

  /** Throws `overloaded` where this read would wait too long. */
  checkRead({ dueMs }: Waiter): void {
    const delayMs = this.#loopDelayMs;
    if (delayMs === 0) return;
    if (delayMs > this.#limitMs(this.#options.clock.now(), dueMs))
      throw this.#overloaded(delayMs, 'the node is late with everything');
  }

  get #loopDelayMs(): number {
    return Math.min(this.#late, this.#lateBefore);
  }

  #limitMs(now: number, dueMs: number | undefined): number {
    const { waitMsMax } = this.#options;
    return dueMs === undefined ? waitMsMax : Math.min(waitMsMax, dueMs - now);
  }

  #overloaded(estimateMs: number, reason: string): QuorateError<'overloaded'> {
    this.#refused += 1;
    this.#refusedAtMs = this.#options.clock.now();
    // Half of what waits is gone by then.
    const retryAfterMs = Math.ceil(Math.min(retryMsMax, Math.max(retryMsMin, estimateMs / 2)));
    const waitMs = Math.ceil(estimateMs);
    return new QuorateError({
      code: 'overloaded',
      message: `the node has too much to do: ${reason}, for about ${waitMs} ms; try again in ${retryAfterMs} ms, and send less at once`,
      data: { waitMs, retryAfterMs },
    });
  }
}
