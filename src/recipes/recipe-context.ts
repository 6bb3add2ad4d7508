/**
 * What every recipe gets: the engine, the sessions that all recipes of a coordination share, where its items lie, and
 * a place for work that outlives the call that caused it, so that to close a coordination is to leave nothing behind.
 */
import { type Duration, durationMs, isQuorateError, QuorateError } from '../base/index.ts';
import { checkDirectory, checkName, type Engine } from '../engines/port/index.ts';
import { Departures } from './departures.ts';
import { tellProblem } from './problems.ts';
import { SessionPool } from './session-pool.ts';

export interface RecipeContextOptions {
  readonly engine: Engine;
  /** Before the directories of all recipes; empty for none. */
  readonly prefix: string;
  readonly ttlMs: number;
  readonly idleMs: number;
  readonly holder: string;
  readonly onSuspended: 'lose' | 'keep';
}

/** So many bytes are enough for no two to be the same. */
const idDigits = 24;
const utf8 = new TextEncoder();

export class RecipeContext {
  readonly engine: Engine;
  readonly sessions: SessionPool;
  readonly departures: Departures = new Departures();
  /** How this process is called where others see what it holds. */
  readonly holder: Uint8Array;
  /** Whether what is held counts as lost while the server does not answer. */
  readonly losesWhenSuspended: boolean;
  readonly #ttlMs: number;
  readonly #prefix: string;
  readonly #closed = new AbortController();
  readonly #onClose = new Set<(reason: unknown) => void>();
  readonly #tasks = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: RecipeContextOptions) {
    const { engine, prefix, ttlMs, idleMs, holder, onSuspended } = options;
    this.engine = engine;
    this.sessions = new SessionPool({ engine, idleMs });
    this.#ttlMs = ttlMs;
    this.holder = utf8.encode(holder);
    this.losesWhenSuspended = onSuspended === 'lose';
    this.#prefix = prefix === '' ? '' : `${checkDirectory(prefix)}/`;
  }

  /** Aborts with `closed`. For who waits seldom; many waiters at once use `whenClosed`, which forgets in one step. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Calls `listener` with the reason when the coordination is closed, until the function that it returns is called. */
  whenClosed(listener: (reason: unknown) => void): () => void {
    this.#onClose.add(listener);
    return () => this.#onClose.delete(listener);
  }

  /** Throws `closed` when nothing may begin any more. */
  checkOpen(): void {
    this.#closed.signal.throwIfAborted();
  }

  /** Where the items of a recipe lie: `kind/name`, or a key where it has only one. Throws `invalid-option` for a bad name. */
  pathOf(kind: string, name: string): string {
    return `${this.#prefix}${kind}/${checkName('name', name)}`;
  }

  ttlMsOf(ttl: Duration | undefined): number {
    return ttl === undefined ? this.#ttlMs : durationMs(ttl, 'ttl');
  }

  /** A name that nobody else draws. */
  newId(): string {
    const { random } = this.engine;
    let id = '';
    while (id.length < idDigits) id += random.uint32().toString(16).padStart(8, '0');
    return id;
  }

  /** Work that nobody waits for but `close`. What the engine refuses in it is told as `quorate:recipes:problem`. */
  inBackground(what: string, task: () => Promise<void>): void {
    const running = task()
      .catch((error: unknown) => {
        if (!isQuorateError(error)) throw error;
        tellProblem(what, error);
      })
      .finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  /** Ends every wait, and every session with what it holds. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const reason = coordinationClosed();
    this.#closed.abort(reason);
    for (const listener of [...this.#onClose]) listener(reason);
    await this.sessions.close();
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}

function coordinationClosed(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the coordination was closed; make a new one with coordinate()',
    data: { what: 'coordination' },
  });
}
