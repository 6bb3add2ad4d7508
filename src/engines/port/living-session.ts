/**
 * What sessions are on every server that has none of ours: a life that this process counts for itself, renewals that
 * prolong it, and a farewell, so that others need not wait for its end. How a server is asked to renew and to forget
 * is each engine's own.
 */
import { invalidOption, isQuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { EngineSession, SessionState } from './engine.ts';
import { Life } from './life.ts';
import { Renewal } from './renewal.ts';

export interface LivingSessionInit {
  readonly clock: Clock;
  readonly id: string;
  readonly ttlMs: number;
  /** After which share of its time to live it is renewed. */
  readonly share: number;
  /** When the request was sent that began it. */
  readonly sentAt: number;
  /** Its engine has nothing more to close: it is over, and if it was closed, its server has been told. */
  readonly onEnd: () => void;
}

export abstract class LivingSession implements EngineSession {
  readonly id: string;
  readonly ttlMs: number;
  protected readonly life: Life;
  protected readonly renewal: Renewal;
  readonly #onEnd: () => void;
  #closing: Promise<void> | undefined;

  constructor({ clock, id, ttlMs, share, sentAt, onEnd }: LivingSessionInit) {
    this.id = id;
    this.ttlMs = ttlMs;
    this.#onEnd = onEnd;
    this.life = new Life({ clock, name: id, ttlMs, sentAt });
    // One that is being closed is its engine's until its server has been told.
    const onOver = (): void => {
      if (this.#closing === undefined) onEnd();
    };
    this.life.over.addEventListener('abort', onOver, { once: true });
    const renew = (signal: AbortSignal): Promise<void> => this.renew(signal);
    this.renewal = new Renewal({ clock, life: this.life, ttlMs, share, renew });
  }

  get isLive(): boolean {
    return this.life.isLive;
  }

  get remainingMs(): number {
    return this.life.remainingMs;
  }

  get state(): SessionState {
    return this.life.state;
  }

  get over(): AbortSignal {
    return this.life.over;
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    return this.life.subscribe(listener);
  }

  /** Throws `session-expired` when nothing more may be sent under it. */
  check(): void {
    this.life.check();
  }

  /** Nothing of it is to be believed any more, and there is nobody to be told. */
  lose(reason: string, cause: unknown): void {
    this.life.end(reason, cause);
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      // Told before it is over, since that is heard of at once.
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#closing = promise;
      this.#close().then(resolve, reject);
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Called once, when it is over: at once where its opening was answered too late and it was never anything else. */
  protected whenOver(listener: () => void): void {
    if (this.over.aborted) listener();
    else this.over.addEventListener('abort', listener, { once: true });
  }

  /** One renewal, as `Renewal` has it. */
  protected abstract renew(signal: AbortSignal): Promise<void>;

  /**
   * Tells the server that it is over. `leftMs`: for how long it would have lived; 0 when it was over before. What
   * cannot be told is not told: the session expires by itself.
   */
  protected abstract farewell(leftMs: number): Promise<void>;

  async #close(): Promise<void> {
    const leftMs = this.life.remainingMs;
    this.life.end('it was closed');
    await this.renewal.close();
    try {
      await this.farewell(leftMs);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
    } finally {
      this.#onEnd();
    }
  }
}

/** The session as its engine made it; throws `invalid-option` for one of another engine. */
export function ownSession<S extends EngineSession>(
  session: EngineSession,
  isOwn: (session: EngineSession) => session is S,
): S {
  if (isOwn(session)) return session;
  throw invalidOption('session', session.id, 'a session of this engine');
}
