/**
 * PgBouncer in front of a server of PostgreSQL, giving its connections for one transaction each: what many who run
 * PostgreSQL have between it and their programs.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { host } from './peer-cluster.ts';
import { asPostgres, mayRead, type PostgresServer, postgresAccount } from './postgres-server.ts';
import { exchange, ServerProcess, untilReady } from './server-process.ts';

const readyMsMax = 10_000;

export interface PgbouncerOptions {
  /** An empty directory of its own. */
  readonly directory: string;
  readonly port: number;
  readonly server: PostgresServer;
}

export interface Pgbouncer extends AsyncDisposable {
  readonly url: string;
}

export async function startPgbouncer({ directory, port, server }: PgbouncerOptions): Promise<Pgbouncer> {
  const { username, password, pathname } = new URL(server.url);
  const database = pathname.slice(1);
  const users = join(directory, 'users.txt');
  const file = join(directory, 'pgbouncer.ini');
  writeFileSync(users, `"${username}" "${password}"\n`);
  const settings = [
    '[databases]',
    `${database} = host=${host} port=${server.port} dbname=${database}`,
    '[pgbouncer]',
    `listen_addr = ${host}`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    // Few, so that clients really share them.
    'default_pool_size = 3',
  ];
  writeFileSync(file, `${settings.join('\n')}\n`);
  const account = await postgresAccount();
  for (const path of [directory, users, file]) mayRead(path, account);
  chmodSync(directory, 0o700);
  const command = asPostgres(account, 'pgbouncer', [file]);
  const process = new ServerProcess({ ...command, log: join(directory, 'pgbouncer.log') });
  const close = (): Promise<void> => process.stop('SIGINT');
  try {
    // It answers what it does not understand with an error, which is an answer.
    await untilReady('PgBouncer', readyMsMax, [process], () => exchange({ host, port }, '\0\0\0\b\0\0\0\0'));
  } catch (error) {
    await close();
    throw error;
  }
  return { url: server.url.replace(`:${server.port}/`, `:${port}/`), [Symbol.asyncDispose]: close };
}
