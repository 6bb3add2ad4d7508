/** Where the verbs that talk to a cluster find it, and the client with which they do. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { crc32 as nativeCrc32 } from 'node:zlib';
import { ClusterClient } from '../client/index.ts';
import { SecuredNetwork } from '../net/index.ts';
import type { Address, Network } from '../ports/index.ts';
import { realClock, realNetwork, realRandom, silentLog } from '../ports/real/index.ts';
import { clientTlsHelp, clientTlsOf, clientTlsOptions } from './certificates.ts';
import { type Invocation, textOption, UsageError } from './verb.ts';

/** Options that every verb has which talks to a cluster. */
export const clusterOptions: ParseArgsOptionsConfig = {
  endpoints: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  ...clientTlsOptions,
};

export const clusterHelp: Readonly<Record<string, string>> = {
  endpoints:
    'where the nodes listen, as host:port,host:port (default: $QUORATE_ENDPOINTS, else 127.0.0.1:7701)',
  timeout: "how long to try, such as '500ms' or '10s' (default 5s)",
  json: 'one JSON document a line, for programs',
  ...clientTlsHelp,
};

export function endpointsOf(invocation: Invocation): Address[] {
  const text = textOption(invocation, 'endpoints') ?? process.env['QUORATE_ENDPOINTS'] ?? '127.0.0.1:7701';
  return text.split(',').map((part) => parseAddress(part));
}

/** `host:port`, with the host in brackets where it is an IPv6 address. */
export function parseAddress(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new UsageError(
      `${JSON.stringify(text)} is not an address; write host:port, such as 127.0.0.1:7701`,
    );
  }
  return { host, port: Number(port) };
}

function networkOf(invocation: Invocation): Network {
  const network = realNetwork({ log: silentLog() });
  const tls = clientTlsOf(invocation);
  return tls === undefined ? network : new SecuredNetwork(network, () => tls);
}

/** A client for one verb's work; dispose of it at the end. */
export function openClient(
  invocation: Invocation,
  endpoints: readonly Address[] = endpointsOf(invocation),
): ClusterClient {
  const timeout = textOption(invocation, 'timeout');
  return new ClusterClient({
    network: networkOf(invocation),
    clock: realClock(),
    random: realRandom(),
    endpoints,
    checksum: nativeCrc32,
    ...(timeout === undefined ? {} : { timeout: timeout as `${number}ms` }),
  });
}
