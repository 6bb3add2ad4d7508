/**
 * The kernel of a simulated world: virtual time, the order of events, the trace that proves a run was
 * repeated, and the gate through which everything that happens to a process passes. Disk, network and clocks
 * are built on it and know nothing of each other.
 */
export { ScheduledEvent } from './event-queue.ts';
export { type Cause, type Delivery, Incarnation } from './incarnation.ts';
export { drawMs, Factors, type Latency } from './latency.ts';
export { Scheduler } from './scheduler.ts';
export { happening, type Trace } from './trace.ts';
