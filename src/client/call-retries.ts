/** Which failed tries may be made again, and where. */
import { isQuorateError } from '../base/index.ts';
import type { Call, CallOptions } from './call-options.ts';

/** A busy node may still be the right one. */
const stays: ReadonlySet<string> = new Set(['queue-full', 'group-busy', 'overloaded', 'unauthenticated']);

/** Longer than that nobody is kept away by a node's word. */
const hintMsMax = 5_000;

export function isBusy(error: unknown): boolean {
  return isQuorateError(error) && stays.has(error.code);
}

/** What the next try waits for after this refusal, and how long the node wants to be left alone; 0 where it does not say. */
export function waitAfter(error: unknown): { readonly isForLeader: boolean; readonly leastMs: number } {
  const isForLeader = !isBusy(error);
  if (!isQuorateError(error) || error.code !== 'overloaded') return { isForLeader, leastMs: 0 };
  // It comes from another process, whose release may know other data.
  const { retryAfterMs } = error.data;
  return { isForLeader, leastMs: retryAfterMs > 0 ? Math.min(hintMsMax, retryAfterMs) : 0 };
}

/** Nothing could be asked there, so that no time is lost on the next one. */
export function isNobodyThere(error: unknown): boolean {
  return (
    isQuorateError(error) &&
    error.code === 'network-failed' &&
    error.data.operation === 'connect' &&
    error.outcome === 'not-applied'
  );
}

export function mayRepeat(error: unknown, { kind }: Call, { isRepeatable = false }: CallOptions): boolean {
  if (!isQuorateError(error)) return false;
  // What is lost on its way is not to be retried by those who cannot know; here it is known to do no harm.
  if (error.code === 'proposal-lost' && isRepeatable) return true;
  if (!error.retryable) return false;
  if ((kind !== 'command' && kind !== 'change') || isRepeatable) return true;
  return error.outcome === 'not-applied';
}

/** It certainly changed nothing. */
export function isHarmless(error: unknown): boolean {
  return isQuorateError(error) && error.outcome === 'not-applied';
}
