/**
 * Transactions as users write them: conditions and operations over texts or bytes, in which whatever is left out
 * has its default. Here they become what the store carries out, and its answers become entries again.
 */
import { invalidOption } from '../base/index.ts';
import type {
  Compare,
  KeyRange,
  KeyValue,
  Operation,
  OperationResult,
  Reply,
  Transaction,
} from '../mvcc/index.ts';
import { Entry } from './entry.ts';
import { type Bytes, bytesOf, type Keys, keyOf, rangeOf } from './keys.ts';

const utf8 = new TextDecoder();
const operationKinds: ReadonlySet<string> = new Set(['put', 'delete', 'get', 'append', 'add']);

export type Operator = 'equal' | 'unequal' | 'less' | 'greater';

/**
 * Over several keys a condition must hold for each of them. An absent key has 0 for its revisions, version and
 * lease, and no value: a condition on its value does not hold.
 */
export type Condition =
  | { readonly target: 'absent' | 'exists'; readonly keys: Keys }
  | {
      readonly target: 'version' | 'create-revision' | 'modify-revision' | 'lease';
      readonly keys: Keys;
      readonly operator: Operator;
      readonly number: number;
    }
  | { readonly target: 'value'; readonly keys: Keys; readonly operator: Operator; readonly value: Bytes }
  /** The lease with this number, or the session, has not ended. */
  | { readonly target: 'lease-live'; readonly lease: number };

export type TransactionOperation =
  | {
      readonly kind: 'put';
      readonly key: Bytes;
      readonly value: Bytes;
      /** The key vanishes with this lease; a session's number is one. Default: it stays. */
      readonly lease?: number;
      /** True: the key stays with the lease that it has. */
      readonly keepLease?: boolean;
      /** True: the answer brings what the key was before. */
      readonly wantPrevious?: boolean;
    }
  | { readonly kind: 'delete'; readonly keys: Keys; readonly wantPrevious?: boolean }
  | ({ readonly kind: 'get'; readonly keys: Keys } & GetShape)
  /** Puts a key that was never there: the revision stands between prefix and suffix, so keys are in the order in which they were made. */
  | {
      readonly kind: 'append';
      readonly prefix: Bytes;
      readonly value: Bytes;
      /** Stands behind the revision. Default: nothing. */
      readonly suffix?: Bytes;
      /** As in a put. */
      readonly lease?: number;
    }
  /** Adds to the whole number that a value says in decimal text; an absent key says 0. */
  | {
      readonly kind: 'add';
      readonly key: Bytes;
      /** Like bounds and sum, a whole number within ±(2^53 - 1). */
      readonly amount: number;
      /** A sum outside of these is refused, and nothing of the transaction is done. Default: as wide as can be. */
      readonly least?: number;
      readonly most?: number;
      /** As in a put. */
      readonly lease?: number;
      readonly keepLease?: boolean;
    };

/** What of a range is answered, and how. */
export interface GetShape {
  /** As of this revision. Default: now. */
  readonly revision?: number;
  /** Most entries. Default: as many as fit into one answer. */
  readonly limit?: number;
  readonly order?: 'key' | 'create-revision' | 'modify-revision';
  readonly descending?: boolean;
  /** True: without values. */
  readonly keysOnly?: boolean;
}

export interface TransactionRequest {
  /** When all of them hold, `onSuccess` is done, else `onFailure`. Default: none, so `onSuccess`. */
  readonly when?: readonly Condition[];
  readonly onSuccess?: readonly TransactionOperation[];
  readonly onFailure?: readonly TransactionOperation[];
}

/** One for each operation, in their order. */
export type TransactionResult =
  | { readonly kind: 'put'; readonly previous: Entry | undefined }
  | { readonly kind: 'delete'; readonly count: number; readonly previous: readonly Entry[] }
  | {
      readonly kind: 'get';
      readonly entries: readonly Entry[];
      /** True: there is more in the range; `resume` is where it goes on, in the order of keys. */
      readonly more: boolean;
      readonly resume: Uint8Array | undefined;
    }
  | ({ readonly kind: 'append' } & Appended)
  | ({ readonly kind: 'add' } & Added);

/** The key that an append made. */
export interface Appended {
  readonly key: string;
  readonly keyBytes: Uint8Array;
}

/** What a counter was and what it is. */
export interface Added {
  readonly before: number;
  readonly after: number;
}

