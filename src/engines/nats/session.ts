/**
 * A session of this process: a record that is renewed by being written anew, and the keys that hang on it. What it
 * believes of itself is counted by `Life`; what everybody else may believe, by `session-records.ts`.
 */
import type { Clock } from '../../ports/index.ts';
import { clockDriftMax, type EngineSession, LivingSession, ownSession, sessionOver } from '../port/index.ts';
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
  /** When the request was sent that began it, and the sequence that it got. */
  readonly sentAt: number;
  readonly created: number;
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

export class NatsSession extends LivingSession {
  readonly #init: NatsSessionInit;
  /** Directory and name of each key that may hang on it. */
  readonly #held = new Map<string, readonly [path: string, name: string]>();
  /** It is being closed, or there is nobody left who could be told of its end. */
  #isDismissed = false;

  constructor(init: NatsSessionInit) {
    super({ ...init, onEnd: () => init.onEnd(this) });
    this.#init = init;
    const unlisten = init.stream.link.subscribeToState((isUp) => {
      if (isUp) this.renewal.now();
      else this.life.suspend();
    });
    const unlistenToEnd = init.records.subscribe({
      over: (ended) => {
        if (ended === this.id) this.life.end('the stream says that it has ended');
      },
      // No renewal is answered any more, by which it ends.
      failed: () => this.life.suspend(),
    });
    const onOver = (): void => {
      unlisten();
      unlistenToEnd();
      if (!this.#isDismissed) init.records.giveUp(this.id, this.ttlMs * clockDriftMax);
    };
    this.whenOver(onOver);
  }

  /** Throws `invalid-option` for one of another engine. */
  static of(session: EngineSession): NatsSession {
    return ownSession(session, (one) => one instanceof NatsSession);
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

  override lose(reason: string, cause: unknown): void {
    this.#isDismissed = true;
    super.lose(reason, cause);
  }

  override close(): Promise<void> {
    this.#isDismissed = true;
    return super.close();
  }

  protected override async renew(signal: AbortSignal): Promise<void> {
    const { clock, records, created } = this.#init;
    const { mirror } = records;
    const deadlineMs = this.ttlMs / 3;
    using call = new Call({ clock, what: `renewing session ${this.id}`, deadlineMs, signals: [signal] });
    while (true) {
      const newest = mirror.newest(this.id);
      if (newest === undefined || newest.gone !== undefined)
        throw sessionOver(this.id, 'somebody has seen no renewal for its whole time to live, and ended it');
      const headers = { [headerNames.created]: String(created) };
      const change = { name: this.id, previous: newest.sequence, value: sessionRecord(this.ttlMs), headers };
      // Another renewal of its own may have come between, or its end.
      if ((await mirror.commit(change, call)) !== undefined) return;
    }
  }

  /** Its items first: when its record is gone, none is left that could be seen. */
  protected override async farewell(leftMs: number): Promise<void> {
    if (leftMs <= 0) return;
    const { clock, closeMsMax } = this.#init;
    const deadlineMs = Math.max(1, Math.min(closeMsMax, leftMs));
    using call = new Call({ clock, what: `closing session ${this.id}`, deadlineMs, signals: [] });
    const held = [...this.#held.values()];
    while (held.length > 0) {
      const some = held.splice(0, atOnce);
      await Promise.all(some.map(([path, name]) => this.#init.endItem(path, name, this.id, call)));
    }
    await this.#endRecord(call);
  }

  async #endRecord(call: Call): Promise<void> {
    const { records } = this.#init;
    while (true) {
      const newest = records.mirror.newest(this.id);
      if (newest === undefined || newest.gone !== undefined) return;
      await records.endIt(newest, 'deleted', call);
    }
  }
}
