/** What the benchmark of watches tells its loader to do, and what it hears of it. */
import type { Endpoint } from '../job.ts';

export type WatchedSystem = 'quorate' | 'etcd';

/** All watch the same prefix, under which the puts write. */
export interface Watchers {
  readonly count: number;
  /** Over so many connections, evenly. */
  readonly connections: number;
}

/** Watchers that read, puts that they hear of, and what came of it. */
export interface WatchRun {
  readonly kind: 'run';
  readonly system: WatchedSystem;
  readonly endpoint: Endpoint;
  readonly watchers: Watchers;
  /** Connections that watch the prefix and never read. */
  readonly stuck: number;
  readonly puts: { readonly connections: number; readonly depth: number };
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Watchers that are there until the next job. */
export interface WatchHold {
  readonly kind: 'hold';
  readonly system: WatchedSystem;
  readonly endpoint: Endpoint;
  readonly watchers: Watchers;
}

interface WatchRelease {
  readonly kind: 'release';
}

export type WatchJob = WatchRun | WatchHold | WatchRelease;

export interface WatchOutcome {
  /** Heard by all watchers together. */
  readonly eventsPerSecond: number;
  readonly putsPerSecond: number;
  readonly putP50Us: number;
  readonly putP99Us: number;
  readonly answered: number;
}

export type WatchAnswer = { readonly outcome: WatchOutcome | undefined } | { readonly failure: string };

/** Under which everything is written and watched. */
const prefix = '/bench-';

/** The keys that begin with the prefix. */
export function watchedKeys(): { readonly start: Uint8Array; readonly end: Uint8Array } {
  const start = new TextEncoder().encode(prefix);
  const end = start.slice();
  end[end.length - 1] = (end.at(-1) as number) + 1;
  return { start, end };
}
