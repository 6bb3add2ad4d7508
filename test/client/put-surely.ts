/**
 * Writes that harm nobody when they are made twice. On a busy machine a leader may lose its place, so that an outcome
 * is unknown, or may have more to do than it takes on: a story that is about something else asks again.
 */
import type { QuorateError } from '../../src/base/index.ts';
import type { Bytes, PutAnswer, Store } from '../../src/client/index.ts';

export async function surely<T>(write: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await write();
    } catch (error) {
      const { outcome, retryable } = error as QuorateError;
      if (outcome !== 'unknown' && retryable !== true) throw error;
    }
  }
}

export function putSurely(store: Store, key: string, value: Bytes): Promise<PutAnswer> {
  return surely(() => store.put(key, value));
}
