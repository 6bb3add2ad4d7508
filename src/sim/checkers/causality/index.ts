/**
 * Consistency below linearizability, where real time does not count: sequential, causal, and the guarantees of
 * single sessions.
 */
export { type CausalKind, type CausalOptions, checkCausal } from './causal.ts';
export { checkSequential, type SequentialOptions } from './sequential.ts';
export { checkSessions, type SessionOptions } from './sessions.ts';
export { checkVersionedSessions, type VersionedAccess } from './versioned-sessions.ts';
