/** What the benchmark tells a loader to do, and what it hears of it. */

export type LoaderName = 'quorate' | 'etcd' | 'zookeeper' | 'quorate-client' | 'etcd3';

/** `session-put`: under a session, so that it is carried out exactly once. `transaction`: one compare and two puts. */
export type Workload = 'put' | 'session-put' | 'read' | 'stale-read' | 'transaction';

export interface Shape {
  readonly connections: number;
  /** Requests that each connection has open at any time. */
  readonly depth: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Job {
  readonly loader: LoaderName;
  readonly workload: Workload;
  readonly shape: Shape;
  readonly leader: Endpoint;
  readonly endpoints: readonly Endpoint[];
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface Outcome {
  readonly operationsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** All that was answered in the run, also outside of the measured span. */
  readonly answered: number;
}

export type LoaderAnswer = { readonly outcome: Outcome } | { readonly failure: string };

const valueBytes = 256;

/** Keys of each open request, so that writes do not all meet in one. */
export const keysPerSlot = 16;

/** Slots whose keys exist before anything is measured: as many as the widest shape has. */
export const slotsMax = 256;

export function keyText(slot: number, turn: number): string {
  return `/bench-${String(slot).padStart(4, '0')}-${String(turn % keysPerSlot).padStart(2, '0')}`;
}

export function valueBytesOf(slot: number): Uint8Array {
  return new Uint8Array(valueBytes).fill(97 + (slot % 26));
}
