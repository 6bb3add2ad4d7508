/** The port's words in the store's words, and the store's answers in the port's. */
import { invalidOption, isQuorateError, QuorateError } from '../../base/index.ts';
import type {
  Entry,
  List,
  ListQuery,
  Condition as StoreCondition,
  TransactionAnswer,
  TransactionOperation,
  TransactionRequest,
  TransactionResult,
} from '../../client/index.ts';
import type {
  Condition,
  Item,
  Mark,
  Operation,
  OperationResult,
  TransactAnswer,
  TransactRequest,
} from '../port/index.ts';
import { type Appending, appendedKey, hasMark, type Layout, suffixOf } from './layout.ts';
import { QuorateSession } from './quorate-session.ts';

export function itemOf(
  layout: Layout,
  entry: Pick<Entry, 'key' | 'value' | 'createRevision' | 'modifyRevision' | 'lease'>,
): Item {
  const { key, value, createRevision, modifyRevision, lease } = entry;
  return {
    key: layout.key(key),
    value,
    created: createRevision,
    modified: modifyRevision,
    session: lease === 0 ? undefined : String(lease),
  };
}

/**
 * Where a condition fails, or an append was done before, nothing is done and the marks are read. Marks are set and
 * taken away behind the operations, so that these keep their places; what is read comes last.
 */
export function requestOf(
  layout: Layout,
  { when = [], operations }: TransactRequest,
  joined: ListQuery | undefined,
): TransactionRequest {
  const [only] = operations;
  if (only !== undefined && isPlain(only) && operations.length === 1 && when.length === 0 && !joined)
    return { onSuccess: [operationOf(layout, only)] };
  const marks = operations.filter(leavesMark).map((append) => markOf(layout, append));
  return {
    when: [
      ...when.map((condition) => conditionOf(layout, condition)),
      ...marks.map((keys) => ({ target: 'absent', keys }) as const),
    ],
    onSuccess: [
      ...operations.map((operation) => operationOf(layout, operation)),
      ...operations.flatMap((operation, place) => markingOf(layout, operation, place)),
      ...(joined === undefined ? [] : [{ kind: 'get', ...joined } as const]),
    ],
    onFailure: marks.map((keys) => ({ kind: 'get', keys })),
  };
}

export function answerOf(request: TransactRequest, answer: TransactionAnswer): TransactAnswer {
  const { revision } = answer;
  if (!answer.succeeded) return earlierAnswer(request, answer);
  const results = request.operations.map((operation, place) =>
    resultOf(operation, answer.results[place] as TransactionResult, { revision, place }),
  );
  return { succeeded: true, results, mark: String(revision) };
}

/** The revision that a mark of ours means. */
export function revisionOf(option: string, mark: Mark): number {
  const revision = /^\d{1,16}$/.test(mark) ? Number(mark) : Number.NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw invalidOption(option, mark, 'a mark that this engine gave');
}

/** What was read behind the operations. */
export function lastListOf({ results, revision }: TransactionAnswer): List {
  const last = results.at(-1);
  if (last?.kind !== 'get') throw new TypeError(`the store answered a list with ${last?.kind}`);
  const { entries, more, resume } = last;
  return { entries, more, resume, revision };
}

/** What the port says where the store refused an add; undefined where it refused for another reason. */
export function refusedAdd(error: unknown): TransactAnswer | undefined {
  const isBound = isQuorateError(error) && error.code === 'counter-out-of-range';
  return isBound ? { succeeded: false, reason: 'bound' } : undefined;
}

/** An append alone that finds its mark there was done by an earlier try. */
function earlierAnswer(
  { operations, when = [] }: TransactRequest,
  { results, revision }: TransactionAnswer,
): TransactAnswer {
  const [only] = operations;
  const [found] = results;
  const mark = found?.kind === 'get' ? found.entries[0] : undefined;
  if (operations.length !== 1 || when.length > 0 || only?.kind !== 'append' || mark === undefined)
    return { succeeded: false, reason: 'condition' };
  const created = mark.createRevision;
  const key = appendedKey(only, { revision: created, place: Number(mark.text) });
  return { succeeded: true, results: [{ kind: 'append', key, created }], mark: String(revision) };
}

function conditionOf(layout: Layout, condition: Condition): StoreCondition {
  const keys = layout.stored(condition.key);
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

function operationOf(layout: Layout, operation: Operation): TransactionOperation {
  switch (operation.kind) {
    case 'put': {
      const { key, value } = operation;
      return { kind: 'put', key: layout.stored(key), value, wantPrevious: true, ...leaseOf(operation) };
    }
    case 'delete':
      return { kind: 'delete', keys: layout.stored(operation.key) };
    case 'append': {
      const { directory, value } = operation;
      const prefix = layout.appendPrefix(directory);
      return { kind: 'append', prefix, suffix: suffixOf(operation), value, ...leaseOf(operation) };
    }
    case 'add':
      return { ...operation, key: layout.stored(operation.key) };
  }
}

/** A mark says the place of what was appended, and goes with it. */
function markingOf(layout: Layout, operation: Operation, place: number): TransactionOperation[] {
  if (leavesMark(operation)) return [{ kind: 'put', key: markOf(layout, operation), value: String(place) }];
  const mark = operation.kind === 'delete' ? layout.markBeside(operation.key) : undefined;
  return mark === undefined ? [] : [{ kind: 'delete', keys: mark }];
}

/** It concerns no mark, whatever its key is. */
function isPlain({ kind }: Operation): boolean {
  return kind === 'put' || kind === 'add';
}

function markOf(layout: Layout, { directory, label, id }: Appending): string {
  return layout.mark(directory, label, id);
}

function leavesMark(operation: Operation): operation is Appending {
  return operation.kind === 'append' && hasMark(operation);
}

function leaseOf({ session }: { readonly session?: unknown }): { readonly lease?: number } {
  return session instanceof QuorateSession ? { lease: session.inner.id } : {};
}

function resultOf(
  operation: Operation,
  result: TransactionResult,
  at: { readonly revision: number; readonly place: number },
): OperationResult {
  if (operation.kind === 'append' && result.kind === 'append')
    return { kind: 'append', key: appendedKey(operation, at), created: at.revision };
  if (operation.kind === 'put' && result.kind === 'put')
    return { kind: 'put', created: result.previous?.createRevision ?? at.revision, modified: at.revision };
  if (operation.kind === 'delete' && result.kind === 'delete')
    return { kind: 'delete', existed: result.count > 0 };
  if (operation.kind === 'add' && result.kind === 'add') return result;
  throw new QuorateError({
    code: 'engine-failed',
    message: `the store answered ${operation.kind} with ${result.kind}`,
    data: { engine: 'quorate', reason: `${operation.kind} answered with ${result.kind}` },
  });
}
