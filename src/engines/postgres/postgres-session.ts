/** A session: a row that expires by the server's clock, renewed by this process and believed in by its own. */
import { isQuorateError } from '../../base/index.ts';
import {
  type EngineSession,
  Life,
  Renewal,
  renewalShareDefault,
  type SessionOptions,
  type SessionState,
  sessionOver,
} from '../port/index.ts';
import type { Server } from './server.ts';

/** A renewal that hangs for longer than this share of the time to live is given up for the next one. */
const patienceShare = 1 / 3;

export class PostgresSession implements EngineSession {
  readonly id: string;
  readonly ttlMs: number;
  readonly #server: Server;
  readonly #life: Life;
  readonly #renewal: Renewal;
  #closing: Promise<void> | undefined;

  private constructor(server: Server, id: string, sentAt: number, { ttlMs, renewalShare }: SessionOptions) {
    const { clock } = server.settings;
    this.#server = server;
    this.id = id;
    this.ttlMs = ttlMs;
    this.#life = new Life({ clock, name: id, ttlMs, sentAt });
    const share = renewalShare ?? renewalShareDefault;
    const renew = (signal: AbortSignal): Promise<void> => this.#renew(signal);
    this.#renewal = new Renewal({ clock, life: this.#life, ttlMs, share, renew });
  }

  static async open(server: Server, id: string, options: SessionOptions): Promise<PostgresSession> {
    const { clock } = server.settings;
    const sentAt = clock.now();
    const ttlMs = Math.ceil(options.ttlMs);
    await server.write(options, { name: 'open_session', lane: 'lives', request: { session: id, ttlMs } });
    return new PostgresSession(server, id, sentAt, { ...options, ttlMs });
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

  /** The server has lost it. */
  lose(error: unknown): void {
    this.#life.end('the server has lost its data', error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const leftMs = this.#life.remainingMs;
    this.#life.end('it was closed');
    await this.#renewal.close();
    if (leftMs <= 0) return;
    const request = { sessions: [this.id], closing: true };
    try {
      await this.#server.write({ deadline: leftMs }, { name: 'bury', lane: 'lives', request });
    } catch (error) {
      // Unheard, it expires by itself; there is nothing else that its owner could do.
      if (!isQuorateError(error)) throw error;
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const deadline = this.ttlMs * patienceShare;
    const request = { session: this.id };
    const answer = await this.#server.write(
      { deadline, signal },
      { name: 'renew_session', lane: 'lives', request },
    );
    if (answer.outcome === 'session-expired') throw sessionOver(this.id, 'the server has ended it');
  }
}
