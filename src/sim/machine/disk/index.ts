/**
 * The disk of a simulated machine: files whose unsynced sectors a crash keeps, loses or tears, names that it
 * may undo, faults, and the disk port of each process on it.
 */
export type { ArmedMishap, DiskMishap } from './disk-faults.ts';
export { ProcessDisk } from './process-disk.ts';
export type { CrashMode } from './sectors.ts';
export { type DiskOptions, type DurableWrite, diskDefaults, SimDisk } from './sim-disk.ts';
