/** Counters: decimal text, which `etcdctl get` shows and any other program can write. */
import { QuorateError } from '../../base/index.ts';
import type { Operation } from '../port/index.ts';
import type { KeyValue } from './answers.ts';

export type AddOperation = Extract<Operation, { readonly kind: 'add' }>;

export interface CounterChange {
  readonly before: number;
  readonly after: number;
  /** Of the item that was read; 0: there was none. */
  readonly modified: number;
}

const utf8 = new TextDecoder();

/** Undefined: the sum would leave its bounds. Throws for an item that is no counter. */
export function changedCounter(
  { key, amount, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER }: AddOperation,
  item: KeyValue | undefined,
): CounterChange | undefined {
  const before = item === undefined ? 0 : counterNumber(key, item.value);
  const after = before + amount;
  if (!Number.isSafeInteger(after) || after < least || after > most) return undefined;
  return { before, after, modified: item?.modified ?? 0 };
}

function counterNumber(key: string, value: Uint8Array): number {
  const text = utf8.decode(value);
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  const reason = `${key} holds ${JSON.stringify(text.slice(0, 40))}, which is no whole number`;
  throw new QuorateError({
    code: 'engine-failed',
    message: `${reason}, so nothing can be added to it; delete it, or use another key`,
    data: { engine: 'etcd', reason },
    outcome: 'not-applied',
  });
}
