/**
 * The sessions of a coordination: one for each time to live, shared by all its recipes, so that to acquire something
 * is one write and not three. A session is opened when it is first needed, closed when nobody has needed it for a
 * while, and replaced for the next caller when it is over; who held something by it hears of that from the session.
 */
import { QuorateError, untilAborted } from '../base/index.ts';
import { type Engine, type EngineSession, type SessionState, sessionOver } from '../engines/port/index.ts';
import type { Timer } from '../ports/index.ts';

export interface SessionUse {
  readonly session: EngineSession;
  /** It is not needed here any more. May be called twice. */
  release(): void;
}

export interface SessionPoolOptions {
  readonly engine: Engine;
  /** A session that nobody has used for so long is closed. */
  readonly idleMs: number;
}

interface Shared {
  readonly ttlMs: number;
  readonly session: EngineSession;
  users: number;
  idle: Timer | undefined;
}

/** The worse, the later. */
const severity: readonly SessionState[] = ['connected', 'reconnected', 'suspended', 'lost'];

export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #opening = new Map<number, Promise<Shared>>();
  readonly #open = new Map<number, Shared>();
  /** By time to live; of one that was lost, until another has taken its place. */
  readonly #states = new Map<number, SessionState>();
  readonly #listeners = new Set<(state: SessionState) => void>();
  readonly #closings = new Set<Promise<void>>();
  #state: SessionState = 'connected';
  #closing: Promise<void> | undefined;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  /** The worst of them all; one that was lost counts until another has taken its place. */
  get state(): SessionState {
    return this.#state;
  }

  /** Hears of each change of state, until the function that it returns is called. */
  subscribe(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A live session. Rejects as the engine does when it cannot be opened, and with the signal's reason. */
  async use(ttlMs: number, signal: AbortSignal): Promise<SessionUse> {
    if (this.#closing !== undefined) throw poolClosed();
    let shared = this.#open.get(ttlMs);
    if (shared !== undefined && !shared.session.isLive) this.#forget(shared, 'lost');
    shared = this.#open.get(ttlMs) ?? (await untilAborted(this.#opened(ttlMs), signal));
    const { session } = shared;
    if (this.#closing !== undefined) throw poolClosed();
    if (!session.isLive) throw sessionOver(session.id, 'it took longer to open than it lives');
    return this.#useOf(shared);
  }

  /** Closes all of them; what they held vanishes. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** One opening for all who ask meanwhile; it goes on when they have given up, for whoever asks next. */
  #opened(ttlMs: number): Promise<Shared> {
    const known = this.#opening.get(ttlMs);
    if (known !== undefined) return known;
    const opening = this.#begin(ttlMs).finally(() => this.#opening.delete(ttlMs));
    this.#opening.set(ttlMs, opening);
    return opening;
  }

  async #begin(ttlMs: number): Promise<Shared> {
    const session = await this.#options.engine.session({ ttlMs });
    if (this.#closing !== undefined) {
      await session.close();
      throw poolClosed();
    }
    const shared: Shared = { ttlMs, session, users: 0, idle: undefined };
    this.#open.set(ttlMs, shared);
    this.#note(ttlMs, session.state);
    session.subscribe((state) => {
      if (this.#open.get(ttlMs) !== shared) return;
      if (state === 'lost') this.#forget(shared, state);
      else this.#note(ttlMs, state);
    });
    this.#rest(shared);
    return shared;
  }

  #useOf(shared: Shared): SessionUse {
    shared.users += 1;
    shared.idle?.cancel();
    let isOver = false;
    const release = (): void => {
      if (isOver) return;
      isOver = true;
      shared.users -= 1;
      if (shared.users === 0) this.#rest(shared);
    };
    return { session: shared.session, release };
  }

  /** Nobody uses it now. */
  #rest(shared: Shared): void {
    const { engine, idleMs } = this.#options;
    if (this.#open.get(shared.ttlMs) !== shared) {
      this.#end(shared);
      return;
    }
    const onIdle = (): void => {
      if (this.#open.get(shared.ttlMs) !== shared) return;
      this.#forget(shared, undefined);
      this.#end(shared);
    };
    shared.idle = engine.clock.setTimer(idleMs, onIdle, { background: true });
  }

  /** Nobody gets it any more; who has it keeps it. */
  #forget(shared: Shared, state: SessionState | undefined): void {
    shared.idle?.cancel();
    this.#open.delete(shared.ttlMs);
    this.#note(shared.ttlMs, state);
  }

  #end(shared: Shared): void {
    const closing = shared.session.close().finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }

  #note(ttlMs: number, state: SessionState | undefined): void {
    if (state === undefined) this.#states.delete(ttlMs);
    else this.#states.set(ttlMs, state);
    const worst = Math.max(0, ...[...this.#states.values()].map((each) => severity.indexOf(each)));
    const now = severity[worst] as SessionState;
    if (now === this.#state) return;
    this.#state = now;
    for (const listener of [...this.#listeners]) listener(now);
  }

  async #close(): Promise<void> {
    for (const shared of [...this.#open.values()]) {
      this.#forget(shared, undefined);
      this.#end(shared);
    }
    // An opening that is under way ends by itself, closes what it opened and tells who waits for it.
    await Promise.all([...this.#opening.values()].map((opening) => opening.then(nothing, nothing)));
    await Promise.all(this.#closings);
    this.#listeners.clear();
  }
}

function nothing(): undefined {
  return undefined;
}

function poolClosed(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the coordination was closed; make a new one with coordinate()',
    data: { what: 'coordination' },
  });
}
