/** Runs in which members hold the whole store, and clients use all of it. */
export { StoreWorkload } from './store-workload.ts';
