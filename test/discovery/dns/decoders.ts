/** What the DNS server reads of strangers. */
import { decodeDnsName } from '../../../src/discovery/dns/dns-name.ts';
import { decodeDnsHead, decodeDnsQuery } from '../../../src/discovery/dns/dns-query.ts';
import type { Decoder } from '../../fuzz/decoder.ts';
import { nameBytes, questionBytes } from './dns-messages.ts';

export const dnsDecoders: readonly Decoder[] = [
  {
    name: 'discovery/dns/dns-query.ts decodeDnsQuery',
    valid: () => [
      questionBytes('_orders._tcp.service.quorate', { type: 'SRV', edns: 1232 }),
      questionBytes('orders.service.quorate'),
    ],
    decode: decodeDnsQuery,
    refusals: ['malformed-bytes'],
  },
  {
    name: 'discovery/dns/dns-query.ts decodeDnsHead',
    valid: () => [questionBytes('quorate', { type: 'SOA' })],
    decode: decodeDnsHead,
    refusals: [],
  },
  {
    name: 'discovery/dns/dns-name.ts decodeDnsName',
    // The name begins behind one that it points back to.
    valid: () => [Uint8Array.from([...nameBytes('quorate'), ...nameBytes('orders').slice(0, -1), 0xc0, 0])],
    decode: (bytes) => decodeDnsName(bytes, Math.min(9, bytes.length)),
    refusals: ['malformed-bytes'],
  },
];
