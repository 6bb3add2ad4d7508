/**
 * One connection to one server, from its opening to its loss, which is final. It knows who comes and to which
 * database, and the scripts that are used on it; everything that makes several connections look like one is above it.
 */
import type { ClientTls, Clock } from '../../ports/index.ts';
import type { Endpoint } from './endpoint.ts';
import type { RedisClient, RedisClientOptions, RedisModule, RedisTlsOptions } from './redis-module.ts';
import { textOf } from './reply.ts';
import { broken, foreign, isUnknownScript, refusal, Trouble } from './trouble.ts';

/** How long a connection that we end may take to do so in good order. */
const disconnectMsMax = 100;

export type Word = string | Uint8Array;

export interface ConnectionInit {
  readonly module: RedisModule;
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  /** How long the server may take for each of the first answers. */
  readonly patienceMs: number;
}

export class Connection {
  readonly address: string;
  readonly #init: ConnectionInit;
  readonly #client: RedisClient;
  readonly #open = new Set<(trouble: Trouble) => void>();
  readonly #digests = new Map<string, string>();
  readonly #lost = Promise.withResolvers<Trouble>();
  #trouble: Trouble | undefined;
  #cause: unknown;

  private constructor(init: ConnectionInit) {
    this.#init = init;
    this.address = init.endpoint.address;
    this.#client = new init.module.Redis(clientOptions(init));
    this.#client.on('error', (error) => {
      this.#cause ??= error;
    });
    this.#client.on('end', () => this.#end(this.#cause ?? new Error('the connection was closed')));
  }

  /** Connects, shows who we are and chooses the database. Throws `Trouble`, or the signal's reason. */
  static async open(init: ConnectionInit, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    const connection = new Connection(init);
    const onAbort = (): void => connection.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await connection.#greet();
      return connection;
    } catch (error) {
      connection.destroy(error);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Resolves when it is lost, to the reason. */
  get lost(): Promise<Trouble> {
    return this.#lost.promise;
  }

  /** Ends it; what is under way on it is uncertain. */
  destroy(cause: unknown): void {
    this.#end(this.#cause ?? cause);
    this.#client.disconnect();
  }

  /**
   * One command and its answer; throws `Trouble`. A server that says nothing for so long is not waited for, because
   * a connection whose other end is gone looks the same.
   */
  call(words: readonly [string, ...Word[]], patienceMs: number): Promise<unknown> {
    if (this.#trouble !== undefined) return Promise.reject(this.#trouble);
    const [command, ...rest] = words;
    const silent = (): void => this.destroy(new Error(`no answer to ${command} within ${patienceMs} ms`));
    return new Promise((resolve, reject) => {
      const timer = this.#init.clock.setTimer(patienceMs, silent, { background: true });
      const over = (): void => {
        timer.cancel();
        this.#open.delete(lose);
      };
      const lose = (trouble: Trouble): void => {
        over();
        reject(trouble);
      };
      this.#open.add(lose);
      this.#client.callBuffer(command, ...rest.map(asBuffer)).then(
        (answer) => {
          over();
          resolve(answer);
        },
        (error: unknown) => {
          const trouble = this.#troubleOf(error);
          lose(trouble);
          // The package refuses whatever comes before it has told of the loss: nobody is to try again until then.
          if (!isReply(error)) this.#end(error);
        },
      );
    });
  }

  /** Has the server carry out a script, which it keeps by its digest. */
  async script(source: string, words: readonly Word[], patienceMs: number): Promise<unknown> {
    const digest = this.#digests.get(source) ?? (await this.#load(source, patienceMs));
    try {
      return await this.call(['EVALSHA', digest, '0', ...words], patienceMs);
    } catch (error) {
      // It was told to forget them, or is another one behind the same connection.
      if (!(error instanceof Trouble) || !isUnknownScript(error)) throw error;
      return await this.call(['EVAL', source, '0', ...words], patienceMs);
    }
  }

  async #load(source: string, patienceMs: number): Promise<string> {
    const digest = textOf(await this.call(['SCRIPT', 'LOAD', source], patienceMs));
    if (digest === undefined) throw foreign(this.address, 'SCRIPT LOAD gave no digest');
    this.#digests.set(source, digest);
    return digest;
  }

  async #greet(): Promise<void> {
    const { endpoint, patienceMs } = this.#init;
    const { user, password, database } = endpoint;
    try {
      await this.#client.connect();
    } catch (error) {
      throw this.#trouble ?? this.#troubleOf(this.#cause ?? error);
    }
    if (password !== undefined) {
      await this.call(['AUTH', ...(user === undefined ? [] : [user]), password], patienceMs);
    }
    if (database !== 0) await this.call(['SELECT', String(database)], patienceMs);
  }

  #troubleOf(error: unknown): Trouble {
    if (isReply(error)) return refusal(error.message, this.address, error);
    return error instanceof Trouble ? error : broken(this.address, this.#cause ?? error);
  }

  #end(cause: unknown): void {
    if (this.#trouble !== undefined) return;
    const trouble = this.#troubleOf(cause);
    this.#trouble = trouble;
    for (const lose of [...this.#open]) lose(trouble);
    this.#lost.resolve(trouble);
  }
}

/** The server itself has said so. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function clientOptions({ endpoint, patienceMs }: ConnectionInit): RedisClientOptions {
  const { host, port, tls } = endpoint;
  return {
    host,
    port,
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, host) }),
    connectTimeout: patienceMs,
    disconnectTimeout: disconnectMsMax,
    protocol: 2,
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
  };
}

function tlsOptions(tls: ClientTls, host: string): RedisTlsOptions {
  const name = tls.serverName ?? (/^[\d.]+$|:/.test(host) ? undefined : host);
  return {
    ...(tls.authorities === undefined ? {} : { ca: [...tls.authorities] }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(name === undefined ? {} : { servername: name }),
    minVersion: 'TLSv1.2',
  };
}

/** The package takes no other bytes. */
function asBuffer(word: Word): string | Uint8Array {
  return typeof word === 'string' ? word : Buffer.from(word.buffer, word.byteOffset, word.byteLength);
}
