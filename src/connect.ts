/** From an address to what is behind it: a store of ours, or an engine on a server of somebody else's. */
import { type ConnectOptions, connect as connectStore, type Store } from './client/index.ts';
import { type CapabilitiesOf, type EngineOptions, openEngine } from './engines/addresses/index.ts';
import type { Engine } from './engines/port/index.ts';

/** Addresses of servers that are no store of ours. */
export type EngineUrl =
  `${'etcd' | 'etcds' | 'zookeeper' | 'zookeepers' | 'redis' | 'rediss' | 'postgres' | 'postgresql' | 'nats'}:${string}`;

const engineUrl = /^(?:etcds?|zookeepers?|rediss?|postgres(?:ql)?|nats):/;

/** An address that the compiler does not know is taken for one of ours; `openEngine` opens any as an engine. */
export function connect<const Url extends EngineUrl>(
  url: Url,
  options?: EngineOptions,
): Promise<Engine<CapabilitiesOf<Url>>>;
export function connect(url: string, options?: ConnectOptions): Promise<Store>;
export async function connect(
  url: string,
  options: ConnectOptions & EngineOptions = {},
): Promise<Store | Engine> {
  return engineUrl.test(url) ? await openEngine(url, options) : await connectStore(url, options);
}
