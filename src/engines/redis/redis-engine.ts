/** The engine port on one Redis: puts the connections, the scripts, sessions and watches together. */
import { QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import {
  type CallOptions,
  type Capability,
  type CapabilityNotes,
  checkDirectory,
  checkListing,
  checkSession,
  checkTransaction,
  type Engine,
  type EngineLimits,
  type EngineSession,
  EngineShell,
  type Item,
  type Listing,
  type ListOptions,
  type Provides,
  renewalShareDefault,
  type SessionOptions,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import type { Commands } from './commands.ts';
import { type Database, statusOf } from './database.ts';
import { itemFrom, itemsFrom, markAt, revisionOf } from './items.ts';
import type { Link } from './link.ts';
import { randomWord } from './random-word.ts';
import { RedisSession } from './session.ts';
import { Sweeper } from './sweeper.ts';
import { transactAnswer, transactionWords } from './transaction.ts';
import { type Present, RedisWatch } from './watch.ts';
import type { WatchLine } from './watch-line.ts';

export interface RedisEngine<in C extends Capability = never> extends Engine<C> {
  readonly kind: 'redis';
  /** What stands behind each capability, and how much the server keeps of what it acknowledges: read it, or log it. */
  readonly notes: CapabilityNotes & { readonly durability: string };
}

export interface RedisEngineInit<C extends Capability> {
  readonly provides: Provides<C>;
  readonly notes: CapabilityNotes;
  readonly clock: Clock;
  readonly random: Random;
  readonly link: Link;
  readonly database: Database;
  readonly commands: Commands;
  readonly line: WatchLine;
}

const limits: EngineLimits = {
  ttlMsMin: 100,
  ttlMsMax: 86_400_000,
  valueBytesMax: 1_048_576,
  keyBytesMax: 1_024,
};

/** Most items and bytes of values that one listing gives. */
const listedMax = 50_000;
const listedBytesMax = 67_108_864;

export class OpenRedisEngine<C extends Capability>
  extends EngineShell<RedisSession>
  implements RedisEngine<C>
{
  readonly kind = 'redis';
  readonly provides: Provides<C>;
  readonly limits: EngineLimits = limits;
  readonly #init: RedisEngineInit<C>;
  readonly #sweeper: Sweeper;
  readonly #watches = new Set<RedisWatch>();

  constructor(init: RedisEngineInit<C>) {
    super(init);
    this.#init = init;
    this.provides = init.provides;
    this.#sweeper = new Sweeper(init.clock, init.commands, () => !init.line.isIdle);
    init.link.subscribe((state) => {
      for (const session of [...this.sessions]) session.linkChanged(state);
    });
  }

  get notes(): CapabilityNotes & { readonly durability: string } {
    return { ...this.#init.notes, durability: this.#init.database.durability };
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    return (await this.#look(key, options)).items[0];
  }

  async list(directory: string, options: ListOptions = {}): Promise<Listing> {
    const { items, revision } = await this.#list(directory, options);
    return { items, mark: markAt(this.#init.database.marker, revision) };
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    this.checkOpen();
    checkTransaction(this, request);
    const words = transactionWords(request);
    const { commands, database } = this.#init;
    return await commands.transact(words, request, (answer) => transactAnswer(answer, database.marker));
  }

  watch(target: WatchTarget, { signal, from }: WatchOptions = {}): Watch {
    this.checkOpen();
    const { clock, commands, database, line } = this.#init;
    const { marker } = database;
    const key = 'key' in target ? target.key : undefined;
    const directory =
      'key' in target
        ? splitKey(target.key, this.limits.keyBytesMax).directory
        : checkDirectory(target.directory);
    const look = (over: AbortSignal): Promise<Present> =>
      key === undefined ? this.#list(directory, { signal: over }) : this.#look(key, { signal: over });
    const watch = new RedisWatch({
      ...{ clock, commands, line, marker, directory, key, signal, look },
      from: from === undefined ? undefined : revisionOf(from, marker),
      onFollow: () => this.#sweeper.start(),
      onOver: (ended) => this.#watches.delete(ended),
    });
    if (signal?.aborted !== true) this.#watches.add(watch);
    return watch;
  }

  async session(options: SessionOptions): Promise<EngineSession> {
    this.checkOpen();
    const { clock, commands, random } = this.#init;
    checkSession(this, options);
    const ttlMs = Math.ceil(options.ttlMs);
    const share = options.renewalShare ?? renewalShareDefault;
    const id = `s${randomWord(random)}-${ttlMs}`;
    const sentAt = clock.now();
    await commands.run('openSession', [id, String(ttlMs)], options, statusOf);
    const onEnd = (one: RedisSession): void => void this.sessions.delete(one);
    return await this.admit(new RedisSession({ clock, commands, id, ttlMs, share, sentAt, onEnd }));
  }

  /** The server has lost what it had acknowledged: nothing here holds any more. */
  lose(error: QuorateError): void {
    if (this.over.aborted) return;
    this.refuse(error);
    for (const session of [...this.sessions]) session.lose('the server has lost its data', error);
    for (const watch of [...this.#watches]) watch.close(error);
    this.#disconnect(error).catch((cause: unknown) => {
      throw cause;
    });
  }

  protected override async end(reason: QuorateError): Promise<void> {
    for (const watch of [...this.#watches]) watch.close(reason);
    await this.closeSessions();
    await this.#disconnect(reason);
  }

  async #disconnect(error: QuorateError): Promise<void> {
    const { line, link } = this.#init;
    const ends = [this.#sweeper.close(), line.close(error), link.close(error)];
    await Promise.all(ends);
  }

  async #look(key: string, options: CallOptions): Promise<Present> {
    this.checkOpen();
    const { directory } = splitKey(key, this.limits.keyBytesMax);
    return await this.#init.commands.run(
      'get',
      [key],
      { ...options, isRead: true },
      ({ revision, rest }) => ({
        items: rest.isOver ? [] : [itemFrom(rest, directory)],
        revision,
      }),
    );
  }

  async #list(directory: string, options: ListOptions): Promise<Present> {
    this.checkOpen();
    checkListing(directory, options);
    const { before, descending = false, keysOnly = false, limit } = options;
    const asksForMore = limit === undefined || limit > listedMax;
    const words = [
      directory,
      before === undefined ? '' : String(before.created),
      descending ? 'descending' : 'ascending',
      String(asksForMore ? listedMax : limit),
      asksForMore ? '1' : '0',
      keysOnly ? '1' : '0',
      String(listedBytesMax),
    ];
    const asked = { ...options, isRead: true };
    return await this.#init.commands.run('list', words, asked, ({ status, revision, rest }) => {
      if (status === 'many') throw tooMany(directory);
      if (status === 'large') throw tooLarge(directory);
      return { items: itemsFrom(rest, directory), revision };
    });
  }
}

function tooMany(directory: string): QuorateError<'too-many-keys'> {
  return new QuorateError({
    code: 'too-many-keys',
    message: `${directory} has more than ${listedMax} items; list it in parts with limit and before`,
    data: { limit: listedMax },
  });
}

function tooLarge(directory: string): QuorateError<'too-large'> {
  const what = `the values in ${directory}`;
  return new QuorateError({
    code: 'too-large',
    message: `${what} have more than ${listedBytesMax} bytes; list it in parts with limit and before`,
    data: { what, bytes: listedBytesMax + 1, limit: listedBytesMax },
  });
}
