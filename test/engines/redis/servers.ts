/** Real servers for the tests of this engine, each in a directory that is removed with it, and a line to one that can be cut. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../../tools/peers/index.ts';

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

/** A line on loopback to a server, which a test can cut, hold, or lead to another one. */
export interface Line extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Cuts every connection; those to come lead to this port. */
  lead(port: number): void;
  /** Cuts every connection as soon as so many bytes of a command have gone to the server: its answer is lost. */
  loseNextAnswer(): void;
  /** Nothing comes through in either direction, and nothing is cut. */
  hold(): void;
}

export async function lineTo(port: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let target = port;
  let isHeld = false;
  let losesAnswer = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (isHeld) return;
        if (from === far && losesAnswer) {
          losesAnswer = false;
          near.destroy();
          return;
        }
        to.write(bytes);
      });
      from.on('error', () => from.destroy());
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await listening(server);
  const { port: own } = server.address() as { readonly port: number };
  return {
    url: `redis://127.0.0.1:${own}`,
    port: own,
    lead: (other) => {
      target = other;
      cut();
    },
    loseNextAnswer: () => {
      losesAnswer = true;
    },
    hold: () => {
      isHeld = true;
    },
    [Symbol.asyncDispose]: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
