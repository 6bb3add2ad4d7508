/** A key with its value and its numbers, as users see it. The bytes are theirs; text and JSON are made when asked for. */
import { checked, parsed, type StandardSchema } from '../base/index.ts';
import type { KeyValue } from '../mvcc/index.ts';

const utf8 = new TextDecoder();

export class Entry {
  readonly #keyValue: KeyValue;

  /** Takes copies: what a reply holds would keep the whole reply in memory. */
  constructor(keyValue: KeyValue) {
    this.#keyValue = { ...keyValue, key: keyValue.key.slice(), value: keyValue.value.slice() };
  }

  get key(): string {
    return utf8.decode(this.#keyValue.key);
  }

  get keyBytes(): Uint8Array {
    return this.#keyValue.key;
  }

  get value(): Uint8Array {
    return this.#keyValue.value;
  }

  get text(): string {
    return utf8.decode(this.#keyValue.value);
  }

  /** Throws a `SyntaxError` where the value is not JSON. What it holds is for the caller to check. */
  json(): unknown {
    return JSON.parse(this.text);
  }

  /** The value as JSON that fits `schema`; rejects with `value-invalid` where it is not JSON, or another. */
  async parse<Output>(schema: StandardSchema<Output>): Promise<Output> {
    return await checked(schema, parsed(this.text, this.key), this.key);
  }

  /** The revision at which the key came to be, after it was last absent: the token of whoever made it. */
  get createRevision(): number {
    return this.#keyValue.createRevision;
  }

  /** The revision of its last change. */
  get modifyRevision(): number {
    return this.#keyValue.modifyRevision;
  }

  /** Counts the puts since the key was created. */
  get version(): number {
    return this.#keyValue.version;
  }

  /** The lease with which it vanishes; 0 for none. */
  get lease(): number {
    return this.#keyValue.lease;
  }
}
