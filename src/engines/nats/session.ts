/**
 * A session of this process: a record that is renewed by being written anew, and the keys that hang on it. What it
 * believes of itself is counted by `Life`; what everybody else may believe, by `session-records.ts`.
 */
import { invalidOption, isQuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { type EngineSession, Life, Renewal, type SessionState, sessionOver } from '../port/index.ts';
import { Call } from './call.ts';
import type { SessionRecords } from './session-records.ts';
import { headerNames } from './stored-message.ts';
import type { Stream } from './stream.ts';

export interface NatsSessionInit {
  readonly id: string;
  readonly ttlMs: number;
  readonly share: number;
  readonly clock: Clock;
  readonly stream: Stream;
  readonly records: SessionRecords;
  /** When the request was sent that began it, and what it was acknowledged with. */
  readonly sentAt: number;
  readonly sequence: number;
  /** How long saying goodbye may take. */
  readonly closeMsMax: number;
  readonly endItem: (path: string, name: string, session: string, call: Call) => Promise<void>;
  readonly onEnd: (session: NatsSession) => void;
}

/** So many items are deleted at a time when it is closed. */
const atOnce = 16;
const utf8 = new TextEncoder();

export function sessionRecord(ttlMs: number): Uint8Array {
  return utf8.encode(String(ttlMs));
}

export class NatsSession implements EngineSession {
  readonly id: string;
  readonly ttlMs: number;
  readonly #init: NatsSessionInit;
  readonly #life: Life;
  readonly #renewal: Renewal;
  readonly #unlisten: () => void;
  /** Directory and name of each key that may hang on it. */
  readonly #held = new Map<string, readonly [path: string, name: string]>();
  #sequence: number;
  #closing: Promise<void> | undefined;

  constructor(init: NatsSessionInit) {
    const { id, ttlMs, share, clock, stream, sentAt, sequence } = init;
    this.id = id;
    this.ttlMs = ttlMs;
    this.#init = init;
    this.#sequence = sequence;
    this.#life = new Life({ clock, name: id, ttlMs, sentAt });
    this.#renewal = new Renewal({
      clock,
      life: this.#life,
      ttlMs,
      share,
      renew: (signal) => this.#renew(signal),
    });
    const unlisten = stream.link.subscribeToState((isUp) => {
      if (isUp) this.#renewal.now();
      else this.#life.suspend();
    });
    const unlistenToEnd = init.records.onOver((ended) => {
      if (ended === id) this.#life.end('the stream says that it has ended');
    });
    this.#unlisten = (): void => {
      unlisten();
      unlistenToEnd();
    };
    const onEnd = (): void => {
      this.#unlisten();
      init.onEnd(this);
    };
    this.#life.over.addEventListener('abort', onEnd, { once: true });
  }

  /** Throws `invalid-option` for one of another engine. */
  static of(session: EngineSession): NatsSession {
    if (session instanceof NatsSession) return session;
    throw invalidOption('session', session, 'a session that this engine has opened');
  }

  get isLive(): boolean {
    return this.#life.isLive;
  }

  get remainingMs(): number {
    return this.#life.remainingMs;
  }

  get state(): SessionState {
    return this.#life.state;
  }

  get over(): AbortSignal {
    return this.#life.over;
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    return this.#life.subscribe(listener);
  }

  /** Throws `session-expired` when nothing more may be sent under it. */
  check(): void {
    this.#life.check();
  }

  /** A key that may hang on it from now on. Throws when nothing more may. */
  hold(path: string, name: string): void {
    this.check();
    this.#held.set(`${path}/${name}`, [path, name]);
  }

  /** A key that is gone. */
  release(path: string, name: string): void {
    this.#held.delete(`${path}/${name}`);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Nothing of it is to be believed any more, by what has happened to the engine. */
  lose(reason: string, cause: unknown): void {
    this.#life.end(reason, cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, stream } = this.#init;
    const deadlineMs = this.ttlMs / 3;
    using call = new Call({ clock, what: `renewing session ${this.id}`, deadlineMs, signals: [signal] });
    for (;;) {
      const expectedLast = this.#sequence;
      const published = await stream.publish(this.#record(expectedLast), call);
      if (published.kind === 'taken') {
        this.#sequence = Math.max(this.#sequence, published.sequence);
        return;
      }
      if (!(await this.#findNewest(published.sequence, call)))
        throw sessionOver(this.id, 'somebody has seen no renewal for its whole time to live, and ended it');
      // Its own renewal before this one came between; where that is not so, a moment helps.
      if (this.#sequence === expectedLast) await call.pause(50);
    }
  }

  /** False when the record is gone; otherwise its sequence is known again. */
  async #findNewest(last: number | undefined, call: Call): Promise<boolean> {
    if (last === 0) return false;
    const { mirror } = this.#init.records;
    if (last === undefined) await mirror.settle(call);
    else await mirror.reach(last, call);
    const newest = mirror.received(this.id);
    if (newest === undefined || newest.gone !== undefined) return false;
    this.#sequence = Math.max(this.#sequence, newest.sequence);
    return true;
  }

  #record(expectedLast: number): Parameters<Stream['publish']>[0] {
    return {
      subject: this.#init.records.mirror.place.subjectOf(this.id),
      value: sessionRecord(this.ttlMs),
      headers: { [headerNames.created]: String(this.#init.sequence) },
      expectedLast,
    };
  }

  /** Its items first: when its record is gone, none is left that could be seen. */
  async #close(): Promise<void> {
    if (this.#life.over.aborted) return;
    const { clock, closeMsMax } = this.#init;
    const deadlineMs = Math.max(1, Math.min(closeMsMax, this.#life.remainingMs));
    this.#life.end('it was closed');
    await this.#renewal.close();
    using call = new Call({ clock, what: `closing session ${this.id}`, deadlineMs, signals: [] });
    try {
      const held = [...this.#held.values()];
      while (held.length > 0) {
        const some = held.splice(0, atOnce);
        await Promise.all(some.map(([path, name]) => this.#init.endItem(path, name, this.id, call)));
      }
      await this.#endRecord(call);
    } catch (error) {
      // What could not be deleted vanishes when others see no renewal any more, which is what a session is for.
      if (!isQuorateError(error)) throw error;
    }
  }

  async #endRecord(call: Call): Promise<void> {
    const { records } = this.#init;
    for (;;) {
      const entry = {
        name: this.id,
        sequence: this.#sequence,
        created: this.#init.sequence,
        value: new Uint8Array(0),
        session: undefined,
        gone: undefined,
        previous: 0,
        takenMs: 0,
      };
      if (await records.endIt(entry, 'deleted', call)) return;
      await records.mirror.settle(call);
      const newest = records.mirror.received(this.id);
      if (newest === undefined || newest.gone !== undefined) return;
      this.#sequence = newest.sequence;
    }
  }
}
