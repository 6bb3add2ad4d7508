/** Everything that metrics are made of, gathered at one moment. */
import type { RefusalCode, RevisionedStoreStatus } from '../mvcc/index.ts';
import type { NodeMetrics } from '../node/index.ts';

export interface MonitoredNode {
  readonly metrics: NodeMetrics;
  /** The replicated store, where the node has one. */
  readonly store?: RevisionedStoreStatus;
  /** What the store refused, by code. */
  readonly refusals?: ReadonlyMap<RefusalCode, number>;
  /** Absent where nobody may know the process, as in a simulation. */
  readonly process?: ProcessFigures;
}

export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuMs: number;
  readonly uptimeMs: number;
  /** The longest that the event loop was blocked since this was asked the last time. */
  readonly loopDelayMsMax: number;
}
