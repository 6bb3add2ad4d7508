/** What this engine promises and what it lacks, in words for the refusal, the table and the log. */
import type { Capability, CapabilityNotes, Provides } from '../port/index.ts';

/** What every Redis gives. */
export type RedisCapability = Exclude<Capability, 'survives-failover'>;

export const redisProvides: Provides<RedisCapability> = {
  fencing: true,
  'linearizable-reads': true,
  transactions: true,
  'watch-resume': true,
  'expiry-events': true,
};

const oneMaster = 'of the one master, until another takes its place: replication is asynchronous';

export const redisNotes: CapabilityNotes = {
  fencing: oneMaster,
  'linearizable-reads': oneMaster,
  'survives-failover':
    'a replica that takes over may lack what its master had acknowledged; whoever can live with that says ' +
    "so when opening it: { allow: 'failover-loss' }",
};

/** For an engine that was opened with this permission. */
export const permittedNotes: CapabilityNotes = {
  ...redisNotes,
  'survives-failover':
    'by permission only: what was acknowledged may be lost, and is then told as engine-data-lost',
};
