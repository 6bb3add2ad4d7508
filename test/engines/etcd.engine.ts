/** The conformance suite and the recipes on a real etcd of three members. */

import { openEtcd } from '../../src/engines/etcd/index.ts';
import type { Capability } from '../../src/engines/port/index.ts';
import { conforms } from './conformance.ts';
import { faultsOf, startedEtcd, urlOf } from './etcd/servers.ts';
import { coordinates } from './recipe-conformance.ts';

const members = await startedEtcd({ port: 17_100 });
const provided: readonly Capability[] = [
  'fencing',
  'linearizable-reads',
  'transactions',
  'watch-resume',
  'survives-failover',
];

conforms('etcd', { open: () => openEtcd(urlOf(members)), faults: faultsOf(members), provided });
coordinates('etcd', { url: urlOf(members), open: (options) => openEtcd(urlOf(members), options), provided });
