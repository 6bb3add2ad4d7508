/**
 * All watches of one engine, by directory. A beat asks for all of them at once how far their directories are and
 * when the next session expires: notifications may be lost, and the death of a session is told by nobody unless
 * somebody takes its items away.
 */
import type { Timer } from '../../ports/index.ts';
import type { Lasts } from './answers.ts';
import { Feed } from './feed.ts';
import { Listener } from './listener.ts';
import type { News } from './news.ts';
import type { Row } from './pg-module.ts';
import type { Server } from './server.ts';
import { beatText } from './statements.ts';
import type { Subscription } from './subscription.ts';

/** Between looks, while notifications arrive; and while they do not. */
const pollMsWithNews = 1_000;
const pollMsAlone = 200;
/** A connection that is dead without a word must not keep watches deaf for as long as a call may take. */
const beatMsMax = 2_000;
/** A session is taken away so long behind its end: what is left of a millisecond is still left. */
const behindMs = 2;

export class Hub {
  readonly #server: Server;
  readonly #feeds = new Map<string, Feed>();
  #listener: Listener | undefined;
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  subscribe(directory: string, name: string | undefined): Subscription {
    const feed = this.#feeds.get(directory) ?? new Feed(this.#server, directory);
    this.#feeds.set(directory, feed);
    const subscription = feed.subscribe(name);
    this.#begin();
    return subscription;
  }

  unsubscribe(directory: string, subscription: Subscription): void {
    const feed = this.#feeds.get(directory);
    feed?.remove(subscription);
    if (feed?.isUnused === true) this.#feeds.delete(directory);
  }

  /** What this engine has written itself. */
  written(lasts: Lasts): void {
    for (const [directory, last] of Object.entries(lasts)) this.#feeds.get(directory)?.tell(last);
  }

  /** All watches begin anew. */
  restart(): void {
    for (const feed of this.#feeds.values()) feed.restart();
  }

  async close(error: unknown): Promise<void> {
    this.#timer?.cancel();
    for (const feed of this.#feeds.values()) feed.fail(error);
    await Promise.all([this.#listener?.close(), this.#beating]);
  }

  #begin(): void {
    const { settings } = this.#server;
    if (settings.listens) {
      this.#listener ??= new Listener({ server: this.#server, onNews: (news) => this.#hear(news) });
    }
    if (this.#timer === undefined && this.#beating === undefined) this.#plan(this.#pollMs);
  }

  #hear(news: News | undefined): void {
    if (news !== undefined) this.#feeds.get(news.directory)?.tell(news.last);
    else for (const feed of this.#feeds.values()) feed.look();
  }

  get #pollMs(): number {
    const own = this.#listener?.isListening === true ? pollMsWithNews : pollMsAlone;
    return this.#server.settings.pollMs ?? own;
  }

  #plan(delayMs: number): void {
    const { settings, closed } = this.#server;
    this.#timer = undefined;
    if (closed.aborted || this.#feeds.size === 0) return;
    const onTime = (): void => {
      this.#timer = undefined;
      this.#beating = this.#beat().then((dueMs) => {
        this.#beating = undefined;
        this.#plan(Math.min(this.#pollMs, Math.max(0, dueMs) + behindMs));
      });
    };
    this.#timer = settings.clock.setTimer(delayMs, onTime, { background: true });
  }

  /** Resolves to when the next session expires. */
  async #beat(): Promise<number> {
    const directories = [...this.#feeds.keys()];
    try {
      const { schema, deadlineMs } = this.#server.settings;
      const deadline = Math.min(beatMsMax, deadlineMs);
      const rows = await this.#server.read({ deadline }, 'lives', [], beatText(schema, directories));
      const lasts = new Map(rows.map((row) => [String(row['directory']), Number(row['last'])]));
      for (const directory of directories) this.#feeds.get(directory)?.tell(lasts.get(directory));
      const dueMs = dueMsOf(rows);
      if (dueMs <= 0) await this.#server.write({}, { name: 'bury', lane: 'lives', request: {} });
      return dueMs;
    } catch {
      // The next beat asks again; what cannot be mended is told by the feeds, which ask for themselves.
      for (const feed of this.#feeds.values()) feed.look();
      return Number.POSITIVE_INFINITY;
    }
  }
}

function dueMsOf(rows: readonly Row[]): number {
  const due = rows[0]?.['due_ms'];
  return typeof due === 'number' ? due : Number.POSITIVE_INFINITY;
}
