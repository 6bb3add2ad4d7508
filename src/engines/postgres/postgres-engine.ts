/** The engine: the port's calls, each as one message to the server, and what lives as long as it does. */
import type { QuorateError } from '../../base/index.ts';
import {
  type CallOptions,
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
  type SessionOptions,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import { checkLength, itemsMax, itemsOf, lastOf, presentOf } from './changes.ts';
import { Hub } from './hub.ts';
import { Keeper } from './keeper.ts';
import { markOf } from './marks.ts';
import { Notifier } from './notifier.ts';
import type { PostgresSettings } from './options.ts';
import type { PgModule } from './pg-module.ts';
import { PostgresSession } from './postgres-session.ts';
import { PostgresWatch } from './postgres-watch.ts';
import { Server } from './server.ts';
import { itemsText } from './statements.ts';
import { answerOf, keyBytesMax, requestOf } from './transaction.ts';

export type PostgresCapabilities =
  | 'fencing'
  | 'linearizable-reads'
  | 'transactions'
  | 'watch-resume'
  | 'expiry-events';

export type SurvivingCapabilities = PostgresCapabilities | 'survives-failover';

const limits: EngineLimits = {
  ttlMsMin: 500,
  ttlMsMax: 7 * 86_400_000,
  valueBytesMax: 2 ** 20,
  keyBytesMax,
};

export class PostgresEngine extends EngineShell<PostgresSession> implements Engine<SurvivingCapabilities> {
  readonly kind = 'postgres';
  readonly provides: Provides<SurvivingCapabilities>;
  readonly limits: EngineLimits = limits;
  readonly #server: Server;
  readonly #hub: Hub;
  readonly #notifier: Notifier;
  readonly #keeper: Keeper;

  private constructor(module: PgModule, settings: PostgresSettings) {
    super(settings);
    this.provides = providedBy(settings);
    this.#server = new Server(module, settings, {
      onWritten: (lasts) => {
        this.#hub.written(lasts);
        this.#notifier.tell(lasts);
      },
      onLost: (error) => {
        for (const session of [...this.sessions]) session.lose('the server has lost its data', error);
        this.#hub.restart();
      },
    });
    this.#hub = new Hub(this.#server);
    this.#notifier = new Notifier(this.#server);
    this.#keeper = new Keeper(this.#server);
  }

  static async open(module: PgModule, settings: PostgresSettings): Promise<PostgresEngine> {
    const engine = new PostgresEngine(module, settings);
    try {
      await engine.#server.prepare({});
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    this.checkOpen();
    const { directory, name } = splitKey(key, keyBytesMax);
    const { items } = await presentOf(this.#server, directory, name, options);
    return items[0];
  }

  async list(directory: string, options: ListOptions = {}): Promise<Listing> {
    this.checkOpen();
    checkListing(directory, options);
    const { before, limit = itemsMax + 1, descending: isDescending, keysOnly, ...call } = options;
    const query = { directory, before: before?.created, limit, isDescending, keysOnly };
    const text = itemsText(this.#server.settings.schema, query);
    const rows = await this.#server.read(call, 'calls', [directory], text);
    if (options.limit === undefined) checkLength(directory, rows);
    const mark = markOf(String(rows[0]?.['store']), { [directory]: lastOf(rows) });
    return { items: itemsOf(directory, rows), mark };
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    this.checkOpen();
    checkTransaction(this, request);
    const { directories, request: body } = requestOf(request, this.#drawn());
    const write = { name: 'transact', lane: 'calls', directories, request: body } as const;
    const answer = await this.#server.write(request, write);
    return answerOf(request, answer, (lasts) => markOf(this.#server.store, lasts));
  }

  watch(target: WatchTarget, options: WatchOptions = {}): Watch {
    this.checkOpen();
    const { directory, name } =
      'key' in target
        ? splitKey(target.key, keyBytesMax)
        : { directory: checkDirectory(target.directory), name: undefined };
    return new PostgresWatch({ server: this.#server, hub: this.#hub, directory, name }, options);
  }

  async session(options: SessionOptions): Promise<EngineSession> {
    this.checkOpen();
    checkSession(this, options);
    const session = await PostgresSession.open(this.#server, {
      ...options,
      id: this.#drawn(),
      onEnd: (one) => this.sessions.delete(one),
    });
    return await this.admit(session);
  }

  protected override async end(reason: QuorateError): Promise<void> {
    await this.closeSessions();
    await this.#notifier.close();
    await Promise.all([this.#server.close(reason), this.#hub.close(reason), this.#keeper.close()]);
  }

  /** For identities: 128 bits. */
  #drawn(): string {
    const bytes = new Uint8Array(16);
    this.random.fill(bytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

function providedBy({ isSynchronous, allowsLoss }: PostgresSettings): Provides<SurvivingCapabilities> {
  const own: Provides<PostgresCapabilities> = {
    fencing: true,
    'linearizable-reads': true,
    transactions: true,
    'watch-resume': true,
    'expiry-events': true,
  };
  const survives = isSynchronous || allowsLoss ? { 'survives-failover': true } : {};
  // The type that the engine is opened with says which of the two it is.
  return { ...own, ...survives } as Provides<SurvivingCapabilities>;
}
