/** Opens the engine: checks the options, connects, and finds out what kind of server is there. */
import { type Duration, durationMs, invalidOption, type QuorateError } from '../../base/index.ts';
import type { ClientTls, Clock, Random } from '../../ports/index.ts';
import { realClock, realRandom } from '../../ports/real/index.ts';
import type { CallOptions, Capability } from '../port/index.ts';
import { Call } from './call.ts';
import { permittedNotes, type RedisCapability, redisNotes, redisProvides } from './capability-notes.ts';
import { Commands } from './commands.ts';
import type { Connection } from './connection.ts';
import { Database } from './database.ts';
import { parseEndpoint } from './endpoint.ts';
import { Link } from './link.ts';
import { OpenRedisEngine, type RedisEngine } from './redis-engine.ts';
import { loadRedis } from './redis-module.ts';
import { WatchLine } from './watch-line.ts';

export interface RedisOptions extends CallOptions {
  /** How long a call may take that does not say so itself, and opening the engine too. Default 5 s. */
  readonly deadline?: Duration;
  /** Stands before every key. Default `quorate/`. */
  readonly prefix?: string;
  /** For `rediss:`. Default: the authorities that the runtime trusts. */
  readonly tls?: ClientTls;
  /**
   * `failover-loss`: recipes run that need what they acknowledge to survive a failover, although here it may be lost.
   * Losing it ends every session, and every call fails with `engine-data-lost`.
   */
  readonly allow?: 'failover-loss';
  readonly clock?: Clock;
  readonly random?: Random;
}

/** How long a server may take to answer before its connection is given up and another one is made. */
const patienceMs = 2_000;
const deadlineMsDefault = 5_000;

const usual = { provides: redisProvides, notes: redisNotes };
const permitted = {
  provides: { ...redisProvides, 'survives-failover': true as const },
  notes: permittedNotes,
};

/**
 * Connects to the Redis at `url`: `redis://[user:password@]host[:port][/database]`, or `rediss:` with TLS. Redis 6.2
 * or later, or what speaks as it does; a master on its own, not in cluster mode.
 */
export function openRedis(
  url: string,
  options: RedisOptions & { readonly allow: 'failover-loss' },
): Promise<RedisEngine<Capability>>;
export function openRedis(url: string, options?: RedisOptions): Promise<RedisEngine<RedisCapability>>;
export async function openRedis(
  url: string,
  options: RedisOptions = {},
): Promise<RedisEngine<RedisCapability>> {
  const { allow, prefix = 'quorate/', tls, signal, clock = realClock(), random = realRandom() } = options;
  const deadlineMs = durationMs(options.deadline ?? deadlineMsDefault, 'deadline');
  if (allow !== undefined && allow !== 'failover-loss') {
    throw invalidOption('allow', allow, "'failover-loss', or absent");
  }
  const endpoint = parseEndpoint(url, tls);
  const module = await loadRedis();
  let onLost = (_error: QuorateError): void => undefined;
  const database = new Database({ prefix, random, patienceMs, onLost: (error) => onLost(error) });
  const greet = (connection: Connection): Promise<void> => database.greet(connection);
  const newLink = (): Link => new Link({ module, clock, random, endpoint, patienceMs, greet });
  const link = newLink();
  using call = new Call({ clock, milliseconds: deadlineMs, isRead: true, signal });
  try {
    await link.open(call);
  } catch (error) {
    throw call.told(error);
  }
  const callPatienceMs = Math.min(patienceMs, deadlineMs);
  const commands = new Commands({ link, database, clock, random, deadlineMs, patienceMs: callPatienceMs });
  const line = new WatchLine({ link: newLink(), commands, database, clock, prefix, patienceMs });
  const engine = new OpenRedisEngine({
    ...{ clock, random, link, database, commands, line },
    ...(allow === undefined ? usual : permitted),
  });
  onLost = (error) => engine.lose(error);
  return engine;
}
