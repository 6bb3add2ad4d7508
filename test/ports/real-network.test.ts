/** The real network against the suite that all networks pass, on loopback, plain and with mutual TLS. */
import { realNetwork } from '../../src/ports/real/index.ts';
import { makeAuthority } from './certificates.ts';
import { type MakeNetwork, type NetworkFixture, networkConformance } from './network-conformance.ts';

const host = '127.0.0.1';
const network = realNetwork();
const authority = makeAuthority('Quorate test authority');
const authorities = [authority.certificate];
const server = authority.issue({ commonName: 'server', names: [host] });
const client = authority.issue({ commonName: 'client' });

function onLoopback(tls?: NetworkFixture['tls']): MakeNetwork {
  return () => ({
    server: network,
    client: network,
    host,
    ...(tls && { tls }),
    run: (story) => story(),
    dispose: async () => undefined,
  });
}

networkConformance('real, TCP', onLoopback());
networkConformance(
  'real, mutual TLS',
  onLoopback({ server: { ...server, clientAuthorities: authorities }, client: { ...client, authorities } }),
);
