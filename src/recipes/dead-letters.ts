/**
 * Items of a queue that were taken too often and never finished, or that do not fit the schema. They stay, and count,
 * until somebody looks at them: who can mend the reason puts them back, who cannot discards them.
 */
import { isQuorateError } from '../base/index.ts';
import type { CallOptions, Item } from '../engines/port/index.ts';
import type { JsonCodec } from './json-codec.ts';
import { nameIn, type QueueLayout } from './queue-layout.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface DeadLetter {
  /** For `revive` and `discard`. */
  readonly name: string;
  /** As it was written, JSON; it may not fit the schema. */
  readonly text: string;
  readonly priority: number;
}

export interface Burial {
  readonly priority: number;
  readonly item: Item;
  readonly lease: string;
  readonly tries: number;
  readonly content: Uint8Array;
}

const text = new TextDecoder();

export class DeadLetters<T> {
  readonly #context: RecipeContext;
  readonly #layout: QueueLayout;
  readonly #codec: JsonCodec<T>;

  constructor(context: RecipeContext, layout: QueueLayout, codec: JsonCodec<T>) {
    this.#context = context;
    this.#layout = layout;
    this.#codec = codec;
  }

  /** Oldest first, by when they died. */
  async list(call: CallOptions = {}): Promise<DeadLetter[]> {
    const { dead } = this.#layout;
    const { items } = await this.#context.engine.list(dead, call);
    return items.map((item) => {
      const { tries: priority, content } = this.#layout.readTries(item);
      return { name: nameIn(dead, item), text: text.decode(content), priority };
    });
  }

  /** Puts it back as a new item, at the end of its line. False: it is not there any more. */
  async revive(name: string, call: CallOptions = {}): Promise<boolean> {
    const { engine } = this.#context;
    const key = `${this.#layout.dead}/${name}`;
    const item = await engine.get(key, call);
    if (item === undefined) return false;
    const { tries: priority, content } = this.#layout.readTries(item);
    const { succeeded } = await engine.transact({
      when: [{ key, is: 'unchanged', modified: item.modified }],
      operations: [
        { kind: 'delete', key },
        {
          kind: 'append',
          directory: this.#layout.items(priority),
          label: 'item',
          id: this.#context.newId(),
          value: this.#layout.withTries(0, content),
        },
        // It stays as many as before; whoever waits hears that there is something to take.
        { kind: 'add', key: this.#layout.count, amount: 0 },
      ],
      ...call,
    });
    return succeeded;
  }

  /** False: it is not there any more. */
  async discard(name: string, call: CallOptions = {}): Promise<boolean> {
    const key = `${this.#layout.dead}/${name}`;
    const { succeeded } = await this.#context.engine.transact({
      when: [{ key, is: 'present' }],
      operations: [
        { kind: 'delete', key },
        { kind: 'add', key: this.#layout.count, amount: -1 },
      ],
      ...call,
    });
    return succeeded;
  }

  /** For the queue: moves an item here, unless somebody has it or has changed it. */
  async bury({ priority, item, lease, content }: Burial, call: CallOptions): Promise<void> {
    const name = nameIn(this.#layout.items(priority), item);
    await this.#context.engine.transact({
      when: [
        { key: item.key, is: 'unchanged', modified: item.modified },
        { key: lease, is: 'absent' },
      ],
      operations: [
        { kind: 'delete', key: item.key },
        {
          kind: 'put',
          key: this.#layout.deadLetter(name),
          value: this.#layout.withTries(priority, content),
        },
      ],
      ...call,
    });
  }

  /** For the queue: undefined where the content does not fit. */
  async valueIfFit({ key }: Item, content: Uint8Array): Promise<{ readonly value: T } | undefined> {
    try {
      return { value: await this.#codec.decode(content, key) };
    } catch (error) {
      if (isQuorateError(error) && error.code === 'value-invalid') return undefined;
      throw error;
    }
  }
}
