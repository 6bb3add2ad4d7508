/** Three servers of one kind that agree with each other, on loopback, as a benchmark or a test uses them. */
import type { ServerAddress } from './server-process.ts';

export interface PeerCluster extends AsyncDisposable {
  readonly name: string;
  /** As the server calls it. */
  readonly version: string;
  /** Where clients connect. */
  readonly endpoints: readonly ServerAddress[];
  /** Its processes, in the order of the endpoints where each node is one. */
  readonly pids: readonly number[];
  /** Who leads now. */
  leader(): Promise<ServerAddress>;
}

export interface PeerOptions {
  /** An empty directory of its own. */
  readonly directory: string;
  /** The first of ten ports that are free. */
  readonly port: number;
}

export const nodesCount = 3;

export const host = '127.0.0.1';

/** What all kinds number alike. */
export function numbered<T>(make: (place: number) => T): readonly T[] {
  return Array.from({ length: nodesCount }, (_, place) => make(place));
}
