/** Whole clusters of ours and of others, for benchmarks and tests that need the real servers. */
export { startEtcd } from './etcd-cluster.ts';
export { type NatsServers, startNats } from './nats-server.ts';
export type { PeerCluster, PeerOptions } from './peer-cluster.ts';
export { startPgbouncer } from './pgbouncer.ts';
export { type PostgresServer, startPostgres } from './postgres-server.ts';
export { startQuorate } from './quorate-cluster.ts';
export { type RedisServer, startRedis } from './redis-server.ts';
export { outputOf, ServerProcess, untilReady } from './server-process.ts';
export { startZookeeper } from './zookeeper-cluster.ts';
export { hasZookeeper, ZookeeperMembers } from './zookeeper-members.ts';
