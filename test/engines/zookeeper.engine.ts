/** The conformance suite and the recipes on a real ZooKeeper of three members. */
import type { Capability } from '../../src/engines/port/index.ts';
import { openZookeeper, zookeeperProvides } from '../../src/engines/zookeeper/index.ts';
import { conforms } from './conformance.ts';
import { coordinates } from './recipe-conformance.ts';
import { faultsOf, startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_050 });

const provided = Object.keys(zookeeperProvides) as Capability[];

conforms('zookeeper', {
  open: () => openZookeeper(urlOf(members)),
  faults: faultsOf(members),
  provided,
});
coordinates('zookeeper', {
  url: urlOf(members),
  open: (options) => openZookeeper(urlOf(members), options),
  provided,
});
