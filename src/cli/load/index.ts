/** Load on a cluster: what clients do, how long it takes, and what they saw of it. */

export { type LoadTotals, runLoad } from './load-run.ts';
export { type RecordOptions, recordWorkload } from './recording.ts';
export { valueBytesMin, workloadNames } from './workloads.ts';
