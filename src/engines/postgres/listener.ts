/**
 * Hears of changes from other processes at once, on a connection of its own. Through a pooler that gives a
 * connection for a transaction, what was listened for would arrive at whoever has the connection then; so it is
 * asked first whether the process of the server that answers is the one that was connected to. Where it is not,
 * nothing is listened for, and watches look for changes by themselves more often.
 */
import { linkSignals } from '../../base/index.ts';
import type { Connection } from './connection.ts';
import { channelOf, type News, newsOf } from './news.ts';
import type { Server } from './server.ts';

export interface ListenerOptions {
  readonly server: Server;
  /** Undefined: something may have been missed. */
  readonly onNews: (news: News | undefined) => void;
}

const reconnectMs = 500;
/** A connection that is half open says nothing, as one does on which there is nothing to say. */
const probeMs = 10_000;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #over: Promise<void>;
  #isListening = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#over = this.#run();
  }

  /** What happens is heard of without being asked for. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Resolves when it has ended, which it does with the server. */
  async close(): Promise<void> {
    await this.#over;
  }

  async #run(): Promise<void> {
    const { closed } = this.#options.server;
    while (!closed.aborted) {
      // Whatever ended it: watches ask by themselves meanwhile, and tell their readers what cannot be mended.
      const end = await this.#listen(closed).catch((): 'lost' => 'lost');
      if (end === 'pooled') return;
      await this.#pause(reconnectMs, closed);
    }
  }

  /** Rejects when the connection is over. */
  async #listen(closed: AbortSignal): Promise<'pooled'> {
    const { server, onNews } = this.#options;
    const connection = await this.#within((signal) => server.connect(signal), closed);
    try {
      if (!(await this.#within((signal) => connection.isDirect(signal), closed))) return 'pooled';
      connection.onNotification(({ payload = '' }) => onNews(newsOf(payload)));
      const text = `LISTEN "${channelOf(server.settings.schema)}"`;
      await this.#within((signal) => connection.run(text, signal), closed);
      this.#isListening = true;
      onNews(undefined);
      const broken = new Promise<never>((_, reject) => {
        connection.onBroken(() => reject(new Error('the connection for notifications is lost')));
      });
      return await Promise.race([broken, this.#probe(connection, closed)]);
    } finally {
      this.#isListening = false;
      connection.destroy();
    }
  }

  /** Never ends by itself. */
  async #probe(connection: Connection, closed: AbortSignal): Promise<never> {
    while (true) {
      await this.#pause(probeMs, closed);
      closed.throwIfAborted();
      await this.#within((signal) => connection.run('SELECT 1', signal), closed);
    }
  }

  async #within<T>(action: (signal: AbortSignal) => Promise<T>, closed: AbortSignal): Promise<T> {
    const { clock, deadlineMs } = this.#options.server.settings;
    using linked = linkSignals(closed);
    const timer = clock.setTimer(deadlineMs, () => linked.abort(new Error('no answer')), {
      background: true,
    });
    try {
      return await action(linked.signal);
    } finally {
      timer.cancel();
    }
  }

  /** Ends early with the server. */
  #pause(milliseconds: number, closed: AbortSignal): Promise<void> {
    const { clock } = this.#options.server.settings;
    if (closed.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        closed.removeEventListener('abort', over);
        resolve();
      };
      const timer = clock.setTimer(milliseconds, over, { background: true });
      closed.addEventListener('abort', over, { once: true });
    });
  }
}
