/** The engine on Redis, by the package `ioredis`: the port's items, sessions and watches as Lua scripts and streams. */
export type { RedisCapability } from './capability-notes.ts';
export {
  type MajorityAcquireOptions,
  type MajorityHold,
  type MajorityLocks,
  type MajorityOptions,
  openMajorityLocks,
} from './majority/index.ts';
export { openRedis, type RedisOptions } from './open-redis.ts';
export type { RedisEngine } from './redis-engine.ts';
