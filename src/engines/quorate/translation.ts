/** The port's words in the store's words, and the store's answers in the port's. */
import { QuorateError } from '../../base/index.ts';
import type {
  Entry,
  Condition as StoreCondition,
  TransactionAnswer,
  TransactionOperation,
  TransactionRequest,
  TransactionResult,
} from '../../client/index.ts';
import type {
  Condition,
  Item,
  Operation,
  OperationResult,
  TransactAnswer,
  TransactRequest,
} from '../port/index.ts';
import { QuorateSession } from './quorate-session.ts';

/** How keys of the port are called in the store. */
export interface Names {
  readonly prefix: string;
}

export function itemOf(
  { prefix }: Names,
  entry: Pick<Entry, 'key' | 'value' | 'createRevision' | 'modifyRevision' | 'lease'>,
): Item {
  const { key, value, createRevision, modifyRevision, lease } = entry;
  return {
    key: key.slice(prefix.length),
    value,
    created: createRevision,
    modified: modifyRevision,
    session: lease === 0 ? undefined : String(lease),
  };
}

function appendedKey(operation: Extract<Operation, { kind: 'append' }>): string {
  return `${operation.directory}/${operation.label}-${operation.id}`;
}

/** Where a condition fails, or an append was done before, nothing is done and what is appended is read. */
export function requestOf(names: Names, { when = [], operations }: TransactRequest): TransactionRequest {
  const appended = operations.filter((operation) => operation.kind === 'append').map(appendedKey);
  return {
    when: [
      ...when.map((condition) => conditionOf(names, condition)),
      ...appended.map((key) => ({ target: 'absent', keys: names.prefix + key }) as const),
    ],
    onSuccess: operations.map((operation) => operationOf(names, operation)),
    onFailure: appended.map((key) => ({ kind: 'get', keys: names.prefix + key, keysOnly: true })),
  };
}

export function answerOf(names: Names, request: TransactRequest, answer: TransactionAnswer): TransactAnswer {
  const mark = String(answer.revision);
  if (!answer.succeeded) return earlierAnswer(names, request, answer);
  const results = request.operations.map((operation, at) =>
    resultOf(operation, answer.results[at] as TransactionResult, answer.revision),
  );
  return { succeeded: true, results, mark };
}

/** An append alone that finds its item there was done by an earlier try. */
function earlierAnswer(
  names: Names,
  { operations, when = [] }: TransactRequest,
  { results, revision }: TransactionAnswer,
): TransactAnswer {
  const [only] = operations;
  const [found] = results;
  const entry = found?.kind === 'get' ? found.entries[0] : undefined;
  if (operations.length !== 1 || when.length > 0 || only?.kind !== 'append' || entry === undefined)
    return { succeeded: false, reason: 'condition' };
  const { key, created } = itemOf(names, entry);
  return { succeeded: true, results: [{ kind: 'append', key, created }], mark: String(revision) };
}

function conditionOf({ prefix }: Names, condition: Condition): StoreCondition {
  const keys = prefix + condition.key;
  switch (condition.is) {
    case 'absent':
      return { target: 'absent', keys };
    case 'present':
      return { target: 'exists', keys };
    case 'created':
      return { target: 'create-revision', keys, operator: 'equal', number: condition.created };
    case 'unchanged':
      return { target: 'modify-revision', keys, operator: 'equal', number: condition.modified };
  }
}

function operationOf({ prefix }: Names, operation: Operation): TransactionOperation {
  switch (operation.kind) {
    case 'put':
      return {
        kind: 'put',
        key: prefix + operation.key,
        value: operation.value,
        wantPrevious: true,
        ...leaseOf(operation),
      };
    case 'delete':
      return { kind: 'delete', keys: prefix + operation.key };
    case 'append':
      return {
        kind: 'put',
        key: prefix + appendedKey(operation),
        value: operation.value,
        ...leaseOf(operation),
      };
    case 'add':
      throw new TypeError('a counter is not added to by this transaction');
  }
}

function leaseOf({ session }: { readonly session?: unknown }): { readonly lease?: number } {
  return session instanceof QuorateSession ? { lease: session.inner.id } : {};
}

function resultOf(operation: Operation, result: TransactionResult, revision: number): OperationResult {
  if (operation.kind === 'append') return { kind: 'append', key: appendedKey(operation), created: revision };
  if (operation.kind === 'put' && result.kind === 'put')
    return { kind: 'put', created: result.previous?.createRevision ?? revision, modified: revision };
  if (operation.kind === 'delete' && result.kind === 'delete')
    return { kind: 'delete', existed: result.count > 0 };
  throw new QuorateError({
    code: 'engine-failed',
    message: `the store answered ${operation.kind} with ${result.kind}`,
    data: { engine: 'quorate', reason: `${operation.kind} answered with ${result.kind}` },
  });
}
