/**
 * What discovery knows of a service: its instances, as values that never change. A snapshot is one such value for all
 * of them; another state of the service is another snapshot, so that who picks from one needs no lock and no copy, and
 * two reads of the same state are the same object.
 */
import type { Address } from '../ports/index.ts';

/**
 * `passing` is served. `warning` is served where it is asked for. `critical` fails its checks. `draining` finishes what
 * it has and is given nothing new.
 */
export type InstanceStatus = 'passing' | 'warning' | 'critical' | 'draining';

export interface Instance {
  readonly service: string;
  /** Unique among the instances of its service. */
  readonly id: string;
  readonly address: Address;
  readonly status: InstanceStatus;
  /** Its share against that of the others: above 0 and finite. */
  readonly weight: number;
  readonly zone: string | undefined;
  readonly region: string | undefined;
  /** By semantic versioning, such as `2.1.0`. */
  readonly version: string | undefined;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Larger for each that registers later under the same service: a fencing token. 0 where no registry gave one. */
  readonly token: number;
}

export interface ServiceSnapshot {
  readonly service: string;
  /** All of them, whatever their status, in the order of their ids. Everybody reads the same list: to sort it, copy it. */
  readonly instances: readonly Instance[];
  /** Grows with each change that this process has seen. */
  readonly version: number;
}

/** What is known of a service here and now. Reading it costs nothing and never waits. */
export interface ServiceView {
  readonly snapshot: ServiceSnapshot;
  /** How long the registry has not been heard, in milliseconds; 0 while it is. */
  readonly staleMs: number;
  /** Hears of each new snapshot, until the function that it returns is called. */
  subscribe(listener: (snapshot: ServiceSnapshot) => void): () => void;
}
