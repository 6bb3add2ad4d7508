/** Headers of a message in memory. */
import type { NatsHeaders } from '../../../src/engines/nats/nats-module.ts';

export class FakeHeaders implements NatsHeaders {
  readonly code: number;
  readonly #values: Map<string, string>;

  /** `code`: what the server says for itself. */
  constructor(values: Iterable<readonly [string, string]> = [], code = 0) {
    this.code = code;
    this.#values = new Map(values);
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  entries(): Iterable<readonly [string, string]> {
    return this.#values;
  }
}
