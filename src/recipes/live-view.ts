/**
 * A directory in memory, kept up to date by a watch: read as often as one likes, without a call.
 *
 * It is as new as what the server has told: never older than it was when it was opened, and behind the truth by the
 * time that news takes, or for as long as the server cannot be reached. Who needs to see the last write asks the
 * engine. What does not fit its schema is kept apart and told, so that one bad value takes nothing else away.
 */
import { isQuorateError, linkSignals, QuorateError } from '../base/index.ts';
import type { CallOptions, Item, WatchBatch } from '../engines/port/index.ts';
import { CallLimit } from './budget.ts';
import { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface LiveViewOptions<T> {
  readonly context: RecipeContext;
  readonly directory: string;
  /** What the view tells of an item. `value-invalid` keeps it apart; any other error ends the view. */
  readonly read: (item: Item) => Promise<T>;
}

export class LiveView<T> implements AsyncDisposable {
  readonly #options: LiveViewOptions<T>;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #present = new PresentItems();
  readonly #values = new Map<string, T>();
  readonly #misfits = new Map<string, QuorateError>();
  #snapshot: ReadonlyMap<string, T> | undefined;
  #version = 0;
  #over: { readonly reason: unknown } | undefined;
  readonly #running: Promise<void>;

  private constructor(options: LiveViewOptions<T>) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when everything that is there has been read. */
  static async open<V>(options: LiveViewOptions<V>, call: CallOptions = {}): Promise<LiveView<V>> {
    const { context, directory } = options;
    using limit = new CallLimit(context, call, `reading ${directory}`);
    const view = new LiveView(options);
    try {
      await view.#changedSince(0, limit.signal);
    } catch (error) {
      await view.close();
      throw error;
    }
    return view;
  }

  /** By name, oldest first; a snapshot that never changes. Throws when the view is closed or has failed. */
  get current(): ReadonlyMap<string, T> {
    if (this.#over !== undefined) throw this.#over.reason;
    this.#snapshot ??= this.#takeSnapshot();
    return this.#snapshot;
  }

  /** What is there and does not fit, by name. */
  get misfits(): ReadonlyMap<string, QuorateError> {
    return this.#misfits;
  }

  /**
   * The snapshot of now, and then the newest one after each change; changes while the reader is busy come together.
   * Ends when the view is closed; rejects with what the view failed with, or the signal's reason.
   */
  async *changes({
    signal,
  }: {
    readonly signal?: AbortSignal;
  } = {}): AsyncGenerator<ReadonlyMap<string, T>, undefined> {
    let seen = 0;
    while (!this.#closing.signal.aborted) {
      if (this.#version === seen) await this.#changedSince(seen, signal);
      if (this.#closing.signal.aborted) return;
      seen = this.#version;
      yield this.current;
    }
  }

  async close(): Promise<void> {
    this.#end(closedError(this.#options.directory));
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(reason: unknown): void {
    this.#over ??= { reason };
    this.#closing.abort(reason);
    this.#tell();
  }

  async #run(): Promise<void> {
    const { context, directory } = this.#options;
    const { signal } = this.#closing;
    const forget = context.whenClosed((reason) => this.#end(reason));
    try {
      for await (const batch of context.engine.watch({ directory }, { signal })) await this.#apply(batch);
      this.#over ??= { reason: closedError(directory) };
    } catch (reason) {
      this.#over ??= { reason };
    } finally {
      forget();
    }
    this.#tell();
  }

  /** A batch shows at once, when all of it has been read. */
  async #apply(batch: WatchBatch): Promise<void> {
    const changes = this.#present.apply(batch);
    const readings = await Promise.all(
      changes.map(async ({ kind, item }) => (kind === 'put' ? await this.#read(item) : undefined)),
    );
    changes.forEach(({ item }, at) => {
      const name = item.key.slice(this.#options.directory.length + 1);
      const reading = readings[at];
      this.#values.delete(name);
      this.#misfits.delete(name);
      if (reading === undefined) return;
      if ('error' in reading) this.#misfits.set(name, reading.error);
      else this.#values.set(name, reading.value);
    });
    if (changes.length === 0 && this.#version > 0) return;
    this.#version += 1;
    this.#snapshot = undefined;
    this.#tell();
  }

  async #read(item: Item): Promise<{ readonly value: T } | { readonly error: QuorateError }> {
    try {
      return { value: await this.#options.read(item) };
    } catch (error) {
      if (isQuorateError(error) && error.code === 'value-invalid') return { error };
      throw error;
    }
  }

  #takeSnapshot(): ReadonlyMap<string, T> {
    const snapshot = new Map<string, T>();
    for (const { key } of this.#present.oldestFirst) {
      const name = key.slice(this.#options.directory.length + 1);
      const value = this.#values.get(name);
      if (value !== undefined) snapshot.set(name, value);
    }
    return snapshot;
  }

  /** Resolves when there is something newer, or the view was closed; rejects with what it failed with. */
  async #changedSince(version: number, signal: AbortSignal | undefined): Promise<void> {
    using wait = linkSignals(signal);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const isClosed = this.#closing.signal.aborted;
        if (this.#over !== undefined && !isClosed) reject(this.#over.reason);
        else if (wait.signal.aborted) reject(wait.signal.reason);
        else if (isClosed || this.#version > version) resolve();
        else return;
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      wait.signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function closedError(directory: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `the view of ${directory} was closed; open another one`,
    data: { what: `view of ${directory}` },
  });
}
