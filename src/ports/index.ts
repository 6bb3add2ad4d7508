/**
 * What a machine gives a node, as small interfaces. `real/` implements them on Node, the simulator on
 * nothing; one conformance suite runs against both.
 */
export { addressText } from './address-text.ts';
export type { Clock, Timer, TimerOptions } from './clock.ts';
export type { Cryptography, OpenRequest, ScryptRequest, SealRequest } from './cryptography.ts';
export type { DatagramHandler, DatagramOptions, DatagramSocket, Datagrams } from './datagram.ts';
export type { Disk, DiskFile, DiskLock, OpenOptions } from './disk.ts';
export type { Log, LogFields, LogLevel } from './log.ts';
export type { LoopDelay } from './loop-delay.ts';
export type { Machine } from './machine.ts';
export type {
  Address,
  ClientTls,
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  ServerTls,
} from './network.ts';
export type {
  OrderedCursor,
  OrderedRange,
  OrderedReader,
  OrderedSnapshot,
  OrderedStore,
} from './ordered-store.ts';
export { pause } from './pause.ts';
export type { ProcessEnd, ProcessRequest, ProcessRunner } from './processes.ts';
export type { Random } from './random.ts';
export type { EndingSignal, ProcessSignals } from './signals.ts';
