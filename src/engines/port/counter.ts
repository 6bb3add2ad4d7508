/**
 * Counters on servers that have none, or none with bounds: decimal text, which people can read and any other program
 * can write. What an addition comes to is decided here, and written on the condition that nobody came between.
 */
import { QuorateError } from '../../base/index.ts';
import type { EngineKind, Operation } from './engine.ts';

export type AddOperation = Extract<Operation, { readonly kind: 'add' }>;

export interface CounterChange {
  readonly before: number;
  readonly after: number;
}

const utf8 = new TextDecoder();

/** `value` undefined: there is none yet. Undefined where the sum would leave its bounds. Throws for an item that is no counter. */
export function changedCounter(
  engine: EngineKind,
  { key, amount, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER }: AddOperation,
  value: Uint8Array | undefined,
): CounterChange | undefined {
  const before = value === undefined ? 0 : numberIn(engine, key, value);
  const after = before + amount;
  if (!Number.isSafeInteger(after) || after < least || after > most) return undefined;
  return { before, after };
}

function numberIn(engine: EngineKind, key: string, value: Uint8Array): number {
  const text = utf8.decode(value);
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  const reason = `${key} holds ${JSON.stringify(text.slice(0, 40))}, which is no whole number`;
  throw new QuorateError({
    code: 'engine-failed',
    message: `${reason}, so nothing can be added to it; delete it, or use another key`,
    data: { engine, reason },
    outcome: 'not-applied',
  });
}
