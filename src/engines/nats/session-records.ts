/**
 * Which sessions live. Each is a record in the stream that its owner writes anew to renew it, in place of the last
 * one. It ends when somebody writes the word `gone` in place of the last one: so of a renewal and a verdict that race
 * exactly one counts, and a session never comes back.
 *
 * Everybody who has to do with sessions watches the records, and judges one when, by its own monotonic clock, it has
 * seen no renewal for the whole time to live. It saw the last renewal after it was sent, so it never judges earlier
 * than the owner gives up, whatever the wall clocks of servers say; and one who slept, or whose news is old, judges
 * in vain, because its condition no longer holds.
 *
 * The alternative was a stream of sessions whose messages the server drops by their age. But there an end is decided
 * by wall clocks of servers, each copy for itself and without a message that a watch could hear, and an item and the
 * end of its session have no common order. What this one costs: everybody hears every renewal, and who has just come
 * waits a whole time to live before it judges. Servers from 2.11 on can drop single keys; then the first is mended,
 * but not the other.
 */
import { type Clock, pause, type Random, type Timer } from '../../ports/index.ts';
import { Call } from './call.ts';
import { Mirror, type MirrorListener } from './mirror.ts';
import { type Entry, headerNames } from './stored-message.ts';
import { noValue, type Stream } from './stream.ts';
import { sessionsPlace } from './subjects.ts';

export interface SessionRecordsInit {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  readonly root: string;
  readonly onFailure: (error: unknown) => void;
}

/** `deleted`: its owner has closed it. */
export type Ending = 'deleted' | 'expired';

interface RecordsListener {
  /** A session has ended. */
  over(id: string, ending: Ending): void;
  /** Nothing more is heard of any session; whoever asks from now on asks other records. */
  failed(error: unknown): void;
}

interface Watched {
  readonly entry: Entry;
  readonly ttlMs: number;
  /** When its end is due by our clock. */
  dueAt: number;
  isJudged: boolean;
}

/** So much later at random, so that one judges and the others hear of it. */
const jitterMsMax = 50;
const againMs = 500;
const overMax = 10_000;
const utf8 = new TextDecoder();

