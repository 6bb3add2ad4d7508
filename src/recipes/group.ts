/**
 * Who is there: members join under a name with something to tell of themselves, and are gone when they leave or their
 * session ends. The list is in the order in which they joined.
 *
 * A member that is not heard of stays in the list until the server lets its session expire; so the list says who may
 * be alive, and a name is free for the next one only when the one before is surely over.
 */
import { type Duration, durationMs, QuorateError, type StandardSchema } from '../base/index.ts';
import { type CallOptions, checkName, type Item } from '../engines/port/index.ts';
import { splitHead, withHead } from './head-line.ts';
import { JsonCodec } from './json-codec.ts';
import { LiveView } from './live-view.ts';
import { Membership } from './membership.ts';
import { OwnItem } from './own-item.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

export interface GroupOptions<T> {
  /** Of what members tell of themselves. Default: any JSON. */
  readonly schema?: StandardSchema<T>;
}

export interface JoinOptions extends WaitOptions {
  /** How long the server keeps a member that is not heard of. Default: that of the coordination. */
  readonly ttl?: Duration;
}

export interface Member<T> {
  readonly name: string;
  readonly data: T;
  /** Larger than that of everybody who joined this group before: a fencing token. */
  readonly joined: number;
}

export class Group<T> {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #codec: JsonCodec<T>;

  constructor(context: RecipeContext, name: string, { schema }: GroupOptions<T> = {}) {
    this.#context = context;
    this.#directory = context.pathOf('groups', name);
    this.#codec = new JsonCodec(schema);
  }

  /**
   * Rejects with `name-taken` where somebody has this name and is not gone within `wait`. Default: no wait. A program
   * that comes back under its old name waits a little longer than the time to live.
   */
  async join(name: string, data: T, { ttl, wait = 0, signal }: JoinOptions = {}): Promise<Membership<T>> {
    const context = this.#context;
    const key = `${this.#directory}/${checkName('name', name)}`;
    const codec = this.#codec;
    using limit = new WatchLimit(context, `${key} to be free`, { wait, signal });
    const call = { signal: limit.signal };
    const id = context.newId();
    const value = withHead(id, await codec.encode(data, key));
    let isTaken = false;
    try {
      while (true) {
        const use = await context.sessions.use(context.ttlMsOf(ttl), limit.signal);
        const item = await limit.doubt(() => OwnItem.take({ context, use, key, value }, call));
        if (item !== undefined) return new Membership({ codec, name, id, item });
        isTaken = true;
        if (limit.isNone) throw nameTaken(key, 0);
        await untilSeen(context, { key }, limit, ({ items }) => (items.size === 0 ? true : undefined));
      }
    } catch (error) {
      const isInVain = limit.isLate && isTaken && limit.outcome === 'not-applied';
      throw isInVain ? nameTaken(key, durationMs(wait, 'wait')) : error;
    }
  }

  /** Oldest first. Rejects with `value-invalid` where what one of them tells does not fit. */
  async list(options: CallOptions = {}): Promise<Member<T>[]> {
    const { items } = await this.#context.engine.list(this.#directory, options);
    return await Promise.all(items.map((item) => this.#memberOf(item)));
  }

  /** All members in memory, kept up to date. */
  async view(options: CallOptions = {}): Promise<LiveView<Member<T>>> {
    const [context, directory] = [this.#context, this.#directory];
    return await LiveView.open({ context, directory, read: (item) => this.#memberOf(item) }, options);
  }

  async #memberOf({ key, value, created }: Item): Promise<Member<T>> {
    const name = key.slice(this.#directory.length + 1);
    return { name, data: await this.#codec.decode(splitHead(value).content, key), joined: created };
  }
}

function nameTaken(key: string, waitedMs: number): QuorateError<'name-taken'> {
  return new QuorateError({
    code: 'name-taken',
    message:
      `somebody is in ${key}, and was not gone within ${Math.round(waitedMs)} ms; join under another name, ` +
      'or wait longer than its time to live',
    data: { key },
  });
}
