/**
 * Housekeeping that nobody waits for: now and then each engine takes away what is too old, and sessions that nobody
 * came across. Each at a random moment of its own, so that many engines do not all come at once.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Timer } from '../../ports/index.ts';
import type { Server } from './server.ts';

const everyMs = 60_000;
/** While there is more to do than is done in one go. */
const soonMs = 500;

export class Keeper {
  readonly #server: Server;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#plan(everyMs);
  }

  /** Resolves when what was under way is over, which it is at the latest with the server. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
  }

  #plan(meanMs: number): void {
    const { clock, random } = this.#server.settings;
    if (this.#server.closed.aborted) return;
    const delayMs = meanMs * (0.5 + random.uint32() / 2 ** 32);
    const onTime = (): void => {
      this.#running = this.#run();
    };
    this.#timer = clock.setTimer(delayMs, onTime, { background: true });
  }

  async #run(): Promise<void> {
    const { keepMs } = this.#server.settings;
    let nextMs = everyMs;
    try {
      const answer = await this.#server.write({}, { name: 'tidy', lane: 'lives', request: { keepMs } });
      if (answer.outcome === 'done' && answer.hasMore === true) nextMs = soonMs;
    } catch (error) {
      // Somebody else's turn, or the next one.
      if (!isQuorateError(error)) throw error;
    }
    this.#plan(nextMs);
  }
}
