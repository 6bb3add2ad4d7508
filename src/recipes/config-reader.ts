/** A configuration as one instance reads it: checked, told when it changes, and never replaced by what does not fit. */
import { isQuorateError, type QuorateError } from '../base/index.ts';
import {
  type ConfigDocument,
  type ConfigValues,
  nothingPublished,
  parseDocument,
} from './config-document.ts';
import type { JsonCodec } from './json-codec.ts';
import { PresentItems } from './present-items.ts';
import { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface ConfigReading<T> {
  readonly value: T;
  /** The publication that it comes from; 0 where only defaults hold. */
  readonly revision: number;
  /** A newer publication that does not fit the schema of this program, which therefore goes on with `value`. */
  readonly refused?: QuorateError<'value-invalid'>;
}

export interface ConfigReaderOptions<T> {
  readonly codec: JsonCodec<T>;
  readonly name: string;
  readonly valuesOf: (document: ConfigDocument) => ConfigValues;
}

export class ConfigReader<T> {
  readonly #options: ConfigReaderOptions<T>;
  #last: ConfigReading<T> | undefined;
  /** As they were before the schema made something of them. */
  #lastValues = '';

  constructor(options: ConfigReaderOptions<T>) {
    this.#options = options;
  }

  async read(document: ConfigDocument): Promise<ConfigReading<T>> {
    const { codec, name, valuesOf } = this.#options;
    return { value: await codec.check(valuesOf(document), name), revision: document.revision };
  }

  watch(context: RecipeContext, key: string, signal: AbortSignal | undefined): Readings<ConfigReading<T>> {
    const present = new PresentItems();
    return new Readings(context, { key }, signal, async (batch) => {
      present.apply(batch);
      const item = present.items.get(key);
      const reading = await this.#next(() =>
        item === undefined ? nothingPublished : parseDocument(item.value, key),
      );
      return reading === undefined ? [] : [reading];
    });
  }

  /** Undefined: nothing that concerns this instance has changed. */
  async #next(open: () => ConfigDocument): Promise<ConfigReading<T> | undefined> {
    const last = this.#last;
    try {
      const document = open();
      const values = JSON.stringify(this.#options.valuesOf(document));
      if (last !== undefined && last.refused === undefined && values === this.#lastValues) return undefined;
      this.#last = await this.read(document);
      this.#lastValues = values;
    } catch (error) {
      if (last === undefined || !isQuorateError(error) || error.code !== 'value-invalid') throw error;
      this.#last = { value: last.value, revision: last.revision, refused: error };
    }
    return this.#last;
  }
}
