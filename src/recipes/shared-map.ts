/**
 * Values by key, shared by many programs. Each key is a value of its own, with the same promises, and nothing is
 * promised across keys: two keys that must change together belong into one value.
 */
import { type CallOptions, checkName } from '../engines/port/index.ts';
import type { GuardedOptions } from './guarded-options.ts';
import { JsonCodec } from './json-codec.ts';
import { LiveView } from './live-view.ts';
import type { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';
import { SharedValue, type ValueOptions } from './shared-value.ts';

export class SharedMap<T> {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #options: ValueOptions<T>;
  readonly #codec: JsonCodec<T>;

  constructor(context: RecipeContext, name: string, options: ValueOptions<T> = {}) {
    this.#context = context;
    this.#directory = context.pathOf('maps', name);
    this.#options = options;
    this.#codec = new JsonCodec(options.schema);
  }

  /** The value of one key, for whoever has more to do with it. Keys are one part of a path: no slashes. */
  at(key: string): SharedValue<T> {
    return new SharedValue(this.#context, `${this.#directory}/${checkName('key', key)}`, this.#options);
  }

  async get(key: string, options: CallOptions = {}): Promise<T | undefined> {
    return await this.at(key).get(options);
  }

  async set(key: string, value: T, options: GuardedOptions = {}): Promise<void> {
    await this.at(key).set(value, options);
  }

  async update(
    key: string,
    change: (current: T | undefined) => T | Promise<T>,
    options: GuardedOptions = {},
  ): Promise<T> {
    return await this.at(key).update(change, options);
  }

  async delete(key: string, options: GuardedOptions = {}): Promise<boolean> {
    return await this.at(key).delete(options);
  }

  /** The value of one key, and then each change of it. */
  watch(key: string, options: { readonly signal?: AbortSignal } = {}): Readings<T | undefined> {
    return this.at(key).watch(options);
  }

  /** Everything, oldest first, as one read shows it. Rejects with `value-invalid` where one value does not fit. */
  async entries(options: CallOptions = {}): Promise<Map<string, T>> {
    const { items } = await this.#context.engine.list(this.#directory, options);
    const entries = items.map(
      async ({ key, value }) =>
        [key.slice(this.#directory.length + 1), await this.#codec.decode(value, key)] as const,
    );
    return new Map(await Promise.all(entries));
  }

  /** The whole map in memory, kept up to date. */
  async view(options: CallOptions = {}): Promise<LiveView<T>> {
    const [context, directory] = [this.#context, this.#directory];
    const read = async ({ key, value }: { readonly key: string; readonly value: Uint8Array }): Promise<T> =>
      await this.#codec.decode(value, key);
    return await LiveView.open({ context, directory, read }, options);
  }
}
