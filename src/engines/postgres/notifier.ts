/**
 * Tells other processes of changes, behind their commit and not in it: the server lets one notifying transaction
 * commit at a time in the whole database, so a notification inside would make every write wait for the disk alone.
 * What is lost with a process that dies in between is found by those who look by themselves.
 */
import type { Clock } from '../../ports/index.ts';
import type { Lasts } from './answers.ts';
import { channelOf, payloadOf } from './news.ts';
import type { Server } from './server.ts';
import { notifyText } from './statements.ts';

/** More are not told of; watches find them. */
const directoriesMax = 10_000;

export class Notifier {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #untold = new Map<string, number>();
  #telling: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#clock = server.settings.clock;
  }

  /** Gathers what one turn has written. */
  tell(lasts: Lasts): void {
    for (const [directory, last] of Object.entries(lasts)) {
      if (this.#untold.size < directoriesMax) this.#untold.set(directory, last);
    }
    if (this.#untold.size > 0) this.#telling ??= this.#run();
  }

  /** Resolves when all is told that was to be told. */
  async close(): Promise<void> {
    await this.#telling;
  }

  async #run(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.afterTurn(resolve));
    while (this.#untold.size > 0 && !this.#server.closed.aborted) {
      const payloads = [...this.#untold].map(([directory, last]) => payloadOf({ directory, last }));
      this.#untold.clear();
      await this.#send(notifyText(channelOf(this.#server.settings.schema), payloads));
    }
    this.#telling = undefined;
  }

  async #send(text: string): Promise<void> {
    const { clock, deadlineMs } = this.#server.settings;
    const overdue = new AbortController();
    const timer = clock.setTimer(deadlineMs, () => overdue.abort(new Error('no answer')), {
      background: true,
    });
    try {
      await this.#server.send('lives', text, overdue.signal);
    } catch {
      // Nobody waits for it, and who watches finds the change by itself.
      this.#untold.clear();
    } finally {
      timer.cancel();
    }
  }
}
