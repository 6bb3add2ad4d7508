/** From an address to a store: what most programs call first. */
import { type Duration, invalidOption } from '../base/index.ts';
import type { Address } from '../ports/index.ts';
import { nativeCrc32, realClock, realNetwork, realRandom, silentLog } from '../ports/real/index.ts';
import { ClusterClient } from './cluster-client.ts';
import { Store } from './store.ts';

export interface ConnectOptions {
  /** How long a request may take, with all its tries. Default 5 s. */
  readonly timeout?: Duration;
}

const scheme = 'quorate://';

/**
 * The store of the cluster whose nodes listen at `quorate://host:port,host:port`. It connects when it is first
 * used, so that a program can start before its cluster does.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Store> {
  const { timeout } = options;
  const clock = realClock();
  const client = new ClusterClient({
    network: realNetwork({ log: silentLog() }),
    clock,
    random: realRandom(),
    endpoints: endpointsOf(url),
    checksum: nativeCrc32,
    ...(timeout === undefined ? {} : { timeout }),
  });
  return new Store({ client, clock });
}

function endpointsOf(url: string): Address[] {
  if (!url.startsWith(scheme))
    throw invalidOption('url', url, `an address like ${scheme}127.0.0.1:7701,127.0.0.1:7702`);
  return url.slice(scheme.length).split(',').map(addressOf);
}

/** `host:port`, with the host in brackets where it is an IPv6 address. */
function addressOf(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535 || Number(port) === 0)
    throw invalidOption('url', text, 'host:port, such as 127.0.0.1:7701');
  return { host, port: Number(port) };
}
