/** A real server of PostgreSQL for the tests of its engine, and what can be done to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Faults } from '../../src/engines/conformance/index.ts';
import { type PostgresServer, startPostgres } from '../../tools/peers/index.ts';

export interface PostgresStage extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly faults: Faults;
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
  return { server, faults, [Symbol.asyncDispose]: close };
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
