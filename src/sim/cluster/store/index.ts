/** Runs in which members hold the whole store, and clients use all of it. */
export { FirstStoreMachine } from './first-store-machine.ts';
export { LockWorkload } from './lock-workload.ts';
export { StoreWorkload } from './store-workload.ts';
