/**
 * How recipes keep values: as JSON, checked by a schema where one was given, when it is written and when it is read,
 * since whoever wrote it may have been an older program.
 */
import { checked, jsonText, parsed, type StandardSchema } from '../base/index.ts';

const text = new TextDecoder();
const utf8 = new TextEncoder();

export class JsonCodec<T> {
  readonly #schema: StandardSchema<T> | undefined;

  /** Without a schema `T` is whatever JSON holds: say `unknown`. */
  constructor(schema: StandardSchema<T> | undefined) {
    this.#schema = schema;
  }

  /** What the schema makes of it. Rejects with `value-invalid` where it does not fit. */
  async check(value: unknown, key: string): Promise<T> {
    return this.#schema === undefined ? (value as T) : await checked(this.#schema, value, key);
  }

  async encode(value: T, key: string): Promise<Uint8Array> {
    return utf8.encode(jsonText(await this.check(value, key), key));
  }

  async decode(bytes: Uint8Array, key: string): Promise<T> {
    return await this.check(parsed(text.decode(bytes), key), key);
  }
}
