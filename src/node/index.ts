/** A running node: groups over one log, links to the other members, clients served. */

export { type RealMachineOptions, realCryptography, realMachine } from '../ports/real/index.ts';
export {
  type BirthRecord,
  drawClusterName,
  drawIdentity,
  readBirthRecord,
  writeBirthRecord,
} from './birth-record.ts';
export { commandUnknown } from './command-level.ts';
export { type JoinOptions, prepareToJoin } from './join.ts';
export { listMembers } from './member-cards.ts';
export { QuorateNode } from './node.ts';
export { NodeCounters } from './node-counters.ts';
export type { NodeMetrics, NodeStatus } from './node-status.ts';
export type { NodeIdentity, NodeObserver, NodeOptions, SelfOptions } from './options.ts';
export type { Origin } from './origin.ts';
export {
  inspectSurvivor,
  type Recovered,
  type RecoverOptions,
  recoverSurvivor,
  type Survivor,
  type SurvivorOptions,
} from './recovering.ts';
export {
  drawRestoreId,
  type Restored,
  type RestoreOptions,
  restoreBackup,
  revisionBumpDefault,
  type Together,
} from './restoring.ts';
export { startFromDirectory } from './start.ts';
export type {
  DurableState,
  Leadership,
  StateHome,
  StateMachine,
  StateMachineSource,
  Subscriber,
  Subscription,
} from './state-machine.ts';
export { StoreMachine } from './store-machine.ts';
export { type StoreOnDiskOptions, storesOnDisk } from './store-on-disk.ts';
export { behindMsMax } from './subscriptions.ts';
export type { NodeTls } from './transport-security.ts';
