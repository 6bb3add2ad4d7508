/** Real servers for the tests of this engine, each in a directory that is removed with it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../../tools/peers/index.ts';

export { lineTo } from '../line.ts';

export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Anything at all, past the engine. */
  readonly raw: (...words: readonly string[]) => Promise<unknown>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** With the same directory, whatever is left in it. */
  start(): Promise<void>;
}

export async function ownServer(port: number, words: readonly string[] = []): Promise<OwnServer> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-redis-'));
  const started = async (): Promise<RedisServer> => {
    const server = await startRedis({ directory, port, words });
    assert.ok(server !== undefined, 'redis-server is not installed: npm run engines:install');
    return server;
  };
  let server = await started();
  const raw = async (...command: readonly string[]): Promise<unknown> => {
    const client = new Redis({ port, retryStrategy: null, disableClientInfo: true });
    try {
      return await client.call(command[0] ?? 'PING', ...command.slice(1));
    } finally {
      client.disconnect();
    }
  };
  return {
    ...{ port, raw, url: server.url },
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    start: async () => {
      server = await started();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
