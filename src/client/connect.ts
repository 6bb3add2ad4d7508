/** From an address to a store: what most programs call first. */
import { type Duration, invalidOption } from '../base/index.ts';
import { newPasswordHash, SecuredNetwork } from '../net/index.ts';
import type { Address, ClientTls, Clock, Network } from '../ports/index.ts';
import {
  nativeCrc32,
  realClock,
  realCryptography,
  realNetwork,
  realRandom,
  silentLog,
} from '../ports/real/index.ts';
import { ClusterClient } from './cluster-client.ts';
import { Store } from './store.ts';

export interface ConnectOptions {
  /** How long a request may take, with all its tries. Default 5 s. */
  readonly timeout?: Duration;
  /** For `quorates:` only: who may sign the nodes' certificates, and what is shown to nodes that ask for one. */
  readonly tls?: ClientTls;
  /** Who this program is, where the cluster asks; both or neither. */
  readonly user?: string;
  readonly password?: string;
}

/**
 * `quorate://host:port,host:port`: a cluster whose nodes listen there; it connects when it is first used, so that
 * a program can start before its cluster does. `quorates://…`: the same, by TLS. `file:./directory`: a node in this process, a cluster of one that
 * keeps what it holds there. `memory:`: the same, and gone when it is closed.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Store> {
  const clock = realClock();
  const scheme = url.slice(0, url.indexOf(':') + 1);
  if (options.tls !== undefined && scheme !== 'quorates:')
    throw invalidOption('tls', 'given', `absent for ${scheme}; write quorates://… where connections use TLS`);
  switch (scheme) {
    case 'quorate:':
    case 'quorates:': {
      const plain = realNetwork({ log: silentLog() });
      const { tls = {} } = options;
      const network = scheme === 'quorate:' ? plain : new SecuredNetwork(plain, () => tls);
      const client = clientOf(network, endpointsOf(url, scheme), clock, options);
      return new Store({ clock, client, ...real });
    }
    case 'file:':
    case 'memory:': {
      // A program that talks to a cluster does not wait for a whole node to be loaded.
      const { startEmbedded } = await import('./embedded.ts');
      const node = await startEmbedded(scheme === 'file:' ? { directory: directoryOf(url) } : {});
      const client = clientOf(node.network, [node.address], clock, options);
      return new Store({ clock, client, ...real, onClosed: () => node.close() });
    }
    default:
      throw invalidOption(
        'url',
        url,
        "an address like 'quorate://127.0.0.1:7701', 'file:./data' or 'memory:'",
      );
  }
}

function clientOf(
  network: Network,
  endpoints: readonly Address[],
  clock: Clock,
  { timeout, user, password }: ConnectOptions,
): ClusterClient {
  if ((user === undefined) !== (password === undefined))
    throw invalidOption('user', user, 'given together with password, or not at all');
  return new ClusterClient({
    network,
    clock,
    random: realRandom(),
    endpoints,
    checksum: nativeCrc32,
    ...(timeout === undefined ? {} : { timeout }),
    ...(user === undefined || password === undefined ? {} : { credentials: { user, password } }),
  });
}

const real = { hashPassword, cryptography: realCryptography(), checksum: nativeCrc32 };

function hashPassword(password: string): Promise<Uint8Array> {
  return newPasswordHash(realCryptography(), realRandom(), password);
}

function directoryOf(url: string): string {
  const directory = url.slice('file:'.length);
  if (directory === '') throw invalidOption('url', url, "a directory behind 'file:', such as file:./data");
  return directory;
}

function endpointsOf(url: string, scheme: string): Address[] {
  const slashes = `${scheme}//`;
  if (!url.startsWith(slashes)) throw invalidOption('url', url, `an address like ${slashes}127.0.0.1:7701`);
  return url.slice(slashes.length).split(',').map(addressOf);
}

/** `host:port`, with the host in brackets where it is an IPv6 address. */
function addressOf(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535 || Number(port) === 0)
    throw invalidOption('url', text, 'host:port, such as 127.0.0.1:7701');
  return { host, port: Number(port) };
}
