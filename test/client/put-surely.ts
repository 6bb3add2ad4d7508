/** A put that harms nobody when it is made twice: on a busy machine a leader may lose its place, and the outcome is unknown. */
import type { QuorateError } from '../../src/base/index.ts';
import type { Bytes, PutAnswer, Store } from '../../src/client/index.ts';

export async function putSurely(store: Store, key: string, value: Bytes): Promise<PutAnswer> {
  while (true) {
    try {
      return await store.put(key, value);
    } catch (error) {
      if ((error as QuorateError).outcome !== 'unknown') throw error;
    }
  }
}
