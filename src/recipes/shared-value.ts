/**
 * One value that many programs read, change and watch, kept as JSON and typed by a schema.
 *
 * A change is compared and put: `update` gives the caller's function what is there, writes what it makes of it if
 * nobody came between, and asks it again otherwise, so no change is lost. A watch begins with what is there, is never
 * silent for good, and tells each value that differs from the one before; a reader that is slow is told the newest.
 */
import type { StandardSchema } from '../base/index.ts';
import type { CallOptions, Condition, Item, WatchBatch } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import { fencesOf, type GuardedOptions } from './guarded-options.ts';
import { JsonCodec } from './json-codec.ts';
import { PresentItems } from './present-items.ts';
import { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface ValueOptions<T> {
  /** Of any library that follows the Standard Schema. Checked when written and when read. Default: any JSON. */
  readonly schema?: StandardSchema<T>;
}

export class SharedValue<T> {
  readonly #context: RecipeContext;
  readonly #codec: JsonCodec<T>;
  readonly #key: string;

  /** `key` is where it lies: a value of its own, or one of a map. */
  constructor(context: RecipeContext, key: string, { schema }: ValueOptions<T> = {}) {
    this.#context = context;
    this.#codec = new JsonCodec(schema);
    this.#key = key;
  }

  /** `undefined` where there is none; `value-invalid` where what is there does not fit the schema. */
  async get(options: CallOptions = {}): Promise<T | undefined> {
    return await this.#valueOf(await this.#context.engine.get(this.#key, options));
  }

  async set(value: T, { fence, ...call }: GuardedOptions = {}): Promise<void> {
    const bytes = await this.#codec.encode(value, this.#key);
    const put = { kind: 'put', key: this.#key, value: bytes } as const;
    const fences = fencesOf(fence === undefined ? {} : { fence });
    await this.#context.engine.transact({ operations: [put], ...fences, ...call });
  }

  /**
   * Puts what `change` makes of what is there, and answers with it. Where somebody comes between, `change` is called
   * again with what is there then, until the deadline; so it should have no effects of its own.
   */
  async update(change: (current: T | undefined) => T | Promise<T>, options: GuardedOptions = {}): Promise<T> {
    const budget = new Budget(this.#context.engine.clock, options, `updating ${this.#key}`);
    while (true) {
      const item = await this.#context.engine.get(this.#key, budget.next());
      const value = await change(await this.#valueOf(item));
      const bytes = await this.#codec.encode(value, this.#key);
      const answer = await this.#context.engine.transact({
        when: [sameAs(this.#key, item)],
        operations: [{ kind: 'put', key: this.#key, value: bytes }],
        ...fencesOf(options),
        ...budget.next(),
      });
      if (answer.succeeded) return await this.#codec.decode(bytes, this.#key);
    }
  }

  /** True: there was one. */
  async delete({ fence, ...call }: GuardedOptions = {}): Promise<boolean> {
    const fences = fencesOf(fence === undefined ? {} : { fence });
    const operations = [{ kind: 'delete', key: this.#key }] as const;
    const answer = await this.#context.engine.transact({ operations, ...fences, ...call });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'delete' && result.existed;
  }

  /**
   * What is there, `undefined` for nothing, and then each change of it. Rejects with `value-invalid`, and is over,
   * at a value that does not fit the schema.
   */
  watch({ signal }: { readonly signal?: AbortSignal } = {}): Readings<T | undefined> {
    const present = new PresentItems();
    let isFirst = true;
    return new Readings(this.#context, { key: this.#key }, signal, async (batch: WatchBatch) => {
      const changes = present.apply(batch);
      const items = changes.map((change) => (change.kind === 'put' ? change.item : undefined));
      if (isFirst && items.length === 0) items.push(undefined);
      isFirst = false;
      return await Promise.all(items.map((item) => this.#valueOf(item)));
    });
  }

  async #valueOf(item: Item | undefined): Promise<T | undefined> {
    return item === undefined ? undefined : await this.#codec.decode(item.value, this.#key);
  }
}

function sameAs(key: string, item: Item | undefined): Condition {
  return item === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modified: item.modified };
}
