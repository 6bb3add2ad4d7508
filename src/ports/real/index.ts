/**
 * The ports on Node: the one place, with the shells that need them, where `node:` modules, timers and the
 * system's clock appear.
 */
export { nativeCrc32 } from './checksum.ts';
export { realClock } from './clock.ts';
export { realCryptography } from './cryptography.ts';
export { type RealDatagramOptions, realDatagrams } from './datagrams.ts';
export { type RealDiskOptions, realDisk } from './disk.ts';
export type { DiskCalls } from './disk-calls.ts';
export { type RealLogOptions, realLog } from './log.ts';
export { type RealLoopDelayOptions, realLoopDelay } from './loop-delay.ts';
export { type RealMachineOptions, realMachine } from './machine.ts';
export { type RealNetworkOptions, realNetwork } from './network.ts';
export { networkError } from './network-errors.ts';
export { realProcesses } from './processes.ts';
export { realRandom } from './random.ts';
export { realSignals } from './signals.ts';
export { silentLog } from './silent-log.ts';
export { startFailure } from './start-failure.ts';
export { runTurns } from './turns.ts';
