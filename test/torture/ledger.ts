/**
 * What became of every write, by its key and value: no value is written twice to one key, so what a watcher sees
 * leads back to the one request that asked for it.
 */

export type Fate =
  | { readonly kind: 'acknowledged'; readonly revision: number }
  /** Its client was told that nothing happened. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

export interface LedgerEntry {
  readonly key: string;
  readonly value: string;
  readonly fate: Fate;
}

export class Ledger {
  readonly #entries = new Map<string, LedgerEntry>();

  /** Called before the request leaves; until it is settled its fate is unknown. */
  begin(key: string, value: string): void {
    this.#entries.set(nameOf(key, value), { key, value, fate: { kind: 'unknown' } });
  }

  settle(key: string, value: string, fate: Fate): void {
    this.#entries.set(nameOf(key, value), { key, value, fate });
  }

  find(key: string, value: string): LedgerEntry | undefined {
    return this.#entries.get(nameOf(key, value));
  }

  entries(): IterableIterator<LedgerEntry> {
    return this.#entries.values();
  }

  /** What is settled is forgotten; what is unknown may still turn up. */
  forgetSettled(): void {
    for (const [name, { fate }] of this.#entries) if (fate.kind !== 'unknown') this.#entries.delete(name);
  }
}

function nameOf(key: string, value: string): string {
  return `${key}\n${value}`;
}
