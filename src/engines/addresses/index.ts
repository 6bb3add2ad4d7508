/**
 * From an address to an engine, whatever is behind it. What an engine needs is loaded when its address is opened: a
 * program that uses one server does not wait for the clients of five others.
 */
import { type Duration, invalidOption } from '../../base/index.ts';
import { connect } from '../../client/index.ts';
import type { EtcdCapability } from '../etcd/index.ts';
import type { NatsCapabilities } from '../nats/index.ts';
import type { Capability, Engine, EngineKind, Provides } from '../port/index.ts';
import type { PostgresCapabilities } from '../postgres/index.ts';
import type { QuorateCapabilities } from '../quorate/index.ts';
import type { RedisCapability } from '../redis/index.ts';
import type { ZookeeperCapabilities } from '../zookeeper/index.ts';

/** What the address says of the capabilities, where it is known when the program is compiled. */
export type CapabilitiesOf<Url extends string> = Url extends `etcd${'' | 's'}:${string}`
  ? EtcdCapability
  : Url extends `zookeeper${'' | 's'}:${string}`
    ? ZookeeperCapabilities
    : Url extends `redis${'' | 's'}:${string}`
      ? RedisCapability
      : Url extends `postgres${'' | 'ql'}:${string}`
        ? PostgresCapabilities
        : Url extends `nats:${string}`
          ? NatsCapabilities
          : Url extends `${'quorate' | 'quorates' | 'file' | 'memory'}:${string}`
            ? QuorateCapabilities
            : Capability;

/** The same for each kind of engine, to look at: the compiler holds it against the types, the documents are made of it. */
export const capabilitiesByEngine: { readonly [Kind in EngineKind]: Provides<CapabilitiesOf<`${Kind}:`>> } = {
  quorate: {
    fencing: true,
    'linearizable-reads': true,
    transactions: true,
    'watch-resume': true,
    'expiry-events': true,
    'survives-failover': true,
  },
  etcd: {
    fencing: true,
    'linearizable-reads': true,
    transactions: true,
    'watch-resume': true,
    'survives-failover': true,
  },
  zookeeper: { fencing: true, 'linearizable-reads': true, transactions: true, 'survives-failover': true },
  redis: {
    fencing: true,
    'linearizable-reads': true,
    transactions: true,
    'watch-resume': true,
    'expiry-events': true,
  },
  postgres: {
    fencing: true,
    'linearizable-reads': true,
    transactions: true,
    'watch-resume': true,
    'expiry-events': true,
  },
  nats: { 'linearizable-reads': true, 'watch-resume': true, 'expiry-events': true },
};

export interface EngineOptions {
  /** Before every key. Default `quorate/`; `''` shares keys with programs that have a layout of their own. */
  readonly prefix?: string;
  /** How long a call may take that says nothing of its own. Default 5 s. */
  readonly deadline?: Duration;
  /**
   * Recipes run that need what they acknowledge to survive a failover, also on Redis, PostgreSQL and NATS, where it
   * may be lost. The type of a literal address says what it says without; who is told by types opens those engines by name.
   */
  readonly allow?: 'failover-loss';
}

/**
 * Any address of `connect`. An address that is only known when the program runs is taken to have every capability;
 * a recipe that needs what its engine lacks is refused all the same, when it is asked for.
 */
export async function openEngine<const Url extends string>(
  url: Url,
  options: EngineOptions = {},
): Promise<Engine<CapabilitiesOf<Url>>> {
  // Each opens with what its own type states, which is what the address stands for.
  return (await openAny(url, options)) as Engine<CapabilitiesOf<Url>>;
}

async function openAny(url: string, options: EngineOptions): Promise<Engine> {
  switch (url.slice(0, Math.max(0, url.indexOf(':')))) {
    case 'etcd':
    case 'etcds':
      return await (await import('../etcd/index.ts')).openEtcd(url, options);
    case 'zookeeper':
    case 'zookeepers':
      return await (await import('../zookeeper/index.ts')).openZookeeper(url, options);
    case 'redis':
    case 'rediss':
      return await (await import('../redis/index.ts')).openRedis(url, options);
    case 'postgres':
    case 'postgresql':
      return await (await import('../postgres/index.ts')).openPostgres(url, options);
    case 'nats':
      return await (await import('../nats/index.ts')).openNats(url, options);
    case 'quorate':
    case 'quorates':
    case 'file':
    case 'memory':
      return await openOurs(url, options);
    default:
      throw invalidOption(
        'url',
        url,
        'an address that begins with quorate:, file:, memory:, etcd:, zookeeper:, redis:, postgres: or nats:',
      );
  }
}

async function openOurs(url: string, { prefix, deadline }: EngineOptions): Promise<Engine> {
  const { openQuorate } = await import('../quorate/index.ts');
  const store = await connect(url, deadline === undefined ? {} : { timeout: deadline });
  return await openQuorate(store, { ownsStore: true, ...(prefix === undefined ? {} : { prefix }) });
}
