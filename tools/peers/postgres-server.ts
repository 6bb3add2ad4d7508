/**
 * One server of PostgreSQL as Debian packages it: durable, on loopback and in a directory of its own, with a user
 * and a database `quorate`. Its programs refuse to run as root, so root gives the directory to the package's own
 * user and runs them as that one.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { host } from './peer-cluster.ts';
import { outputOf, ServerProcess, untilReady } from './server-process.ts';

const readyMsMax = 30_000;
const packages = '/usr/lib/postgresql';
const user = 'quorate';
const password = 'quorate';

export interface PostgresOptions {
  /** An empty directory of its own; how to it, each part must be open to other users. */
  readonly directory: string;
  readonly port: number;
  /** Lines for `postgresql.conf`, such as `max_connections=20`. */
  readonly settings?: readonly string[];
}

export interface PostgresServer extends AsyncDisposable {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  readonly port: number;
  /** Of the postmaster, whose children serve connections. */
  readonly pid: number;
  /** What the program `psql` prints, without frills; as the superuser, in the database `quorate`. */
  sql(text: string): Promise<string>;
  /** Asks it to end as `pg_ctl stop -m fast` would: open transactions are rolled back, what was committed stays. */
  stop(): Promise<void>;
  /** Ends it and all its children as a power cut would, as far as processes are concerned. */
  kill(): Promise<void>;
  /** Stands it still, with all its children; what it returns lets it go on. */
  pause(): Promise<() => Promise<void>>;
  /** After `stop` or `kill`: on the same port and data, with these settings besides. */
  start(settings?: readonly string[]): Promise<void>;
  /** After `stop`: when it starts again, it is a standby, for good. */
  makeStandby(): void;
}

/** `undefined` when it is not installed. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer | undefined> {
  const programs = programsDirectory();
  if (programs === undefined) return undefined;
  const server = new Server(programs, options);
  await server.make();
  return server;
}

/** Of the newest version that is installed. */
function programsDirectory(): string | undefined {
  const versions = existsSync(packages) ? readdirSync(packages) : [];
  const newest = versions.sort((left, right) => Number(right) - Number(left))[0];
  const directory = join(packages, newest ?? '', 'bin');
  return newest !== undefined && existsSync(join(directory, 'initdb')) ? directory : undefined;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Whose processes they are: `undefined` where we are somebody whom they accept. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const uid = Number(await outputOf('id', ['-u', 'postgres']));
  const gid = Number(await outputOf('id', ['-g', 'postgres']));
  return { uid, gid };
}

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
}

/** `setpriv` replaces itself by the program, so the process is the server and not its parent. */
export function asPostgres(account: Account | undefined, program: string, words: readonly string[]): Command {
  if (account === undefined) return { program, words };
  const change = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return { program: 'setpriv', words: [...change, program, ...words] };
}

/** Gives a file to whose processes they are. */
export function mayRead(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

class Server implements PostgresServer {
  readonly name = 'postgres';
  readonly port: number;
  readonly url: string;
  readonly #programs: string;
  readonly #directory: string;
  readonly #settings: readonly string[];
  #account: Account | undefined;
  #process: ServerProcess | undefined;
  #version = 'unknown';

  constructor(programs: string, { directory, port, settings = [] }: PostgresOptions) {
    this.#programs = programs;
    this.#directory = directory;
    this.#settings = settings;
    this.port = port;
    this.url = `postgres://${user}:${password}@${host}:${port}/${user}`;
  }

  get version(): string {
    return this.#version;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  async make(): Promise<void> {
    this.#account = await postgresAccount();
    for (const path of [this.#directory, this.#data, this.#sockets]) {
      mkdirSync(path, { recursive: true });
      mayRead(path, this.#account);
    }
    chmodSync(this.#data, 0o700);
    const words = ['-D', this.#data, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--auth-local=trust'];
    await this.#output('initdb', [...words, '--auth-host=scram-sha-256']);
    await this.start();
    await this.#superuser('postgres', `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    await this.#superuser('postgres', `CREATE DATABASE ${user} OWNER ${user}`);
    this.#version = (await this.sql('SHOW server_version')).split(' ')[0] ?? 'unknown';
  }

  makeStandby(): void {
    const file = join(this.#data, 'standby.signal');
    writeFileSync(file, '');
    mayRead(file, this.#account);
  }

  async start(more: readonly string[] = []): Promise<void> {
    const settings = [
      `port=${this.port}`,
      `listen_addresses=${host}`,
      `unix_socket_directories=${this.#sockets}`,
      'fsync=on',
      ...this.#settings,
      ...more,
    ];
    const own = new ServerProcess({
      ...this.#as('postgres', ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])]),
      log: join(this.#directory, 'postgres.log'),
    });
    this.#process = own;
    try {
      await untilReady('PostgreSQL', readyMsMax, [own], () =>
        this.#tried('psql', [...this.#socketWords('postgres'), '-c', 'SELECT 1']),
      );
    } catch (error) {
      await own.stop();
      throw error;
    }
  }

  sql(text: string): Promise<string> {
    return this.#superuser(user, text);
  }

  async stop(): Promise<void> {
    // What SIGTERM asks for waits for clients to leave.
    if (this.#process !== undefined) await this.#process.stop('SIGINT');
  }

  async kill(): Promise<void> {
    for (const pid of await this.#stopped()) process.kill(pid, 'SIGKILL');
    // Waits until it is gone.
    await this.#process?.stop('SIGKILL');
  }

  async pause(): Promise<() => Promise<void>> {
    const all = await this.#stopped();
    return () => {
      for (const pid of all) process.kill(pid, 'SIGCONT');
      return Promise.resolve();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Its processes, which stand still: the parent first, so that it has no more children than are found. */
  async #stopped(): Promise<readonly number[]> {
    process.kill(this.pid, 'SIGSTOP');
    const children = ((await outputOf('pgrep', ['-P', String(this.pid)])) ?? '').trim().split('\n');
    const found = children.filter((line) => line !== '').map(Number);
    for (const pid of found) process.kill(pid, 'SIGSTOP');
    return [...found, this.pid];
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  get #sockets(): string {
    return join(this.#directory, 'sockets');
  }

  async #superuser(database: string, text: string): Promise<string> {
    return (await this.#output('psql', [...this.#socketWords(database), '-c', text])).trim();
  }

  #socketWords(database: string): readonly string[] {
    const plain = ['--no-psqlrc', '--tuples-only', '--no-align', '--quiet', '-v', 'ON_ERROR_STOP=1'];
    return [...plain, '-h', this.#sockets, '-p', String(this.port), '-U', 'postgres', '-d', database];
  }

  async #output(program: string, words: readonly string[]): Promise<string> {
    const text = await this.#tried(program, words);
    if (text === undefined) throw new Error(`${program} failed; ${this.#directory}/postgres.log may say why`);
    return text;
  }

  #tried(program: string, words: readonly string[]): Promise<string | undefined> {
    const command = this.#as(program, words);
    return outputOf(command.program, command.words);
  }

  #as(program: string, words: readonly string[]): Command {
    return asPostgres(this.#account, join(this.#programs, program), words);
  }
}
