/** What was asked of a DNS server, and how it answered. */
import { type ResponseCode, responseCodes } from './dns-reply.ts';

export type DnsTransport = 'udp' | 'tcp';

/**
 * Why a packet was left without an answer. `no-question`: an answer, or no message at all. `overloaded`: too many
 * questions wait. `slow`: a connection whose peer does not send, or does not read. `too-many-connections`.
 */
export type DnsDropReason = 'no-question' | 'overloaded' | 'slow' | 'too-many-connections';

export interface DnsFigures {
  readonly queries: Readonly<Record<DnsTransport, number>>;
  readonly replies: Readonly<Record<ResponseCode, number>>;
  /** Answers that did not fit into a datagram, so that the resolver asks again by TCP. */
  readonly cut: number;
  readonly dropped: Readonly<Record<DnsDropReason, number>>;
  /** Services whose views are kept. */
  readonly names: number;
  /** Of these, those of which no instance is known, and which no list of names has. */
  readonly strangers: number;
  /** Questions for which there were too many of these, so that no view was opened. */
  readonly strangersRefused: number;
  /** Services that DNS cannot name, because their names differ from that of another one only by case. */
  readonly hiddenNames: number;
}

export class DnsCounters {
  readonly queries: Record<DnsTransport, number> = { udp: 0, tcp: 0 };
  readonly replies: Record<ResponseCode, number>;
  readonly dropped: Record<DnsDropReason, number> = {
    'no-question': 0,
    overloaded: 0,
    slow: 0,
    'too-many-connections': 0,
  };
  cut = 0;

  constructor() {
    const names = Object.keys(responseCodes) as ResponseCode[];
    this.replies = Object.fromEntries(names.map((name) => [name, 0])) as Record<ResponseCode, number>;
  }
}
