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

type Step<Kind> = Extract<TransactionOperation, { readonly kind: Kind }>;

/** Its fields as they were read, which may be missing. */
type Written<Kind, Optional extends keyof Step<Kind>> = Pick<
  Step<Kind>,
  Exclude<keyof Step<Kind>, Optional | 'kind' | 'keepLease' | 'wantPrevious'>
> & { readonly [Field in Optional]: Step<Kind>[Field] | undefined };

/** A put without a lease stays; 0 stands for none. */
export function putStep({ key, value, lease }: Written<'put', 'lease'>): TransactionOperation {
  return { kind: 'put', key, value, ...leased(lease) };
}

export function appendStep({
  prefix,
  value,
  suffix,
  lease,
}: Written<'append', 'suffix' | 'lease'>): TransactionOperation {
  return { kind: 'append', prefix, value, ...(suffix === undefined ? {} : { suffix }), ...leased(lease) };
}

export function addStep({
  key,
  amount,
  least,
  most,
  lease,
}: Written<'add', 'least' | 'most' | 'lease'>): TransactionOperation {
  const bounds = { ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) };
  return { kind: 'add', key, amount, ...bounds, ...leased(lease) };
}

function leased(lease: number | undefined): { readonly lease?: number } {
  return lease === undefined || lease === 0 ? {} : { lease };
}
