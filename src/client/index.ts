/** Talks to a cluster from outside: finds the leader, pipelines requests, retries what is safe to retry. */
export { type CallOptions, ClusterClient, type ClusterClientOptions } from './cluster-client.ts';
export { type SessionCall, type SessionOptions, StoreSession } from './session.ts';
export { StoreWatch, type StoreWatchOptions, type WatchBatch } from './store-watch.ts';
