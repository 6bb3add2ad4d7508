/** Which failed tries may be made again, and where. */
import { isQuorateError } from '../base/index.ts';
import type { Call, CallOptions } from './call-options.ts';

/** A busy node may still be the right one. */
const stays: ReadonlySet<string> = new Set(['queue-full', 'group-busy', 'unauthenticated']);

export function isBusy(error: unknown): boolean {
  return isQuorateError(error) && stays.has(error.code);
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
