/** The network within a process, against the suite that every network passes. */
import { LocalNetwork } from '../../src/net/index.ts';
import { realClock } from '../../src/ports/real/index.ts';
import { networkConformance } from '../ports/network-conformance.ts';

networkConformance('local', () => {
  const network = new LocalNetwork(realClock());
  return {
    server: network,
    client: network,
    host: 'here',
    run: (story) => story(),
    dispose: () => Promise.resolve(),
  };
});
