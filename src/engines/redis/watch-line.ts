/**
 * The connection on which this engine waits for events: one for all its watches, because a connection that waits can
 * do nothing else. A directory is read once however many watches follow it, from where the one is that is furthest
 * behind; the others have heard that already. Each entry names the one before, so that a watch knows whether
 * something was trimmed away between.
 *
 * To take up another directory the wait has to be cut short. For that there is one more stream, of our own, into
 * which the other connection writes a word.
 */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { Call } from './call.ts';
import type { Commands } from './commands.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { type Entry, entriesFrom, entryFrom, streamsFrom } from './event-stream.ts';
import type { Link } from './link.ts';

export interface Follower {
  /** The revision up to which it has heard everything. */
  readonly seen: number;
  /** The next one behind `seen`. */
  heard(entry: Entry): void;
  /** Something is missing; it does not follow any more. */
  missed(): void;
  failed(error: QuorateError): void;
}

export interface WatchLineInit {
  readonly link: Link;
  readonly commands: Commands;
  readonly database: Database;
  readonly clock: Clock;
  readonly prefix: string;
  readonly patienceMs: number;
}

interface Followed {
  readonly directory: string;
  readonly followers: Set<Follower>;
  position: number;
}

const blockMs = 1_000;
const entriesMax = 64;
const wakeKeptMs = 60_000;

export class WatchLine {
  readonly #init: WatchLineInit;
  readonly #wakeKey: string;
  /** By the key of its stream. */
  readonly #followed = new Map<string, Followed>();
  readonly #over = new AbortController();
  #wakeId = '0-0';
  /** The connection on which it is known that nothing was missed. */
  #checked: Connection | undefined;
  #running: Promise<void> | undefined;

  constructor(init: WatchLineInit) {
    this.#init = init;
    this.#wakeKey = `${init.prefix}>wake/${init.commands.name}`;
  }

  get isIdle(): boolean {
    return this.#followed.size === 0;
  }

  /** From now on it hears all that happened in the directory behind `seen`, until it is taken away again. */
  follow(directory: string, follower: Follower): void {
    const key = this.#key(directory);
    const followed = this.#followed.get(key) ?? { directory, followers: new Set(), position: follower.seen };
    const isNew = !this.#followed.has(key);
    const isBehind = follower.seen < followed.position;
    followed.position = Math.min(followed.position, follower.seen);
    followed.followers.add(follower);
    this.#followed.set(key, followed);
    this.#init.link.start();
    if (this.#running === undefined) this.#run();
    else if (isNew || isBehind) this.#wake();
  }

  unfollow(directory: string, follower: Follower): void {
    const key = this.#key(directory);
    const followed = this.#followed.get(key);
    followed?.followers.delete(follower);
    if (followed?.followers.size === 0) this.#followed.delete(key);
  }

  /** All who follow hear `error`. May be called twice. */
  async close(error: QuorateError): Promise<void> {
    this.#over.abort(error);
    this.#fail(error);
    await this.#init.link.close(error);
    await this.#running;
  }

  #key(directory: string): string {
    return `${this.#init.prefix}${directory}/>events`;
  }

  /** Runs while there is something to follow. */
  #run(): void {
    this.#running = this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#followed.size > 0 && !this.#over.signal.aborted) this.#run();
    });
  }

  async #loop(): Promise<void> {
    const { clock, link, patienceMs } = this.#init;
    const { signal } = this.#over;
    while (this.#followed.size > 0 && !signal.aborted) {
      using call = new Call({ clock, milliseconds: blockMs + patienceMs, isRead: true, signal });
      try {
        await link.run(call, (connection) => this.#read(connection));
      } catch (error) {
        if (signal.aborted) return;
        if (!isQuorateError(error)) throw error;
        // Whoever follows waits as long as it takes; what time cannot mend ends it.
        if (!error.retryable) this.#fail(error);
      }
    }
  }

  async #read(connection: Connection): Promise<void> {
    if (connection !== this.#checked) await this.#check(connection);
    const asked = new Map([...this.#followed].map(([key, { position }]) => [key, position]));
    const ids = [...asked.values()].map((position) => `${position}-0`);
    const words = ['COUNT', String(entriesMax), 'BLOCK', String(blockMs), 'STREAMS'];
    const answer = await connection.call(
      ['XREAD', ...words, this.#wakeKey, ...asked.keys(), this.#wakeId, ...ids],
      blockMs + this.#init.patienceMs,
    );
    for (const [key, entries] of streamsFrom(answer, connection.address)) {
      const read = entriesFrom(entries, connection.address);
      if (key === this.#wakeKey) this.#wakeId = read.at(-1)?.[0] ?? this.#wakeId;
      const followed = this.#followed.get(key);
      const from = asked.get(key);
      if (followed === undefined || from === undefined) continue;
      const heard = read.map(([id, reply]) => entryFrom(id, reply, followed.directory));
      for (const entry of heard) this.#tell(followed, entry, from);
      // It may have gone back meanwhile, for one who has joined and is further behind.
      if (followed.position === from) followed.position = heard.at(-1)?.revision ?? from;
    }
  }

  /** While nobody read, what happened may have been trimmed, or have vanished with its stream. */
  async #check(connection: Connection): Promise<void> {
    const { database, patienceMs } = this.#init;
    for (const followed of [...this.#followed.values()]) {
      const { directory, position } = followed;
      const words = [directory, String(position)];
      const { status } = await database.run(connection, 'resume', words, patienceMs);
      if (status !== 'ok') this.#lose(followed, (follower) => follower.missed());
    }
    this.#checked = connection;
  }

  /** `from`: where this was read from. Who is further behind than that has joined since, and is read for next. */
  #tell(followed: Followed, entry: Entry, from: number): void {
    for (const follower of [...followed.followers]) {
      const { seen } = follower;
      if (seen < from || entry.revision <= seen) continue;
      if (entry.previous <= seen) follower.heard(entry);
      else this.#drop(followed, follower);
    }
  }

  #drop(followed: Followed, follower: Follower): void {
    this.unfollow(followed.directory, follower);
    follower.missed();
  }

  #lose(followed: Followed, tell: (follower: Follower) => void): void {
    for (const follower of [...followed.followers]) {
      this.unfollow(followed.directory, follower);
      tell(follower);
    }
  }

  #fail(error: QuorateError): void {
    for (const followed of [...this.#followed.values()])
      this.#lose(followed, (follower) => follower.failed(error));
  }

  /** Best effort: where it does not come through, the wait ends by itself soon. */
  #wake(): void {
    const { commands } = this.#init;
    const options = { isRead: true, signal: this.#over.signal, deadline: blockMs };
    const words = ['XADD', this.#wakeKey, 'MAXLEN', '1', '*', 'wake', '1'] as const;
    commands
      .plain(words, options)
      .then(() => commands.plain(['PEXPIRE', this.#wakeKey, String(wakeKeptMs)], options))
      .catch((error: unknown) => {
        if (!isQuorateError(error)) throw error;
      });
  }
}
