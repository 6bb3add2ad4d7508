/**
 * A gate that is open unless somebody has raised it: who comes to it passes, or waits until it is lifted.
 *
 * It stays raised until somebody lifts it, also when who raised it is gone. A gate that is lifted and raised again
 * within a moment may let some pass and hold others: who must not miss an opening uses a latch.
 */
import type { CallOptions } from '../engines/port/index.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

export class Barrier {
  readonly #context: RecipeContext;
  readonly #name: string;
  readonly #key: string;

  constructor(context: RecipeContext, name: string) {
    this.#context = context;
    this.#name = name;
    this.#key = context.pathOf('barriers', name);
  }

  /** True: it was open before. */
  async raise(options: CallOptions = {}): Promise<boolean> {
    const { engine, holder } = this.#context;
    const put = { kind: 'put', key: this.#key, value: holder } as const;
    const when = [{ key: this.#key, is: 'absent' }] as const;
    const { succeeded } = await engine.transact({ when, operations: [put], ...options });
    return succeeded;
  }

  /** Lets everybody through. True: it was raised before. */
  async lift(options: CallOptions = {}): Promise<boolean> {
    const operations = [{ kind: 'delete', key: this.#key }] as const;
    const answer = await this.#context.engine.transact({ operations, ...options });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'delete' && result.existed;
  }

  async isRaised(options: CallOptions = {}): Promise<boolean> {
    return (await this.#context.engine.get(this.#key, options)) !== undefined;
  }

  /** Resolves when it is open. */
  async pass(options: WaitOptions = {}): Promise<void> {
    using limit = new WatchLimit(this.#context, `barrier ${this.#name} to open`, options);
    const target = { key: this.#key };
    await untilSeen(this.#context, target, limit, ({ items }) => (items.size === 0 ? true : undefined));
  }
}
