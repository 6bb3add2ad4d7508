/** The smallest state machine worth replicating, for tests of the node: the last value wins, and all are counted. */
import { crc32 } from '../../src/base/index.ts';
import type { StateMachine } from '../../src/node/index.ts';

export class RegisterMachine implements StateMachine {
  applied = 0;
  #value = new Uint8Array(0);
  #commands = 0;
  #hash = 0;

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    this.applied = index;
    if (command === undefined) return new Uint8Array(0);
    this.#value = command.slice();
    this.#commands += 1;
    this.#hash = crc32(command, this.#hash);
    return Uint8Array.of(...new TextEncoder().encode(String(this.#commands)));
  }

  read(): Uint8Array {
    return this.#value;
  }

  snapshot(): Iterable<Uint8Array> {
    const state = {
      commands: this.#commands,
      hash: this.#hash,
      value: Buffer.from(this.#value).toString('base64'),
    };
    return [Buffer.from(JSON.stringify(state))];
  }

  async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const state = JSON.parse(Buffer.concat(parts).toString()) as {
      commands: number;
      hash: number;
      value: string;
    };
    this.#commands = state.commands;
    this.#hash = state.hash;
    this.#value = new Uint8Array(Buffer.from(state.value, 'base64'));
    this.applied = index;
  }

  hash(): number {
    return this.#hash;
  }
}
