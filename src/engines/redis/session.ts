/** A session at the server, and its life here. */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { type EngineSession, Life, Renewal, type SessionState, sessionOver } from '../port/index.ts';
import type { Commands } from './commands.ts';
import { statusOf } from './database.ts';

export interface RedisSessionInit {
  readonly clock: Clock;
  readonly commands: Commands;
  readonly id: string;
  readonly ttlMs: number;
  readonly share: number;
  readonly sentAt: number;
  readonly onClosed: () => void;
}

export class RedisSession implements EngineSession {
  readonly id: string;
  readonly ttlMs: number;
  readonly #init: RedisSessionInit;
  readonly #life: Life;
  readonly #renewal: Renewal;
  #closing: Promise<void> | undefined;

  constructor(init: RedisSessionInit) {
    const { clock, id, ttlMs, share, sentAt } = init;
    this.#init = init;
    this.id = id;
    this.ttlMs = ttlMs;
    this.#life = new Life({ clock, name: id, ttlMs, sentAt });
    const renew = (signal: AbortSignal): Promise<void> => this.#renew(signal);
    this.#renewal = new Renewal({ clock, life: this.#life, ttlMs, share, renew });
    this.#life.over.addEventListener('abort', () => init.onClosed(), { once: true });
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

  /** The connection is lost, or there is one again. */
  linkChanged(state: 'up' | 'down'): void {
    if (state === 'down') this.#life.suspend();
    else this.#renewal.now();
  }

  /** The server has forgotten it, with everything else. */
  lose(cause: QuorateError): void {
    this.#life.end('the server has lost its data', cause);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where the server cannot be told, it finds out by itself when the time to live is over. */
  async #close(): Promise<void> {
    const { commands, id, ttlMs } = this.#init;
    const wasLive = this.#life.isLive;
    this.#life.end('it was closed');
    await this.#renewal.close();
    if (!wasLive) return;
    try {
      await commands.run('endSession', [id], { deadline: ttlMs }, statusOf);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
    }
  }

  /** One that is not answered before the next one is due makes us doubt. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { commands, id, ttlMs, share } = this.#init;
    const options = { signal, deadline: ttlMs * share };
    const status = await commands.run('renewSession', [id, String(ttlMs)], options, statusOf);
    if (status !== 'ok') throw sessionOver(id, 'the server has ended it');
  }
}
