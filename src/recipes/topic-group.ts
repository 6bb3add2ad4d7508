/**
 * A group of readers of a topic's log. One of them reads at a time, by a lease that vanishes with its session; how far
 * it has come is written down with each event that it has done, under that lease, so that whoever reads next goes on
 * behind it, and a reader who was held up cannot set the group back.
 */
import { type Duration, linkSignals } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import { GroupOffset } from './group-offset.ts';
import type { JsonCodec } from './json-codec.ts';
import { OwnItem } from './own-item.ts';
import { patiently } from './patience.ts';
import { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { TopicLog } from './topic-log.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

export interface TopicGroupOptions {
  /** Where a group begins that is not known yet: with what is published from now on, or with all that is kept. Default `now`. */
  readonly from?: 'now' | 'start';
  /** How long the server keeps a reader that is not heard of. Default: that of the coordination. */
  readonly ttl?: Duration;
}

export interface TopicEvent<T> {
  readonly value: T;
  /** Larger than that of every event before it. */
  readonly number: number;
  /** Aborts when another reader may have taken over. */
  readonly signal: AbortSignal;
  /**
   * This event is done, and all before it: they do not come again. Rejects with `not-held` where another reader has
   * taken over, to whom it comes again.
   */
  done(call?: CallOptions): Promise<void>;
}

export interface TopicGroupParts<T> {
  readonly context: RecipeContext;
  readonly log: TopicLog;
  readonly codec: JsonCodec<T>;
  readonly name: string;
  readonly from: 'now' | 'start';
  readonly ttlMs: number;
}

/** So many done events are left lying before they are taken out, to spare requests. */
const leftLying = 32;
const utf8 = new TextEncoder();

export class TopicGroup<T> {
  readonly #parts: TopicGroupParts<T>;

  constructor(parts: TopicGroupParts<T>) {
    this.#parts = parts;
  }

  /** Makes the group known, so that events are kept for it from now on. Reading does the same. */
  async begin(call: CallOptions = {}): Promise<void> {
    const { context, log, name, from } = this.#parts;
    const { engine } = context;
    const key = log.group(name);
    if ((await engine.get(key, call)) !== undefined) return;
    const newest =
      from === 'now' ? await engine.list(log.events, { descending: true, limit: 1, ...call }) : undefined;
    const put = { kind: 'put', key, value: utf8.encode(String(newest?.items[0]?.created ?? 0)) } as const;
    await engine.transact({ when: [{ key, is: 'absent' }], operations: [put], ...call });
  }

  /** Nothing is kept for it any more. */
  async remove(call: CallOptions = {}): Promise<void> {
    const { context, log, name } = this.#parts;
    await context.engine.transact({ operations: [{ kind: 'delete', key: log.group(name) }], ...call });
  }

  /**
   * The events behind those that are done, oldest first, as soon as no other reader of the group reads. When this one
   * loses its lease it waits for its turn again; what was not done comes again, to whoever reads then. Rejects with
   * `value-invalid` at an event that does not fit.
   */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<TopicEvent<T>, never> {
    for (let isAgain = false; ; isAgain = true) {
      const lease = await (isAgain ? this.#leaseAgain(signal) : this.#lease(signal));
      try {
        yield* this.#read(lease, signal);
      } catch (error) {
        if (!lease.over.aborted || signal?.aborted === true) throw error;
      } finally {
        await lease.remove();
      }
    }
  }

  async #lease(signal: AbortSignal | undefined): Promise<OwnItem> {
    const { context, log, name, ttlMs } = this.#parts;
    const key = log.reader(name);
    using limit = new WatchLimit(context, `its turn to read for ${name}`, { signal });
    const call = { signal: limit.signal };
    await this.begin(call);
    const value = utf8.encode(context.newId());
    while (true) {
      const use = await context.sessions.use(ttlMs, limit.signal);
      const lease = await limit.doubt(() => OwnItem.take({ context, use, key, value }, call));
      if (lease !== undefined) return lease;
      await untilSeen(context, { key }, limit, ({ items }) => (items.size === 0 ? true : undefined));
    }
  }

  /** Who has read before goes on when the server is back; who begins hears that it is away. */
  async #leaseAgain(signal: AbortSignal | undefined): Promise<OwnItem> {
    const { engine, closed } = this.#parts.context;
    using limit = linkSignals(closed, signal);
    return await patiently(engine.clock, limit.signal, () => this.#lease(signal));
  }

  async *#read(lease: OwnItem, signal: AbortSignal | undefined): AsyncGenerator<TopicEvent<T>, void> {
    const { context, log, codec, name } = this.#parts;
    using limit = linkSignals(context.closed, signal, lease.over);
    const call = { signal: limit.signal };
    const { engine } = context;
    const group = await patiently(engine.clock, limit.signal, () => engine.get(log.group(name), call));
    const offset = new GroupOffset(
      { context, lease, key: log.group(name), what: `reading for group ${name}` },
      group,
    );
    const present = new PresentItems();
    const done = async (number: number, options: CallOptions): Promise<void> => {
      await offset.advance(number, options);
      const lying = present.oldestFirst.filter(({ created }) => created <= offset.number);
      if (lying.length >= leftLying)
        context.inBackground(`taking out events done by ${name}`, async () => {
          await log.prune(lying, {});
        });
    };
    let last = offset.number;
    for await (const batch of engine.watch({ directory: log.events }, call)) {
      present.apply(batch);
      for (const item of present.oldestFirst.filter(({ created }) => created > last)) {
        last = item.created;
        yield {
          value: await codec.decode(item.value, item.key),
          number: item.created,
          signal: lease.over,
          done: (options = {}) => done(item.created, options),
        };
        limit.signal.throwIfAborted();
      }
    }
  }
}
