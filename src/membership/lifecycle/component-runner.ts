/**
 * Starts components in order and stops them in reverse, each within a time of its own. When one does not start, those
 * that have are stopped again. When one does not stop, it is left behind and told of: the others need to be stopped
 * all the same.
 */
import type { Clock } from '../../ports/index.ts';
import { type Component, type OrderedComponent, ordered } from './component.ts';
import type { TellProblem } from './problems.ts';
import { type LateOutcome, within } from './within.ts';

export interface ComponentRunnerOptions {
  readonly clock: Clock;
  readonly components: readonly Component[];
  readonly fail: (error: unknown) => void;
  readonly tell: TellProblem;
}

export class ComponentRunner {
  readonly #clock: Clock;
  readonly #order: readonly OrderedComponent[];
  readonly #fail: (error: unknown) => void;
  readonly #tell: TellProblem;
  /** In the order of starting. */
  readonly #started: OrderedComponent[] = [];
  #stopping: Promise<readonly unknown[]> | undefined;

  constructor({ clock, components, fail, tell }: ComponentRunnerOptions) {
    this.#clock = clock;
    this.#order = ordered(components);
    this.#fail = fail;
    this.#tell = tell;
  }

  /** Rejects with what the first that fails does, or with the signal’s reason. What has started is then still there. */
  async start(signal: AbortSignal): Promise<void> {
    for (const one of this.#order) {
      const { component, startMs } = one;
      await within({
        clock: this.#clock,
        what: `starting ${component.name}`,
        forMs: startMs,
        signal,
        task: (limit) => component.start({ signal: limit, fail: this.#fail }),
        late: (outcome) => this.#startedLate(one, outcome),
      });
      if (this.#stopping !== undefined) {
        // It was told to stop between the end of this start and now.
        await this.#stopOne(one);
        signal.throwIfAborted();
      }
      this.#started.push(one);
    }
  }

  /** Resolves to what went wrong. All that is asked later gets the same answer. */
  stop(): Promise<readonly unknown[]> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<readonly unknown[]> {
    const problems: unknown[] = [];
    for (const one of this.#started.splice(0).reverse()) {
      const problem = await this.#stopOne(one);
      if (problem !== undefined) problems.push(problem.error);
    }
    return problems;
  }

  async #stopOne({ component, stopMs }: OrderedComponent): Promise<{ readonly error: unknown } | undefined> {
    const what = `stopping ${component.name}`;
    try {
      const task = (signal: AbortSignal): Promise<void> | void => component.stop({ signal });
      await within({ clock: this.#clock, what, forMs: stopMs, task });
      return undefined;
    } catch (error) {
      this.#tell(what, error);
      return { error };
    }
  }

  /** It was given up, and has started after all: nobody else would stop it. */
  #startedLate(one: OrderedComponent, outcome: LateOutcome<void>): void {
    if ('error' in outcome) return;
    this.#stopOne(one).catch((error: unknown) => this.#tell(`stopping ${one.component.name}`, error));
  }
}
