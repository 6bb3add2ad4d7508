/**
 * Hints among the breakers of many processes, over an engine: under `breakers/NAME` each process has an item of its
 * session for each circuit while that is not closed. Nothing here is waited for by a call, and nothing is decided: an engine that
 * is away costs the breakers what others would have told them.
 */
import { Deque, type Duration, durationMs } from '../../base/index.ts';
import { checkSession, type Engine } from '../../engines/port/index.ts';
import type { BreakerHints, HintListener, OwnReport } from '../../resilience/index.ts';
import { RecipeContext } from '../recipe-context.ts';
import { CircuitListener } from './circuit-listener.ts';
import { CircuitReporter } from './circuit-reporter.ts';
import { itemName } from './hint-record.ts';

export interface EngineHintsOptions {
  /** Before everything that is kept, as for `coordinate`. Default none. */
  readonly prefix?: string;
  /** How long what a process has told outlives it. Default 10 s. */
  readonly ttl?: Duration;
}

/** A session that nobody has needed for so long is closed. */
const idleMs = 30_000;
/** So many reports are under way at a time: where many circuits open at once, an engine has other things to do, too. */
const tellingMax = 8;

/** For `breaker(…).share(hints)`, any number of them. Close it when it is not needed any more; the engine stays open. */
export function engineHints(engine: Engine, options: EngineHintsOptions = {}): EngineHints {
  return new EngineHints(engine, options);
}

export class EngineHints implements BreakerHints, AsyncDisposable {
  readonly #context: RecipeContext;
  readonly #ttlMs: number;
  readonly #reporter: string;
  /** Of circuits that are not closed, by their breaker and key. */
  readonly #reporters = new Map<string, CircuitReporter>();
  /** One for each of them at most. */
  readonly #waiting = new Deque<() => Promise<void>>();
  #telling = 0;
  #names = 0;

  constructor(engine: Engine, { prefix = '', ttl = '10s' }: EngineHintsOptions) {
    this.#ttlMs = durationMs(ttl, 'ttl');
    checkSession(engine, { ttlMs: this.#ttlMs });
    this.#context = new RecipeContext({
      engine,
      prefix,
      ttlMs: this.#ttlMs,
      idleMs,
      holder: '',
      onSuspended: 'keep',
    });
    this.#reporter = this.#context.newId();
  }

  report(breaker: string, report: OwnReport): void {
    if (this.#context.closed.aborted) return;
    const circuit = JSON.stringify([breaker, report.key]);
    let reporter = this.#reporters.get(circuit);
    if (reporter === undefined) {
      reporter = this.#newReporter(breaker, circuit);
      this.#reporters.set(circuit, reporter);
    }
    reporter.tell(report);
  }

  /** Throws `invalid-option` for a breaker whose name cannot be a part of a key. */
  watch(breaker: string, listener: HintListener): () => void {
    const context = this.#context;
    context.checkOpen();
    const directory = this.#directoryOf(breaker);
    const [reporter, ttlMs] = [this.#reporter, this.#ttlMs];
    const listening = new CircuitListener({ context, directory, reporter, ttlMs, listener });
    return () => listening.stop();
  }

  /** What was told is taken back; who listens is told that there is nothing more to hear. May be called twice. */
  close(): Promise<void> {
    return this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #newReporter(breaker: string, circuit: string): CircuitReporter {
    return new CircuitReporter({
      context: this.#context,
      directory: this.#directoryOf(breaker),
      newName: () => itemName(this.#reporter, ++this.#names),
      ttlMs: this.#ttlMs,
      begin: (task) => {
        this.#waiting.pushBack(task);
        this.#tellWaiting();
      },
      onSilent: () => this.#reporters.delete(circuit),
    });
  }

  #tellWaiting(): void {
    while (this.#telling < tellingMax) {
      const task = this.#waiting.popFront();
      if (task === undefined) return;
      this.#telling += 1;
      this.#context.inBackground('reporting circuits', async () => {
        try {
          await task();
        } finally {
          this.#telling -= 1;
          this.#tellWaiting();
        }
      });
    }
  }

  #directoryOf(breaker: string): string {
    return this.#context.pathOf('breakers', breaker);
  }
}