export class SessionRecords implements MirrorListener {
  readonly mirror: Mirror;
  readonly #init: SessionRecordsInit;
  readonly #watched = new Map<string, Watched>();
  readonly #over = new Map<string, Ending>();
  /** What was there of ends before we came; believed of those whom somebody asks about, behind a proof. */
  readonly #found = new Map<string, Ending>();
  /** Sessions of our own that were given up, and when their end is due. */
  readonly #givenUp = new Map<string, number>();
  readonly #listeners = new Set<RecordsListener>();
  readonly #end = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(init: SessionRecordsInit) {
    this.#init = init;
    const { stream, clock, random, deadlineMs } = init;
    const place = sessionsPlace(init.root);
    this.mirror = new Mirror({ stream, place, clock, random, deadlineMs, listener: this });
  }

  /** `unknown`: no record has come yet, which `prove` mends. */
  stateOf(id: string): 'live' | Ending | 'unknown' {
    return this.#over.get(id) ?? (this.#watched.has(id) ? 'live' : 'unknown');
  }

  /** Afterwards those that were unknown are known: one that has no record has ended. */
  async prove(ids: readonly string[], call: Call): Promise<void> {
    await this.mirror.settle(call);
    for (const id of ids) if (!this.#watched.has(id)) this.#markOver(id, this.#found.get(id) ?? 'expired');
  }

  /** The same, for those who have no call of their own. */
  async proveSoon(ids: readonly string[]): Promise<void> {
    const { clock, deadlineMs } = this.#init;
    const signals = [this.#end.signal];
    using call = new Call({ clock, what: 'finding out which sessions live', deadlineMs, signals });
    await this.prove(ids, call);
  }

  /** Until the function that it returns is called. */
  subscribe(listener: RecordsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Its owner has given it up, and renews it no more. The others would find that out by its silence, each by a whole
   * time to live from when it last heard of it, which may have been long after it was sent; so its owner judges it
   * when it was to last no longer by what it sent.
   */
  giveUp(id: string, leftMs: number): void {
    const watched = this.#watched.get(id);
    if (watched === undefined || this.#end.signal.aborted) return;
    const at = this.#init.clock.now() + leftMs;
    this.#givenUp.set(id, at);
    watched.dueAt = Math.min(watched.dueAt, at);
    this.#plan();
  }

  /** Writes that it is over, unless it has been renewed since `entry`. */
  async endIt({ name, created, sequence }: Entry, gone: Ending, call: Call): Promise<void> {
    const headers = { [headerNames.gone]: gone, [headerNames.created]: String(created) };
    const change = { name, previous: sequence, value: noValue, headers };
    if ((await this.mirror.commit(change, call)) !== undefined) this.#markOver(name, gone);
  }

  changed(entry: Entry): void {
    const { name, gone, value } = entry;
    if (gone !== undefined) {
      this.#hearEnd(entry, gone);
      return;
    }
    const ttlMs = ttlIn(value);
    const { clock, random } = this.#init;
    const silentAt = clock.now() + ttlMs + (random.uint32() / 2 ** 32) * jitterMsMax;
    const dueAt = this.#givenUp.get(name) ?? silentAt;
    this.#watched.set(name, { entry, ttlMs, dueAt, isJudged: false });
    if (dueAt < this.#timerAt) this.#plan();
  }

  failed(error: unknown): void {
    this.#stop();
    this.#closing ??= this.mirror.close(error);
    this.#init.onFailure(error);
    for (const listener of [...this.#listeners]) listener.failed(error);
  }

  async close(reason: unknown): Promise<void> {
    this.#stop();
    this.#closing ??= this.mirror.close(reason);
    await this.#closing;
    await Promise.all(this.#underWay);
  }

  #stop(): void {
    this.#end.abort();
    this.#timer?.cancel();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Of what was there before we came nobody asks one by one: it may be long. */
  #hearEnd(entry: Entry, gone: Ending): void {
    if (!this.mirror.hasCaughtUpOnce) {
      this.#watched.delete(entry.name);
      this.#found.set(entry.name, gone);
    } else if (!this.#over.has(entry.name)) this.#follow(this.#confirm(entry, gone));
  }

  /**
   * A verdict by old news does not count, because a renewal came before it. Where that one is missing here, the verdict
   * would seem to count, and what the session holds would be given to another.
   */
  async #confirm(entry: Entry, gone: Ending): Promise<void> {
    const { clock, deadlineMs } = this.#init;
    const { signal } = this.#end;
    const what = `hearing of the end of session ${entry.name}`;
    while (!signal.aborted) {
      try {
        using call = new Call({ clock, what, deadlineMs, signals: [signal] });
        if (await this.mirror.confirm(entry, call)) this.#markOver(entry.name, gone);
        return;
      } catch {
        // Until it is certain the session counts as live, and whoever waits for its end waits longer.
        await pause(clock, againMs, signal, { background: true }).catch(() => undefined);
      }
    }
  }

  /** Is waited for at the end. */
  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
  }

  #markOver(id: string, ending: Ending): void {
    this.#watched.delete(id);
    this.#found.delete(id);
    this.#givenUp.delete(id);
    if (this.#over.has(id)) return;
    // Those that are forgotten are proved again when somebody asks.
    if (this.#over.size >= overMax) this.#over.clear();
    this.#over.set(id, ending);
    for (const listener of [...this.#listeners]) listener.over(id, ending);
  }

  #plan(): void {
    if (this.#end.signal.aborted) return;
    let at = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#watched.values()) at = Math.min(at, dueAt);
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#init;
    this.#timer = clock.setTimer(Math.max(0, at - clock.now()), () => this.#judgeDue(), { background: true });
  }

  #judgeDue(): void {
    const now = this.#init.clock.now();
    for (const watched of this.#watched.values()) {
      if (watched.dueAt > now) continue;
      // A record that is renewed gets another due time; one that cannot be judged now is tried again.
      watched.dueAt = now + againMs;
      if (watched.isJudged || !this.#init.stream.link.isUp) continue;
      watched.isJudged = true;
      this.#follow(this.#judge(watched));
    }
    this.#plan();
  }

  async #judge(watched: Watched): Promise<void> {
    const { clock, deadlineMs } = this.#init;
    const what = `ending session ${watched.entry.name}`;
    using call = new Call({ clock, what, deadlineMs, signals: [this.#end.signal] });
    try {
      await this.endIt(watched.entry, 'expired', call);
    } catch {
      // It is tried again when it is due again; whoever waits for it is not worse off than before.
    } finally {
      watched.isJudged = false;
    }
  }
}

/** A record that none of us wrote is never judged. */
function ttlIn(value: Uint8Array): number {
  const ttlMs = value.length > 20 ? Number.NaN : Number(utf8.decode(value));
  return Number.isFinite(ttlMs) && ttlMs > 0 ? ttlMs : Number.POSITIVE_INFINITY;
}
