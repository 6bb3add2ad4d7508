/** Who appended which element: the way from what a read shows to the transaction that did it. */
import type { HistoryKey, Scalar } from '../../history/index.ts';
import { type GaveUpVerdict, gaveUp } from '../verdict/index.ts';
import type { Transaction } from './transaction.ts';

export interface Element {
  /** Index of the transaction. */
  readonly by: number;
  /** Whether the transaction appended nothing to the key after it. */
  readonly final: boolean;
}

export class ElementIndex {
  readonly #elements = new Map<HistoryKey, Map<Scalar, Element>>();

  /** The index, or why there is none: an element that was appended twice says nothing about who did it. */
  static of(transactions: readonly Transaction[]): ElementIndex | GaveUpVerdict {
    const index = new ElementIndex();
    for (const [by, { steps, operation }] of transactions.entries()) {
      const last = new Map<HistoryKey, Scalar>();
      for (const [kind, key, value] of steps) if (kind === 'append') last.set(key, value);
      for (const [kind, key, value] of steps) {
        if (kind !== 'append') continue;
        const known = index.find(key, value);
        const failed = operation.outcome === 'not-applied';
        // A retry may append again what certainly was not appended the first time.
        if (known !== undefined && failed) continue;
        if (known !== undefined && transactions[known.by]?.operation.outcome !== 'not-applied') {
          const detail = `${JSON.stringify(value)} is appended twice to key ${JSON.stringify(key)}; elements must differ`;
          return gaveUp('values-repeat', detail);
        }
        index.#add(key, value, { by, final: last.get(key) === value });
      }
    }
    return index;
  }

  find(key: HistoryKey, value: Scalar): Element | undefined {
    return this.#elements.get(key)?.get(value);
  }

  /** All elements of a key with who appended them. */
  elementsOf(key: HistoryKey): ReadonlyMap<Scalar, Element> {
    return this.#elements.get(key) ?? new Map();
  }

  #add(key: HistoryKey, value: Scalar, element: Element): void {
    const elements = this.#elements.get(key);
    if (elements === undefined) this.#elements.set(key, new Map([[value, element]]));
    else elements.set(value, element);
  }
}
