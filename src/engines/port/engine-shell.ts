/**
 * What is the same at the end of every engine: it ends once, refuses from then on whatever comes, and its sessions
 * say goodbye while there is still somebody to say it to.
 */
import { QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import type { EngineKind, EngineSession } from './engine.ts';

export abstract class EngineShell<S extends EngineSession> implements AsyncDisposable {
  abstract readonly kind: EngineKind;
  readonly clock: Clock;
  readonly random: Random;
  /** Those that are to be closed with it. */
  protected readonly sessions: Set<S> = new Set<S>();
  readonly #over = new AbortController();
  #closing: Promise<void> | undefined;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.clock = clock;
    this.random = random;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Aborts with why it does nothing more: it was closed, or what its server held is lost. */
  protected get over(): AbortSignal {
    return this.#over.signal;
  }

  protected checkOpen(): void {
    this.#over.signal.throwIfAborted();
  }

  /** From now on everything is refused with `reason`; the first one stays. */
  protected refuse(reason: QuorateError): void {
    this.#over.abort(reason);
  }

  /** A session that was opened while the engine was being closed is given back at once. */
  protected async admit(session: S): Promise<S> {
    if (this.#over.signal.aborted) {
      await session.close();
      throw this.#over.signal.reason;
    }
    if (session.isLive) this.sessions.add(session);
    return session;
  }

  protected async closeSessions(): Promise<void> {
    await Promise.all([...this.sessions].map((session) => session.close()));
  }

  /** Ends watches, sessions and connections, in the order that the server needs. */
  protected abstract end(reason: QuorateError): Promise<void>;

  async #close(): Promise<void> {
    const reason = engineClosed(this.kind);
    this.#over.abort(reason);
    await this.end(reason);
  }
}

export function engineClosed(kind: EngineKind): QuorateError<'closed'> {
  const what = `the engine on ${kind}`;
  return new QuorateError({
    code: 'closed',
    message: `${what} was closed; open a new one`,
    data: { what },
  });
}