/** A put as the store carries it out. */
export function putOf({
  key,
  value,
  lease = 0,
  keepLease = false,
  wantPrevious = false,
}: Omit<Extract<TransactionOperation, { kind: 'put' }>, 'kind'>): Extract<Operation, { kind: 'put' }> {
  return { kind: 'put', key: keyOf(key), value: bytesOf(value), lease, keepLease, wantPrevious };
}

export function appendOf({
  prefix,
  value,
  suffix = '',
  lease = 0,
}: Omit<Extract<TransactionOperation, { kind: 'append' }>, 'kind'>): Extract<Operation, { kind: 'append' }> {
  return { kind: 'append', prefix: bytesOf(prefix), suffix: bytesOf(suffix), value: bytesOf(value), lease };
}

export function addOf({
  key,
  amount,
  least = -Number.MAX_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
  lease = 0,
  keepLease = false,
}: Omit<Extract<TransactionOperation, { kind: 'add' }>, 'kind'>): Extract<Operation, { kind: 'add' }> {
  for (const [option, number] of Object.entries({ amount, least, most })) {
    if (!Number.isSafeInteger(number))
      throw invalidOption(option, number, 'a whole number within ±(2^53 - 1)');
  }
  if (least > most) throw invalidOption('least', least, `at most as much as most, ${most}`);
  return { kind: 'add', key: keyOf(key), amount, least, most, lease, keepLease };
}

export function getOf(
  range: KeyRange,
  { revision = 0, limit = 0, order = 'key', descending = false, keysOnly = false }: GetShape,
): Extract<Operation, { kind: 'get' }> {
  const content = keysOnly ? 'keys' : 'entries';
  return { kind: 'get', range, revision, limit, order, descending, content };
}

export function transactionOf({
  when = [],
  onSuccess = [],
  onFailure = [],
}: TransactionRequest): Transaction {
  return {
    kind: 'transaction',
    compares: when.map(compareOf),
    onSuccess: onSuccess.map(operationOf),
    onFailure: onFailure.map(operationOf),
  };
}

/** The operation of a transaction that is nothing else; as a command of its own it costs less. */
export function onlyOperationOf({ compares, onSuccess }: Transaction): Operation | undefined {
  return compares.length === 0 && onSuccess.length === 1 ? onSuccess[0] : undefined;
}

/** Whether a reply is the result of an operation that was sent alone. */
export function isOperationResult(body: Reply['body']): body is OperationResult {
  return operationKinds.has(body.kind);
}

export function resultOf(result: OperationResult): TransactionResult {
  switch (result.kind) {
    case 'put':
      return { kind: 'put', previous: entryOf(result.previous) };
    case 'delete':
      return { kind: 'delete', count: result.count, previous: result.previous.map((was) => new Entry(was)) };
    case 'get': {
      const { entries, more, resume } = result;
      return {
        kind: 'get',
        entries: entries.map((entry) => new Entry(entry)),
        more,
        resume: resume?.slice(),
      };
    }
    case 'append':
      return { kind: 'append', ...appendedOf(result.key) };
    case 'add':
      return { kind: 'add', before: result.before, after: result.after };
  }
}

export function appendedOf(keyBytes: Uint8Array): Appended {
  const own = keyBytes.slice();
  return { key: utf8.decode(own), keyBytes: own };
}

export function entryOf(keyValue: KeyValue | undefined): Entry | undefined {
  return keyValue === undefined ? undefined : new Entry(keyValue);
}

function operationOf(operation: TransactionOperation): Operation {
  switch (operation.kind) {
    case 'put':
      return putOf(operation);
    case 'delete':
      return {
        kind: 'delete',
        range: rangeOf(operation.keys),
        wantPrevious: operation.wantPrevious ?? false,
      };
    case 'get':
      return getOf(rangeOf(operation.keys), operation);
    case 'append':
      return appendOf(operation);
    case 'add':
      return addOf(operation);
  }
}

function compareOf(condition: Condition): Compare {
  switch (condition.target) {
    case 'lease-live':
      return condition;
    case 'value': {
      const { target, keys, operator, value } = condition;
      return { target, range: rangeOf(keys), operator, value: bytesOf(value) };
    }
    case 'absent':
    case 'exists':
      return { target: condition.target, range: rangeOf(condition.keys) };
    default: {
      const { target, keys, operator, number } = condition;
      return { target, range: rangeOf(keys), operator, number };
    }
  }
}
