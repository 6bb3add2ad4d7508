/** What an engine on PostgreSQL is opened with, checked and filled in once. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { ClientTls, Clock, Random } from '../../ports/index.ts';
import { realClock, realRandom } from '../../ports/real/index.ts';
import type { PgClientConfig, PgTls } from './pg-module.ts';

export interface PostgresOptions {
  /** Where its tables lie; lower case letters, digits and `_`, at most 40. Default `quorate`. Engines of different schemas do not see each other. */
  readonly schema?: string;
  /** Asked for each connection, in place of the password in the URL: for passwords that change. */
  readonly password?: () => string | Promise<string>;
  /** Present: connections are encrypted, and the server's certificate is checked. */
  readonly tls?: ClientTls;
  /** For calls that say none. Default 5 s. */
  readonly deadline?: Duration;
  /** For calls, at most at a time. Three more are for sessions and watches. Default 4. */
  readonly connections?: number;
  /**
   * How often a watch looks for changes of which it was not told. Default: 1 s where notifications arrive, 200 ms
   * where they cannot, as behind a pooler that gives a connection for a transaction.
   */
  readonly pollInterval?: Duration;
  /** False: does without notifications, and with them without the one connection that must not be pooled. Default true. */
  readonly listen?: boolean;
  /** For how long changes are kept for watches that go on from a mark. Default 15 min, and no less than 1 min. */
  readonly keep?: Duration;
  /**
   * `synchronous`: the engine provides `survives-failover`, and is refused where the server commits without waiting
   * for a standby. That the standby which waited is the one that takes over is up to what promotes it.
   */
  readonly failover?: 'synchronous';
  /**
   * `failover-loss`: recipes that need `survives-failover` run all the same, by the word of the user, who accepts
   * that two may hold a lock after a failover which lost what was acknowledged.
   */
  readonly allow?: 'failover-loss';
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface PostgresSettings {
  readonly schema: string;
  readonly client: PgClientConfig;
  /** `host:port`, for messages. */
  readonly address: string;
  readonly deadlineMs: number;
  readonly connections: number;
  readonly pollMs: number | undefined;
  readonly listens: boolean;
  readonly keepMs: number;
  readonly isSynchronous: boolean;
  readonly allowsLoss: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

const defaultPort = 5432;
const connectionsMax = 100;
const keepMsMin = 60_000;
const pollMsMin = 10;
const sslModes = ['disable', 'require', 'verify-full', 'no-verify'];

export function postgresSettings(url: string, options: PostgresOptions): PostgresSettings {
  const { schema = 'quorate', connections = 4, pollInterval } = options;
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw invalidOption('schema', schema, 'lower case letters, digits and _, at most 40, no digit in front');
  }
  if (!Number.isInteger(connections) || connections < 1 || connections > connectionsMax) {
    throw invalidOption('connections', connections, `a whole number from 1 to ${connectionsMax}`);
  }
  const client = clientConfig(url, options);
  return {
    schema,
    client,
    address: client.host.startsWith('/') ? client.host : `${client.host}:${client.port}`,
    deadlineMs: positive('deadline', options.deadline ?? '5s', 1),
    connections,
    pollMs: pollInterval === undefined ? undefined : positive('pollInterval', pollInterval, pollMsMin),
    listens: options.listen ?? true,
    keepMs: positive('keep', options.keep ?? '15m', keepMsMin),
    isSynchronous: options.failover === 'synchronous',
    allowsLoss: options.allow === 'failover-loss',
    clock: options.clock ?? realClock(),
    random: options.random ?? realRandom(),
  };
}

function positive(option: string, value: Duration, least: number): number {
  const milliseconds = durationMs(value, option);
  if (milliseconds >= least) return milliseconds;
  throw invalidOption(option, value, `at least ${least} ms`);
}

const urlExpected = 'postgres://user:password@host:port/database, with one host';

function clientConfig(text: string, { password, tls }: PostgresOptions): PgClientConfig {
  const url = parsed(text);
  // Shown without what may be secret.
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  const user = decodeURIComponent(url.username);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  if (user === '' || host === '') throw invalidOption('url', shown, urlExpected);
  for (const parameter of url.searchParams.keys()) {
    if (parameter === 'host' || parameter === 'sslmode') continue;
    throw invalidOption('url', `?${parameter}=`, 'without parameters other than sslmode and host');
  }
  const own = decodeURIComponent(url.password);
  return {
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: url.port === '' ? defaultPort : Number(url.port),
    user,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    password: password ?? ((): string => own),
    ssl: tlsOf(url.searchParams.get('sslmode') ?? 'disable', tls),
    application_name: 'quorate',
    keepAlive: true,
  };
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && !url.host.includes(',')) return url;
  throw invalidOption('url', text.replace(/^.*@/s, '…@'), urlExpected);
}

function tlsOf(mode: string, tls: ClientTls | undefined): false | PgTls {
  if (!sslModes.includes(mode)) throw invalidOption('sslmode', mode, `one of ${sslModes.join(', ')}`);
  if (tls === undefined && mode === 'disable') return false;
  return {
    rejectUnauthorized: mode !== 'no-verify',
    ...(tls?.authorities === undefined ? {} : { ca: tls.authorities }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}
