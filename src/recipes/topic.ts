/**
 * News for all who ask: told to whoever listens at this moment, or published to a log that groups of readers work
 * through, each at its own pace.
 *
 * `tell` reaches who listens then, at most once: who is not connected, or too slow, misses it. `publish` reaches each
 * group at least once: the log keeps an event until every group has done it, and is bounded; where the slowest group
 * is that far behind, publishing is refused. What is published while no group is known is kept for those that begin
 * at the start, as far as the bound lets it.
 */
import { invalidOption, QuorateError, type StandardSchema } from '../base/index.ts';
import { type CallOptions, checkName } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import { JsonCodec } from './json-codec.ts';
import { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';
import { TopicGroup, type TopicGroupOptions } from './topic-group.ts';
import { TopicLog } from './topic-log.ts';

export interface TopicOptions<T> {
  /** Of what is told and published. Default: any JSON. */
  readonly schema?: StandardSchema<T>;
  /** Most events that the log keeps. Give all handles the same. Default 1,000. */
  readonly eventsMax?: number;
}

const eventsMaxMost = 10_000;

export class Topic<T> {
  readonly #context: RecipeContext;
  readonly #name: string;
  readonly #toldKey: string;
  readonly #codec: JsonCodec<T>;
  readonly #log: TopicLog;
  readonly #eventsMax: number;

  constructor(context: RecipeContext, name: string, { schema, eventsMax = 1_000 }: TopicOptions<T> = {}) {
    if (!(Number.isSafeInteger(eventsMax) && eventsMax >= 1 && eventsMax <= eventsMaxMost))
      throw invalidOption('eventsMax', eventsMax, `a whole number from 1 to ${eventsMaxMost}`);
    const directory = context.pathOf('topics', name);
    this.#context = context;
    this.#name = name;
    this.#toldKey = `${directory}/told/last`;
    this.#codec = new JsonCodec(schema);
    this.#log = new TopicLog(context, directory, eventsMax);
    this.#eventsMax = eventsMax;
  }

  /** At most once, to whoever listens now. */
  async tell(value: T, call: CallOptions = {}): Promise<void> {
    const bytes = await this.#codec.encode(value, this.#toldKey);
    await this.#context.engine.transact({
      operations: [{ kind: 'put', key: this.#toldKey, value: bytes }],
      ...call,
    });
  }

  /**
   * What is told from when this resolves; of what is told while the connection is lost, or too fast for its reader,
   * the last.
   */
  async listen({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Readings<T>> {
    const key = this.#toldKey;
    let seen: number | undefined;
    const readings = new Readings(this.#context, { key }, signal, async (batch) => {
      const events = batch.kind === 'changes' ? batch.events : [];
      const items =
        batch.kind === 'present'
          ? batch.items
          : events.flatMap((event) => (event.kind === 'put' ? [event.item] : []));
      const isNews = seen !== undefined;
      const news = items.filter(({ modified }) => modified !== seen);
      seen = items.at(-1)?.modified ?? seen ?? 0;
      return isNews ? await Promise.all(news.map(({ value }) => this.#codec.decode(value, key))) : [];
    });
    return await readings.begin();
  }

  /** At least once, to every group. Rejects with `queue-full` where a group is too far behind. */
  async publish(value: T, call: CallOptions = {}): Promise<void> {
    const bytes = await this.#codec.encode(value, this.#log.events);
    const budget = new Budget(this.#context.engine.clock, call, `publishing to ${this.#name}`);
    if (await this.#log.append(bytes, () => budget.next())) return;
    const [queue, limit] = [`topic ${this.#name}`, this.#eventsMax];
    throw new QuorateError({
      code: 'queue-full',
      message: `${queue} keeps its limit of ${limit} events, because a group has not done them; let it read, or remove it`,
      data: { queue, limit },
    });
  }

  /**
   * Nothing is kept of it: neither events nor how far groups have come. False: somebody still reads or publishes, and
   * some of it may be left.
   */
  async remove(options: CallOptions = {}): Promise<boolean> {
    const { engine } = this.#context;
    const budget = new Budget(engine.clock, options, `removing topic ${this.#name}`);
    const operations = [{ kind: 'delete', key: this.#toldKey }] as const;
    await engine.transact({ operations, ...budget.next() });
    return await this.#log.clear(() => budget.next());
  }

  /** Readers of the log who share the work: one of them reads at a time, the others take over from it. */
  group(name: string, options: TopicGroupOptions = {}): TopicGroup<T> {
    checkName('group', name);
    return new TopicGroup({
      context: this.#context,
      log: this.#log,
      codec: this.#codec,
      name,
      from: options.from ?? 'now',
      ttlMs: this.#context.ttlMsOf(options.ttl),
    });
  }
}
