/**
 * A transaction as both forms of its text come down to it: what the writer shows to hold, and the request. The
 * words of the language stand beside those of the store.
 */
import type { Condition, FenceOption, TransactionOperation, TransactionRequest } from '../../client/index.ts';

export interface Statement {
  readonly request: TransactionRequest;
  /** The writer shows that it still holds these. */
  readonly fences: readonly FenceOption[];
}

export type NumberField = 'version' | 'created' | 'modified' | 'lease';

type NumberCondition = Extract<Condition, { readonly number: number }>;

export const numberTargets: Readonly<Record<NumberField, NumberCondition['target']>> = {
  version: 'version',
  created: 'create-revision',
  modified: 'modify-revision',
  lease: 'lease',
};

export type Operator = NumberCondition['operator'];

export const operators: ReadonlyMap<string, Operator> = new Map([
  ['=', 'equal'],
  ['!=', 'unequal'],
  ['<', 'less'],
  ['>', 'greater'],
]);

export type Keys = string | { readonly prefix: string };

/** `undefined` for a word that is no field. */
export function numberFieldOf(word: string): NumberField | undefined {
  return word in numberTargets ? (word as NumberField) : undefined;
}

/** A put without a lease stays; 0 stands for none. */
export function putStep(key: string, value: Uint8Array | string, lease: number): TransactionOperation {
  return { kind: 'put', key, value, ...(lease === 0 ? {} : { lease }) };
}
