/**
 * Fences: proof that a writer still holds what it believes to hold. A holder that paused past its lease and
 * then writes is stopped here, inside the transaction, where nothing can come between check and write.
 *
 * For a lock in this store the proof is the holder's key itself. For a lock that lives elsewhere this store
 * remembers, per lock, the greatest token that it was ever shown, and accepts nothing below it.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import type { OrderedStore } from '../ports/index.ts';
import type { Fence } from './commands.ts';
import type { Keyspace } from './keyspace.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { StoreState } from './state.ts';
import { tables, userKey, userKeyBytesMax } from './tables.ts';

export const guardOverheadBytes: number = 64;

export class Guards {
  readonly #store: OrderedStore;
  readonly #state: StoreState;
  readonly #keyspace: Keyspace;
  readonly #writer = new ByteWriter(16);

  constructor(store: OrderedStore, state: StoreState, keyspace: Keyspace) {
    this.#store = store;
    this.#state = state;
    this.#keyspace = keyspace;
  }

  /** Why these fences do not let a command through; otherwise their tokens are remembered. */
  check(fences: readonly Fence[]): Refusal | undefined {
    for (const fence of fences) {
      const refusal = this.#checkOne(fence);
      if (refusal !== undefined) return refusal;
    }
    for (const { holder, key, token } of fences) {
      if (holder === 'elsewhere') this.#remember(key, token);
    }
    return undefined;
  }

  /** Takes over a guard from a snapshot. */
  adopt(key: Uint8Array, value: Uint8Array): void {
    const reader = new ByteReader(value, 'guard');
    this.#remember(key, reader.varint());
    reader.end();
  }

  #checkOne({ holder, key, token }: Fence): Refusal | undefined {
    const { quotaBytes } = this.#state.limits;
    if (key.length > userKeyBytesMax) return refuse('key-too-large', key.length, userKeyBytesMax);
    if (holder === 'here') {
      const current = this.#keyspace.find(key)?.createRevision ?? 0;
      return current === token ? undefined : refuse('fenced', token, current);
    }
    const seen = this.#seen(key);
    if (seen === undefined && this.#state.usedBytes + key.length + guardOverheadBytes > quotaBytes) {
      return refuse('quota-exceeded', this.#state.usedBytes, quotaBytes);
    }
    return seen !== undefined && token < seen ? refuse('fenced', token, seen) : undefined;
  }

  #seen(key: Uint8Array): number | undefined {
    const bytes = this.#store.get(userKey(tables.guard, key));
    return bytes === undefined ? undefined : new ByteReader(bytes, 'guard').varint();
  }

  #remember(key: Uint8Array, token: number): void {
    const seen = this.#seen(key);
    if (seen !== undefined && token <= seen) return;
    if (seen === undefined) this.#state.usedBytes += key.length + guardOverheadBytes;
    else this.#state.hash.remove(tables.guard, seen, 0, key);
    this.#state.hash.add(tables.guard, token, 0, key);
    this.#writer.reset();
    this.#writer.varint(token);
    this.#store.put(userKey(tables.guard, key), this.#writer.bytes());
  }
}
