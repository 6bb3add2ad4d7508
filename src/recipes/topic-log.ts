/**
 * The events of a topic, in the order in which they were published, and how far each group has come. Events that all
 * groups have done are taken out, by whoever notices; what is left is bounded, so the slowest group holds publishers
 * back rather than lose something.
 */
import type { CallOptions, Item } from '../engines/port/index.ts';
import type { RecipeContext } from './recipe-context.ts';

/** Within one transaction of every engine: a condition and a deletion for each. */
const prunedMax = 40;
const text = new TextDecoder();

export class TopicLog {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #eventsMax: number;

  constructor(context: RecipeContext, directory: string, eventsMax: number) {
    this.#context = context;
    this.#directory = directory;
    this.#eventsMax = eventsMax;
  }

  get events(): string {
    return `${this.#directory}/log`;
  }

  /** Its value is the number of the last event that the group has done. */
  group(name: string): string {
    return `${this.#directory}/groups/${name}`;
  }

  /** Held by the one program that reads for the group. */
  reader(name: string): string {
    return `${this.#directory}/readers/${name}`;
  }

  /** False: it is full, also when what is done has been taken out. */
  async append(value: Uint8Array, call: () => CallOptions): Promise<boolean> {
    if (await this.#append(value, call())) return true;
    const log = await this.#context.engine.list(this.events, call());
    while ((await this.prune(log.items, call())) > 0) if (await this.#append(value, call())) return true;
    return false;
  }

  /** Takes out the oldest of these events that all groups have done; answers with how many it took. */
  async prune(events: readonly Item[], call: CallOptions): Promise<number> {
    const { engine } = this.#context;
    const groups = await engine.list(`${this.#directory}/groups`, call);
    const doneByAll = Math.min(...groups.items.map(offsetOf));
    const done = events.filter(({ created }) => created <= doneByAll).slice(0, prunedMax);
    if (done.length === 0) return 0;
    const { succeeded } = await engine.transact({
      // Of two who take out the same events one is refused, so that each is counted once.
      when: done.map(({ key, created }) => ({ key, is: 'created', created }) as const),
      operations: [
        ...done.map(({ key }) => ({ kind: 'delete', key }) as const),
        { kind: 'add', key: this.#count, amount: -done.length },
      ],
      ...call,
    });
    return succeeded ? done.length : 0;
  }

  /** Takes out everything, groups included. False: somebody else takes out or publishes at the same time. */
  async clear(call: () => CallOptions): Promise<boolean> {
    const { engine } = this.#context;
    const groups = await engine.list(`${this.#directory}/groups`, { keysOnly: true, ...call() });
    for (const { key } of groups.items)
      await engine.transact({ operations: [{ kind: 'delete', key }], ...call() });
    while (true) {
      const { items } = await engine.list(this.events, { limit: prunedMax, ...call() });
      if (items.length === 0) break;
      if ((await this.prune(items, call())) === 0) return false;
    }
    const count = await engine.get(this.#count, call());
    if (count === undefined) return true;
    if (text.decode(count.value) !== '0') return false;
    const when = [{ key: this.#count, is: 'unchanged', modified: count.modified }] as const;
    const operations = [{ kind: 'delete', key: this.#count }] as const;
    return (await engine.transact({ when, operations, ...call() })).succeeded;
  }

  get #count(): string {
    return `${this.#directory}/count/events`;
  }

  async #append(value: Uint8Array, call: CallOptions): Promise<boolean> {
    const id = this.#context.newId();
    const { succeeded } = await this.#context.engine.transact({
      operations: [
        { kind: 'append', directory: this.events, label: 'event', id, value },
        { kind: 'add', key: this.#count, amount: 1, most: this.#eventsMax },
      ],
      ...call,
    });
    return succeeded;
  }
}

export function offsetOf({ value }: Item): number {
  return Number(text.decode(value));
}
