/** The conformance suite on a real ZooKeeper of three members. */
import type { Capability } from '../../src/engines/port/index.ts';
import { openZookeeper, zookeeperProvides } from '../../src/engines/zookeeper/index.ts';
import { conforms } from './conformance.ts';
import { faultsOf, startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_050 });

conforms('zookeeper', {
  open: () => openZookeeper(urlOf(members)),
  faults: faultsOf(members),
  provided: Object.keys(zookeeperProvides) as Capability[],
});
