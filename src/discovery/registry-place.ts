/**
 * The item under which an instance lies in the registry, and how it gets there and back. Each time it is put there it
 * has another mark in it, so that what an earlier try may have left behind is known, and taken away by who tried,
 * without harm to what came after it.
 */
import { durationMs, isQuorateError, QuorateError } from '../base/index.ts';
import { type CallOptions, checkName, type Item } from '../engines/port/index.ts';
import type { WaitOptions } from '../recipes/index.ts';
import { OwnItem, type RecipeContext, type SessionUse, untilSeen, WatchLimit } from '../recipes/index.ts';
import { writerOf } from './instance-document.ts';

/** The document with this mark in it. */
export type Encode = (by: string) => Uint8Array;

export interface RegistryPlaceOptions {
  readonly context: RecipeContext;
  readonly service: string;
  readonly id: string;
  readonly ttlMs: number;
}

export interface TakeOptions extends WaitOptions {
  /** Whoever has the name loses it. Default false. */
  readonly takeOver?: boolean;
}

/** So often the name is fought for with others who take it over at the same moment. */
const takeOversMax = 5;

export class RegistryPlace {
  readonly service: string;
  readonly id: string;
  readonly #options: RegistryPlaceOptions;
  readonly #key: string;
  readonly #nameKey: string;
  readonly #writer: string;
  #tries = 0;

  constructor(options: RegistryPlaceOptions) {
    const { context, service, id } = options;
    this.service = service;
    this.id = id;
    this.#options = options;
    this.#key = `${context.pathOf('services', service)}/${checkName('id', id)}`;
    this.#nameKey = `${context.pathOf('service', 'names')}/${service}`;
    this.#writer = context.newId();
  }

  /** Rejects with `name-taken` where somebody else is there and does not go within `wait`. Default: no wait. */
  async take(encode: Encode, { takeOver = false, wait = 0, signal }: TakeOptions): Promise<Place> {
    const { context } = this.#options;
    using limit = new WatchLimit(context, `${this.#key} to be free`, { wait, signal });
    let isTaken = false;
    try {
      if (this.#tries === 0) await this.#tellName({ signal: limit.signal });
      for (let takeOvers = 0; ; ) {
        const place = await limit.doubt(() => this.#try(encode, limit.signal));
        if (place !== undefined) return place;
        const found = await context.engine.get(this.#key, { signal: limit.signal });
        if (found === undefined) continue;
        if (this.#isOwn(found) || (takeOver && takeOvers < takeOversMax)) {
          takeOvers += 1;
          await this.#clear(found, limit.signal);
          continue;
        }
        isTaken = true;
        if (limit.isNone) throw nameTaken(this.#key, 0);
        await untilSeen(context, { key: this.#key }, limit, ({ items }) => items.size === 0 || undefined);
      }
    } catch (error) {
      const isInVain = limit.isLate && isTaken && limit.outcome === 'not-applied';
      throw isInVain ? nameTaken(this.#key, durationMs(wait, 'wait')) : error;
    }
  }

  async #try(encode: Encode, signal: AbortSignal): Promise<Place | undefined> {
    const { context, ttlMs } = this.#options;
    const use = await context.sessions.use(ttlMs, signal);
    this.#tries += 1;
    const by = `${this.#writer}.${this.#tries}`;
    const item = await OwnItem.take({ context, use, key: this.#key, value: encode(by) }, { signal });
    return (
      item && new Place({ context, item, use, key: this.#key, by, tellName: (call) => this.#tellName(call) })
    );
  }

  /** Left behind by a session of our own that the server has not let expire yet. */
  #isOwn({ value }: Item): boolean {
    return writerOf(value).startsWith(`${this.#writer}.`);
  }

  async #clear({ created }: Item, signal: AbortSignal): Promise<void> {
    const when = [{ key: this.#key, is: 'created', created }] as const;
    const operations = [{ kind: 'delete', key: this.#key }] as const;
    await this.#options.context.engine.transact({ when, operations, signal });
  }

  /** Names of services stay, so that who lists them needs not know where to look. */
  async #tellName(call: CallOptions): Promise<void> {
    const { engine } = this.#options.context;
    const key = this.#nameKey;
    if ((await engine.get(key, call)) !== undefined) return;
    const put = { kind: 'put', key, value: new Uint8Array(0) } as const;
    await engine.transact({ when: [{ key, is: 'absent' }], operations: [put], ...call });
  }
}

interface PlaceInit {
  readonly context: RecipeContext;
  readonly item: OwnItem;
  readonly use: SessionUse;
  readonly key: string;
  readonly by: string;
  readonly tellName: (call: CallOptions) => Promise<void>;
}

/** What was put there, for as long as its session lives. */
export class Place {
  readonly #init: PlaceInit;

  constructor(init: PlaceInit) {
    this.#init = init;
  }

  get token(): number {
    return this.#init.item.fence.token;
  }

  get isLive(): boolean {
    return this.#init.item.isLive;
  }

  /** Calls `listener` when its session is lost, until the function that it returns is called. */
  whenLost(listener: () => void): () => void {
    return this.#init.use.session.subscribe((state) => {
      if (state === 'lost') listener();
    });
  }

  /** False when it is not there any more. */
  async change(encode: Encode, call: CallOptions): Promise<boolean> {
    const { item, by } = this.#init;
    try {
      await item.change(encode(by), call);
      return true;
    } catch (error) {
      if (isQuorateError(error) && error.code === 'session-expired') return false;
      throw error;
    }
  }

  /** Asks the registry, and makes sure that the service is listed. */
  async isThere(call: CallOptions): Promise<boolean> {
    const { context, item, key, tellName } = this.#init;
    const found = await context.engine.get(key, call);
    if (found?.created !== item.fence.token) return false;
    await tellName(call);
    return true;
  }

  /** It is not there any more, as far as is known; what is left of it is taken away where nobody waits. */
  release(): void {
    const { context, item, key } = this.#init;
    context.inBackground(`leaving ${key}`, () => item.remove());
  }

  /** Settles when it is gone, at the latest when its session is over. */
  async remove(): Promise<void> {
    await this.#init.item.remove();
  }
}

function nameTaken(key: string, waitedMs: number): QuorateError<'name-taken'> {
  return new QuorateError({
    code: 'name-taken',
    message:
      `another instance is registered as ${key}, and was not gone within ${Math.round(waitedMs)} ms; register under ` +
      'another id, wait longer than its time to live, or take it over with takeOver',
    data: { key },
  });
}
