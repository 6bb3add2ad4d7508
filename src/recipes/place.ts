/**
 * A place in a line: an item that was appended to a directory under a session. What becomes of the appending may be
 * unknown when nobody waits for it any more, and the session lives on for others; so to leave a place is to find out
 * whether it was ever taken, by the same id, and then to delete it.
 */
import { isQuorateError, QuorateError } from '../base/index.ts';
import {
  type EngineSession,
  type Operation,
  type OperationResult,
  sessionOver,
} from '../engines/port/index.ts';
import type { RecipeContext } from './recipe-context.ts';
import { removeItem, untilDone } from './removal.ts';
import type { SessionUse } from './session-pool.ts';

type Append = Extract<Operation, { kind: 'append' }>;
type Appended = Extract<OperationResult, { kind: 'append' }>;

export interface PlaceOptions {
  readonly context: RecipeContext;
  readonly use: SessionUse;
  /** How what is waited for is called in errors. */
  readonly what: string;
  readonly directory: string;
  readonly label: string;
  readonly value: Uint8Array;
}

export class Place {
  readonly #options: PlaceOptions;
  readonly #append: Append;
  readonly #taking: Promise<Appended>;
  #handles = 1;
  #leaving: Promise<void> | undefined;

  /** Takes it at once; whoever needs to know waits for `taken`. */
  constructor(options: PlaceOptions) {
    const { context, use, directory, label, value } = options;
    this.#options = options;
    const id = context.newId();
    this.#append = { kind: 'append', directory, label, id, value, session: use.session };
    this.#taking = this.#take();
    // A place that nobody waits for any more is left, and that looks at the outcome.
    this.#taking.catch(() => undefined);
  }

  get session(): EngineSession {
    return this.#options.use.session;
  }

  get what(): string {
    return this.#options.what;
  }

  /** Where it stands, once it is taken. */
  get taken(): Promise<Appended> {
    return this.#taking;
  }

  get handles(): number {
    return this.#handles;
  }

  /** One more handle, which leaves on its own. */
  share(): this {
    this.#handles += 1;
    return this;
  }

  /** Throws `session-expired` when it may be gone. */
  checkLive(): void {
    const { id, isLive, over } = this.session;
    if (!isLive) throw sessionOver(id, `its place in the line of ${this.what} is lost`, over.reason);
  }

  /** Throws `session-expired` when the server has it no more, whatever is believed here. */
  async checkPresent(signal: AbortSignal): Promise<void> {
    const { key } = await this.taken;
    const item = await this.#options.context.engine.get(key, { signal });
    if (item === undefined) throw this.lost();
    this.checkLive();
  }

  lost(): QuorateError<'session-expired'> {
    return sessionOver(this.session.id, `its place in the line of ${this.what} is gone`);
  }

  /**
   * Gives it up, when the last of its handles does. Settles when it is gone, at the latest when its session is over;
   * rejects with what trying again would not mend.
   */
  leave(): Promise<void> {
    this.#handles -= 1;
    if (this.#handles > 0) return Promise.resolve();
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #take(): Promise<Appended> {
    const answer = await this.#options.context.engine.transact({ operations: [this.#append] });
    return appendedOf(answer.succeeded ? answer.results : []);
  }

  async #leave(): Promise<void> {
    const { context, use } = this.#options;
    try {
      const key = await this.#keyToLeave();
      if (key === undefined) return;
      const mark = await removeItem(context.engine, use.session, key);
      context.departures.tell(key, mark);
    } finally {
      use.release();
    }
  }

  /** Undefined: there is nothing to remove, or it vanishes with the session. */
  async #keyToLeave(): Promise<string | undefined> {
    const { context, use } = this.#options;
    try {
      return (await this.#taking).key;
    } catch (error) {
      if (isQuorateError(error) && error.outcome === 'not-applied') return undefined;
    }
    const results = await untilDone(context.engine, use.session, { operations: [this.#append] });
    return results === undefined ? undefined : appendedOf(results).key;
  }
}

function appendedOf([result]: readonly OperationResult[]): Appended {
  if (result?.kind === 'append') return result;
  throw new QuorateError({
    code: 'engine-failed',
    message: `the engine answered an append with ${result?.kind ?? 'nothing'}; report this as a bug of the engine`,
    data: { engine: 'unknown', reason: 'an append was not answered as one' },
  });
}
