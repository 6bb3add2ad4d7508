/**
 * Where the verbs that use a cluster find it, and how they reach it: by a list of nodes, or by any address that
 * `connect` takes, so that what works on a cluster also works on a directory or in memory.
 */
import type { ParseArgsOptionsConfig } from 'node:util';
import { isQuorateError } from '../base/index.ts';
import { ClusterClient, type ConnectOptions, connect, type Store } from '../client/index.ts';
import { SecuredNetwork } from '../net/index.ts';
import type { Address, Network } from '../ports/index.ts';
import { nativeCrc32, realClock, realNetwork, realRandom, silentLog } from '../ports/real/index.ts';
import { clientTlsHelp, clientTlsOf, clientTlsOptions } from './certificates.ts';
import { credentialsOf, loginHelp, loginOptions } from './passwords.ts';
import { durationOption, type Invocation, textOption, UsageError } from './verb.ts';

/** Options that every verb has which talks to a cluster. */
export const clusterOptions: ParseArgsOptionsConfig = {
  endpoints: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  ...clientTlsOptions,
  ...loginOptions,
};

export const clusterHelp: Readonly<Record<string, string>> = {
  endpoints:
    'host:port,host:port or an address such as file:./data (default: $QUORATE_ENDPOINTS, else 127.0.0.1:7701)',
  timeout: "how long to try, such as '500ms' or '10s' (default 5s)",
  json: 'one JSON document a line, for programs',
  ...clientTlsHelp,
  ...loginHelp,
};

function endpointsText(invocation: Invocation): string {
  return textOption(invocation, 'endpoints') ?? process.env['QUORATE_ENDPOINTS'] ?? '127.0.0.1:7701';
}

/** The address of a server that is no store of ours; undefined where it is one. */
export function engineUrlOf(invocation: Invocation): string | undefined {
  const text = endpointsText(invocation);
  return /^[a-z]+:\/\//.test(text) && !/^(quorates?|file|memory):/.test(text) ? text : undefined;
}

/** The nodes to ask one by one; refuses an address that has none. */
export function endpointsOf(invocation: Invocation): Address[] {
  const text = endpointsText(invocation);
  return text
    .replace(/^quorates?:\/\//, '')
    .split(',')
    .map((part) => parseAddress(part));
}

/** `host:port`, with the host in brackets where it is an IPv6 address. */
export function parseAddress(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new UsageError(
      `${JSON.stringify(text)} is not an address; write host:port, such as 127.0.0.1:7701`,
    );
  }
  return { host, port: Number(port) };
}

/** How long a request may take, as `--timeout` says. */
export function timeoutMsOf(invocation: Invocation): number {
  return durationOption(invocation, 'timeout') ?? 5_000;
}

/** The store behind the address, as the command was told it; close it at the end. */
export async function openStore(invocation: Invocation): Promise<Store> {
  const url = urlOf(invocation);
  // A node that the command carries has no connections; to the others what was given goes, so that nothing that was
  // meant to be secret travels in the open.
  const tls = url.startsWith('quorate') ? clientTlsOf(invocation) : undefined;
  const options: ConnectOptions = {
    timeout: timeoutMsOf(invocation),
    ...(tls === undefined ? {} : { tls }),
    ...credentialsOf(invocation),
  };
  try {
    return await connect(url, options);
  } catch (error) {
    throw asUsage(error);
  }
}

/** True: a node that the command itself carries, and that cannot be opened twice. */
export function isCarried(invocation: Invocation): boolean {
  return /^(memory|file):/.test(endpointsText(invocation));
}

/** What `connect` takes. A list of nodes is held against the form of one here, where the mistake can be named. */
function urlOf(invocation: Invocation): string {
  const text = endpointsText(invocation);
  if (/^(memory:|file:|[a-z]+:\/\/)/.test(text)) return text;
  for (const part of text.split(',')) parseAddress(part);
  return `${clientTlsOf(invocation) === undefined ? 'quorate' : 'quorates'}://${text}`;
}

function networkOf(invocation: Invocation): Network {
  const network = realNetwork({ log: silentLog() });
  const isSecure = endpointsText(invocation).startsWith('quorates://');
  const tls = clientTlsOf(invocation) ?? (isSecure ? {} : undefined);
  return tls === undefined ? network : new SecuredNetwork(network, () => tls);
}

/** A client that can ask single nodes; dispose of it at the end. */
export function openClient(
  invocation: Invocation,
  endpoints: readonly Address[] = endpointsOf(invocation),
): ClusterClient {
  const credentials = credentialsOf(invocation);
  return new ClusterClient({
    network: networkOf(invocation),
    clock: realClock(),
    random: realRandom(),
    endpoints,
    checksum: nativeCrc32,
    timeout: timeoutMsOf(invocation),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/** An option that the library refuses was typed here. */
function asUsage(error: unknown): unknown {
  if (!isQuorateError(error) || error.code !== 'invalid-option') return error;
  return new UsageError(error.message, { cause: error });
}
