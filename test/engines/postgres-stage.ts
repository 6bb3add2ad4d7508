/** A real server of PostgreSQL for the tests of its engine, and what can be done to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Faults } from '../../src/engines/conformance/index.ts';
import { type PostgresServer, startPgbouncer, startPostgres } from '../../tools/peers/index.ts';

export interface PostgresStage extends AsyncDisposable {
  readonly server: PostgresServer;
  /** In which the server keeps what it has. */
  readonly directory: string;
  readonly faults: Faults;
  /** Of its own, for what the engine would not say. */
  connection(): Promise<RawConnection>;
}

interface RawConnection extends AsyncDisposable {
  /** Resolves to the rows of the last statement. */
  query(text: string): Promise<readonly unknown[]>;
}

export async function postgresStage(settings: readonly string[] = []): Promise<PostgresStage> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-postgres-'));
  const server = await startPostgres({ directory, port: await freePort(), settings });
  if (server === undefined) throw new Error('PostgreSQL is not installed; run npm run engines:install');
  const faults: Faults = {
    restart: async () => {
      await server.stop();
      await server.start();
    },
    pause: () => server.pause(),
  };
  const close = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { server, directory, faults, connection: () => connected(server.url), [Symbol.asyncDispose]: close };
}

/** A pooler in front of the stage's server, which gives a connection for a transaction. */
export async function pooledUrl(server: PostgresServer): Promise<AsyncDisposable & { readonly url: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-pgbouncer-'));
  const pooler = await startPgbouncer({ directory, port: await freePort(), server });
  const close = async (): Promise<void> => {
    await pooler[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: pooler.url, [Symbol.asyncDispose]: close };
}

async function connected(url: string): Promise<RawConnection> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const query = async (text: string): Promise<readonly unknown[]> => {
    const answer: unknown = await client.query(text);
    const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer;
    return (last as { readonly rows: readonly unknown[] }).rows;
  };
  return { query, [Symbol.asyncDispose]: () => client.end() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      listener.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
