/** Answers for programs that look names up: DNS on a local port, from views of the registry. */
export type { DnsDropReason, DnsFigures, DnsTransport } from './dns-counters.ts';
export type { ResponseCode } from './dns-reply.ts';
export {
  type DnsEvent,
  type DnsPorts,
  type DnsServer,
  type DnsServerOptions,
  dnsServer,
} from './dns-server.ts';
export type { DnsView } from './view-shelf.ts';
