/**
 * The server as the rest of the engine sees it: functions that write and statements that read, each within its
 * deadline, with dead sessions buried on the way and lost data noticed.
 */
import { type AnyQuorateError, isQuorateError, type QuorateError } from '../../base/index.ts';
import type { CallOptions } from '../port/index.ts';
import type { Answer, Lasts } from './answers.ts';
import { type Attempt, Calls } from './calls.ts';
import { Connection } from './connection.ts';
import { install } from './installation.ts';
import { KnownNumbers, wentBack } from './known-numbers.ts';
import type { PostgresSettings } from './options.ts';
import type { PgModule, Row } from './pg-module.ts';
import { Pool } from './pool.ts';
import { type FunctionName, functionText, transactionText } from './statements.ts';
import { dataLost, standbyTrouble, Trouble } from './trouble.ts';

export interface ServerHooks {
  /** After each write of this engine, with the numbers that directories have reached. */
  readonly onWritten: (lasts: Lasts) => void;
  /** Nothing that was held can be relied on. */
  readonly onLost: (error: QuorateError) => void;
}

/** Renewals have connections of their own: behind calls that wait for each other they would come too late. */
export type Lane = 'calls' | 'lives';

const lifeConnectionsMax = 2;

export type Refusal = Exclude<Answer, { outcome: 'other-store' | 'dead' }>;

interface WriteRequest {
  readonly name: FunctionName;
  readonly lane: Lane;
  readonly directories?: readonly string[];
  readonly request: object;
}

export class Server {
  readonly settings: PostgresSettings;
  readonly #module: PgModule;
  readonly #hooks: ServerHooks;
  readonly #closed = new AbortController();
  readonly #calls: Calls;
  readonly #pools: Readonly<Record<Lane, Pool>>;
  readonly #known = new KnownNumbers();
  #store: string | undefined;

  constructor(module: PgModule, settings: PostgresSettings, hooks: ServerHooks) {
    const open = (signal: AbortSignal): Promise<Connection> => this.connect(signal);
    this.#module = module;
    this.settings = settings;
    this.#hooks = hooks;
    this.#calls = new Calls({
      clock: settings.clock,
      random: settings.random,
      deadlineMs: settings.deadlineMs,
      resendMsMax: settings.keepMs / 2,
      closed: this.#closed.signal,
    });
    const { clock } = settings;
    const onLost = (sentAt: number): void => {
      for (const pool of Object.values(this.#pools)) pool.discard(sentAt);
    };
    this.#pools = {
      calls: new Pool({ clock, onLost, open, connectionsMax: settings.connections }),
      lives: new Pool({ clock, onLost, open, connectionsMax: lifeConnectionsMax }),
    };
  }

  /** Aborts with `closed`. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Empty before the first call, and after data was lost until the next one. */
  get store(): string {
    return this.#store ?? '';
  }

  connect(signal: AbortSignal): Promise<Connection> {
    const { client, address } = this.settings;
    return Connection.open({ module: this.#module, client, address }, signal);
  }

  /** Resolves to the store's id when the server is fit and has our tables. */
  prepare(options: CallOptions): Promise<string> {
    return this.#calls.run('read', options, (attempt) => this.#ready('calls', attempt));
  }

  write(options: CallOptions, write: WriteRequest): Promise<Refusal> {
    return this.#calls.run('write', options, (attempt) => this.#write(attempt, write));
  }

  /** The rows of a statement of `statements.ts`; the first says how far its directory is. */
  read(
    options: CallOptions,
    lane: Lane,
    directories: readonly string[],
    text: string,
  ): Promise<readonly Row[]> {
    return this.#calls.run('read', options, async (attempt) => {
      while (true) {
        const store = await this.#ready(lane, attempt);
        const before = this.#known.of(directories);
        const rows = await this.#send(lane, attempt, text);
        this.#check(store, directories, before, rows);
        const dead = new Set(rows.map((row) => row['dead']).filter((session) => typeof session === 'string'));
        if (dead.size === 0) return rows;
        const write: WriteRequest = { name: 'bury', lane, request: { sessions: [...dead] } };
        await this.#write(attempt, write);
      }
    });
  }

  /** For what is worth no second try. */
  async send(lane: Lane, text: string, signal: AbortSignal): Promise<void> {
    await this.#pools[lane].run(text, signal);
  }

  async close(error: QuorateError): Promise<void> {
    this.#closed.abort(error);
    await Promise.all([this.#pools.calls.close(), this.#pools.lives.close()]);
  }

  async #write(attempt: Attempt, write: WriteRequest): Promise<Refusal> {
    const { name, lane, directories = [], request } = write;
    while (true) {
      const store = await this.#ready(lane, attempt);
      // What was carried out the first time is answered as of then, whatever others have done and we have seen since.
      const before = attempt.isAgain ? {} : this.#known.of(directories);
      const whole = { ...request, store, isAgain: attempt.isAgain };
      const text = functionText(this.settings.schema, name, whole);
      const [row] = await this.#send(lane, attempt, text);
      const answer = row?.['answer'] as Answer;
      if (answer.outcome === 'other-store') throw this.#lose('the store is another one than before');
      if (answer.outcome === 'dead') {
        await this.#write(attempt, { name: 'bury', lane, request: { sessions: answer.sessions } });
        continue;
      }
      if (answer.outcome === 'done' && answer.lasts !== undefined) this.#learn(before, answer.lasts);
      return answer;
    }
  }

  #learn(before: Lasts, lasts: Lasts): void {
    const directory = wentBack(before, lasts);
    if (directory !== undefined) throw this.#lose(`the numbers of ${directory} went back`);
    this.#known.note(lasts);
    this.#hooks.onWritten(lasts);
  }

  #check(store: string, directories: readonly string[], before: Lasts, rows: readonly Row[]): void {
    const [head] = rows;
    if (head?.['is_standby'] === true) throw standbyTrouble(this.settings.address);
    if (head?.['store'] !== store) throw this.#lose('the store is another one than before');
    const lasts = lastsOf(directories, rows);
    const directory = wentBack(before, lasts);
    if (directory !== undefined) throw this.#lose(`the numbers of ${directory} went back`);
    this.#known.note(lasts);
  }

  async #ready(lane: Lane, attempt: Attempt): Promise<string> {
    if (this.#store !== undefined) return this.#store;
    const store = await install(this.settings, attempt, (own, text) => this.#send(lane, own, text));
    this.#store = store;
    return store;
  }

  async #send(lane: Lane, attempt: Attempt, text: string): Promise<readonly Row[]> {
    try {
      return await this.#pools[lane].run(transactionText(attempt.serverMs(), text), attempt.signal);
    } catch (error) {
      if (error instanceof Trouble && error.error.code === 'engine-data-lost')
        throw this.#lose(error.message);
      throw error;
    }
  }

  #lose(problem: string): AnyQuorateError {
    const error = dataLost(problem);
    this.#store = undefined;
    this.#known.clear();
    this.#hooks.onLost(error);
    return error as AnyQuorateError;
  }
}

/** Rows of one directory do not repeat its name. */
function lastsOf(directories: readonly string[], rows: readonly Row[]): Lasts {
  const found = rows.filter((row) => row['last'] !== null && row['last'] !== undefined);
  const [only] = directories;
  return Object.fromEntries(found.map((row) => [String(row['directory'] ?? only), Number(row['last'])]));
}

/** Whether trying again later may mend it, for those who wait as long as it takes. */
export function mayMend(error: unknown): boolean {
  if (!isQuorateError(error)) return false;
  return error.retryable || ['deadline-exceeded', 'engine-data-lost'].includes(error.code);
}
