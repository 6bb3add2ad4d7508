/** The real network against the suite that all networks pass, on loopback, plain and with mutual TLS. */
import { realNetwork } from '../../src/ports/real/index.ts';
import { makeAuthority } from './certificates.ts';
import { networkConformance } from './network-conformance.ts';

const network = realNetwork();

networkConformance('real, TCP', () => ({
  server: network,
  client: network,
  host: '127.0.0.1',
  run: (story) => story(),
  dispose: async () => undefined,
}));

const authority = makeAuthority('Quorate test authority');
const authorities = [authority.certificate];
const server = authority.issue({ commonName: 'server', names: ['127.0.0.1'] });
const client = authority.issue({ commonName: 'client' });

networkConformance('real, mutual TLS', () => ({
  server: network,
  client: network,
  host: '127.0.0.1',
  tls: { server: { ...server, clientAuthorities: authorities }, client: { ...client, authorities } },
  run: (story) => story(),
  dispose: async () => undefined,
}));
