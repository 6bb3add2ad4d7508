/**
 * Hints among the breakers of many processes, over an engine: under `breakers/CIRCUIT` each process has an item of its
 * session while its circuit is not closed. Nothing here is waited for by a call, and nothing is decided: an engine that
 * is away costs the breakers what others would have told them.
 */
import { type Duration, durationMs } from '../../base/index.ts';
import { checkSession, type Engine } from '../../engines/port/index.ts';
import type { BreakerHints, HintListener, OwnReport } from '../../resilience/index.ts';
import { RecipeContext } from '../recipe-context.ts';
import { CircuitListener } from './circuit-listener.ts';
import { CircuitReporter } from './circuit-reporter.ts';

export interface EngineHintsOptions {
  /** Before everything that is kept, as for `coordinate`. Default none. */
  readonly prefix?: string;
  /** How long what a process has told outlives it. Default 10 s. */
  readonly ttl?: Duration;
}

/** A session that nobody has needed for so long is closed. */
const idleMs = 30_000;

/** For `breaker(…).share(hints)`, any number of them. Close it when it is not needed any more; the engine stays open. */
export function engineHints(engine: Engine, options: EngineHintsOptions = {}): EngineHints {
  return new EngineHints(engine, options);
}

export class EngineHints implements BreakerHints, AsyncDisposable {
  readonly #context: RecipeContext;
  readonly #ttlMs: number;
  readonly #reporter: string;
  /** As many as this process has named circuits. */
  readonly #reporters = new Map<string, CircuitReporter>();

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

  report(circuit: string, report: OwnReport): void {
    if (this.#context.closed.aborted) return;
    let reporter = this.#reporters.get(circuit);
    if (reporter === undefined) {
      reporter = new CircuitReporter(this.#placeOf(circuit));
      this.#reporters.set(circuit, reporter);
    }
    reporter.tell(report);
  }

  /** Throws `invalid-option` for a circuit whose name cannot be a part of a key. */
  watch(circuit: string, listener: HintListener): () => void {
    this.#context.checkOpen();
    const listening = new CircuitListener({ ...this.#placeOf(circuit), listener });
    return () => listening.stop();
  }

  /** What was told is taken back; who listens is told that there is nothing more to hear. May be called twice. */
  close(): Promise<void> {
    return this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #placeOf(circuit: string): {
    readonly context: RecipeContext;
    readonly directory: string;
    readonly reporter: string;
    readonly ttlMs: number;
  } {
    const directory = this.#context.pathOf('breakers', circuit);
    return { context: this.#context, directory, reporter: this.#reporter, ttlMs: this.#ttlMs };
  }
}
