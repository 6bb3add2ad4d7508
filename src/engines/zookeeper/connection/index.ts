/** Sessions and connections of ZooKeeper. */
export { type ClientOptions, type ServerSettings, ZookeeperClient } from './client.ts';
export { closedError, failed, refusedBy, tooOld, unreachable } from './failures.ts';
export { type Credentials, type LinkOptions, type Reply, ZookeeperLink } from './link.ts';
export { Seen } from './seen.ts';
export { ServerOrder } from './server-order.ts';
