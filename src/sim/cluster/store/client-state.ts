/** What one simulated client of the store knows and has: its deeds and its watch share it. */
import type { Prng } from '../../../base/index.ts';
import type { ClusterClient, Store, StoreSession } from '../../../client/index.ts';
import type { HistoryClient, HistoryRecorder } from '../../history/index.ts';
import type { Monitor } from '../monitor.ts';
import type { ClientPlace } from '../workload.ts';
import type { LeaseJudge } from './lease-judge.ts';
import type { StoreTruth } from './store-truth.ts';
import type { WatchJudge } from './watch-judge.ts';

export interface StoreClientOptions extends ClientPlace {
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  readonly readShare: number;
  readonly truth: StoreTruth;
  readonly leases: LeaseJudge;
  /** The client watches anew. */
  readonly watches: (judge: WatchJudge) => void;
  readonly broken: (error: unknown) => void;
}

/** A lock, as whoever took it remembers it. */
interface Held {
  readonly key: string;
  readonly token: number;
}

/** What the deeds of one client share. */
export interface StoreClient {
  readonly options: StoreClientOptions;
  readonly prng: Prng;
  readonly client: ClusterClient;
  readonly store: Store;
  readonly recorded: HistoryClient;
  /** The last value seen of each register. */
  readonly seen: Map<string, number>;
  session: StoreSession | undefined;
  held: Held | undefined;
}
