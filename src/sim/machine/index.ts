/**
 * The simulated world behind the ports: virtual time, machines, disks, clocks and a network that do whatever a
 * fault tells them to, and programs that run in it without knowing.
 */
export type { CrashMode, DiskMishap, DiskOptions, DurableWrite } from './disk/index.ts';
export {
  type ClockFault,
  type CrashFault,
  type DiskFault,
  describeFault,
  type Fault,
  type FaultKind,
  type KillFault,
  type NetworkFault,
  type ProcessFault,
} from './fault.ts';
export type { Latency } from './kernel/index.ts';
export type { NetworkOptions } from './network/index.ts';
export { worldEpochMs } from './oscillator.ts';
export type { LogRecord, LogSink } from './process-log.ts';
export type { MachineOptions, SimMachine } from './sim-machine.ts';
export type { Program, SimProcess } from './sim-process.ts';
export { type AppliedFault, type Turns, World, type WorldOptions } from './world.ts';
