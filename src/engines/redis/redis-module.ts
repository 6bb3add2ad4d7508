/**
 * The npm package `ioredis` as this engine uses it, and how it is found: loaded when the first such engine is opened
 * and not before. The types are the part of its interface that we lean on, so that the declarations of this package
 * need no other package.
 *
 * Of what it does by itself nothing is used: no queue of commands while there is no connection, no sending again, no
 * reconnecting, no greeting of its own. One client object is one connection here, and what becomes of a command that
 * was under way when it broke is decided by us, who know which commands may be sent twice.
 */
import { QuorateError } from '../../base/index.ts';

export interface RedisModule {
  readonly Redis: new (options: RedisClientOptions) => RedisClient;
}

export interface RedisClientOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: RedisTlsOptions;
  readonly connectTimeout: number;
  readonly disconnectTimeout: number;
  readonly protocol: 2;
  readonly lazyConnect: true;
  readonly retryStrategy: null;
  readonly enableOfflineQueue: false;
  readonly enableReadyCheck: false;
  readonly autoResendUnfulfilledCommands: false;
  readonly disableClientInfo: true;
}

export interface RedisTlsOptions {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly minVersion: 'TLSv1.2';
}

export interface RedisClient {
  connect(): Promise<void>;
  disconnect(): void;
  /** Sends a command; text in the answer comes as bytes. */
  callBuffer(command: string, ...words: readonly (string | Uint8Array)[]): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** The package, or an error that says how to get it. `load` is for tests. */
export async function loadRedis(
  load: () => Promise<unknown> = () => import('ioredis'),
): Promise<RedisModule> {
  try {
    return (await load()) as RedisModule;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): QuorateError<'package-unavailable'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'package-unavailable',
    message: `the package ioredis, which speaks with Redis, cannot be loaded: ${reason}; run \`npm install ioredis\``,
    data: { package: 'ioredis', reason },
    cause,
  });
}
