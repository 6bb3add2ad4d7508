/**
 * A directory as its users see it: the copy of the stream without what is deleted and without what belongs to a
 * session that is over. The end of a session is one fact in the stream; its items are gone from then on for
 * everybody, and the messages that delete them follow at leisure (`sweep.ts`).
 */
import type { Clock, Random } from '../../ports/index.ts';
import type { Item, WatchEvent } from '../port/index.ts';
import type { Call } from './call.ts';
import { type Change, History } from './history.ts';
import { Mirror, type MirrorListener } from './mirror.ts';
import type { Ending, SessionRecords } from './session-records.ts';
import type { Entry } from './stored-message.ts';
import type { Stream } from './stream.ts';
import type { Place } from './subjects.ts';

export type GoneEvent = Extract<WatchEvent, { kind: Ending }>;

export interface DirectoryListener {
  changed(change: Change): void;
  /** Items whose session is over; the deletion of each comes once more when it is written. */
  ended(events: readonly GoneEvent[]): void;
  /** Something may have been missed. */
  missed(): void;
  failed(error: unknown): void;
}

export interface DirectoryInit {
  /** As its users call it. */
  readonly path: string;
  readonly stream: Stream;
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  /** Begins to watch sessions when the first item has one. */
  readonly sessions: () => SessionRecords;
  readonly onFailure: (error: unknown) => void;
}

export class Directory implements MirrorListener {
  readonly path: string;
  readonly mirror: Mirror;
  readonly #init: DirectoryInit;
  readonly #history = new History();
  readonly #listeners = new Set<DirectoryListener>();
  readonly #unproved = new Set<string>();
  #unlisten: (() => void) | undefined;
  #isProving = false;
  #mayHaveDead = false;

  constructor(init: DirectoryInit) {
    this.#init = init;
    this.path = init.path;
    const { stream, place, clock, random, deadlineMs } = init;
    this.mirror = new Mirror({ stream, place, clock, random, deadlineMs, listener: this });
  }

  /** Afterwards what is read here holds everything that was acknowledged before the call. */
  async settle(call: Call): Promise<void> {
    await this.mirror.settle(call);
    while (this.#unproved.size > 0) {
      await this.proveSessions(call);
      // That took its time, in which more has come.
      await this.mirror.settle(call);
    }
  }

  /** Afterwards it is known of every session in here whether it lives. */
  async proveSessions(call: Call): Promise<void> {
    if (this.#unproved.size === 0) return;
    const ids = [...this.#unproved];
    await this.#sessions().prove(ids, call);
    for (const id of ids) this.#unproved.delete(id);
  }

  isThere(entry: Entry | undefined): entry is Entry {
    return entry !== undefined && this.endingOf(entry) === undefined;
  }

  /** How it came to be gone; undefined when it is there. */
  endingOf({ gone, session }: Entry): Ending | undefined {
    if (gone !== undefined || session === undefined) return gone;
    const state = this.#sessions().stateOf(session);
    return state === 'live' || state === 'unknown' ? undefined : state;
  }

  item(name: string): Item | undefined {
    const entry = this.mirror.newest(name);
    return this.isThere(entry) ? this.#itemOf(entry) : undefined;
  }

  /** In no order. */
  items(): Item[] {
    const found: Item[] = [];
    for (const entry of this.mirror.entries) if (this.isThere(entry)) found.push(this.#itemOf(entry));
    return found;
  }

  /** Those whose session is over, and whose deletion is still to be written. */
  dead(): Entry[] {
    if (!this.#mayHaveDead) return [];
    const found = [...this.mirror.entries].filter(
      (entry) => entry.gone === undefined && !this.isThere(entry),
    );
    this.#mayHaveDead = found.length > 0;
    return found;
  }

  /** What they are to those who watch. */
  deadEvents(): GoneEvent[] {
    return this.dead().map((entry) => this.#goneEvent(entry));
  }

  /** Changes behind there; undefined when some may be missing. */
  changesBehind(sequence: number): readonly Change[] | undefined {
    return sequence > this.mirror.position ? undefined : this.#history.behind(sequence);
  }

  subscribe(listener: DirectoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(entry: Entry, before: Entry | undefined): void {
    if (entry.session !== undefined) this.#notice(entry.session);
    const event = this.#eventOf(entry, before);
    if (event === undefined) return;
    const change = { sequence: entry.sequence, event };
    this.#history.add(change);
    for (const listener of [...this.#listeners]) listener.changed(change);
  }

  missed(upTo: number): void {
    this.#history.loseUpTo(upTo);
    for (const listener of [...this.#listeners]) listener.missed();
  }

  swept(upTo: number): void {
    this.#history.loseUpTo(upTo);
  }

  caughtUp(): void {
    this.#proveSoon();
  }

  failed(error: unknown): void {
    for (const listener of [...this.#listeners]) listener.failed(error);
    this.#init.onFailure(error);
  }

  async close(reason: unknown): Promise<void> {
    this.#unlisten?.();
    await this.mirror.close(reason);
  }

  #sessions(): SessionRecords {
    const sessions = this.#init.sessions();
    this.#unlisten ??= sessions.subscribe({
      over: (id, ending) => this.#end(id, ending),
      failed: (error) => this.mirror.fails(error),
    });
    return sessions;
  }

  #itemOf({ name, value, created, sequence, session }: Entry): Item {
    return { key: `${this.path}/${name}`, value, created, modified: sequence, session };
  }

  #eventOf(entry: Entry, before: Entry | undefined): WatchEvent | undefined {
    const key = `${this.path}/${entry.name}`;
    if (this.endingOf(entry) === undefined) return { kind: 'put', key, item: this.#itemOf(entry) };
    if (entry.gone === undefined) this.#mayHaveDead = true;
    if (before === undefined || before.gone !== undefined) return undefined;
    return this.#goneEvent(entry);
  }

  #goneEvent(entry: Entry): GoneEvent {
    return { kind: this.endingOf(entry) ?? 'deleted', key: `${this.path}/${entry.name}` };
  }

  /** A session of which nothing is known: its record is on its way, or was swept away long ago. */
  #notice(session: string): void {
    if (this.#sessions().stateOf(session) !== 'unknown') return;
    this.#unproved.add(session);
    if (this.mirror.hasCaughtUpOnce) this.#proveSoon();
  }

  /** For those who watch; whoever reads proves for itself. */
  #proveSoon(): void {
    if (this.#isProving || this.#unproved.size === 0 || this.#listeners.size === 0) return;
    this.#isProving = true;
    const ids = [...this.#unproved];
    const proved = (): void => {
      for (const id of ids) this.#unproved.delete(id);
      this.#isProving = false;
      this.#proveSoon();
    };
    const failed = (): void => {
      // The next item, reader or catching-up tries again.
      this.#isProving = false;
    };
    this.#sessions().proveSoon(ids).then(proved, failed);
  }

  #end(session: string, kind: Ending): void {
    const events: GoneEvent[] = [];
    for (const { session: own, gone, name } of this.mirror.entries)
      if (own === session && gone === undefined) events.push({ kind, key: `${this.path}/${name}` });
    if (events.length === 0) return;
    this.#mayHaveDead = true;
    for (const listener of [...this.#listeners]) listener.ended(events);
  }
}
